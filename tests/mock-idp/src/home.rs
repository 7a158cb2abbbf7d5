//! The mock's own pages: what this is, who lives here, what was sent by SMS.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::html;
use serde::Deserialize;
use serde_json::json;

use crate::citizen::Holds;
use crate::inbox::code_in;
use crate::sealed::DEMO_CLIENT_KEY;
use crate::web::{Page, Params, json as json_answer, page, preferred, security_headers, wants_html};
use crate::world::World;

/// The routes of these pages.
pub(crate) fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/health", get(health))
        .route("/citizens", get(citizens))
        .route("/sms", get(inbox).post(receive))
        .route("/demo-key.pem", get(|| async { asset("application/x-pem-file", DEMO_CLIENT_KEY) }))
        .route(
            "/assets/mock.css",
            get(|| async { asset("text/css; charset=utf-8", include_str!("../assets/mock.css")) }),
        )
        .route(
            "/assets/qr.js",
            get(|| async { asset("text/javascript; charset=utf-8", include_str!("../assets/qr.js")) }),
        )
        .route("/assets/mark.svg", get(|| async { asset("image/svg+xml", include_str!("../assets/mark.svg")) }))
        .fallback(nowhere)
        .with_state(world)
}

fn asset(media: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    security_headers(response)
}

async fn health() -> Response {
    json_answer(StatusCode::OK, &json!({"status": "ok"}))
}

async fn nowhere(headers: HeaderMap) -> Response {
    let speech = preferred(&headers);
    let title = speech.say("Không có trang này", "There is no such page");
    page(StatusCode::NOT_FOUND, Page::new(speech, title, html! { h1 { (title) } p { a href="/" { "/" } } }))
}

async fn home(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let speech = preferred(&headers);
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Máy chủ định danh giả lập", "Mock identity provider");
    let issuer = format!("{}/oidc", world.base);
    let discovery = format!("{issuer}/.well-known/openid-configuration");
    let content = html! {
        h1 { (title) }
        p {
            (say(
                "Máy chủ này đóng vai VNeID và Cổng Dịch vụ công quốc gia để phát triển và kiểm thử cổng dịch vụ công. Ở đây không có dữ liệu của người thật.",
                "This server plays VNeID and the National Public Service Portal for the development and the tests of public-service portals. There is no real person's data here.",
            ))
        }
        ul {
            li { a href="/citizens" { (say("Công dân giả lập và mật khẩu của họ", "The invented citizens and their passwords")) } }
            li { a href="/app" { (say("Ứng dụng VNeID trên điện thoại: quét mã QR, nhập mã thiết bị", "The VNeID app on a phone: scan QR codes, type device codes")) } }
            li { a href="/sms" { (say("Hộp thư SMS: mã OTP đã gửi", "The SMS inbox: the codes that were sent")) } }
            li { a href=(discovery) { (say("Siêu dữ liệu OpenID Connect", "OpenID Connect metadata")) } }
        }
        h2 { (say("Các cách nói", "Realms")) }
        div.wide { table {
            thead { tr {
                th scope="col" { (say("Địa chỉ", "Address")) }
                th scope="col" { (say("Là gì", "What it is")) }
            } }
            tbody {
                tr { td { code { "/oidc" } } td { (say("OpenID Connect chặt chẽ", "A strict OpenID Provider")) } }
                tr { td { code { "/dvcqg" } } td {
                    (say("Cổng Dịch vụ công quốc gia như đã quan sát:", "The National Public Service Portal as observed:"))
                    " " code { "/oauth2/authorize" } ", " code { "/oauth2/token" } ", " code { "/oauth2/userinfo" } ", "
                    code { "/oauth2/jwks" } ", " code { "/oidc/logout" }
                } }
                tr { td { code { "/vneid" } } td {
                    (say("VNeID như đã quan sát:", "VNeID as observed:"))
                    " " code { "/auth" } ", " code { "/token" } ", " code { "/userinfo" } ", "
                    code { "/api/idp/third-party/view-info" } ", " code { "/api/idp/third-party/logout" }
                } }
                tr { td { code { "/vneid-sealed" } } td {
                    (say("Như trên, nhưng mã hóa cho khóa của dịch vụ; khóa mẫu:", "The same, encrypted to the client's key; a published one:"))
                    " " a href="/demo-key.pem" { "/demo-key.pem" }
                } }
            }
        } }
        h2 { (say("Dành cho người phát triển", "For developers")) }
        p { "issuer " code { (issuer) } }
        p { "client_id " code { "portal-demo" } ", client_secret " code { "portal-demo-secret" } ", redirect_uri "
            (say("bất kỳ trên máy này (loopback)", "anything on this machine (loopback)")) }
        p { "scope " code { "openid profile phone citizen_id" } }
    };
    page(StatusCode::OK, Page::new(speech, title, content))
}

async fn citizens(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let everybody = world.accounts.all();
    if !wants_html(&headers) {
        return json_answer(StatusCode::OK, &everybody);
    }
    let speech = preferred(&headers);
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Công dân giả lập", "Invented citizens");
    let content = html! {
        h1 { (title) }
        p { (say("Không ai trong số này có thật: số định danh có chữ số thế kỷ là 8 hoặc 9.", "None of them exists: their id numbers have the century digit 8 or 9.")) }
        div.wide {
            table {
                thead { tr {
                    th scope="col" { (say("Tên đăng nhập", "User name")) }
                    th scope="col" { (say("Mật khẩu", "Password")) }
                    th scope="col" { "Passcode" }
                    th scope="col" { (say("Họ và tên", "Name")) }
                    th scope="col" { (say("Ngày sinh", "Born")) }
                    th scope="col" { (say("Mức", "Level")) }
                    th scope="col" { (say("Tài khoản ở", "Accounts with")) }
                    th scope="col" { (say("Điện thoại", "Phones")) }
                    th scope="col" { (say("Ghi chú", "Note")) }
                } }
                tbody { @for citizen in &everybody { tr {
                    td { code { (citizen.username) } }
                    td { code { (citizen.password) } }
                    td { code { (citizen.passcode) } }
                    td { (citizen.full_name) }
                    td { (citizen.date_of_birth) }
                    td { (citizen.level) }
                    td { @match citizen.holds {
                        Holds::Both => "VNeID, DVCQG",
                        Holds::Vneid => "VNeID",
                        Holds::Dvcqg => "DVCQG",
                    } }
                    td { @for phone in &citizen.phones { a href={ "/sms?phone=" (phone) } { (phone) } " " } }
                    td lang="en" { (citizen.note) }
                } } }
            }
        }
    };
    page(StatusCode::OK, Page::new(speech, title, content))
}

async fn inbox(State(world): State<Arc<World>>, headers: HeaderMap, uri: Uri) -> Response {
    let params = Params::query(&uri).unwrap_or_default();
    let phone = Some(params.text("phone")).filter(|phone| !phone.is_empty());
    let messages = world.inbox.list(phone, world.now());
    if !wants_html(&headers) {
        return json_answer(StatusCode::OK, &json!(messages));
    }
    let speech = preferred(&headers);
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Hộp thư SMS giả lập", "Mock SMS inbox");
    let content = html! {
        h1 { (title) }
        form method="get" action="/sms" {
            label for="phone" { (say("Số điện thoại", "Phone number")) }
            input #phone type="tel" name="phone" value=(phone.unwrap_or_default()) inputmode="tel" autocomplete="off";
            button.main type="submit" { (say("Xem tin nhắn", "Show messages")) }
        }
        @if messages.is_empty() { p.notice role="status" { (say("Chưa có tin nhắn nào.", "There are no messages.")) } }
        @else {
            div.wide { table {
                thead { tr {
                    th scope="col" { (say("Điện thoại", "Phone")) }
                    th scope="col" { (say("Mã", "Code")) }
                    th scope="col" { (say("Lúc", "At")) }
                    th scope="col" { (say("Để", "For")) }
                } }
                tbody { @for sms in &messages { tr {
                    td { (sms.phone) }
                    td { span.code { (sms.code) } }
                    td { time datetime=(sms.sent_at) { (sms.sent_at) } }
                    td { (sms.purpose) }
                } } }
            } }
        }
    };
    page(StatusCode::OK, Page::new(speech, title, content))
}

/// A message that a portal sends through this gateway, as JSON or as a form.
#[derive(Deserialize)]
struct Message {
    phone: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
}

async fn receive(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = if media.trim_start().starts_with("application/json") {
        serde_json::from_slice::<Message>(&body).ok()
    } else {
        let given = |form: &Params, name| Some(form.text(name).to_owned()).filter(|text| !text.is_empty());
        Params::form(&headers, &body).ok().and_then(|form| {
            let (text, code, purpose) = (form.text("text").to_owned(), given(&form, "code"), given(&form, "purpose"));
            Some(Message { phone: given(&form, "phone")?, text, code, purpose })
        })
    };
    let Some(message) = message else {
        let problem = json!({"error": "expected phone and text (or code), as JSON or as a form"});
        return json_answer(StatusCode::BAD_REQUEST, &problem);
    };
    let code = message.code.unwrap_or_else(|| code_in(&message.text).unwrap_or_default().to_owned());
    let purpose = message.purpose.unwrap_or_else(|| "portal".to_owned());
    let short = |text: &str| text.chars().take(64).collect::<String>();
    let now = world.now();
    let occasion = crate::fault::Occasion {
        realm: "",
        place: crate::fault::Place::Sms,
        client: None,
        persona: None,
        target: &message.phone,
    };
    let arrives_at = match world.faults.next(&occasion, &world.entropy) {
        None => now,
        Some(fault) => match fault.delay() {
            Some(delay) => now.plus(delay),
            None => return json_answer(StatusCode::BAD_GATEWAY, &json!({"error": "DELIVERY_ERROR"})),
        },
    };
    world.inbox.deliver(&short(&message.phone), &short(&code), &short(&purpose), arrives_at);
    json_answer(StatusCode::CREATED, &json!({"status": "sent"}))
}
