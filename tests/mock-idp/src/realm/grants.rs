//! Codes and tokens, all of them under one lock: a code is redeemed once however many ask at the same moment.
//!
//! A grant is what a citizen's login gave one client. Codes, access tokens and refresh tokens only point to it, so
//! taking the grant away takes all of them away.

use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::digest;
use subtle::ConstantTimeEq;
use vneid_auth::time::Timestamp;

use super::scope::Scope;
use crate::bounded::Bounded;
use crate::entropy::{Entropy, fingerprint};
use crate::jwt::b64;
use crate::sync::lock;

/// How long a used code is remembered, so that its second use is noticed.
const CODE_MEMORY: Duration = Duration::from_secs(3600);
/// How long a grant lives at most, refreshed or not.
const GRANT_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How long what a realm gives is good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    pub(crate) code: Duration,
    pub(crate) access: Duration,
}

/// What a login gave a client; `detail` is what one realm keeps beside.
#[derive(Clone)]
pub(crate) struct Grant<D> {
    pub(crate) client_id: String,
    /// Whose; nobody's for `client_credentials`.
    pub(crate) username: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) nonce: Option<String>,
    pub(crate) auth_time: Timestamp,
    pub(crate) sid: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) detail: D,
}

/// What a code is bound to: whoever redeems it must show the same.
pub(crate) struct Bound {
    pub(crate) redirect_uri: String,
    /// The PKCE challenge, where one was sent.
    pub(crate) challenge: Option<String>,
    /// What came beside the code and must come back with it: the sealed dialect's `encrypt_key`.
    pub(crate) companion: Option<String>,
}

/// A request to redeem a code.
pub(crate) struct Redemption<'a> {
    pub(crate) code: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: &'a str,
    pub(crate) companion: &'a str,
    /// The provider looks at no verifier, as one that only swallows PKCE's parameters: a fault on order.
    pub(crate) pkce_ignored: bool,
}

/// All grants and what points to them; tokens only as fingerprints.
pub(crate) struct Grants<D> {
    lifetimes: Lifetimes,
    tables: Mutex<Tables<D>>,
}

struct Tables<D> {
    grants: Bounded<String, Grant<D>>,
    codes: Bounded<[u8; 32], Code>,
    access: Bounded<[u8; 32], Access>,
    refresh: Bounded<[u8; 32], Refresh>,
}

struct Code {
    grant: String,
    client_id: String,
    bound: Bound,
    good_until: Timestamp,
    used: bool,
}

/// An access token as it is remembered.
#[derive(Clone)]
pub(crate) struct Access {
    grant: String,
    pub(crate) scope: Scope,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

struct Refresh {
    grant: String,
    used_at: Option<Timestamp>,
}

/// Why a code or refresh token is refused; clients see one and the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nobody knows it, or it is over.
    Unknown,
    /// It is another client's.
    OtherClient,
    /// It was used before; everything that came of it is revoked now.
    Reused,
    /// The redirect URI is not the one of the authorization request.
    OtherRedirectUri,
    /// The verifier does not match.
    Verifier,
    /// What came beside the code did not come back.
    Companion,
}

impl Refused {
    /// As the journal says it.
    pub(crate) fn remark(self) -> &'static str {
        match self {
            Self::Unknown => "grant_unknown",
            Self::OtherClient => "grant_of_other_client",
            Self::Reused => "grant_reused",
            Self::OtherRedirectUri => "redirect_uri_differs",
            Self::Verifier => "verifier_wrong",
            Self::Companion => "encrypt_key_differs",
        }
    }
}

impl<D: Clone> Grants<D> {
    pub(crate) fn new(lifetimes: Lifetimes) -> Self {
        Self {
            lifetimes,
            tables: Mutex::new(Tables {
                grants: Bounded::new(GRANT_LIFETIME, 50_000),
                codes: Bounded::new(CODE_MEMORY, 50_000),
                access: Bounded::new(lifetimes.access, 100_000),
                refresh: Bounded::new(GRANT_LIFETIME, 100_000),
            }),
        }
    }

    /// Records a code for a new grant.
    pub(crate) fn issue_code(&self, code: &str, grant: Grant<D>, bound: Bound, entropy: &Entropy, now: Timestamp) {
        let id = entropy.id();
        let record = Code {
            grant: id.clone(),
            client_id: grant.client_id.clone(),
            bound,
            good_until: now.plus(self.lifetimes.code),
            used: false,
        };
        let mut tables = lock(&self.tables);
        tables.grants.insert(id, grant, now);
        tables.codes.insert(fingerprint(code), record, now);
    }

    /// Redeems a code. Another client's attempt leaves it as it is; its owner's spends it, right or wrong, and a second
    /// one takes back what the first gave (RFC 6749 §4.1.2).
    pub(crate) fn redeem(&self, asked: &Redemption<'_>, now: Timestamp) -> Result<(String, Grant<D>), Refused> {
        let mut tables = lock(&self.tables);
        let Tables { grants, codes, .. } = &mut *tables;
        let record = codes.get_mut(&fingerprint(asked.code), now).ok_or(Refused::Unknown)?;
        if record.client_id != asked.client_id {
            return Err(Refused::OtherClient);
        }
        if record.used {
            grants.take(&record.grant, now);
            return Err(Refused::Reused);
        }
        record.used = true;
        let refused = if now >= record.good_until {
            Some(Refused::Unknown)
        } else if record.bound.redirect_uri != asked.redirect_uri {
            Some(Refused::OtherRedirectUri)
        } else if record.bound.companion.as_ref().is_some_and(|companion| companion != asked.companion) {
            Some(Refused::Companion)
        } else {
            let challenge = record.bound.challenge.as_ref().filter(|_| !asked.pkce_ignored);
            challenge.filter(|challenge| !matches(asked.verifier, challenge)).map(|_| Refused::Verifier)
        };
        match refused {
            Some(refused) => {
                grants.take(&record.grant, now);
                Err(refused)
            }
            None => {
                let grant = grants.get(&record.grant, now).ok_or(Refused::Unknown)?;
                Ok((record.grant.clone(), grant.clone()))
            }
        }
    }

    /// A grant that no code stands before.
    pub(crate) fn issue_grant(&self, grant: Grant<D>, entropy: &Entropy, now: Timestamp) -> String {
        let id = entropy.id();
        lock(&self.tables).grants.insert(id.clone(), grant, now);
        id
    }

    /// Records an access token.
    pub(crate) fn issue_access(&self, token: &str, grant: &str, scope: &Scope, now: Timestamp) {
        let expires_at = now.plus(self.lifetimes.access);
        let record = Access { grant: grant.to_owned(), scope: scope.clone(), issued_at: now, expires_at };
        lock(&self.tables).access.insert(fingerprint(token), record, now);
    }

    /// Records a refresh token.
    pub(crate) fn issue_refresh(&self, token: &str, grant: &str, now: Timestamp) {
        let record = Refresh { grant: grant.to_owned(), used_at: None };
        lock(&self.tables).refresh.insert(fingerprint(token), record, now);
    }

    /// Uses a refresh token, once; a second use after the grace takes the whole family back (RFC 9700 §4.14).
    pub(crate) fn refresh(
        &self,
        token: &str,
        client_id: &str,
        grace: Duration,
        now: Timestamp,
    ) -> Result<(String, Grant<D>), Refused> {
        let mut tables = lock(&self.tables);
        let Tables { grants, refresh, .. } = &mut *tables;
        let record = refresh.get_mut(&fingerprint(token), now).ok_or(Refused::Unknown)?;
        let grant = grants.get(&record.grant, now).ok_or(Refused::Unknown)?.clone();
        if grant.client_id != client_id {
            return Err(Refused::OtherClient);
        }
        if record.used_at.is_some_and(|used_at| now.since(used_at) >= grace) {
            grants.take(&record.grant, now);
            return Err(Refused::Reused);
        }
        record.used_at = record.used_at.or(Some(now));
        Ok((record.grant.clone(), grant))
    }

    /// Takes a grant back, and with it all its tokens.
    pub(crate) fn revoke(&self, grant: &str, now: Timestamp) {
        lock(&self.tables).grants.take(&grant.to_owned(), now);
    }

    /// The living access token and its grant.
    pub(crate) fn access(&self, token: &str, now: Timestamp) -> Option<(Access, Grant<D>)> {
        let tables = lock(&self.tables);
        let access = tables.access.get(&fingerprint(token), now)?;
        let grant = tables.grants.get(&access.grant, now)?;
        Some((access.clone(), grant.clone()))
    }

    /// The living refresh token's grant, when it was not used yet.
    pub(crate) fn refreshable(&self, token: &str, now: Timestamp) -> Option<Grant<D>> {
        let tables = lock(&self.tables);
        let refresh = tables.refresh.get(&fingerprint(token), now).filter(|refresh| refresh.used_at.is_none())?;
        tables.grants.get(&refresh.grant, now).cloned()
    }

    /// Revokes a token of this client: an access token alone, a refresh token with its family. Unknown ones are fine.
    pub(crate) fn revoke_token(&self, token: &str, client_id: &str, now: Timestamp) {
        let mut tables = lock(&self.tables);
        let Tables { grants, access, refresh, .. } = &mut *tables;
        let key = fingerprint(token);
        let own = |grant: &String| grants.get(grant, now).is_some_and(|grant| grant.client_id == client_id);
        if access.get(&key, now).is_some_and(|access| own(&access.grant)) {
            access.take(&key, now);
        }
        if let Some(family) = refresh.get(&key, now).filter(|refresh| own(&refresh.grant)) {
            grants.take(&family.grant, now);
        }
    }

    /// Takes back what a session gave.
    pub(crate) fn end_session(&self, sid: &str) {
        lock(&self.tables).grants.retain(|grant| grant.sid.as_deref() != Some(sid));
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        let mut tables = lock(&self.tables);
        tables.grants.clear();
        tables.codes.clear();
        tables.access.clear();
        tables.refresh.clear();
    }
}

/// Whether a verifier is the challenge's (RFC 7636 §4.6), of the length that it must have.
fn matches(verifier: &str, challenge: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let fits = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let hash = b64(digest::digest(&digest::SHA256, verifier.as_bytes()));
    fits && bool::from(hash.as_bytes().ct_eq(challenge.as_bytes()))
}
