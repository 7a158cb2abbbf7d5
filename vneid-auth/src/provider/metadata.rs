//! A provider's metadata document (OpenID Connect Discovery 1.0 §3), read and checked.

use serde_json::Value;
use url::Url;

use super::algorithm::Algorithm;
use super::authorization;
use super::json::Members;
use crate::http::address;

/// Why a metadata document is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataReason {
    /// A required member is missing.
    #[error("the metadata lack `{0}`")]
    Missing(&'static str),
    /// A member has a value that it cannot have.
    #[error("the metadata's `{0}` is malformed")]
    Malformed(&'static str),
    /// `issuer` is not, byte for byte, the configured one (§4.3).
    #[error("the metadata's `issuer` is not the configured one")]
    OtherIssuer,
    /// An endpoint is plain http, and its issuer is not or it is not on this machine.
    #[error("the metadata's `{0}` is plain http")]
    Insecure(&'static str),
    /// The authorization endpoint has a query of its own that sets a parameter of ours.
    #[error("the metadata's `authorization_endpoint` sets a parameter of ours")]
    OwnParameter,
    /// The provider does not do the code flow.
    #[error("the metadata's `response_types_supported` lack `code`")]
    NoCodeFlow,
    /// Every algorithm that the provider signs with is one that we refuse.
    #[error("the metadata's `id_token_signing_alg_values_supported` hold no algorithm that is accepted")]
    NoAlgorithm,
}

/// What a provider says of itself.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    /// `None`: the provider's keys are not known.
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) userinfo_endpoint: Option<Url>,
    /// `None`: it has no device grant (RFC 8628 §4).
    pub(crate) device_authorization_endpoint: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    /// The id_token algorithms that it lists and we accept.
    pub(crate) algorithms: Vec<Algorithm>,
    /// `token_endpoint_auth_methods_supported`.
    pub(crate) client_auth_methods: Vec<String>,
    /// `token_endpoint_auth_signing_alg_values_supported`.
    pub(crate) client_auth_algorithms: Vec<String>,
    /// `scopes_supported`.
    pub(crate) scopes: Vec<String>,
    /// `acr_values_supported`.
    pub(crate) acr_values: Vec<String>,
    /// It promises `iss` in authorization responses (RFC 9207 §3).
    pub(crate) sends_issuer: bool,
}

impl Metadata {
    /// Reads the document of the provider that is configured as `issuer`.
    pub(crate) fn read(members: &Members, issuer: &str) -> Result<Self, MetadataReason> {
        let document = Document { members, secure: issuer.starts_with("https:") };
        if document.text("issuer")?.ok_or(MetadataReason::Missing("issuer"))? != issuer {
            return Err(MetadataReason::OtherIssuer);
        }
        let authorization_endpoint = document.required_endpoint("authorization_endpoint")?;
        if authorization_endpoint.query_pairs().any(|(name, _)| authorization::is_ours(&name)) {
            return Err(MetadataReason::OwnParameter);
        }
        if !document.required_list("response_types_supported")?.iter().any(|kind| kind == "code") {
            return Err(MetadataReason::NoCodeFlow);
        }
        document.required_list("subject_types_supported")?;
        let listed = document.required_list("id_token_signing_alg_values_supported")?;
        let algorithms: Vec<_> = listed.iter().filter_map(|name| Algorithm::named(name)).collect();
        if algorithms.is_empty() {
            return Err(MetadataReason::NoAlgorithm);
        }
        Ok(Self {
            authorization_endpoint,
            token_endpoint: document.required_endpoint("token_endpoint")?,
            jwks_uri: Some(document.required_endpoint("jwks_uri")?),
            userinfo_endpoint: document.endpoint("userinfo_endpoint")?,
            device_authorization_endpoint: document.endpoint("device_authorization_endpoint")?,
            end_session_endpoint: document.endpoint("end_session_endpoint")?,
            algorithms,
            client_auth_methods: document.list("token_endpoint_auth_methods_supported")?.unwrap_or_default(),
            client_auth_algorithms: document
                .list("token_endpoint_auth_signing_alg_values_supported")?
                .unwrap_or_default(),
            scopes: document.list("scopes_supported")?.unwrap_or_default(),
            acr_values: document.list("acr_values_supported")?.unwrap_or_default(),
            sends_issuer: document.flag("authorization_response_iss_parameter_supported")?,
        })
    }
}

struct Document<'a> {
    members: &'a Members,
    /// The issuer is https, so every endpoint is too.
    secure: bool,
}

impl Document<'_> {
    /// A member; `null` says as much as nothing.
    fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, MetadataReason> {
        let Some(value) = self.member(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or(MetadataReason::Malformed(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, MetadataReason> {
        self.member(name).map_or(Ok(false), |value| value.as_bool().ok_or(MetadataReason::Malformed(name)))
    }

    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, MetadataReason> {
        let Some(value) = self.member(name) else { return Ok(None) };
        let items = value.as_array().ok_or(MetadataReason::Malformed(name))?;
        let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        texts.map(Some).ok_or(MetadataReason::Malformed(name))
    }

    fn required_list(&self, name: &'static str) -> Result<Vec<String>, MetadataReason> {
        self.list(name)?.filter(|list| !list.is_empty()).ok_or(MetadataReason::Missing(name))
    }

    fn endpoint(&self, name: &'static str) -> Result<Option<Url>, MetadataReason> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let url = Url::parse(text).map_err(|_| MetadataReason::Malformed(name))?;
        if !matches!(url.scheme(), "https" | "http") || address::has_credentials(&url) || url.fragment().is_some() {
            return Err(MetadataReason::Malformed(name));
        }
        if !address::is_secure(&url) || (self.secure && url.scheme() != "https") {
            return Err(MetadataReason::Insecure(name));
        }
        Ok(Some(url))
    }

    fn required_endpoint(&self, name: &'static str) -> Result<Url, MetadataReason> {
        self.endpoint(name)?.ok_or(MetadataReason::Missing(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::testing::{ISSUER, metadata};

    fn read(change: impl FnOnce(&mut Value)) -> Result<Metadata, MetadataReason> {
        let mut document = metadata();
        change(&mut document);
        let Value::Object(members) = document else { unreachable!() };
        Metadata::read(&members, ISSUER)
    }

    #[test]
    fn reads_a_whole_document() {
        let metadata = read(|_| {}).unwrap();
        assert_eq!(metadata.algorithms, [Algorithm::Rs256, Algorithm::Es256]);
        assert!(metadata.sends_issuer);
    }

    #[test]
    fn c169_names_the_member_that_is_missing() {
        for name in [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
        ] {
            let reason = read(|document| drop(document.as_object_mut().unwrap().remove(name))).unwrap_err();
            assert_eq!(reason, MetadataReason::Missing(name));
            assert!(reason.to_string().contains(name));
            assert_eq!(read(|document| document[name] = json!(7)).unwrap_err(), MetadataReason::Malformed(name));
        }
    }

    #[test]
    fn c168_the_issuer_is_compared_byte_for_byte() {
        for other in [
            "https://id.example/oidc/",
            "https://ID.example/oidc",
            "https://id.example:443/oidc",
            "http://id.example/oidc",
        ] {
            assert_eq!(read(|document| document["issuer"] = json!(other)).unwrap_err(), MetadataReason::OtherIssuer);
        }
    }

    #[test]
    fn c59_endpoints_of_an_https_issuer_are_https() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "device_authorization_endpoint",
            "end_session_endpoint",
        ] {
            for url in ["http://id.example/x", "http://localhost/x", "http://127.0.0.1:9000/x"] {
                let reason = read(|document| document[name] = json!(url)).unwrap_err();
                assert_eq!(reason, MetadataReason::Insecure(name), "{url}");
            }
            for url in ["https://a:b@id.example/", "https://id.example/#x", "/x", "javascript:alert(1)", "file:///x"] {
                let reason = read(|document| document[name] = json!(url)).unwrap_err();
                assert_eq!(reason, MetadataReason::Malformed(name), "{url}");
            }
        }
    }

    #[test]
    fn what_we_cannot_work_with_is_refused() {
        let url = json!("https://id.example/authorize?tenant=a&client_id=other");
        assert_eq!(read(|it| it["authorization_endpoint"] = url).unwrap_err(), MetadataReason::OwnParameter);
        assert!(read(|it| it["authorization_endpoint"] = json!("https://id.example/authorize?tenant=a")).is_ok());
        assert_eq!(
            read(|it| it["response_types_supported"] = json!(["id_token"])).unwrap_err(),
            MetadataReason::NoCodeFlow
        );
        assert_eq!(
            read(|it| it["id_token_signing_alg_values_supported"] = json!(["none", "HS256"])).unwrap_err(),
            MetadataReason::NoAlgorithm
        );
    }
}
