//! Logout that a relying party begins (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A genuine `id_token_hint` of the session in this browser ends it at once. Anything else asks the citizen first: a
//! link on a stranger's page must not log anybody out. Back to the relying party only with a hint, and only to an
//! address that its client registered.

use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::{Markup, html};
use url::Url;

use super::Realm;
use super::ending::Ending;
use crate::citizen::Citizen;
use crate::client::Client;
use crate::journal::Note;
use crate::jwt;
use crate::keys::Keyring;
use crate::sso::SsoSession;
use crate::web::{Malformed, Page, Params, Speech, form_source, page, preferred, with_cookie};

/// What logging out asks of a realm.
pub(crate) trait EndSession: Realm {
    /// Where the endpoint is.
    fn end_session_path(&self) -> &'static str;

    /// The issuer of the id_tokens that are taken as hints.
    fn issuer(&self) -> &str;

    /// The keys that signed them.
    fn keys(&self) -> &Keyring;

    /// What a citizen's `sub` is.
    fn subject(&self, citizen: &Citizen) -> String;

    /// Takes back what a session gave.
    fn end_grants_of(&self, sid: &str);

    /// Whether this client's session is not the one that the browser shares among the others.
    fn stands_alone(&self, _client: &Client) -> bool {
        false
    }

    /// Begins to tell the relying parties of a session that has ended; a realm may know no way to.
    fn tell(self: &Arc<Self>, _sid: &str, _ending: &mut Ending) {}
}

pub(crate) async fn get<R: EndSession>(State(realm): State<Arc<R>>, headers: HeaderMap, uri: Uri) -> Response {
    answer(&realm, &headers, Params::query(&uri), false).await
}

pub(crate) async fn post<R: EndSession>(State(realm): State<Arc<R>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&realm, &headers, Params::form(&headers, &body), true).await
}

/// What a logout request says, as far as it is true.
struct Request<'a> {
    client: &'a Client,
    subject: String,
    sid: Option<String>,
    back: Option<Url>,
}

/// Answers when the relying parties of what has ended have been told, or after a short while.
async fn answer<R: EndSession>(
    realm: &Arc<R>,
    headers: &HeaderMap,
    params: Result<Params, Malformed>,
    posted: bool,
) -> Response {
    let mut ending = Ending::default();
    let response = decide(realm, headers, params, posted, &mut ending);
    ending.told().await;
    response
}

fn decide<R: EndSession>(
    realm: &Arc<R>,
    headers: &HeaderMap,
    params: Result<Params, Malformed>,
    posted: bool,
    ending: &mut Ending,
) -> Response {
    let speech = preferred(headers);
    let Ok(params) = params else {
        return refused(&**realm, speech, "malformed parameters");
    };
    let speech = params.one("ui_locales").ok().flatten().and_then(Speech::of_locales).unwrap_or(speech);
    if params.has_duplicates() {
        return refused(&**realm, speech, "a parameter was given twice");
    }
    let session = realm.world().session(headers, realm.house());
    let confirmed = posted && session.as_ref().is_some_and(|s| is_confirmed(&**realm, s, params.text("confirm")));
    match read(&**realm, &params) {
        Ok(Some(request)) => {
            let mut response = by_hint(realm, speech, &params, &request, session.as_ref(), confirmed, ending);
            let client = Some(request.client.id.clone());
            response.extensions_mut().insert(Note { client, ..Note::default() });
            response
        }
        Ok(None) => match session {
            Some(session) if !confirmed => confirm(&**realm, speech, &params, &session, None),
            session => {
                end(realm, session.as_ref().map(|session| session.sid.as_str()), ending);
                with_cookie(farewell(speech, ending), &realm.world().cookies.drop_sso(realm.house()))
            }
        },
        Err(reason) => refused(&**realm, speech, reason),
    }
}

fn read<'a>(realm: &'a impl EndSession, params: &Params) -> Result<Option<Request<'a>>, &'static str> {
    let text = |name| Some(params.text(name)).filter(|text| !text.is_empty());
    let Some(hint) = text("id_token_hint") else {
        return if text("post_logout_redirect_uri").is_some() {
            Err("post_logout_redirect_uri needs an id_token_hint")
        } else {
            Ok(None)
        };
    };
    let token = jwt::own(hint, realm.keys(), realm.issuer()).ok_or("id_token_hint is no id_token of this provider")?;
    let audience = token.text("aud").unwrap_or_default();
    if text("client_id").is_some_and(|named| named != audience) {
        return Err("client_id is not the audience of id_token_hint");
    }
    let client = realm.client(audience).ok_or("the client of id_token_hint is not registered")?;
    let back = match text("post_logout_redirect_uri") {
        None => None,
        Some(uri) if client.may_return_to(uri) => Url::parse(uri).ok(),
        Some(_) => return Err("post_logout_redirect_uri is not registered"),
    };
    let back = back.map(|mut back| {
        if let Some(state) = text("state") {
            back.query_pairs_mut().append_pair("state", state);
        }
        back
    });
    let subject = token.text("sub").unwrap_or_default().to_owned();
    Ok(Some(Request { client, subject, sid: token.text("sid").map(str::to_owned), back }))
}

fn by_hint<R: EndSession>(
    realm: &Arc<R>,
    speech: Speech,
    params: &Params,
    request: &Request<'_>,
    session: Option<&SsoSession>,
    confirmed: bool,
    ending: &mut Ending,
) -> Response {
    let subject_of = |session: &SsoSession| realm.world().accounts.find(&session.username).map(|c| realm.subject(&c));
    let is_strangers = session.is_some_and(|session| subject_of(session).as_ref() != Some(&request.subject));
    end(realm, request.sid.as_deref(), ending);
    if realm.stands_alone(request.client) {
        return leave(speech, request, ending);
    }
    // Somebody else is logged in here now; only they may say that their session ends.
    if let Some(session) = session.filter(|_| is_strangers && !confirmed) {
        return confirm(&**realm, speech, params, session, request.back.as_ref());
    }
    end(realm, session.map(|session| session.sid.as_str()), ending);
    with_cookie(leave(speech, request, ending), &realm.world().cookies.drop_sso(realm.house()))
}

fn leave(speech: Speech, request: &Request<'_>, ending: &Ending) -> Response {
    match &request.back {
        Some(back) => ending.onward(speech, back),
        None => farewell(speech, ending),
    }
}

fn end<R: EndSession>(realm: &Arc<R>, sid: Option<&str>, ending: &mut Ending) {
    if let Some(sid) = sid {
        realm.world().sso(realm.house()).end(sid);
        realm.end_grants_of(sid);
        realm.tell(sid, ending);
    }
}

/// What the confirmation form carries: good for this session and nothing else.
fn confirmation(realm: &impl EndSession, session: &SsoSession) -> hmac::Tag {
    realm.world().otp.tag(&["end_session", &session.sid])
}

fn is_confirmed(realm: &impl EndSession, session: &SsoSession, text: &str) -> bool {
    use subtle::ConstantTimeEq;
    jwt::b64(confirmation(realm, session)).as_bytes().ct_eq(text.as_bytes()).into()
}

fn confirm(
    realm: &impl EndSession,
    speech: Speech,
    params: &Params,
    session: &SsoSession,
    back: Option<&Url>,
) -> Response {
    let title = speech.say("Đăng xuất", "Log out");
    let kept = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
    let content = html! {
        h1 { (speech.say("Bạn có muốn đăng xuất không?", "Do you want to log out?")) }
        p { (speech.say("Phiên đăng nhập định danh điện tử trên trình duyệt này sẽ kết thúc.", "Your electronic identity session in this browser will end.")) }
        form method="post" action=(realm.end_session_path()) {
            input type="hidden" name="confirm" value=(jwt::b64(confirmation(realm, session)));
            @for name in kept.into_iter().filter(|name| !params.text(name).is_empty()) {
                input type="hidden" name=(name) value=(params.text(name));
            }
            button.main type="submit" autofocus { (title) }
        }
    };
    let form_target = back.and_then(|back| form_source(back.as_str()));
    page(StatusCode::OK, Page { form_target, ..Page::new(speech, title, content) })
}

fn farewell(speech: Speech, ending: &Ending) -> Response {
    let title = speech.say("Bạn đã đăng xuất", "You are logged out");
    let content: Markup = html! {
        h1 { (title) }
        p { (speech.say("Phiên đăng nhập định danh điện tử trên trình duyệt này đã kết thúc.", "There is no electronic identity session in this browser any more.")) }
        (ending.shown())
    };
    ending.page(StatusCode::OK, Page::new(speech, title, content))
}

fn refused(realm: &impl EndSession, speech: Speech, reason: &'static str) -> Response {
    let title = speech.say("Yêu cầu đăng xuất không hợp lệ", "This logout request is not valid");
    let content = html! {
        h1 { (title) }
        p { (speech.say("Dịch vụ đã gửi một yêu cầu mà máy chủ này không chấp nhận.", "The service sent a request that this server does not accept.")) }
        p.hint { (speech.say("Dành cho người phát triển:", "For developers:")) " " code { (reason) } }
        p { a.button href=(realm.end_session_path()) { (speech.say("Đăng xuất tại đây", "Log out here")) } }
    };
    page(StatusCode::BAD_REQUEST, Page::new(speech, title, content))
}
