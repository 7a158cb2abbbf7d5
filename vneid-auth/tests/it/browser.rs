//! A citizen's browser, before a portal of this library.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use url::Url;
use vneid_auth::portal::{Citizen, Portal};
use vneid_auth::provider::ProviderConfig;
use vneid_auth::web::Body;

use crate::world::{FakeHttp, StandingClock};

/// Where the portal is.
pub(crate) const PORTAL: &str = "http://127.0.0.1:8080";

/// A portal with this one provider.
pub(crate) fn portal(config: ProviderConfig, http: Arc<FakeHttp>) -> Portal {
    Portal::builder(PORTAL)
        .secret("dGhpcnR5LXR3byBieXRlcyBvciBtb3JlLCBmb3IgdGVzdHM=".into())
        .provider(config)
        .http_client(http)
        .clock(Arc::new(StandingClock))
        .build()
        .unwrap()
}

/// A browser, with its cookies, at an address.
pub(crate) struct Browser<'a> {
    portal: &'a Portal,
    address: IpAddr,
    cookies: BTreeMap<String, String>,
}

/// The login that a browser is on its way with: what the provider was asked.
pub(crate) struct Asked {
    pub(crate) address: String,
    pub(crate) query: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(portal: &'a Portal) -> Self {
        Self::at(portal, [203, 0, 113, 7].into())
    }

    pub(crate) fn at(portal: &'a Portal, address: IpAddr) -> Self {
        Self { portal, address, cookies: BTreeMap::new() }
    }

    fn request(&self, method: Method, path: &str) -> Request<Bytes> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header("accept", "application/json");
        request.header(COOKIE, cookies.join("; ")).body(Bytes::new()).unwrap()
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str) -> Response<Body> {
        let response = self.portal.serve(self.request(method, path), Some(self.address)).await;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }

    /// Goes to log in, as far as the provider.
    pub(crate) async fn start(&mut self, provider: &str) -> Asked {
        let to = location(&self.send(Method::GET, &format!("/auth/login/{provider}?return_to=/ho-so")).await);
        let (address, _) = to.split_once('?').unwrap();
        let query = Url::parse(&to).unwrap().query_pairs().into_owned().collect();
        Asked { address: address.to_owned(), query }
    }

    /// Comes back from the provider with these parameters, encoded already, and the state.
    pub(crate) async fn come_back(&mut self, path: &str, parameters: &str, asked: &Asked) -> Response<Body> {
        self.send(Method::GET, &format!("{path}?{parameters}&state={}", asked.query["state"])).await
    }

    /// Who is logged in here.
    pub(crate) async fn citizen(&self) -> Option<Citizen> {
        let (parts, _) = self.request(Method::GET, "/").into_parts();
        self.portal.citizen(&parts, Some(self.address)).await.ok().unwrap()
    }
}

/// Where an answer sends the browser.
pub(crate) fn location(response: &Response<Body>) -> String {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// Where a logout sends the browser: a client that asks for JSON reads it there.
pub(crate) fn redirect_to(response: Response<Body>) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    let answer: Value = serde_json::from_slice(&whole(response)).unwrap();
    answer["redirect_to"].as_str().unwrap().to_owned()
}

fn whole(response: Response<Body>) -> Bytes {
    match response.into_body() {
        Body::Whole(bytes) => bytes,
        Body::Stream(_) => panic!("a stream"),
    }
}

/// The code of a problem.
pub(crate) fn problem(response: Response<Body>) -> String {
    let body = whole(response);
    let problem: Value = serde_json::from_slice(&body).unwrap();
    problem["code"].as_str().unwrap().to_owned()
}
