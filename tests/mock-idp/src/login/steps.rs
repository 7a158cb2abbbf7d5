//! What a login's forms do, step by step. Everything here runs under the login's lock.

use axum::http::HeaderMap;
use vneid_auth::flow::otp::Refusal;
use vneid_auth::time::Timestamp;

use crate::accounts::Verdict;
use crate::citizen::Citizen;
use crate::fault::{Occasion, Place};
use crate::interaction::{Interaction, Notice, Outcome, Step};
use crate::otp::{Challenge, Tried};
use crate::sso::{By, House};
use crate::web::Params;
use crate::world::World;

/// Takes the step that a form asks for. A new session's cookie comes back when somebody has logged in.
pub(crate) fn take(
    world: &World,
    login: &mut Interaction,
    form: &Params,
    headers: &HeaderMap,
    now: Timestamp,
) -> Option<String> {
    if !matches!(login.step, Step::Dead) {
        login.notice = None;
    }
    let action = form.text("action");
    if action == "cancel" {
        login.step = Step::Done(Outcome::Declined);
        return None;
    }
    let step = std::mem::replace(&mut login.step, Step::Dead);
    let (next, cookie) = match step {
        Step::Account { .. } if action == "continue" => (Step::Done(Outcome::Continued), None),
        Step::Account { .. } => (Step::Password, None),
        Step::Consent { username, .. } if action == "allow" => (Step::Done(Outcome::Consented(username)), None),
        asked @ Step::Consent { .. } => (asked, None),
        Step::Password if action == "vneid" && login.ask.offers_vneid => (Step::Done(Outcome::ThroughVneid), None),
        Step::Password => (password(world, login, form, now), None),
        Step::Code { username, challenge, choosing_phone } => {
            let code = Code { username, challenge, choosing_phone };
            match action {
                "resend" => (code.resend(world, login, None, now), None),
                "other" => (Step::from(Code { choosing_phone: true, ..code }), None),
                "back" => (Step::from(Code { choosing_phone: false, ..code }), None),
                "phone" => (code.resend(world, login, Some(form.text("phone")), now), None),
                _ => code.attempt(world, login, form.text("otp"), headers, now),
            }
        }
        over @ (Step::Dead | Step::Done(_)) => (over, None),
    };
    login.step = next;
    cookie
}

fn password(world: &World, login: &mut Interaction, form: &Params, now: Timestamp) -> Step {
    // People paste numbers with spaces; a password is taken as it is.
    let username: String = form.text("username").chars().filter(|c| !c.is_whitespace()).take(64).collect();
    let verdict = world.accounts.check(&username, form.text("password"), now);
    login.ask.login_hint = Some(username);
    match verdict {
        Verdict::Right(citizen) if !citizen.has_account_with(login.ask.house) => {
            login.notice = Some(Notice::Elsewhere(login.ask.house));
            Step::Dead
        }
        Verdict::Right(citizen) => {
            let phone = citizen.phones.first().cloned().unwrap_or_default();
            let code = world.next_code();
            let challenge = world.otp.start(&citizen.username, &phone, &code, &world.entropy, now);
            if !send(world, &citizen, &phone, &code, now) {
                login.notice = Some(Notice::NotSent);
            }
            Step::Code { username: citizen.username, challenge, choosing_phone: false }
        }
        Verdict::Wrong => {
            login.notice = Some(Notice::Incorrect);
            Step::Password
        }
        Verdict::Locked(left) => {
            login.notice = Some(Notice::Locked(left.as_secs().div_ceil(60)));
            Step::Password
        }
        Verdict::Closed => {
            login.notice = Some(Notice::Closed);
            Step::Password
        }
    }
}

/// The step of the code, taken apart.
struct Code {
    username: String,
    challenge: Challenge,
    choosing_phone: bool,
}

impl From<Code> for Step {
    fn from(Code { username, challenge, choosing_phone }: Code) -> Self {
        Self::Code { username, challenge, choosing_phone }
    }
}

impl Code {
    fn attempt(
        mut self,
        world: &World,
        login: &mut Interaction,
        typed: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> (Step, Option<String>) {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).take(64).collect();
        let (step, notice) = match world.otp.attempt(&mut self.challenge, &typed, now) {
            Tried::Verified => return log_in(world, login, &self.username, By::Password, headers, now),
            Tried::Incorrect(left) => {
                world.accounts.wrong_code(&self.username, now);
                (Step::from(self), Notice::WrongCode(left))
            }
            Tried::Expired => (Step::from(self), Notice::CodeExpired),
            Tried::Locked => {
                world.accounts.wrong_code(&self.username, now);
                (Step::Dead, Notice::TooManyCodes)
            }
        };
        login.notice = Some(notice);
        (step, None)
    }

    fn resend(mut self, world: &World, login: &mut Interaction, wish: Option<&str>, now: Timestamp) -> Step {
        let Some(citizen) = world.accounts.find(&self.username) else {
            return Step::Dead;
        };
        // Phones are chosen by their place in the list: the page shows them masked.
        let chosen = wish.and_then(|wish| citizen.phones.get(wish.parse::<usize>().ok()?).cloned());
        let phone = chosen.unwrap_or_else(|| self.challenge.phone.clone());
        let code = world.next_code();
        login.notice = Some(match world.otp.resend(&mut self.challenge, &phone, &code, now) {
            Ok(()) if send(world, &citizen, &phone, &code, now) => Notice::Resent,
            Ok(()) => Notice::NotSent,
            Err(Refusal::ResendTooSoon { retry_after }) => Notice::TooSoon(retry_after.as_secs().max(1)),
            Err(_) => Notice::NoMoreCodes,
        });
        Step::from(Self { choosing_phone: false, ..self })
    }
}

pub(super) fn log_in(
    world: &World,
    login: &mut Interaction,
    username: &str,
    by: By,
    headers: &HeaderMap,
    now: Timestamp,
) -> (Step, Option<String>) {
    // The account may have been closed, or locked by wrong codes in another tab, since the password was typed.
    if let Some(until) = world.accounts.locked_until(username, now) {
        login.notice = Some(Notice::Locked(until.since(now).as_secs().div_ceil(60)));
        return (Step::Dead, None);
    }
    let Some(citizen) = world.accounts.find(username).filter(|citizen| !citizen.closed) else {
        login.notice = Some(Notice::Closed);
        return (Step::Dead, None);
    };
    // The permission belongs to VNeID's app; DVCQG's own accounts know none.
    if !citizen.web_login && login.ask.house != House::Dvcqg {
        return (Step::Done(Outcome::WebLoginOff), None);
    }
    if login.is_alone() {
        // As in a browser without cookies, which gets none.
        let (_, session) = world.log_in(username, login.ask.house, by, None, &HeaderMap::new());
        return (Step::Done(Outcome::LoggedIn(session)), None);
    }
    let (cookie, session) = world.log_in(username, login.ask.house, by, None, headers);
    (Step::Done(Outcome::LoggedIn(session)), Some(cookie))
}

/// Sends a code; false when the gateway fails. A slow one delivers later.
fn send(world: &World, citizen: &Citizen, phone: &str, code: &str, now: Timestamp) -> bool {
    let occasion =
        Occasion { realm: "", place: Place::Sms, client: None, persona: Some(&citizen.username), target: phone };
    let Some(fault) = world.faults.next(&occasion, &world.entropy) else {
        world.inbox.deliver(phone, code, "login", now);
        return true;
    };
    match fault.delay() {
        Some(delay) => {
            world.inbox.deliver(phone, code, "login", now.plus(delay));
            true
        }
        None => false,
    }
}
