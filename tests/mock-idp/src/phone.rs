//! A phone that a test drives, without a browser: the same things happen as on the pages of `/app`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use vneid_auth::flow::pairing::{Pairing, Phone as Device, Question, Reason};
use vneid_auth::identity::AccountId;

use crate::accounts::PasscodeVerdict;
use crate::app::desk::{self, NoCode};
use crate::pairing::{self, status};
use crate::world::World;

/// A phone that is signed in to the app as one citizen; see [`Control::phone`](crate::Control::phone).
///
/// ```no_run
/// # async fn example(mock: vneid_mock_idp::Running, link: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let mut phone = mock.control().phone("001890000001").ok_or("no such citizen")?;
/// let question = phone.scan(link)?;
/// println!("{} asks, from {}", question.relying_party, question.address);
/// phone.confirm()?;
/// # Ok(())
/// # }
/// ```
pub struct Phone {
    world: Arc<World>,
    device: Device,
    scanned: Option<String>,
}

/// Why a phone cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The code leads nowhere: stale, forged, foreign, used or another phone's, all the same.
    #[error("there is no such code")]
    NoSuchCode,
    /// On order: the app is too old.
    #[error("the app is outdated")]
    Outdated,
    /// Too many wrong user codes or passcodes.
    #[error("too many wrong tries")]
    TooMany,
    /// "Đăng nhập trên website" is off. The scan stands: [`Phone::permit_web_login`], then [`Phone::confirm`].
    #[error("web login is off")]
    WebLoginOff,
    /// The account's level is too low, or it has no account with this provider.
    #[error("the account's level is too low")]
    LevelTooLow,
    /// The account is locked or closed.
    #[error("the account is locked")]
    Locked,
    /// The passcode is wrong.
    #[error("the passcode is wrong")]
    WrongPasscode,
    /// The login stands elsewhere: declined, cancelled, expired, or already confirmed; in the words of
    /// [`Phone::status`].
    #[error("the login is {0}")]
    Over(&'static str),
}

impl Phone {
    pub(crate) fn sign_in(world: &Arc<World>, username: &str) -> Option<Self> {
        let citizen = world.accounts.find(username).filter(|citizen| !citizen.closed)?;
        let device = world.entropy.id();
        let (_, device) = world.phones.sign_in(&citizen.username, device, &world.entropy, world.now());
        Some(Self { world: Arc::clone(world), device, scanned: None })
    }

    /// The phone of a citizen who acts by `POST /control/phone`: the same one at every request.
    pub(crate) fn on_order(world: &Arc<World>, username: &str, code: &str) -> Option<Self> {
        let citizen = world.accounts.find(username).filter(|citizen| !citizen.closed)?;
        let device = format!("control {}", citizen.username);
        if !world.phones.has(&device, world.now()) {
            world.phones.sign_in(&citizen.username, device.clone(), &world.entropy, world.now());
        }
        let device = Device { account: AccountId::from(citizen.username), device };
        let own = pairing::id_of(world, code, world.now());
        let scanned = own.filter(|id| desk::own(world, &device, id, world.now()).is_some());
        Some(Self { world: Arc::clone(world), device, scanned })
    }

    /// Whether it has scanned something.
    pub(crate) fn has_scanned(&self) -> bool {
        self.scanned.is_some()
    }

    /// Scans a QR link or what it says, or types a device's user code. What the app asks the citizen comes back.
    ///
    /// # Errors
    /// When the code leads nowhere or the account may not log in.
    pub fn scan(&mut self, code: &str) -> Result<Question, PhoneError> {
        let (world, now) = (&self.world, self.world.now());
        // A phone without a network of its own is where the browser is.
        let there = pairing::id_of(world, code, now).and_then(|id| world.pairings.find(&id, now));
        let address = there.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |kept| kept.machine.question().address);
        let may = desk::may_scan(world, &self.device, address, code, now);
        let id = may.and_then(|()| desk::read(world, &self.device, code, now)).map_err(|why| match why {
            NoCode::NoSuchCode | NoCode::RiskBlocked => PhoneError::NoSuchCode,
            NoCode::TooMany(_) => PhoneError::TooMany,
            NoCode::Outdated => PhoneError::Outdated,
        })?;
        self.scanned = Some(id);
        self.asked()
    }

    /// "Xác nhận".
    ///
    /// # Errors
    /// When nothing was scanned, its time has passed, or the account may not log in now.
    pub fn confirm(&self) -> Result<(), PhoneError> {
        let id = self.scanned.as_deref().ok_or(PhoneError::NoSuchCode)?;
        // What the machine refuses, the state afterwards explains.
        let _ = desk::confirm(&self.world, &self.device, id, self.world.now());
        match self.machine()? {
            Pairing::Confirmed(_) => Ok(()),
            other => Err(problem(&other)),
        }
    }

    /// "Từ chối".
    ///
    /// # Errors
    /// When nothing was scanned, or it is confirmed or over already.
    pub fn decline(&self) -> Result<(), PhoneError> {
        let id = self.scanned.as_deref().ok_or(PhoneError::NoSuchCode)?;
        let _ = desk::decline(&self.world, &self.device, id, self.world.now());
        match self.machine()? {
            Pairing::Declined(_) => Ok(()),
            other => Err(problem(&other)),
        }
    }

    /// "Cập nhật": switches "Đăng nhập trên website" on.
    ///
    /// # Errors
    /// When the passcode is wrong, or was too often.
    pub fn permit_web_login(&self, passcode: &str) -> Result<(), PhoneError> {
        match desk::permit(&self.world, &self.device, passcode, self.scanned.as_deref(), self.world.now()) {
            PasscodeVerdict::Right => Ok(()),
            PasscodeVerdict::Wrong(_) => Err(PhoneError::WrongPasscode),
            PasscodeVerdict::Locked(_) => Err(PhoneError::TooMany),
        }
    }

    /// Where the login stands that was scanned: `scanned`, `permission_required`, `awaiting_confirmation`,
    /// `confirmed`, `completed`, `declined`, `refused`, `cancelled` or `expired`.
    ///
    /// # Errors
    /// When nothing was scanned, or it is forgotten.
    pub fn status(&self) -> Result<&'static str, PhoneError> {
        Ok(status(&self.machine()?))
    }

    /// Whether the app is still signed in: a login that came to its end signs it out.
    pub fn is_signed_in(&self) -> bool {
        self.world.phones.has(&self.device.device, self.world.now())
    }

    fn asked(&self) -> Result<Question, PhoneError> {
        match self.machine()? {
            waiting @ Pairing::AwaitingConfirmation(_) => Ok(waiting.question().clone()),
            other => Err(problem(&other)),
        }
    }

    fn machine(&self) -> Result<Pairing, PhoneError> {
        let id = self.scanned.as_deref().ok_or(PhoneError::NoSuchCode)?;
        let kept = desk::own(&self.world, &self.device, id, self.world.now());
        Ok(kept.ok_or(PhoneError::NoSuchCode)?.machine)
    }
}

fn problem(machine: &Pairing) -> PhoneError {
    match machine {
        Pairing::PermissionRequired(_) => PhoneError::WebLoginOff,
        Pairing::Refused(refused) => match refused.reason {
            Reason::LevelTooLow(_) => PhoneError::LevelTooLow,
            _ => PhoneError::Locked,
        },
        other => PhoneError::Over(status(other)),
    }
}
