//! The outermost layer: writes every request into the journal and spoils answers on order.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::fault::{Occasion, Place, What};
use crate::journal::{Asked, Note};
use crate::web;
use crate::wire::{Peer, Plan};
use crate::world::World;

/// Runs the request; what its handler noted decides which faults concern it. So a spoilt answer is one whose request
/// was carried out, as when a network fails on the way back.
pub(crate) async fn observe(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0.clone());
    let (method, uri) = (request.method().to_string(), request.uri().clone());
    if let Some(peer) = &peer {
        peer.plan(Plan::Normal);
    }
    let mut response = next.run(request).await;
    let note = response.extensions_mut().remove::<Note>().unwrap_or_default();
    let ordered = Place::of(&route).and_then(|place| {
        let target = uri.path_and_query().map_or("", |target| target.as_str());
        let realm = route.split('/').nth(1).unwrap_or_default();
        let occasion =
            Occasion { realm, place, client: note.client.as_deref(), persona: note.persona.as_deref(), target };
        // The gateway's faults belong to the message, not to whoever reads the inbox.
        (place != Place::Sms).then(|| world.faults.next(&occasion, &world.entropy)).flatten()
    });
    let fault = ordered.is_some();
    if let Some(what) = ordered {
        response = spoil(what, response, peer.as_ref()).await;
    }
    tracing::debug!(method, route, status = response.status().as_u16(), fault, "asked");
    world.journal.note(Asked {
        at: world.now().to_rfc3339(),
        method,
        route,
        parameters: names(&uri),
        client: note.client,
        status: response.status().as_u16(),
        remarks: note.remarks,
        fault,
    });
    response
}

/// The names of the query's parameters; their values are nobody's business.
fn names(uri: &Uri) -> Vec<String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let plain = |name: &&str| name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    pairs.filter_map(|pair| pair.split('=').next().filter(plain)).take(64).map(str::to_owned).collect()
}

async fn spoil(what: What, right: Response, peer: Option<&Peer>) -> Response {
    match what {
        What::Status(status) => respond(status, "text/plain", "a fault on order"),
        What::Respond { status, headers, body } => {
            let mut response = respond(status, "text/plain", body);
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        What::DelayMillis(millis) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            right
        }
        What::Close => on_the_wire(Plan::CutAfter(20), right, peer),
        What::Reset => on_the_wire(Plan::Reset, right, peer),
        What::SlowDripMillis(millis) => on_the_wire(Plan::Drip(Duration::from_millis(millis)), right, peer),
        What::OversizeBytes(bytes) => {
            let filler = "a".repeat(bytes.saturating_sub(13));
            respond(200, "application/json", format!(r#"{{"filler":"{filler}"}}"#))
        }
        What::Html => respond(200, "text/html", "<!doctype html><title>Bảo trì</title><h1>Hệ thống đang bảo trì</h1>"),
        What::BadJson => respond(200, "application/json", r#"{"broken": "#),
        What::RedirectTo(to) => web::redirect(&to),
        What::SourceRefused => respond(401, "text/html", "<html><title>401</title><h1>401 Unauthorized</h1></html>"),
        _ => right,
    }
}

/// A router that is served by somebody else's listener has no wire to cut; there the fault is a plain 500.
fn on_the_wire(plan: Plan, right: Response, peer: Option<&Peer>) -> Response {
    match peer {
        Some(peer) => {
            peer.plan(plan);
            right
        }
        None => respond(500, "text/plain", "a fault of the wire was ordered, but this is not the mock's own listener"),
    }
}

fn respond(status: u16, media: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    web::security_headers(response)
}
