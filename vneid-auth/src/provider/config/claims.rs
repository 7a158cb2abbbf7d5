//! Which claim says what: the names that a provider uses, each of which can be changed.

use std::collections::BTreeMap;

/// What is read from a provider's answer, whatever it is called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// The account's technical id, the key of its link: `TechID`.
    TechId,
    /// The subject: `sub`.
    Subject,
    /// The whole name.
    FullName,
    /// The citizen id of 12 digits; a number of 9 is an old id card's.
    CitizenId,
    /// The old id card's number (CMND); one of 12 digits counts as a citizen id where there is no other.
    IdCard,
    /// The birth date: `yyyyMMdd`, `yyyy-MM-dd`, `dd/MM/yyyy` or `yyyy`.
    BirthDate,
    /// The mobile number.
    Phone,
    /// The level of identity assurance, a number.
    Level,
    /// The kind of account: 1 citizen, 2 enterprise, 3 organisation.
    AccountKind,
    /// The way in behind the provider.
    LoginIdp,
    /// Where VNeID's session is ended; a secret, since it carries a token.
    LogoutUri,
    /// The enterprise's or organisation's name.
    OrganisationName,
    /// Its tax code.
    TaxCode,
    /// Its registration number.
    RegistrationNumber,
    /// Who represents it.
    Representative,
}

/// The names of a profile's claims; what has no name is not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClaimMap(BTreeMap<Claim, String>);

impl ClaimMap {
    pub(crate) fn new<const N: usize>(names: [(Claim, &str); N]) -> Self {
        Self(names.into_iter().map(|(claim, name)| (claim, name.to_owned())).collect())
    }

    pub(crate) fn set(&mut self, claim: Claim, name: Option<&str>) {
        match name {
            Some(name) => self.0.insert(claim, name.to_owned()),
            None => self.0.remove(&claim),
        };
    }

    pub(crate) fn name(&self, claim: Claim) -> Option<&str> {
        self.0.get(&claim).map(String::as_str)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}
