//! Passwords of accounts that the portal keeps itself: Argon2id, a few at once.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use crate::random::Randomness;
use crate::secret::Secret;

/// 19 MiB, two passes, one lane: the least that OWASP's cheat sheet on password storage recommends for Argon2id.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// So many are computed at once, whatever the load: each takes memory and a core.
static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores))
});

/// What is checked where there is no password, so that it takes as long: nobody's, of the same cost.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password could not be computed.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be computed")]
pub struct PasswordFailed;

/// A password as it rests in [`Account::password`](super::Account::password): Argon2id in PHC form.
///
/// # Errors
/// When there is no randomness or no memory for it.
pub async fn hash(password: Secret, randomness: &dyn Randomness) -> Result<Secret, PasswordFailed> {
    let mut salt = [0_u8; 16];
    randomness.fill(&mut salt).map_err(|_| PasswordFailed)?;
    let salt = SaltString::from_b64(&STANDARD_NO_PAD.encode(salt)).map_err(|_| PasswordFailed)?;
    apart(move || {
        let hash = argon2().hash_password(password.expose().as_bytes(), &salt).map_err(|_| PasswordFailed)?;
        Ok(Secret::new(hash.to_string()))
    })
    .await
}

/// Whether this is the password that rests there. Nothing rests, or nothing readable: no, after the same time.
pub(super) async fn check(rests: Option<Secret>, password: Secret) -> Result<bool, PasswordFailed> {
    apart(move || {
        let kept = rests.as_ref().and_then(|rests| PasswordHash::new(rests.expose()).ok());
        let there = kept.is_some();
        let kept = kept.map_or_else(|| PasswordHash::new(NOBODY), Ok).map_err(|_| PasswordFailed)?;
        // The cost is the stored hash's own, so that passwords of before a change still open.
        let right = argon2().verify_password(password.expose().as_bytes(), &kept).is_ok();
        Ok(right && there)
    })
    .await
}

/// On a thread that may block, when there is room.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordFailed> + Send + 'static,
) -> Result<T, PasswordFailed> {
    let _place = ROOM.clone().acquire_owned().await.map_err(|_| PasswordFailed)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| PasswordFailed)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandomness;

    #[tokio::test]
    async fn only_the_password_that_rests_there_is_right() {
        let rests = hash("Mật-khẩu-8".into(), &SystemRandomness).await.unwrap();
        assert!(rests.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(check(Some(rests.clone()), "Mật-khẩu-8".into()).await.unwrap());
        assert!(!check(Some(rests.clone()), "Mật-khẩu-9".into()).await.unwrap());
        assert_ne!(rests, hash("Mật-khẩu-8".into(), &SystemRandomness).await.unwrap(), "every one has its salt");
        for nothing in [None, Some("$2b$10$not.argon2".into()), Some("".into())] {
            assert!(!check(nothing, "".into()).await.unwrap());
        }
    }

    #[test]
    fn what_stands_in_for_no_password_costs_the_same() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let (nobody, ours) = (Params::try_from(&nobody).unwrap(), Params::DEFAULT);
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        assert_eq!(cost(&nobody), cost(&ours));
    }
}
