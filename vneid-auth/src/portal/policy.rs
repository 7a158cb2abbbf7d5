//! The portal's numbers, in one place.

use std::time::Duration;

use crate::flow::otp::OtpPolicy;
use crate::flow::resolution::NewAccounts;
use crate::flow::session::SessionPolicy;

/// How long things live and how often they may happen.
///
/// | number | default | set by |
/// | --- | --- | --- |
/// | a login, from the click to the callback | 10 min | [`login_lifetime`](Self::login_lifetime) |
/// | logins open at once in one browser | 8, then the oldest is dropped | [`open_logins`](Self::open_logins) |
/// | login starts from one address | 600 a minute: it may be a commune office or a carrier | [`login_starts_a_minute`](Self::login_starts_a_minute) |
/// | sealed answers that do not open, of one address | 30 in 10 min | [`unopened_envelopes`](Self::unopened_envelopes) |
/// | pairing starts from one address | 600 a minute: kiosks may stand behind one | [`pairing_starts_a_minute`](Self::pairing_starts_a_minute) |
/// | pairings kept of one address | 1,000, those that are over counted until their code would have expired | [`pairings_of_an_address`](Self::pairings_of_an_address) |
/// | a pairing | as long as the provider's code, 30 min at most | fixed: [`LONGEST`](crate::flow::device_pairing::LONGEST) |
/// | polls of a pairing go on without a watcher for | 30 s | fixed |
/// | another instance's word that was lost costs | 5 s | fixed |
/// | back-channel logouts from one address | 6,000 a minute: a provider posts them all from a few | [`backchannel_logouts_a_minute`](Self::backchannel_logouts_a_minute) |
/// | a logout token lives | 5 min at most | fixed |
/// | who has no account here | gets one at the first login | [`new_accounts`](Self::new_accounts) |
/// | a choice of account is waited for | 10 min | [`choice_lifetime`](Self::choice_lifetime) |
/// | passwords tried for one account, by one person, and from one address | 5 in 15 min for each of the first two, and 60 a minute | [`passwords_of_an_account`](Self::passwords_of_an_account), [`passwords_of_an_address_a_minute`](Self::passwords_of_an_address_a_minute) |
/// | a citizen without a CCCD number | is asked for it after the login, and may skip it | [`ask_citizen_id`](Self::ask_citizen_id), [`may_skip_citizen_id`](Self::may_skip_citizen_id) |
/// | CCCD numbers tried for an account | 5 an hour | [`numbers_tried_an_hour`](Self::numbers_tried_an_hour) |
/// | a session that nobody uses | 30 min | [`sessions`](Self::sessions) |
/// | a session at most | 8 h | [`sessions`](Self::sessions) |
/// | a fresh login or one-time code is good for | 10 min, as each page demands; the same before a phone may be added, a link or number removed | [`Requirement::fresh_within`](super::Requirement::fresh_within), [`step_up_for`](Self::step_up_for) |
/// | what a logout's later steps need | 5 min | fixed: [`KEPT_FOR`](crate::flow::logout::KEPT_FOR) |
/// | clocks may differ by | 60 s, both ways | fixed |
/// | a provider's keys are fresh for | 300 s; an unknown key fetches them at once, then not again for 60 s | fixed |
/// | a provider's metadata are fresh for | 1 h; old ones serve for up to 24 h while the provider is down | fixed |
/// | calls to a provider | 5 s to connect, 10 s in all, answers up to 1 MiB, no redirects | the [`HttpClient`](crate::provider::HttpClient) |
/// | bodies that the routes take | 16 KiB | fixed: [`MAX_BODY`](crate::web::MAX_BODY) |
/// | one-time codes | 6 digits, 180 s, 5 tries over 4 resends, 60 s between them | [`codes`](Self::codes) |
/// | wrong one-time codes of an account | 10 in an hour lock its codes for 30 min | [`wrong_codes_an_hour`](Self::wrong_codes_an_hour), [`codes_locked_for`](Self::codes_locked_for) |
/// | codes sent to a phone, whatever the account | 5 an hour, 10 a day | [`codes_to_a_phone_an_hour`](Self::codes_to_a_phone_an_hour), [`codes_to_a_phone_a_day`](Self::codes_to_a_phone_a_day) |
/// | codes sent for an account, whatever the phone | 10 an hour | [`codes_of_an_account_an_hour`](Self::codes_of_an_account_an_hour) |
/// | codes asked for, and codes tried, from one address | 120 and 600 a minute | [`codes_of_an_address_a_minute`](Self::codes_of_an_address_a_minute), [`tries_of_an_address_a_minute`](Self::tries_of_an_address_a_minute) |
/// | a form that was interrupted is held | 30 min | [`held_form_lifetime`](Self::held_form_lifetime) |
/// | forms held for one browser | 8, then the oldest is dropped | [`held_forms`](Self::held_forms) |
/// | forms held for one address | 600 in that time, 120 of them larger than 8 KiB | [`held_forms_of_an_address`](Self::held_forms_of_an_address), [`large_held_forms_of_an_address`](Self::large_held_forms_of_an_address) |
/// | what a held form may have | 64 KiB and 1,000 fields | fixed: [`MAX_HELD_FORM`](crate::web::MAX_HELD_FORM) |
/// | phones of an account | 10 | fixed: [`MAX_PHONES`](crate::account::MAX_PHONES) |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a login may take.
    pub login_lifetime: Duration,
    /// How many logins one browser may have open.
    pub open_logins: usize,
    /// How many logins one address may start in a minute.
    pub login_starts_a_minute: u32,
    /// How many sealed codes or answers of one address may fail to open in ten minutes.
    pub unopened_envelopes: u32,
    /// How many pairings one address may start in a minute.
    pub pairing_starts_a_minute: u32,
    /// How many pairings of one address are kept.
    pub pairings_of_an_address: usize,
    /// How many back-channel logouts one address may post in a minute.
    pub backchannel_logouts_a_minute: u32,
    /// Whether somebody who has no account here gets one.
    pub new_accounts: NewAccounts,
    /// How long a citizen may take to say which account is theirs.
    pub choice_lifetime: Duration,
    /// How many passwords may be tried for one account in 15 minutes, and how many one person may try in that time.
    pub passwords_of_an_account: u32,
    /// How many passwords one address may try in a minute.
    pub passwords_of_an_address_a_minute: u32,
    /// Whether a citizen without a CCCD number is asked for it after the login. Nobody is where no population database is
    /// set.
    pub ask_citizen_id: bool,
    /// Whether they may skip that ("Bỏ qua") until a page cannot do without it.
    pub may_skip_citizen_id: bool,
    /// How many CCCD numbers may be tried for one account in an hour.
    pub numbers_tried_an_hour: u32,
    /// How long sessions live.
    pub sessions: SessionPolicy,
    /// How one-time codes behave.
    pub codes: OtpPolicy,
    /// How many wrong codes of an account in an hour lock its codes.
    pub wrong_codes_an_hour: u32,
    /// For how long they are locked.
    pub codes_locked_for: Duration,
    /// How many codes may be sent to one phone in an hour.
    pub codes_to_a_phone_an_hour: u32,
    /// How many codes may be sent to one phone in a day.
    pub codes_to_a_phone_a_day: u32,
    /// How many codes may be sent for one account in an hour.
    pub codes_of_an_account_an_hour: u32,
    /// How many codes one address may ask for in a minute.
    pub codes_of_an_address_a_minute: u32,
    /// How many codes one address may try in a minute.
    pub tries_of_an_address_a_minute: u32,
    /// How long ago a login or one-time code may lie when a phone is added, or a link or number removed.
    pub step_up_for: Duration,
    /// How long a form that was interrupted is held.
    pub held_form_lifetime: Duration,
    /// How many forms are held for one browser.
    pub held_forms: usize,
    /// How many forms of one address may be held in that time.
    pub held_forms_of_an_address: u32,
    /// How many of them may be larger than 8 KiB.
    pub large_held_forms_of_an_address: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            login_lifetime: Duration::from_secs(10 * 60),
            open_logins: 8,
            login_starts_a_minute: 600,
            unopened_envelopes: 30,
            pairing_starts_a_minute: 600,
            pairings_of_an_address: 1000,
            backchannel_logouts_a_minute: 6000,
            new_accounts: NewAccounts::default(),
            choice_lifetime: Duration::from_secs(10 * 60),
            passwords_of_an_account: 5,
            passwords_of_an_address_a_minute: 60,
            ask_citizen_id: true,
            may_skip_citizen_id: true,
            numbers_tried_an_hour: 5,
            sessions: SessionPolicy::default(),
            codes: OtpPolicy::default(),
            wrong_codes_an_hour: 10,
            codes_locked_for: Duration::from_secs(30 * 60),
            codes_to_a_phone_an_hour: 5,
            codes_to_a_phone_a_day: 10,
            codes_of_an_account_an_hour: 10,
            codes_of_an_address_a_minute: 120,
            tries_of_an_address_a_minute: 600,
            step_up_for: Duration::from_secs(10 * 60),
            held_form_lifetime: Duration::from_secs(30 * 60),
            held_forms: 8,
            held_forms_of_an_address: 600,
            large_held_forms_of_an_address: 120,
        }
    }
}

impl Policy {
    /// How long an open login's record and cookie are kept: as long again as it may take, so that a citizen who comes
    /// too late is told that it expired.
    pub(crate) fn login_kept_for(&self) -> Duration {
        self.login_lifetime.saturating_mul(2)
    }

    /// How long a challenge's record is kept after its last code: long enough to be told that the code has expired, and
    /// to ask for another.
    pub(crate) fn code_kept_for(&self) -> Duration {
        self.codes.lifetime.saturating_mul(5)
    }
}
