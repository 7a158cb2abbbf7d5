//! Why the population database gave no answer. For the operator: it never holds a word about a person.

use crate::http::HttpFailure;

/// The population database cannot be asked, or what it said cannot be used. It says nothing about the claim: the login
/// stands, nothing is lost, and the citizen may try again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryUnavailable {
    /// `004`: the procedure is not licensed to use the database (domain.md §5.4).
    #[error("the procedure is not licensed to use the population database (004): see POPULATION_PROCEDURE")]
    NotLicensed,
    /// `005`: the officer's account lacks the permission.
    #[error("the officer's account may not use the population database (005): see POPULATION_OFFICER")]
    OfficerNotPermitted,
    /// Status 401 or 403: the user, the secret, the address that was hashed, or the clock.
    #[error("the population database refuses the credentials (status {0}): user, secret, service URL, or the clock")]
    CredentialsRefused(u16),
    /// No whole answer came.
    #[error("the population database does not answer: {0}")]
    Http(#[from] HttpFailure),
    /// Another status than was asked for.
    #[error("the population database answers with status {0}")]
    Status(u16),
    /// It refused the request: with a SOAP fault, or with another code of its own, which stands here when it is short and
    /// plain.
    #[error("the population database refuses the request{}", .0.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused(Option<String>),
    /// It answered, and the answer cannot be believed.
    #[error("the population database answers nonsense: {0}")]
    Nonsense(#[from] Nonsense),
    /// The request could not be made: no randomness for its id, or a value that fits no header.
    #[error("the request to the population database cannot be made")]
    Request,
    /// Another reason, of a registry of the portal's own.
    #[error("the population database is not available: {0}")]
    Other(&'static str),
}

impl RegistryUnavailable {
    /// Whether waiting will not help, because a setting or a permission is wrong.
    pub fn needs_operator(&self) -> bool {
        match self {
            Self::NotLicensed | Self::OfficerNotPermitted | Self::CredentialsRefused(_) | Self::Request => true,
            Self::Http(failure) => matches!(failure, HttpFailure::Insecure | HttpFailure::Tls),
            Self::Status(_) | Self::Refused(_) | Self::Nonsense(_) | Self::Other(_) => false,
        }
    }
}

/// Why an answer cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Nonsense {
    /// It is larger than allowed, deeper, or has too many parts.
    #[error("it is too large")]
    TooLarge,
    /// It is no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is no well-formed XML.
    #[error("it is not well-formed XML")]
    NotXml,
    /// It has a document type, or an entity beyond the five of XML itself: nobody has use for them here but an attacker.
    #[error("it declares a document type or uses an entity")]
    Entities,
    /// It is no JSON object, or one with a member twice.
    #[error("it is not JSON")]
    NotJson,
    /// It is readable and not what was asked for: another envelope, a part that is missing, doubled, or in no known form.
    #[error("it is not the answer to this question")]
    Unexpected,
    /// It is about another number than was asked for.
    #[error("it is about another number")]
    AnotherNumber,
}
