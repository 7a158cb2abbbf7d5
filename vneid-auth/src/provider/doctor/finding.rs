//! What an examination finds. No secret and nobody's data is in it: it can be shown, sent and kept.

use crate::error::{Code, Language};
use crate::identity::{AccountKind, Level};
use crate::provider::reason::{
    CallReason, CallbackReason, IdTokenReason, KeySetReason, MetadataReason, TokenReason, UserinfoReason,
};
use crate::provider::{AuthorizationError, Cipher, Claim, ConfigError, HttpFailure};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// Logins work; somebody should know.
    Note,
    /// Logins do not work, or are not safe.
    Problem,
}

/// An address of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/.well-known/openid-configuration` under the issuer.
    Discovery,
    /// Where the browser is sent to log in. Whether the portal's own machine reaches it does not matter.
    Authorization,
    /// Where codes are exchanged.
    Token,
    /// Where the keys of id_tokens are.
    Keys,
    /// Where the claims are.
    Userinfo,
}

/// What comes in an envelope in the sealed dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The code in the redirect.
    Code,
    /// The token answer.
    Token,
    /// The userinfo answer.
    Userinfo,
}

/// Where an issuer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// `issuer` of the discovery document.
    Discovery,
    /// `iss` of the redirect (RFC 9207).
    Redirect,
    /// `iss` of the id_token.
    IdToken,
}

/// What a claim's value looks like, without the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Some text.
    Text,
    /// So many digits.
    Digits(usize),
    /// A day.
    Date,
    /// A year alone.
    Year,
    /// This level.
    Level(Level),
    /// This kind of account.
    Kind(AccountKind),
    /// A web address on a host that is allowed.
    Address,
}

/// One thing that was found. Names of hosts, claims and issuers are the provider's, cut to what can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A setting can never work.
    Settings(ConfigError),
    /// No whole answer came.
    Unreachable {
        /// From where.
        endpoint: Endpoint,
        /// Why not.
        failure: HttpFailure,
    },
    /// Another status than was asked for.
    Status {
        /// From where.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
    },
    /// An answer that is no JSON object.
    Unreadable {
        /// From where.
        endpoint: Endpoint,
        /// What is wrong with it.
        reason: CallReason,
    },
    /// 401 or 403 from the token endpoint without an OAuth error: mostly the address is not on the provider's list
    /// (domain.md §2.5).
    AddressNotAllowed {
        /// The HTTP status.
        status: u16,
    },
    /// The metadata cannot be used.
    Metadata(MetadataReason),
    /// The key set cannot be used.
    KeySet(KeySetReason),
    /// Another issuer than is configured.
    Issuer {
        /// Where it stands.
        place: Place,
        /// What is configured.
        configured: String,
        /// What stands there, when it is a text.
        stated: Option<String>,
    },
    /// The clocks agree.
    ClockRight,
    /// Our clock is off by more than 30 s; beyond 60 s tokens are refused.
    ClockOff {
        /// Positive: ours is before the provider's.
        seconds: i64,
    },
    /// The token endpoint answers, and refuses a code that was made up.
    TokenEndpointAnswers,
    /// The token endpoint takes a code that was made up.
    InventedCodeTaken,
    /// `invalid_client` or `unauthorized_client`: the client id, the secret or the method is wrong.
    ClientRefused,
    /// The authorization endpoint answers with an error page: mostly the redirect URI is not registered byte for byte, or
    /// the client id is unknown.
    ErrorPage {
        /// The HTTP status; a redirect when the page is elsewhere.
        status: u16,
    },
    /// The browser came back with an error in place of a code.
    AuthorizationRefused(AuthorizationError),
    /// The address that the browser came back to cannot be read.
    MalformedRedirect(CallbackReason),
    /// Its `state` is not the one of this login.
    OtherState,
    /// Nobody logged in, so the rest is not examined.
    NoLogin,
    /// `invalid_grant` for a code that was just given.
    CodeRefused,
    /// The token endpoint's answer cannot be used for another reason.
    Token(TokenReason),
    /// A code was refused with a wrong PKCE verifier, as it should be.
    WrongVerifierRefused,
    /// A code was taken with a wrong PKCE verifier: PKCE protects nothing here.
    WrongVerifierTaken {
        /// The settings rely on it.
        required: bool,
    },
    /// The settings do without PKCE.
    PkceOff,
    /// Neither with ECB nor with CBC does the envelope open.
    KeyDoesNotOpen(Part),
    /// The envelope opens with the other cipher.
    OtherCipher {
        /// The one to set.
        cipher: Cipher,
    },
    /// What is sealed in this dialect came clear.
    ClearAnswer {
        /// What came.
        part: Part,
        /// The settings refuse it.
        refused: bool,
    },
    /// An envelope came, and the settings know none.
    EnvelopeUnknown(Part),
    /// The id_token does not hold.
    IdToken(IdTokenReason),
    /// Userinfo answers 401 or 403.
    UserinfoRefused {
        /// The HTTP status.
        status: u16,
    },
    /// Userinfo cannot be used for another reason.
    Userinfo(UserinfoReason),
    /// A claim has a value that it cannot have.
    ClaimUnreadable {
        /// Which one.
        claim: Claim,
        /// As the provider calls it.
        name: String,
        /// Every login with such a value is refused; otherwise it is left out.
        refused: bool,
    },
    /// Nothing in the answer says who it is.
    NobodyNamed {
        /// The names that were looked for.
        looked_for: Vec<String>,
        /// The names that are in the answer.
        came: Vec<String>,
    },
    /// `logoutUri` names a host that is not allowed.
    LogoutHost {
        /// The host, with its port where it is not 443.
        host: Option<String>,
    },
    /// Nobody stated a level.
    LevelNotStated {
        /// The settings refuse that.
        refused: bool,
    },
    /// The account's level is too low.
    LevelTooLow {
        /// What was stated.
        stated: Level,
        /// What is required.
        required: Level,
    },
    /// A claim came and was read.
    Came {
        /// Which one.
        claim: Claim,
        /// As the provider calls it.
        name: String,
        /// What it looks like.
        shape: Shape,
    },
    /// A claim that portals want did not come.
    Missing {
        /// Which one.
        claim: Claim,
        /// As the provider would call it.
        name: String,
    },
    /// There is no address where the provider's session is ended, or the settings leave it alive.
    SessionStays,
    /// The login went through.
    LoginPassed,
    /// Something else went wrong.
    Failed(Code),
}

/// A clock that is off by more is worth telling, and by more than the second is beyond what tokens are allowed; in seconds.
pub(super) const CLOCK_NOTE: i64 = 30;
const CLOCK_PROBLEM: i64 = 60;

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        let (note, good) = (Severity::Note, Severity::Good);
        match self {
            Self::ClockRight
            | Self::TokenEndpointAnswers
            | Self::WrongVerifierRefused
            | Self::Came { .. }
            | Self::LoginPassed => good,
            Self::ClockOff { seconds } if seconds.abs() <= CLOCK_PROBLEM => note,
            // It is the citizen's browser that goes there.
            Self::Unreachable { endpoint: Endpoint::Authorization, .. } => note,
            Self::WrongVerifierTaken { required: false }
            | Self::PkceOff
            | Self::SessionStays
            | Self::NoLogin
            | Self::ClearAnswer { refused: false, .. }
            | Self::ClaimUnreadable { refused: false, .. }
            | Self::LevelNotStated { refused: false }
            | Self::Missing { .. } => note,
            _ => Severity::Problem,
        }
    }

    /// What was found, in a sentence.
    pub fn text(&self, language: Language) -> String {
        super::texts::words(self, language).0
    }

    /// What to do about it; `None` when there is nothing to do.
    pub fn advice(&self, language: Language) -> Option<String> {
        let (_, advice) = super::texts::words(self, language);
        (!advice.is_empty()).then_some(advice)
    }
}

impl From<ConfigError> for Finding {
    fn from(error: ConfigError) -> Self {
        Self::Settings(error)
    }
}
