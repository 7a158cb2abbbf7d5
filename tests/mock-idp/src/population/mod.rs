//! The population database's service (CSDLQGDC) as working clients have seen it, and the three provincial gateways in
//! front of it. It holds the mock's citizens, and is strict about what it is asked (domain.md §5).
//!
//! | `POST` | what it takes |
//! | --- | --- |
//! | `/population/axis` | SOAP 1.1 with the hash of user, address, time and secret: `portal-demo`, `portal-demo-secret` |
//! | `/population/soap-in-json` | JSON around SOAP; its token from `/population/soap-in-json/token`, its access object and the officer's key `portal-demo`, `portal-demo-secret` |
//! | `/population/flat-json` | flat JSON with the bearer token `portal-demo-secret`, for the service `portal-demo` |
//! | `/population/soap-as-text` | flat JSON, answered by `error_code` and `message` |
//!
//! Every procedure is licensed but those that begin with `X`; the officer `cong-dvc` and those with a citizen id may ask.
//! A name that is not in the service's form is nobody's, as there; the journal's remark says why.

mod access;
mod answer;
mod gateways;
mod question;
mod soap;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use self::answer::Said;
use self::question::{Question, Refusal};
use crate::bounded::Bounded;
use crate::fault::{Occasion, Place, What};
use crate::journal::Note;
use crate::sync::lock;
use crate::web::security_headers;
use crate::world::World;

/// Who may ask, everywhere.
const USER: &str = "portal-demo";
/// Their secret.
const SECRET: &str = "portal-demo-secret";
/// How long the slow citizen's answer takes.
const SLOW: Duration = Duration::from_secs(20);

/// The service: the world, the request ids that were used, and the gateway's tokens that are good.
struct Population {
    world: Arc<World>,
    used: Mutex<Bounded<String, ()>>,
    tokens: Mutex<Bounded<String, ()>>,
}

/// The routes of the service and of its gateways.
pub(crate) fn routes(world: Arc<World>) -> Router {
    let used = Mutex::new(Bounded::new(Duration::from_secs(24 * 3600), 10_000));
    let tokens = Mutex::new(Bounded::new(access::TOKEN_LIFE, 1_000));
    Router::new()
        .route("/population/axis", post(axis))
        .route("/population/soap-in-json", post(gateways::soap_in_json))
        .route("/population/soap-in-json/token", post(gateways::token))
        .route("/population/flat-json", post(gateways::flat_json))
        .route("/population/soap-as-text", post(gateways::soap_as_text))
        .with_state(Arc::new(Population { world, used, tokens }))
}

async fn axis(State(population): State<Arc<Population>>, headers: HeaderMap, body: Bytes) -> Response {
    let refused = |status, refusal: Refusal| noted(xml(status, soap::fault(refusal.code())), refusal.remark(), None);
    let address = format!("{}/population/axis", population.world.base);
    if let Err(refusal) = access::by_hash(&headers, &address, population.world.now()) {
        return refused(StatusCode::UNAUTHORIZED, refusal);
    }
    let fits =
        |name, wanted: &str| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(wanted.as_bytes()));
    if !fits("content-type", "application/xml") || !fits("soapaction", "\"\"") {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, Refusal::Malformed("population_headers"));
    }
    match soap::question(&body).and_then(|question| population.admit(question)) {
        Err(refusal) => refused(StatusCode::INTERNAL_SERVER_ERROR, refusal),
        Ok(question) => {
            let (said, remark) = population.answer(&question).await;
            let response = match said {
                Said::Wrong(status, body) => xml(status, body),
                Said::Refused(refusal) => xml(StatusCode::INTERNAL_SERVER_ERROR, soap::fault(refusal.code())),
                said => xml(StatusCode::OK, soap::answer(&said, question.verify)),
            };
            noted(response, remark, Some(question.number))
        }
    }
}

impl Population {
    /// Refuses what the service would: a request id for the second time, a procedure or an officer without permission.
    fn admit(&self, question: Question) -> Result<Question, Refusal> {
        question.check()?;
        let now = self.world.now();
        let mut used = lock(&self.used);
        if used.get(&question.request_id, now).is_some() {
            return Err(Refusal::Malformed("population_request_id_reused"));
        }
        used.insert(question.request_id.clone(), (), now);
        Ok(question)
    }

    /// What is said: as a fault on order wants it, else as the citizen's record has it.
    async fn answer(&self, question: &Question) -> (Said, &'static str) {
        let occasion = Occasion::new("population", Place::Population, USER, Some(&question.number));
        let ordered = self.world.faults.pick(&occasion, &self.world.entropy, |what| match what {
            What::Population(fault) => Some(*fault),
            _ => None,
        });
        let (said, remark) = answer::about(&self.world.accounts, question);
        match (ordered, said) {
            (Some(fault), said) => (said.spoilt(fault), "population_answered"),
            (None, Said::Late(said)) => {
                tokio::time::sleep(SLOW).await;
                (*said, remark)
            }
            (None, said) => (said, remark),
        }
    }
}

/// An answer in XML.
fn xml(status: StatusCode, body: String) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8"));
    security_headers(response)
}

/// The answer with its note for the journal and for faults that belong to a citizen.
fn noted(mut response: Response, remark: &'static str, persona: Option<String>) -> Response {
    response.extensions_mut().insert(Note { client: Some(USER.to_owned()), persona, remarks: vec![remark] });
    response
}
