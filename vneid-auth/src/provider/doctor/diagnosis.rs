//! From a failed step to what is wrong: the innermost reason of its error, and the answers that were heard.

use std::error::Error as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use super::{Doctor, Ended, Endpoint, Finding, Part, Place, Report};
use crate::error::Error;
use crate::flow::login::Exchange;
use crate::http::HttpFailure;
use crate::provider::json::{self, Members};
use crate::provider::reason::{
    CallReason, ClaimsReason, EnvelopeReason, IdTokenReason, KeySetReason, MetadataReason, TokenReason, UserinfoReason,
};
use crate::provider::{Cipher, Claim, ClearAnswers, SubjectSource};

/// What others wrote is shown no longer than this, in characters.
const LONGEST: usize = 120;

/// No more names than this are shown.
const MOST_NAMES: usize = 40;

impl Doctor {
    /// What this error means. `exchange` is what the failed exchange was made with.
    pub(super) fn diagnosed(&self, error: &Error, exchange: Option<&Exchange>) -> Finding {
        let Some(source) = error.source() else { return Finding::Failed(error.code()) };
        if let Some(reason) = source.downcast_ref::<CallReason>() {
            return self.called(*reason);
        }
        if let Some(reason) = source.downcast_ref::<TokenReason>() {
            return self.token(*reason);
        }
        if let Some(reason) = source.downcast_ref::<EnvelopeReason>() {
            return self.envelope(*reason, exchange);
        }
        if let Some(reason) = source.downcast_ref::<IdTokenReason>() {
            return match reason {
                IdTokenReason::Issuer => self.issuer(Place::IdToken),
                reason => Finding::IdToken(*reason),
            };
        }
        if let Some(reason) = source.downcast_ref::<MetadataReason>() {
            return match reason {
                MetadataReason::OtherIssuer => self.issuer(Place::Discovery),
                reason => Finding::Metadata(*reason),
            };
        }
        if let Some(reason) = source.downcast_ref::<KeySetReason>() {
            return Finding::KeySet(*reason);
        }
        if let Some(reason) = source.downcast_ref::<UserinfoReason>() {
            return if self.is_unknown_envelope(Part::Userinfo) {
                Finding::EnvelopeUnknown(Part::Userinfo)
            } else {
                Finding::Userinfo(*reason)
            };
        }
        match source.downcast_ref::<ClaimsReason>() {
            Some(reason) => self.claims_refused(*reason),
            None => Finding::Failed(error.code()),
        }
    }

    /// What a call means that brought no usable answer; the last one that was heard.
    pub(super) fn called(&self, reason: CallReason) -> Finding {
        let endpoint = self.endpoint();
        match reason {
            CallReason::Http(failure) if failure != HttpFailure::TooLarge => Finding::Unreachable { endpoint, failure },
            CallReason::Status { status: status @ (401 | 403), .. } if endpoint == Endpoint::Token => {
                Finding::AddressNotAllowed { status }
            }
            CallReason::Status { status: status @ (401 | 403), .. } if endpoint == Endpoint::Userinfo => {
                Finding::UserinfoRefused { status }
            }
            CallReason::Status { status, .. } => Finding::Status { endpoint, status },
            reason => Finding::Unreadable { endpoint, reason },
        }
    }

    fn token(&self, reason: TokenReason) -> Finding {
        match reason {
            TokenReason::InvalidClient | TokenReason::UnauthorizedClient => Finding::ClientRefused,
            TokenReason::InvalidGrant => Finding::CodeRefused,
            _ if self.is_unknown_envelope(Part::Token) => Finding::EnvelopeUnknown(Part::Token),
            reason => Finding::Token(reason),
        }
    }

    /// An envelope opens here with a cipher that the settings do not name, which no login may try: it would be a second
    /// question to whoever sent it.
    fn envelope(&self, reason: EnvelopeReason, exchange: Option<&Exchange>) -> Finding {
        let part = match self.endpoint() {
            Endpoint::Userinfo => Part::Userinfo,
            Endpoint::Token => Part::Token,
            _ => Part::Code,
        };
        let Some(envelope) = self.provider.config.envelope.as_ref().filter(|_| reason == EnvelopeReason::NotOpened)
        else {
            return Finding::ClearAnswer { part, refused: true };
        };
        let cipher = match envelope.cipher {
            Cipher::Ecb => Cipher::Cbc,
            Cipher::Cbc => Cipher::Ecb,
        };
        let other = envelope.clone().cipher(cipher);
        let opens = match part {
            Part::Code => {
                exchange.is_some_and(|exchange| other.code(&exchange.code, exchange.encrypt_key.as_ref()).is_ok())
            }
            part => self.answer(part).is_some_and(|answer| other.members(answer).is_ok()),
        };
        if opens { Finding::OtherCipher { cipher } } else { Finding::KeyDoesNotOpen(part) }
    }

    fn claims_refused(&self, reason: ClaimsReason) -> Finding {
        let names = &self.provider.config.claims;
        match reason {
            ClaimsReason::Malformed(claim) => self.unreadable(claim, true),
            ClaimsReason::LogoutHost => Finding::LogoutHost { host: self.logout_host() },
            ClaimsReason::NoSubject | ClaimsReason::NoCitizenId => {
                if self.is_unknown_envelope(Part::Userinfo) {
                    return Finding::EnvelopeUnknown(Part::Userinfo);
                }
                let wanted = match self.provider.config.subject {
                    SubjectSource::HashedCitizenId => [Some(Claim::CitizenId), None],
                    SubjectSource::Claims => [Some(Claim::TechId), Some(Claim::Subject)],
                };
                let looked_for = wanted.into_iter().flatten().filter_map(|claim| names.name(claim));
                let came = self.opened(Part::Userinfo).unwrap_or_default();
                Finding::NobodyNamed {
                    looked_for: looked_for.map(str::to_owned).collect(),
                    came: came.keys().take(MOST_NAMES).map(|name| printable(name)).collect(),
                }
            }
        }
    }

    pub(super) fn unreadable(&self, claim: Claim, refused: bool) -> Finding {
        Finding::ClaimUnreadable { claim, name: self.name_of(claim), refused }
    }

    /// What the provider calls a claim; what has no name of its own is an id_token's.
    pub(super) fn name_of(&self, claim: Claim) -> String {
        let standard = if claim == Claim::Level { "acr" } else { "sub" };
        self.provider.config.claims.name(claim).unwrap_or(standard).to_owned()
    }

    fn logout_host(&self) -> Option<String> {
        let name = self.provider.config.claims.name(Claim::LogoutUri)?;
        let uri = Url::parse(self.opened(Part::Userinfo)?.get(name)?.as_str()?).ok()?;
        let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(printable(&format!("{}{port}", uri.host_str()?)))
    }

    fn issuer(&self, place: Place) -> Finding {
        let stated = match place {
            Place::Discovery => self.witness.last().and_then(|heard| text(&heard.members()?, "issuer")),
            _ => self.opened(Part::Token).and_then(|answer| {
                // Not verified: this is shown, and believed in nothing.
                let token = text(&answer, "id_token")?;
                let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
                text(&json::object(&claims).ok()?, "iss")
            }),
        };
        let configured = self.provider.config.issuer.clone().unwrap_or_default();
        Finding::Issuer { place, configured, stated: stated.as_deref().map(printable) }
    }

    /// Which address the last answer, or failure, is from.
    fn endpoint(&self) -> Endpoint {
        let (Some(heard), Some(metadata)) = (self.witness.last(), self.provider.discovery.kept()) else {
            return Endpoint::Discovery;
        };
        let is = |url: &Url| heard.url == url.as_str();
        if is(&metadata.token_endpoint) {
            Endpoint::Token
        } else if metadata.userinfo_endpoint.as_ref().is_some_and(is) {
            Endpoint::Userinfo
        } else if metadata.jwks_uri.as_ref().is_some_and(is) {
            Endpoint::Keys
        } else if heard.url.starts_with(metadata.authorization_endpoint.as_str()) {
            Endpoint::Authorization
        } else {
            Endpoint::Discovery
        }
    }

    /// The members of an answer as it came.
    fn answer(&self, part: Part) -> Option<Members> {
        let metadata = self.provider.discovery.kept()?;
        let address = match part {
            Part::Token => &metadata.token_endpoint,
            Part::Userinfo => metadata.userinfo_endpoint.as_ref()?,
            Part::Code => return None,
        };
        self.witness.at(address)?.members()
    }

    /// The members of an answer, out of its envelope.
    pub(super) fn opened(&self, part: Part) -> Option<Members> {
        let answer = self.answer(part)?;
        match &self.provider.config.envelope {
            Some(envelope) => envelope.clone().clear_answers(ClearAnswers::Accept).members(answer).ok(),
            None => Some(answer),
        }
    }

    fn is_unknown_envelope(&self, part: Part) -> bool {
        self.provider.config.envelope.is_none() && self.answer(part).is_some_and(|answer| is_sealed(&answer))
    }

    /// Whether the token endpoint gave an access token for the code.
    pub(super) fn code_was_taken(&self) -> bool {
        self.opened(Part::Token).is_some_and(|answer| answer.contains_key("access_token"))
    }

    /// What the end of a login shows.
    pub(super) fn conclude(&self, ended: &Ended, report: &mut Report<'_>) {
        if self.provider.config.envelope.is_some() {
            let clear =
                |part| self.answer(part).is_some_and(|answer| !is_sealed(&answer) && !answer.contains_key("error"));
            let code = ended.exchange.encrypt_key.is_none().then_some(Part::Code);
            let parts = [Part::Token, Part::Userinfo].into_iter().filter(|part| clear(*part));
            let clear = code.into_iter().chain(parts).map(|part| Finding::ClearAnswer { part, refused: false });
            // What the settings refuse is told once, as that.
            let refuses = self.lenient.is_some();
            report.add_all(clear.filter(|_| !refuses));
        }
        match &ended.outcome {
            Ok(verified) => report.add_all(self.told(verified)),
            Err(error) if ended.exchange.encrypt_key.is_some() && self.provider.config.envelope.is_none() => {
                let finding = self.diagnosed(error, Some(&ended.exchange));
                // A sealed code that was sent on as it is comes back as one that nobody knows.
                let sealed = matches!(finding, Finding::CodeRefused | Finding::Token(_));
                report.add(if sealed { Finding::EnvelopeUnknown(Part::Code) } else { finding });
            }
            Err(error) => report.add(self.diagnosed(error, Some(&ended.exchange))),
        }
    }
}

fn is_sealed(answer: &Members) -> bool {
    answer.contains_key("data") && answer.contains_key("key")
}

fn text(members: &Members, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// What others wrote, fit for a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
