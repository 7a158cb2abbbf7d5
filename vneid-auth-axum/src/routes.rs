//! The routes of the contract, mounted.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, OriginalUri, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::any;
use vneid_auth::error::{Code, Error};
use vneid_auth::portal::Portal;
use vneid_auth::web::{self, MAX_BODY};

/// All routes of the portal's HTTP contract: everything under its prefix, and the callback paths outside it.
pub fn router<S: Clone + Send + Sync + 'static>(portal: Portal) -> Router<S> {
    let (prefix, callbacks) = portal.mount_paths();
    let below = [prefix.clone(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")];
    below.into_iter().chain(callbacks).fold(Router::new(), |router, path| {
        let portal = portal.clone();
        router.route(&path, any(move |request: Request| serve(portal.clone(), request)))
    })
}

async fn serve(portal: Portal, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let peer = peer(&parts);
    let body = read(body, MAX_BODY).await;
    response(portal.serve(Request::from_parts(parts, body), peer).await)
}

/// A body of at most so many bytes; what is longer is handed on as too long, for the contract to answer.
pub(crate) async fn read(body: Body, limit: usize) -> Bytes {
    to_bytes(body, limit).await.unwrap_or_else(|_| vec![0; limit + 1].into())
}

/// The contract's answer to what went wrong on one of the portal's own pages: problem details, or a page for a browser.
pub fn problem(portal: &Portal, parts: &Parts, code: Code) -> Response {
    response(portal.problem(parts, peer(parts), &Error::from(code)))
}

/// Gives the request the whole address that it came with, of which a nested router has cut the beginning: there the
/// citizen comes back to. The one that the router goes on with comes out.
pub(crate) fn uncut(parts: &mut Parts) -> Uri {
    match parts.extensions.get::<OriginalUri>().cloned() {
        Some(OriginalUri(whole)) => std::mem::replace(&mut parts.uri, whole),
        None => parts.uri.clone(),
    }
}

/// The address of the connection.
pub(crate) fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

pub(crate) fn response(response: axum::http::Response<web::Body>) -> Response {
    response.map(|body| match body {
        web::Body::Whole(bytes) => Body::from(bytes),
        web::Body::Stream(chunks) => Body::from_stream(Stream(chunks)),
    })
}

/// The library's stream, as axum takes one.
struct Stream(web::Chunks);

impl futures_core::Stream for Stream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(context).map(|chunk| chunk.map(Ok))
    }
}
