//! The way to the provider and back: the authorization request, tried without a browser first, and its answer.

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION};
use http::{HeaderMap, Request};
use url::Url;

use super::{Doctor, Endpoint, Finding, Place, diagnosis};
use crate::error::{Language, Result};
use crate::flow::login::{Exchange, ResponseIssuer};
use crate::http::HttpClient as _;
use crate::provider::{AuthorizationRequest, CallbackQuery};
use crate::random::token;
use crate::secret::Secret;

/// WSO2 shows what is wrong with a request on a page of its own, and names it in this parameter.
const WSO2_ERROR: &str = "oauthErrorCode";

/// An authorization request, and what its answer is held to.
pub(super) struct Asked {
    pub(super) url: Url,
    issuer: ResponseIssuer,
    state: Secret,
    nonce: Secret,
    verifier: Secret,
}

/// What the authorization endpoint answers to somebody who has no session there.
pub(super) enum Knock {
    /// The query of the redirect back to the portal.
    Redirected(Secret),
    /// It does not let this client in.
    Refused(Finding),
    /// It cannot be told from here; a browser may see more.
    Unknown(Finding),
    /// A page to log in.
    Page,
}

impl Doctor {
    /// Makes an authorization request as a login does.
    pub(super) async fn ask(&self) -> Result<Asked> {
        let one = || token(&*self.provider.randomness);
        let (state, nonce, verifier) = (one()?, one()?, one()?);
        let request = AuthorizationRequest {
            state: state.clone(),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            redirect_uri: self.redirect_uri.clone(),
            level: self.provider.config.level_for(None),
            fresh: false,
            language: Language::Vietnamese,
        };
        let (url, issuer) = self.provider.authorization_request(&request).await?;
        Ok(Asked { url, issuer, state, nonce, verifier })
    }

    /// Opens the authorization endpoint without a browser.
    pub(super) async fn knock(&self, asked: &Asked) -> Knock {
        let endpoint = Endpoint::Authorization;
        let request = Request::get(asked.url.as_str()).header(ACCEPT, "text/html").body(Bytes::new());
        let Ok(request) = request else { return Knock::Page };
        let response = match self.witness.send(request).await {
            Ok(response) => response,
            Err(failure) => return Knock::Unknown(Finding::Unreachable { endpoint, failure }),
        };
        let status = response.status().as_u16();
        match status {
            300..400 => match location(&asked.url, response.headers()) {
                Some(to) if self.is_ours(&to) => Knock::Redirected(Secret::from(to.query().unwrap_or_default())),
                Some(to) if to.query_pairs().any(|(name, _)| name == WSO2_ERROR) => {
                    Knock::Refused(Finding::ErrorPage { status })
                }
                _ => Knock::Page,
            },
            404 | 405 | 429 | 500.. => Knock::Refused(Finding::Status { endpoint, status }),
            400..500 => Knock::Refused(Finding::ErrorPage { status }),
            _ => Knock::Page,
        }
    }

    fn is_ours(&self, to: &Url) -> bool {
        let bare = |url: &Url| {
            let mut url = url.clone();
            url.set_query(None);
            url.set_fragment(None);
            url
        };
        Url::parse(&self.redirect_uri).is_ok_and(|ours| bare(&ours) == bare(to))
    }

    /// The code of the redirect, held to the request as a login holds it.
    pub(super) fn read(&self, asked: &Asked, query: &Secret) -> Result<Exchange, Finding> {
        let query = CallbackQuery::parse(query.expose()).map_err(Finding::MalformedRedirect)?;
        if query.state.as_ref() != Some(&asked.state) {
            return Err(Finding::OtherState);
        }
        if !asked.issuer.admits(query.issuer.as_deref()) {
            return Err(Finding::Issuer {
                place: Place::Redirect,
                configured: self.provider.config.issuer.clone().unwrap_or_default(),
                stated: query.issuer.as_deref().map(diagnosis::printable),
            });
        }
        let code = query.answer.map_err(|failure| Finding::AuthorizationRefused(failure.error))?;
        Ok(Exchange {
            code,
            encrypt_key: query.encrypt_key,
            verifier: asked.verifier.clone(),
            nonce: asked.nonce.clone(),
            authenticated_after: None,
        })
    }
}

fn location(base: &Url, headers: &HeaderMap) -> Option<Url> {
    base.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// The query of an address as it was copied, raw: a `+` stays a `+`.
pub(super) fn query_of(address: &Secret) -> Secret {
    let text = address.expose().trim();
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    Secret::from(query.split_once('#').map_or(query, |(query, _)| query))
}
