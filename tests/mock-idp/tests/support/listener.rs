//! A relying party's server that is told of logouts: it writes down what comes, and answers as the test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use super::{claims_of, header_of};

/// A running server, until the test ends.
pub(crate) struct Listener {
    pub(crate) uri: String,
    heard: Heard,
}

type Heard = Arc<Mutex<Vec<BTreeMap<String, String>>>>;

impl Listener {
    /// One that answers `200`.
    pub(crate) async fn start() -> Self {
        Self::answering(StatusCode::OK, Duration::ZERO).await
    }

    /// One that answers so, after so long.
    pub(crate) async fn answering(status: StatusCode, after: Duration) -> Self {
        let heard = Heard::default();
        let hear = move |State(heard): State<Heard>, Form(form): Form<BTreeMap<String, String>>| async move {
            heard.lock().unwrap().push(form);
            tokio::time::sleep(after).await;
            status
        };
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/logout", socket.local_addr().unwrap());
        let app = Router::new().route("/logout", post(hear)).with_state(heard.clone());
        tokio::spawn(async move { axum::serve(socket, app).await.unwrap() });
        Self { uri, heard }
    }

    /// The tokens that came, oldest first.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|form| form["logout_token"].clone()).collect()
    }

    /// Header and claims of the only token that came.
    pub(crate) fn only(&self) -> (Map<String, Value>, Map<String, Value>) {
        let tokens = self.tokens();
        assert_eq!(tokens.len(), 1);
        (header_of(&tokens[0]), claims_of(&tokens[0]))
    }
}
