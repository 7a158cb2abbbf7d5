//! What a profile holds its provider to, and what it gives up: weaker policies have loud names.

/// PKCE (RFC 7636): what ties the code to the browser that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pkce {
    /// Sent with S256 whatever the provider's metadata say, and the provider is known to refuse a wrong verifier.
    Required,
    /// Sent with S256. It protects nothing until the provider has been seen to refuse a wrong verifier; until then a
    /// code that leaks (a log, a proxy) is good in another browser's login at this portal. `state`, the cookie of the
    /// login and the code's short life compensate.
    Sent,
    /// Not sent. The same risk, for good.
    DangerousOff,
}

/// The nonce (OpenID Connect Core §3.1.2.1): what ties an id_token to this login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoncePolicy {
    /// Sent, and every id_token must carry it.
    Required,
    /// Sent; an id_token without one passes, one with another does not. A token of another login may be replayed where
    /// the provider leaves it out; that the token comes straight from the provider over TLS compensates.
    Sent,
    /// Not sent, since the dialect has no id_token to carry it. An id_token that carries one all the same is refused.
    DangerousOff,
}

/// What an id_token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdTokenPolicy {
    /// Every login brings one and all of it is checked: signature, issuer, audience, times, nonce, hashes.
    Checked,
    /// Who it is is what userinfo says, over TLS, to the access token that this login's code gave; an id_token is kept
    /// for logout alone. A provider's front that is taken over can then say anything, and nothing shows when the person
    /// authenticated. That we ask the provider itself, at an address that we configured, compensates.
    DangerousNoIdToken,
}

/// Whom an id_token's `aud` must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AudiencePolicy {
    /// The client, and beside it nobody who is not trusted.
    Client,
    /// `aud` may be another (Keycloak's `account`) when `azp` is the client. A token that the provider made for the same
    /// client and another purpose then passes too.
    DangerousAuthorizedParty,
}

/// What a login that must be fresh (`prompt=login`, `max_age=0`) is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fresh {
    /// `auth_time` of a checked id_token must show it.
    Proved,
    /// The provider is asked, and nothing in its answer shows that it did ask for the password again. Whoever sits down
    /// at a computer where the provider's session lives may then pass as having logged in afresh; ending the provider's
    /// session at logout compensates. Pages that need more demand a one-time code.
    DangerousAsked,
}

/// How userinfo is asked for; the token is in the header either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserinfoMethod {
    /// `GET`.
    Get,
    /// `POST` with an empty body.
    Post,
}

/// Which of a ministry's installations is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// The one for citizens.
    Production,
    /// The one for integration tests.
    Test,
}

/// How the provider's name for a person is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectSource {
    /// `TechID`, else `sub`.
    Claims,
    /// A keyed hash of the citizen id, the same at every login, for a dialect that has neither. A person whose number is
    /// replaced is somebody new to it.
    HashedCitizenId,
}

/// How surely a citizen id that the provider states belongs to who logged in (flows.md, machine 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vouching {
    /// The provider is VNeID: asserted at level 2, and nothing below.
    Vneid,
    /// The provider is DVCQG: asserted when VNeID was the way in behind it, matched when its own account says so.
    Dvcqg,
}

/// In which forms claims may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimForms {
    /// As OpenID Connect Core §5.1 writes them: texts are texts, a date is `YYYY-MM-DD` or `YYYY`.
    Standard,
    /// As the dialects' deployments differ: a number may stand for a text and has lost the zeros that it began with; a
    /// date is `yyyyMMdd`, `yyyy-MM-dd`, `dd/MM/yyyy` or `yyyy`.
    Dialect,
}

/// What a claim that cannot be read means. Contact details are left out either way, by the claim's name in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is left out and the login goes on: a checked id_token has proved who it is.
    LeaveOut,
    /// The login is refused: userinfo is all that says who it is, and an answer that is wrong in one thing is not
    /// believed in another.
    Refuse,
}

/// What becomes of the address that userinfo gives for ending VNeID's session (`logoutUri`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutUri {
    /// It is visited after the provider's own logout: VNeID behind DVCQG.
    Then,
    /// It is visited in the place of the provider's own logout: VNeID itself.
    Instead,
}
