//! The pairing's routes: a login by QR code on the portal's own screen (RFC 8628).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use http::header::REFRESH;
use http::{Method, StatusCode};
use serde::Serialize;

use super::answer::Answer;
use super::body::Chunks;
use super::cookies::is_token;
use super::events::{Events, has_heard};
use super::fields::Fields;
use super::pairing_pages::{self, Code as ShownCode, PairingPage};
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::flow::device_pairing::Status;
use crate::identity::Level;
use crate::portal::{Found, Inner, PairingRecord, Refused, StartPairing, View};
use crate::secret::Secret;
use crate::time::Timestamp;

/// How often a page without scripts comes again.
const COMES_AGAIN: Duration = Duration::from_secs(5);

/// What is done with one pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairingStep {
    /// `GET` where it stands, `DELETE` to give it up.
    Itself,
    Events,
    Complete,
    Remove,
}

impl PairingStep {
    /// The id and the step of `{id}` or `{id}/step`.
    pub(super) fn find(rest: &str) -> Option<(&str, Self)> {
        let (id, step) = match rest.split_once('/') {
            None => (rest, Self::Itself),
            Some((id, "events")) => (id, Self::Events),
            Some((id, "complete")) => (id, Self::Complete),
            Some((id, "remove")) => (id, Self::Remove),
            Some(_) => return None,
        };
        is_token(id).then_some((id, step))
    }

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Itself => "GET, HEAD, DELETE",
            Self::Events => "GET, HEAD",
            Self::Complete | Self::Remove => "POST",
        }
    }
}

/// What is told of a pairing.
#[derive(Serialize)]
pub(super) struct Standing {
    status: &'static str,
    expires_in: u64,
}

impl Standing {
    pub(super) fn of(view: &View, now: Timestamp) -> Self {
        Self { status: view.status.as_str(), expires_in: view.expires_in(now).as_secs() }
    }
}

/// The answer to a start (RFC 8628 §3.2, without the device code, which never leaves the server).
#[derive(Serialize)]
struct Started<'a> {
    id: &'a str,
    user_code: &'a str,
    verification_uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<&'a str>,
    qr_svg: String,
    expires_in: u64,
    interval: u64,
}

#[derive(Serialize)]
struct Completed<'a> {
    return_to: &'a str,
}

impl Inner {
    /// `POST /auth/pairing`.
    pub(super) async fn start_pairing_route(&self, incoming: &Incoming<'_>, body: &Bytes) -> Result<Answer> {
        let fields = Fields::read(incoming.parts, body)?;
        let missing = || Error::new(Code::FieldInvalid, "no provider is named");
        let provider = fields.text("provider")?.ok_or_else(missing)?;
        let return_to = fields.text("return_to")?.and_then(|path| self.fit(&path));
        let level = match fields.text("level")? {
            None => None,
            Some(text) => {
                let level = text.parse().ok().and_then(Level::new);
                Some(level.ok_or_else(|| Error::new(Code::FieldInvalid, "the level is none"))?)
            }
        };
        let start = StartPairing {
            provider: &provider,
            return_to: return_to.unwrap_or_else(|| self.site.default_page.clone()),
            level,
            browser: incoming.cookies.pairing(),
            bucket: &incoming.bucket(),
        };
        let (found, record) = self.start_pairing(start).await?;
        let now = self.now();
        let max_age = record.pairing.kept_until().since(now).as_secs();
        let cookie = self.site.cookies.set_pairing(&found.browser, max_age);
        let answer = if incoming.page {
            Answer::see_other(&self.pairing_path(&found.id))
        } else {
            Answer::json(StatusCode::CREATED, &started(&found, &record, now)?)
        };
        Ok(answer.cookies([cookie]))
    }

    /// Every route of one pairing. Whose browser did not ask for it gets the answer of a path where nothing is.
    pub(super) async fn pairing_route(
        self: &Arc<Self>,
        incoming: &Incoming<'_>,
        id: &str,
        step: PairingStep,
    ) -> Result<Answer> {
        let stranger = || Error::new(Code::NotFound, "this browser has no such pairing");
        let browser = incoming.cookies.pairing().ok_or_else(stranger)?;
        let found = Found { id: Secret::from(id), browser };
        let answer = match step {
            PairingStep::Complete => self.complete_route(incoming, &found).await?,
            PairingStep::Itself if incoming.parts.method == Method::DELETE => {
                self.remove_route(incoming, &found).await?
            }
            PairingStep::Remove => self.remove_route(incoming, &found).await?,
            PairingStep::Itself => self.look_at_pairing(&found).await?.map(|record| {
                if incoming.page {
                    self.pairing_page(incoming, &found, &record, StatusCode::OK)
                } else {
                    Answer::json(StatusCode::OK, &Standing::of(&record.view(), self.now()))
                }
            }),
            PairingStep::Events => self.look_at_pairing(&found).await?.map(|record| {
                let view = record.view();
                let over = view.status.is_final() && has_heard(&incoming.parts.headers, record.told);
                if over || incoming.parts.method == Method::HEAD {
                    return Answer::empty(StatusCode::NO_CONTENT);
                }
                Answer::events(Chunks::of(Events::new(self.watch_pairing(&found, view))))
            }),
        };
        answer.ok_or_else(stranger)
    }

    async fn complete_route(&self, incoming: &Incoming<'_>, found: &Found) -> Result<Option<Answer>> {
        let old_session = incoming.cookies.session();
        match self.complete_pairing(found, old_session.as_ref(), &incoming.client).await {
            Ok(None) => Ok(None),
            Ok(Some(landing)) => {
                let (return_to, cookies) = self.landed(incoming, &landing).await;
                let answer = if incoming.page {
                    Answer::see_other(&return_to)
                } else {
                    Answer::json(StatusCode::OK, &Completed { return_to: &return_to })
                };
                Ok(Some(answer.cookies(cookies)))
            }
            Err(Refused::NotApproved(record)) if incoming.page => {
                Ok(Some(self.pairing_page(incoming, found, &record, StatusCode::CONFLICT)))
            }
            Err(Refused::NotApproved(_)) => {
                Err(Error::new(Code::PairingNotApproved, "the pairing does not stand at approved"))
            }
            Err(Refused::Error(error)) => Err(error),
        }
    }

    async fn remove_route(&self, incoming: &Incoming<'_>, found: &Found) -> Result<Option<Answer>> {
        let removed = self.cancel_pairing(found).await?;
        Ok(removed.then(|| {
            if incoming.page && incoming.parts.method == Method::POST {
                Answer::see_other(&self.pairing_path(&found.id))
            } else {
                Answer::empty(StatusCode::NO_CONTENT)
            }
        }))
    }

    fn pairing_path(&self, id: &Secret) -> String {
        format!("{}/pairing/{}", self.site.prefix, id.expose())
    }

    /// The page of a pairing, wherever it stands. It needs no script: while the citizen is waited for it comes again.
    fn pairing_page(
        &self,
        incoming: &Incoming<'_>,
        found: &Found,
        record: &PairingRecord,
        status: StatusCode,
    ) -> Answer {
        let view = record.view();
        let code = match view.status {
            Status::Pending => qr_svg(record.shown.qr.expose()).ok().map(|svg| ShownCode {
                svg,
                user_code: record.shown.user_code.expose(),
                verification_uri: &record.shown.verification_uri,
                in_qr: record.shown.complete,
            }),
            _ => None,
        };
        let provider = record.pairing.provider();
        let page = PairingPage {
            status: view.status,
            code,
            why: view.code,
            expires_in: view.expires_in(self.now()),
            path: &self.pairing_path(&found.id),
            start: &format!("{}/pairing", self.site.prefix),
            portal: self.site.host(),
            provider: (provider, self.known_provider(provider).map(|known| known.config().button(incoming.language))),
            return_to: record.pairing.return_to(),
        };
        let (title, main) = pairing_pages::page(incoming.language, &page);
        let answer = Answer::page(self, incoming, status, title, &main.into_string());
        if view.status == Status::Pending { answer.with(REFRESH, &COMES_AGAIN.as_secs().to_string()) } else { answer }
    }
}

fn started<'a>(found: &'a Found, record: &'a PairingRecord, now: Timestamp) -> Result<Started<'a>> {
    let shown = &record.shown;
    let qr = shown.qr.expose();
    Ok(Started {
        id: found.id.expose(),
        user_code: shown.user_code.expose(),
        verification_uri: &shown.verification_uri,
        verification_uri_complete: shown.complete.then_some(qr),
        qr_svg: qr_svg(qr)?,
        expires_in: record.view().expires_in(now).as_secs(),
        interval: record.pairing.interval().unwrap_or_default().as_secs(),
    })
}

/// A QR code as an SVG picture (ISO/IEC 18004), with the quiet zone of four modules.
fn qr_svg(text: &str) -> Result<String> {
    let code = QRBuilder::new(text).build();
    let code = code.map_err(|_| Error::new(Code::ProviderError, "the address does not fit into a QR code"))?;
    Ok(SvgBuilder::default().to_str(&code))
}
