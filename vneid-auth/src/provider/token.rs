//! The code exchange (RFC 6749 §4.1.3, RFC 7636 §4.5): one request, never repeated, since a code works once.
//!
//! The request is `oauth2`'s. Its reading of the answer is too loose in some things and too strict in others, so the
//! adapter between it and our [`HttpClient`] reads the answer first and hands on only what is sound.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, HttpRequest, HttpResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{self, CallReason};
use super::client_auth::ASSERTION_TYPE;
use super::envelope::{Envelope, EnvelopeReason};
use super::json::Members;
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::secret::Secret;

/// Why the code was not exchanged. No part of the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenReason {
    /// The call brought no usable answer.
    #[error("{0}")]
    Call(#[from] CallReason),
    /// `invalid_grant`: the code is wrong, used or too old, or the verifier or redirect URI is not the one it came with.
    #[error("the provider answered invalid_grant")]
    InvalidGrant,
    /// `invalid_client`: client id, secret, key or method are not what the provider knows.
    #[error("the provider answered invalid_client: check the client id, its secret or key, and the method")]
    InvalidClient,
    /// `invalid_request`.
    #[error("the provider answered invalid_request")]
    InvalidRequest,
    /// `invalid_scope`.
    #[error("the provider answered invalid_scope")]
    InvalidScope,
    /// `unauthorized_client`.
    #[error("the provider answered unauthorized_client")]
    UnauthorizedClient,
    /// `unsupported_grant_type`.
    #[error("the provider answered unsupported_grant_type")]
    UnsupportedGrantType,
    /// Another error code.
    #[error("the provider answered an error")]
    OtherError,
    /// There is no `access_token`, or none that fits into a header.
    #[error("the token answer has no usable access_token")]
    AccessToken,
    /// `token_type` is missing or another than Bearer.
    #[error("the token answer's token_type is not Bearer")]
    TokenType,
    /// `id_token` is there and is no text.
    #[error("the token answer's id_token is not a text")]
    IdToken,
    /// The answer's envelope does not open.
    #[error("{0}")]
    Envelope(#[from] EnvelopeReason),
    /// The request could not be written.
    #[error("the token request cannot be written")]
    Request,
}

impl TokenReason {
    /// What an error code of the endpoint means (RFC 6749 §5.2).
    pub(super) fn named(error: &str) -> Self {
        match error {
            "invalid_grant" => Self::InvalidGrant,
            "invalid_client" => Self::InvalidClient,
            "invalid_request" => Self::InvalidRequest,
            "invalid_scope" => Self::InvalidScope,
            "unauthorized_client" => Self::UnauthorizedClient,
            "unsupported_grant_type" => Self::UnsupportedGrantType,
            _ => Self::OtherError,
        }
    }
}

impl From<TokenReason> for Error {
    fn from(reason: TokenReason) -> Self {
        match reason {
            TokenReason::Call(call) => call.into_error("token", Code::ProviderError),
            TokenReason::Envelope(envelope) => envelope.into(),
            TokenReason::IdToken => Self::new(Code::TokenInvalid, reason.to_string()).because(reason),
            _ => Self::new(Code::ProviderError, reason.to_string()).because(reason),
        }
    }
}

/// The error codes of a token endpoint (RFC 6749 §5.2, RFC 8628 §3.5).
const ERRORS: [&str; 10] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
];

/// What the token endpoint gave.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) id_token: Option<Secret>,
}

/// The client's proof, as the request carries it.
pub(crate) enum Proof<'a> {
    Basic(&'a Secret),
    Post(&'a Secret),
    Assertion(Secret),
}

/// What the code is exchanged with.
pub(crate) struct CodeExchange<'a> {
    pub(crate) token_endpoint: &'a url::Url,
    pub(crate) client_id: &'a str,
    pub(crate) proof: Proof<'a>,
    pub(crate) code: &'a Secret,
    /// Of a sealed code; it goes back with the code.
    pub(crate) encrypt_key: Option<&'a Secret>,
    /// `None` where the profile does without PKCE.
    pub(crate) verifier: Option<&'a Secret>,
    pub(crate) redirect_uri: &'a str,
    /// What the answer comes in.
    pub(crate) envelope: Option<&'a Envelope>,
}

type Client = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<OidcFields, BasicTokenType>,
    oauth2::basic::BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

#[derive(Deserialize, Serialize)]
struct OidcFields {
    id_token: Option<String>,
}

impl std::fmt::Debug for OidcFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OidcFields")
    }
}

impl ExtraTokenFields for OidcFields {}

/// Exchanges the code.
pub(crate) async fn exchange(http: &dyn HttpClient, with: CodeExchange<'_>) -> Result<Tokens, TokenReason> {
    let mut client = Client::new(ClientId::new(with.client_id.to_owned()));
    client = match &with.proof {
        Proof::Basic(secret) => {
            client.set_client_secret(ClientSecret::new(secret.expose().to_owned())).set_auth_type(AuthType::BasicAuth)
        }
        Proof::Post(secret) => {
            client.set_client_secret(ClientSecret::new(secret.expose().to_owned())).set_auth_type(AuthType::RequestBody)
        }
        Proof::Assertion(_) => client.set_auth_type(AuthType::RequestBody),
    };
    let client = client.set_token_uri(TokenUrl::from_url(with.token_endpoint.clone()));
    let redirect_uri = RedirectUrl::new(with.redirect_uri.to_owned()).map_err(|_| TokenReason::Request)?;
    let mut request = client
        .exchange_code(AuthorizationCode::new(with.code.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect_uri));
    if let Some(verifier) = with.verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
    }
    if let Some(key) = with.encrypt_key {
        request = request.add_extra_param("encrypt_key", key.expose().to_owned());
    }
    if let Proof::Assertion(assertion) = &with.proof {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion.expose().to_owned());
    }
    let answer = request.request_async(&Adapter { http, envelope: with.envelope }).await.map_err(reason)?;
    Ok(Tokens {
        access_token: Secret::from(answer.access_token().secret().as_str()),
        id_token: answer.extra_fields().id_token.as_deref().map(Secret::from),
    })
}

/// The library's error without the bodies that it carries.
fn reason(error: RequestTokenError<TokenReason, BasicErrorResponse>) -> TokenReason {
    match error {
        RequestTokenError::Request(reason) => reason,
        RequestTokenError::ServerResponse(answer) => TokenReason::named(answer.error().as_ref()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => TokenReason::Request,
    }
}

/// Our HTTP client as `oauth2` wants it.
struct Adapter<'a> {
    http: &'a dyn HttpClient,
    envelope: Option<&'a Envelope>,
}

impl<'c> AsyncHttpClient<'c> for Adapter<'_> {
    type Error = TokenReason;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TokenReason>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let response = self.http.send(request.map(Bytes::from)).await.map_err(CallReason::from)?;
            let (status, body) = match read(&response, self.envelope)? {
                Reading::Answer(members) => {
                    let Tokens { access_token, id_token } = tokens(&members)?;
                    let id_token = id_token.as_ref().map(Secret::expose);
                    let access_token = access_token.expose();
                    let body = json!({ "access_token": access_token, "token_type": "bearer", "id_token": id_token });
                    (StatusCode::OK, body)
                }
                Reading::Error { name, .. } => (StatusCode::BAD_REQUEST, json!({ "error": name })),
            };
            let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
            let body = serde_json::to_vec(&body).map_err(|_| TokenReason::Request)?;
            response.body(body).map_err(|_| TokenReason::Request)
        })
    }
}

/// What a token endpoint, or the device authorization endpoint, said.
pub(super) enum Reading {
    /// What was asked for.
    Answer(Members),
    /// An error, by its code.
    Error {
        /// The code (RFC 6749 §5.2).
        name: String,
        /// For whoever reads the log, or a dialect's sign.
        description: Option<String>,
    },
}

/// Reads the answer, whatever its status, as far as it is the endpoint's own.
pub(super) fn read(response: &Response<Bytes>, envelope: Option<&Envelope>) -> Result<Reading, TokenReason> {
    let status = response.status();
    let unusable = call::status(response);
    if unusable.is_unavailability() {
        return Err(unusable.into());
    }
    let answered = matches!(status, StatusCode::OK | StatusCode::CREATED);
    if !answered && !status.is_client_error() {
        return Err(unusable.into());
    }
    let members = match call::read(response) {
        Ok(members) => members,
        Err(reason) => return Err(if answered { reason } else { unusable }.into()),
    };
    // An error is no secret and comes clear, whatever tokens come in.
    let members = match envelope {
        Some(envelope) if answered && !members.contains_key("error") => envelope.members(members)?,
        _ => members,
    };
    if let Some(error) = members.get("error") {
        let error = error.as_str().unwrap_or_default();
        // A gateway in front of the endpoint has an `error` of its own (`Unauthorized`, and the address is not on the
        // provider's list); then the status says more.
        let is_gateways = !answered && status != StatusCode::BAD_REQUEST && !ERRORS.contains(&error);
        return if is_gateways {
            Err(unusable.into())
        } else {
            let description = members.get("error_description").and_then(Value::as_str).map(str::to_owned);
            Ok(Reading::Error { name: error.to_owned(), description })
        };
    }
    if answered { Ok(Reading::Answer(members)) } else { Err(unusable.into()) }
}

/// The tokens, their types checked. `expires_in` is left out: some send a text or an absurd number, and nothing here
/// lives as long as a token.
pub(super) fn tokens(members: &Members) -> Result<Tokens, TokenReason> {
    let access_token = members.get("access_token").and_then(Value::as_str).unwrap_or_default();
    // RFC 6750 §2.1 allows fewer characters still; these are what a header can carry.
    if access_token.is_empty() || !access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenReason::AccessToken);
    }
    let token_type = members.get("token_type").and_then(Value::as_str).unwrap_or_default();
    if !token_type.eq_ignore_ascii_case("Bearer") {
        return Err(TokenReason::TokenType);
    }
    let id_token = match members.get("id_token") {
        None | Some(Value::Null) => None,
        Some(Value::String(token)) => Some(Secret::from(token.as_str())),
        Some(_) => return Err(TokenReason::IdToken),
    };
    Ok(Tokens { access_token: Secret::from(access_token), id_token })
}
