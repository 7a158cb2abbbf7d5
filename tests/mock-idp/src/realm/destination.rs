//! Where an authorization response goes, and the page for a request that has nowhere to go.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::Realm;
use crate::citizen::Citizen;
use crate::fault::{AuthorizeFault, Occasion, Place, What};
use crate::journal::Note;
use crate::web::{Page, page, preferred, redirect};

/// A client and a redirect URI that belong together.
#[derive(Clone)]
pub(crate) struct Destination {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
}

impl Destination {
    /// Answers with a code, and what comes beside it.
    pub(crate) fn code(&self, realm: &impl Realm, outcome: &[(&str, &str)], citizen: &Citizen) -> Response {
        let mut response = self.send(realm, outcome, Some(&citizen.username));
        let note = Note {
            client: Some(self.client_id.clone()),
            persona: Some(citizen.username.clone()),
            remarks: vec!["code_issued"],
        };
        response.extensions_mut().insert(note);
        response
    }

    /// Answers with an error.
    pub(crate) fn error(&self, realm: &impl Realm, error: &'static str, description: &'static str) -> Response {
        let mut response = self.send(realm, &[("error", error), ("error_description", description)], None);
        let note = Note { client: Some(self.client_id.clone()), persona: None, remarks: vec![error] };
        response.extensions_mut().insert(note);
        response
    }

    fn send(&self, realm: &impl Realm, outcome: &[(&str, &str)], persona: Option<&str>) -> Response {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut answer: Vec<(String, String)> = outcome.iter().map(own).collect();
        answer.extend(self.state.clone().map(|state| ("state".to_owned(), state)));
        answer.extend(realm.response_issuer().map(|issuer| ("iss".to_owned(), issuer.to_owned())));
        let occasion = Occasion::new(realm.name(), Place::Authorize, &self.client_id, persona);
        let world = realm.world();
        let ordered = world.faults.pick(&occasion, &world.entropy, |what| match what {
            What::Authorize(fault) => Some(*fault),
            _ => None,
        });
        if let Some(fault) = ordered {
            spoil(fault, &mut answer);
        }
        let Ok(mut uri) = Url::parse(&self.redirect_uri) else {
            return redirect("");
        };
        if realm.leaves_plus() {
            let own = uri.query().map(|query| format!("{query}&")).unwrap_or_default();
            uri.set_query(Some(&format!("{own}{}", with_bare_base64(&answer))));
        } else {
            uri.query_pairs_mut().extend_pairs(answer);
        }
        redirect(uri.as_str())
    }
}

/// A query in which base64 stands as it is: `+`, `/` and `=` are not encoded, as seen on the wire.
fn with_bare_base64(answer: &[(String, String)]) -> String {
    const OTHERS: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'+').remove(b'/').remove(b'=').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let pairs: Vec<String> =
        answer.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, OTHERS))).collect();
    pairs.join("&")
}

fn spoil(fault: AuthorizeFault, answer: &mut Vec<(String, String)>) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut replace = |name: &str, with: Option<&str>| {
        answer.retain(|(own, _)| own != name);
        answer.extend(with.map(|value| pair(name, value)));
    };
    match fault {
        AuthorizeFault::IssMissing => replace("iss", None),
        AuthorizeFault::IssWrong => replace("iss", Some("https://attacker.test/oidc")),
        AuthorizeFault::StateMissing => replace("state", None),
        AuthorizeFault::StateWrong => replace("state", Some("a-state-that-nobody-sent")),
        AuthorizeFault::StateTwice => answer.push(pair("state", "a-state-that-nobody-sent")),
        AuthorizeFault::CodeTwice => answer.push(pair("code", "a-code-that-was-never-given")),
        AuthorizeFault::CodeAndError => answer.push(pair("error", "access_denied")),
        AuthorizeFault::CodeMissing => {
            answer.retain(|(name, _)| !matches!(name.as_str(), "code" | "error" | "error_description"));
        }
        AuthorizeFault::CodeWrong => replace("code", Some("a-code-that-was-never-given")),
        AuthorizeFault::ServerError | AuthorizeFault::TemporarilyUnavailable => {
            let error = if fault == AuthorizeFault::ServerError { "server_error" } else { "temporarily_unavailable" };
            replace("code", None);
            answer.push(pair("error", error));
        }
    }
}

/// Whether this client's redirect URI was ordered to count as not registered.
pub(crate) fn refused_on_order(realm: &impl Realm, client_id: &str) -> bool {
    let world = realm.world();
    let occasion = Occasion::new(realm.name(), Place::Authorize, client_id, None);
    world.faults.pick(&occasion, &world.entropy, |what| (*what == What::RedirectUriRefused).then_some(())).is_some()
}

/// The page for a request that cannot be sent back to anybody.
pub(crate) fn refuse(headers: &HeaderMap, reason: &'static str) -> Response {
    let speech = preferred(headers);
    let title = speech.say("Yêu cầu đăng nhập không hợp lệ", "This login request is not valid");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Dịch vụ đã gửi một yêu cầu mà máy chủ này không chấp nhận. Vui lòng quay lại dịch vụ và thử lại.",
                "The service sent a request that this server does not accept. Please go back to the service and try again.",
            ))
        }
        p.hint { (speech.say("Dành cho người phát triển:", "For developers:")) " " code { (reason) } }
    };
    page(StatusCode::BAD_REQUEST, Page::new(speech, title, content))
}
