//! The two pages that VNeID hands to relying parties: the citizen's details, and the end of the session. Both carry a
//! bearer token in the query, as observed, which is why nobody should log, store or refer from them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::html;

use super::{ISSUER, Side};
use crate::jwt;
use crate::realm::Realm as _;
use crate::web::{Page, Params, page, preferred, with_cookie};

/// What VNeID knows of the citizen, to whoever holds a living token.
pub(super) async fn view_info(State(side): State<Arc<Side>>, headers: HeaderMap, uri: Uri) -> Response {
    let speech = preferred(&headers);
    let params = Params::query(&uri).unwrap_or_default();
    let (token, now) = (params.text("token_id"), side.world().now());
    let books = [&side.vneid.clear, &side.vneid.sealed];
    let grant = books.into_iter().find_map(|book| book.grants.access(token, now)).map(|(_, grant)| grant);
    let citizen = grant.and_then(|grant| side.world().accounts.find(grant.username.as_deref()?));
    let Some(citizen) = citizen.filter(|citizen| !citizen.closed) else {
        return refused(&headers, StatusCode::UNAUTHORIZED);
    };
    let title = speech.say("Thông tin định danh", "Identity details");
    let content = html! {
        h1 { (title) }
        dl {
            dt { (speech.say("Họ và tên", "Name")) } dd { (citizen.full_name) }
            dt { (speech.say("Ngày sinh", "Born")) } dd { (citizen.date_of_birth) }
            @if let Some(id) = &citizen.citizen_id {
                dt { (speech.say("Số định danh cá nhân", "Personal identification number")) } dd { (id) }
            }
            dt { (speech.say("Mức độ định danh", "Level")) } dd { (citizen.level) }
        }
    };
    page(StatusCode::OK, Page::new(speech, title, content))
}

/// Ends the session that the token belongs to, and the one in this browser. It goes back to nobody: that the real one
/// returns was never seen. An expired token still says whose session it was.
pub(super) async fn logout(State(side): State<Arc<Side>>, headers: HeaderMap, uri: Uri) -> Response {
    let speech = preferred(&headers);
    let params = Params::query(&uri).unwrap_or_default();
    let token = jwt::own(params.text("token_id"), &side.vneid.keys, ISSUER);
    let Some(sid) = token.as_ref().and_then(|token| token.text("sid")) else {
        return refused(&headers, StatusCode::BAD_REQUEST);
    };
    side.vneid.end_session(sid);
    if let Some(session) = side.world().session(&headers, side.house()) {
        side.vneid.end_session(&session.sid);
    }
    let title = speech.say("Bạn đã đăng xuất", "You are logged out");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Bạn đã đăng xuất khỏi VNeID trên trình duyệt này.",
                "There is no VNeID session in this browser any more.",
            ))
        }
    };
    let response = page(StatusCode::OK, Page::new(speech, title, content));
    with_cookie(response, &side.world().cookies.drop_sso(side.house()))
}

fn refused(headers: &HeaderMap, status: StatusCode) -> Response {
    let speech = preferred(headers);
    let title = speech.say("Liên kết không còn hiệu lực", "This link is no longer good");
    let content = html! {
        h1 { (title) }
        p { (speech.say("Mã truy cập trong liên kết không hợp lệ hoặc đã hết hạn.", "The token in the link is not valid, or has expired.")) }
    };
    page(status, Page::new(speech, title, content))
}
