//! What the message with a code says.

use crate::flow::otp::OtpPolicy;
use crate::portal::Policy;
use crate::secret::Secret;
use crate::sms::fits_one_message;

/// The text of the message with a code: one message on every network, 160 characters without accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText(String);

impl SmsText {
    /// A text of the portal's own; nothing when it holds no `{code}`, or is more than one message when filled in.
    pub(crate) fn new(text: &str, policy: &Policy) -> Option<Self> {
        let text = Self(text.to_owned());
        let filled = text.write(&Secret::from("000000"), &policy.codes);
        let fits = text.0.contains("{code}") && fits_one_message(filled.expose());
        fits.then_some(text)
    }

    /// The usual one. The portal's host stands in it, so that a citizen sees where the code belongs.
    pub(crate) fn usual(host: &str) -> Self {
        let text = "Ma xac thuc cua ban la {code}, het han sau {minutes} phut. Khong dua ma nay cho bat ky ai.";
        // A longer host would make it two messages.
        let at = if host.len() <= 60 { format!(" {host}") } else { String::new() };
        Self(format!("{text}{at}"))
    }

    pub(super) fn write(&self, code: &Secret, policy: &OtpPolicy) -> Secret {
        let minutes = policy.lifetime.as_secs().div_ceil(60).to_string();
        Secret::new(self.0.replace("{minutes}", &minutes).replace("{code}", code.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_text_is_one_message_for_every_host() {
        for length in [1, 59, 60, 61, 253] {
            let text = SmsText::usual(&"d".repeat(length)).write(&"012345".into(), &OtpPolicy::default());
            assert!(fits_one_message(text.expose()), "{length}: {}", text.expose());
            assert!(text.expose().starts_with("Ma xac thuc cua ban la 012345, het han sau 3 phut."));
        }
    }

    #[test]
    fn a_text_of_the_portal_s_own_is_checked() {
        let policy = Policy::default();
        assert!(SmsText::new("{code} la ma xac thuc cua ban, hieu luc {minutes} phut", &policy).is_some());
        for unfit in ["Ma xac thuc", "Mã {code}", "{code} {x}", &format!("{{code}}{}", "a".repeat(155))] {
            assert!(SmsText::new(unfit, &policy).is_none(), "{unfit}");
        }
    }
}
