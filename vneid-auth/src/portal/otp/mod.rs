//! Drives one-time codes: sent to a phone of the account, checked once, for what they were sent for.

mod challenge;
mod limits;
mod text;

use serde::{Deserialize, Serialize};

use self::challenge::{Challenge, Moved, New};
use self::limits::locked;
pub use self::text::SmsText;
use super::{Citizen, CitizenPhone, Client, Inner};
use crate::account::Account;
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::otp::{Effect, Otp, Sent};
use crate::identity::PhoneNumber;
use crate::random::{code, token};
use crate::secret::Secret;

/// What a one-time code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// To show that a phone is the citizen's.
    VerifyPhone,
    /// To show in the middle of a session that it is still them.
    StepUp,
    /// To set a new password of a local account.
    Recover,
}

impl Purpose {
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::VerifyPhone, Self::StepUp, Self::Recover].into_iter().find(|purpose| purpose.as_str() == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::VerifyPhone => "verify_phone",
            Self::StepUp => "step_up",
            Self::Recover => "recover",
        }
    }
}

/// Who asks: a citizen, in one of their sessions.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) citizen: &'a Citizen,
    /// The session's id now.
    pub(crate) session: &'a Secret,
    /// What the address is counted as.
    pub(crate) bucket: &'a str,
    pub(crate) client: &'a Client,
}

/// What is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) phone_id: &'a str,
    /// A checked path of this portal.
    pub(crate) return_to: Option<String>,
}

/// A challenge, as its owner sees it.
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) masked_phone: String,
    /// Seconds; 0 when the code's life is over.
    pub(crate) expires_in: u64,
    /// Seconds.
    pub(crate) resend_in: u64,
    /// Unknown once the code's life is over.
    pub(crate) attempts_left: u8,
    pub(crate) purpose: Purpose,
    pub(crate) return_to: Option<String>,
}

/// The right code came.
pub(crate) struct Passed {
    pub(crate) purpose: Purpose,
    pub(crate) return_to: Option<String>,
    /// The session's new id, when the code raised it.
    pub(crate) session: Option<Secret>,
}

impl Inner {
    /// Sends a code, for a new challenge; an older one of the same purpose is dead then.
    pub(crate) async fn send_code(&self, by: &By<'_>, asked: Asked<'_>) -> Result<Waiting> {
        let phone = self.phone_taking(by, asked.purpose, |phone| phone.id == asked.phone_id).await?;
        self.check_unlocked(by.citizen.account()).await?;
        self.check_gateway()?;
        self.count_send(by.bucket, by.citizen.account(), phone.number()).await?;
        let (id, code) = (token(self.randomness.as_ref())?, code(self.randomness.as_ref())?);
        let Asked { purpose, return_to, .. } = asked;
        let new = New { id: &id, purpose, phone: phone.number().clone(), return_to, code: &code };
        let challenge = self.keep_challenge(by, new, self.policy.codes).await?;
        self.deliver(by, &challenge.phone, &code).await?;
        self.waiting(&id, &challenge)
    }

    /// Sends another code, to the same phone or to another; the one before is dead.
    pub(crate) async fn resend_code(&self, by: &By<'_>, id: &Secret, phone_id: Option<&str>) -> Result<Waiting> {
        let was = self.challenge(by, id).await?.value;
        let wanted = |phone: &CitizenPhone| match phone_id {
            Some(id) => phone.id == id,
            None => *phone.number() == was.phone,
        };
        let phone = self.phone_taking(by, was.purpose, wanted).await?;
        self.check_unlocked(by.citizen.account()).await?;
        self.check_gateway()?;
        let code = code(self.randomness.as_ref())?;
        let challenge = self.renew_code(by, id, phone.number(), &code).await?;
        self.deliver(by, &challenge.phone, &code).await?;
        self.waiting(id, &challenge)
    }

    /// Somebody typed a code.
    pub(crate) async fn check_code(&self, by: &By<'_>, id: &Secret, typed: &Secret) -> Result<Passed> {
        self.count_try(by.bucket).await?;
        self.challenge(by, id).await?;
        self.check_unlocked(by.citizen.account()).await?;
        let Moved { challenge, effect } = self.try_code(by, id, typed).await?;
        match effect {
            Some(Effect::Accept) => self.pass(by, challenge).await,
            Some(Effect::Incorrect { attempts_left }) => {
                self.missed(by).await?;
                Err(Error::new(Code::OtpIncorrect { attempts_left }, "a wrong code"))
            }
            Some(Effect::LockedOut) => {
                self.missed(by).await?;
                Err(Error::new(Code::OtpLocked, "the last try of a challenge"))
            }
            Some(Effect::TooLate | Effect::Send) | None => Err(Error::new(Code::OtpExpired, "the code's life is over")),
        }
    }

    /// A challenge that its owner looks at.
    pub(crate) async fn look_at_code(&self, by: &By<'_>, id: &Secret) -> Result<Waiting> {
        let challenge = self.challenge(by, id).await?.value;
        self.waiting(id, &challenge)
    }

    /// Counts a wrong code for the account, and says so when that was one too many.
    async fn missed(&self, by: &By<'_>) -> Result<()> {
        let Some(wait) = self.count_wrong(by.citizen.account()).await? else { return Ok(()) };
        self.audit(What::CodesLocked, None, Some(by.citizen.account()), by.client).await;
        Err(locked(wait))
    }

    /// What the right code brings. The challenge is spent by now: what fails here is asked for anew.
    async fn pass(&self, by: &By<'_>, challenge: Challenge) -> Result<Passed> {
        // A phone that was removed meanwhile proves nothing any more.
        let phone = self.phone_taking(by, challenge.purpose, |phone| *phone.number() == challenge.phone).await?;
        let mut session = None;
        match challenge.purpose {
            Purpose::StepUp => session = Some(self.renew_session(by.session, by.client).await?),
            Purpose::VerifyPhone => {
                let verify = |account: &mut Account| {
                    let gone = || Error::new(Code::PhoneNotFound, "the phone was removed meanwhile");
                    account.phone_mut(phone.number()).ok_or_else(gone)?.verified = true;
                    Ok(())
                };
                self.change_account(by.citizen.account(), verify).await?;
                self.audit(What::PhoneVerified, None, Some(by.citizen.account()), by.client).await;
            }
            Purpose::Recover => return Err(Error::new(Code::OtpNotFound, "nobody has a password here")),
        }
        Ok(Passed { purpose: challenge.purpose, return_to: challenge.return_to, session })
    }

    async fn phone_taking(
        &self,
        by: &By<'_>,
        purpose: Purpose,
        wanted: impl Fn(&CitizenPhone) -> bool,
    ) -> Result<CitizenPhone> {
        let phones = self.phones_of(by.citizen).await?;
        let phone = phones.into_iter().find(|phone| wanted(phone) && phone.takes(purpose));
        phone.ok_or_else(|| Error::new(Code::PhoneNotFound, "no phone of the account that takes such a code"))
    }

    fn check_gateway(&self) -> Result<()> {
        let none = || Error::new(Code::ServiceUnavailable, "no SMS gateway is set, so no code can be sent");
        self.sms.as_ref().map(|_| ()).ok_or_else(none)
    }

    /// Sends the code on its way. The challenge stands by now: a code that does not arrive is asked for again.
    async fn deliver(&self, by: &By<'_>, to: &PhoneNumber, code: &Secret) -> Result<()> {
        let Some(gateway) = &self.sms else { return self.check_gateway() };
        let text = self.sms_text.write(code, &self.policy.codes);
        gateway
            .send(to, &text)
            .await
            .map_err(|failed| Error::new(Code::ServiceUnavailable, "a one-time code was not sent").because(failed))?;
        self.audit(What::CodeSent, None, Some(by.citizen.account()), by.client).await;
        Ok(())
    }

    fn waiting(&self, id: &Secret, challenge: &Challenge) -> Result<Waiting> {
        let now = self.now();
        let sent = match &challenge.otp {
            Otp::Sent(sent) => Some(sent),
            Otp::Expired(_) => None,
            Otp::Locked(_) => return Err(Error::new(Code::OtpLocked, "the challenge is locked")),
            Otp::Verified(_) | Otp::Superseded(_) => return Err(Error::new(Code::OtpExpired, "the challenge is over")),
        };
        // Rounded up: a code that lives another half second is not yet dead.
        let seconds = |until: crate::time::Timestamp| until.since(now).as_millis().div_ceil(1000) as u64;
        Ok(Waiting {
            id: id.expose().to_owned(),
            masked_phone: challenge.phone.masked(),
            expires_in: sent.map_or(0, |sent| seconds(sent.expires_at())),
            resend_in: sent.map_or(0, |sent| seconds(sent.resend_at())),
            attempts_left: sent.map_or(0, Sent::attempts_left),
            purpose: challenge.purpose,
            return_to: challenge.return_to.clone(),
        })
    }
}
