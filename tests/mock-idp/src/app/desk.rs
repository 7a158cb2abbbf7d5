//! What a phone may do, whether a page asks or a test.

use std::net::IpAddr;
use std::time::Duration;

use vneid_auth::flow::pairing::{Event, Pairing, Phone, Refusal};
use vneid_auth::time::Timestamp;

use crate::accounts::{PasscodeVerdict, Verdict};
use crate::fault::{Occasion, Place, What};
use crate::pairing::{self, Code, Kept};
use crate::sso::House;
use crate::world::World;

/// Why somebody cannot sign in to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSignedIn {
    /// Wrong user name or password.
    Incorrect,
    /// Too many wrong ones; locked for so long.
    Locked(Duration),
    /// The account is closed.
    Closed,
    /// They have no VNeID account.
    Elsewhere,
}

/// Why a code leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoCode {
    /// There is no such code: stale, forged, foreign, used, another phone's, or never shown.
    NoSuchCode,
    /// Too many wrong user codes; to be tried again after so long.
    TooMany(Duration),
    /// On order: the app is too old.
    Outdated,
    /// On order: phone and browser are at different addresses.
    RiskBlocked,
}

/// Signs in with a password.
pub(crate) fn sign_in(
    world: &World,
    username: &str,
    password: &str,
    now: Timestamp,
) -> Result<(String, Phone), NotSignedIn> {
    // People paste numbers with spaces; a password is taken as it is.
    let username: String = username.chars().filter(|c| !c.is_whitespace()).take(64).collect();
    match world.accounts.check(&username, password, now) {
        Verdict::Right(citizen) if !citizen.has_account_with(House::Vneid) => Err(NotSignedIn::Elsewhere),
        // Each time it is a new device to the server, so what an earlier sign-in scanned stays that one's.
        Verdict::Right(citizen) => Ok(world.phones.sign_in(&citizen.username, world.entropy.id(), &world.entropy, now)),
        Verdict::Wrong => Err(NotSignedIn::Incorrect),
        Verdict::Locked(left) => Err(NotSignedIn::Locked(left)),
        Verdict::Closed => Err(NotSignedIn::Closed),
    }
}

/// Reads what was scanned, pasted or typed; the pairing's id comes back.
pub(crate) fn read(world: &World, phone: &Phone, text: &str, now: Timestamp) -> Result<String, NoCode> {
    match Code::read(&world.base, text) {
        Some(Code::Payload(payload)) => {
            let id = payload.transaction().to_owned();
            let event = Event::Scan { phone: phone.clone(), payload };
            pairing::tell(world, &id, &event, now).map_err(|_| NoCode::NoSuchCode)?;
            Ok(id)
        }
        Some(Code::UserCode(user_code)) => enter(world, phone, &user_code, now),
        None => Err(NoCode::NoSuchCode),
    }
}

/// Whether a fault on order keeps this phone, at this address, from scanning.
///
/// # Errors
/// Which one.
pub(crate) fn may_scan(
    world: &World,
    phone: &Phone,
    address: IpAddr,
    text: &str,
    now: Timestamp,
) -> Result<(), NoCode> {
    let occasion = Occasion { persona: Some(phone.account.as_str()), ..Occasion::new("app", Place::App, "", None) };
    let ordered = |kind: What| world.faults.pick(&occasion, &world.entropy, |what| (*what == kind).then_some(()));
    if ordered(What::AppOutdated).is_some() {
        return Err(NoCode::Outdated);
    }
    let kept = pairing::id_of(world, text, now).and_then(|id| world.pairings.find(&id, now));
    let elsewhere = kept.is_some_and(|kept| kept.machine.question().address != address);
    if elsewhere && ordered(What::RequireSameNetwork).is_some() {
        return Err(NoCode::RiskBlocked);
    }
    Ok(())
}

/// Takes a user code as it was typed.
pub(crate) fn type_in(world: &World, phone: &Phone, typed: &str, now: Timestamp) -> Result<String, NoCode> {
    enter(world, phone, &pairing::normal_user_code(typed).unwrap_or_default(), now)
}

fn enter(world: &World, phone: &Phone, user_code: &str, now: Timestamp) -> Result<String, NoCode> {
    world.user_code_tries.count(phone.account.as_str(), now).map_err(NoCode::TooMany)?;
    let id = scan_by_user_code(world, phone, user_code, now).ok_or(NoCode::NoSuchCode)?;
    world.user_code_tries.was_right(phone.account.as_str(), now);
    Ok(id)
}

/// Who types a device's code scans the payload that no screen shows.
fn scan_by_user_code(world: &World, phone: &Phone, user_code: &str, now: Timestamp) -> Option<String> {
    let id = world.pairings.of_user_code(user_code, now)?;
    let kept = world.pairings.find(&id, now)?;
    if waits_for(&kept, phone, now) {
        return Some(id);
    }
    let payload = world.pairings.payload(&kept, now)?;
    pairing::tell(world, &id, &Event::Scan { phone: phone.clone(), payload }, now).ok()?;
    Some(id)
}

/// Whether this phone has scanned it already and may still decide.
fn waits_for(kept: &Kept, phone: &Phone, now: Timestamp) -> bool {
    kept.machine.phone() == Some(phone) && kept.machine.waits_until().is_some_and(|until| now < until)
}

/// A pairing as the phone that scanned it sees it; to any other there is none.
pub(crate) fn own(world: &World, phone: &Phone, id: &str, now: Timestamp) -> Option<Kept> {
    let kept = world.pairings.find(id, now).filter(|kept| kept.machine.phone() == Some(phone))?;
    if waits_for(&kept, phone, now) || kept.machine.waits_until().is_none() {
        return Some(kept);
    }
    // Its time has passed and nobody has asked since.
    world.pairings.expire(id, now);
    world.pairings.find(id, now)
}

/// "Xác nhận". What the account may do is looked up again: much may have changed since the scan.
pub(crate) fn confirm(world: &World, phone: &Phone, id: &str, now: Timestamp) -> Result<(), Refusal> {
    let kept = own(world, phone, id, now).ok_or(Refusal::Stranger)?;
    let standing = pairing::standing(world, phone.account.as_str(), kept.house, now);
    pairing::tell(world, id, &Event::Confirm { phone: phone.clone(), standing }, now).map(drop)
}

/// "Từ chối".
pub(crate) fn decline(world: &World, phone: &Phone, id: &str, now: Timestamp) -> Result<(), Refusal> {
    pairing::tell(world, id, &Event::Decline { phone: phone.clone() }, now).map(drop)
}

/// Switches "Đăng nhập trên website" on, against the passcode; the pairing that waits for it, if any, goes on.
pub(crate) fn permit(
    world: &World,
    phone: &Phone,
    passcode: &str,
    id: Option<&str>,
    now: Timestamp,
) -> PasscodeVerdict {
    let account = phone.account.as_str();
    let typed: String = passcode.chars().filter(|c| !c.is_whitespace()).take(64).collect();
    let verdict = world.accounts.check_passcode(account, &typed, now);
    if verdict == PasscodeVerdict::Right {
        world.accounts.edit(account, |citizen| citizen.web_login = true);
    }
    if let Some(kept) = id.and_then(|id| own(world, phone, id, now))
        && matches!(kept.machine, Pairing::PermissionRequired(_))
    {
        let standing = pairing::standing(world, account, kept.house, now);
        // One that is over meanwhile says so on its page.
        let _ = pairing::tell(world, id.unwrap_or_default(), &Event::Account { phone: phone.clone(), standing }, now);
    }
    verdict
}
