//! Metadata and keys: what works here, and nothing else (OpenID Connect Discovery 1.0 §3, RFC 8414, RFC 7517).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::Oidc;
use super::assertion;
use super::claims;
use super::id_token;
use super::token;
use crate::realm::published;
use crate::realm::scope;

pub(super) async fn discovery(State(oidc): State<Arc<Oidc>>) -> Response {
    let claims: Vec<&str> = id_token::CLAIMS.into_iter().chain(claims::OF_A_CITIZEN).collect();
    let with_secret = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let with_none = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    let metadata = json!({
        "issuer": oidc.issuer(),
        "authorization_endpoint": oidc.url("/authorize"),
        "token_endpoint": oidc.url("/token"),
        "userinfo_endpoint": oidc.url("/userinfo"),
        "jwks_uri": oidc.url("/jwks"),
        "end_session_endpoint": oidc.url("/end_session"),
        "revocation_endpoint": oidc.url("/revoke"),
        "introspection_endpoint": oidc.url("/introspect"),
        "device_authorization_endpoint": oidc.url("/device_authorization"),
        "scopes_supported": scope::SUPPORTED,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": token::GRANT_TYPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "userinfo_signing_alg_values_supported": ["none", "RS256", "ES256"],
        "token_endpoint_auth_methods_supported": with_none,
        "token_endpoint_auth_signing_alg_values_supported": assertion::ALGS,
        "revocation_endpoint_auth_methods_supported": with_none,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion::ALGS,
        "introspection_endpoint_auth_methods_supported": with_secret,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion::ALGS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "acr_values_supported": ["LoA1", "LoA2"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": ["vi", "en"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    published::metadata(&*oidc, metadata)
}

pub(super) async fn jwks(State(oidc): State<Arc<Oidc>>) -> Response {
    published::jwks(&*oidc, &oidc.keys)
}
