//! Reads one claim: leniently in its form, strictly in its value.
//!
//! Deployments differ in what is a text and what a number, and in whether nothing is missing, `null` or empty.

use serde_json::Value;

use super::ClaimsReason;
use crate::identity::{BirthDate, CitizenId, Cmnd, Level, PhoneNumber};
use crate::provider::config::{Claim, ClaimForms, ClaimMap};
use crate::provider::json::Members;

/// What was said, by userinfo before the id_token.
pub(super) struct Said<'a> {
    pub(super) names: &'a ClaimMap,
    pub(super) forms: ClaimForms,
    pub(super) userinfo: Option<&'a Members>,
    pub(super) token: Option<&'a Members>,
}

/// A claim that stands there, as a text. A number has lost the zeros that it began with.
pub(super) struct Text {
    pub(super) text: String,
    is_number: bool,
}

impl Text {
    /// With the zeros back that make it this long.
    pub(super) fn padded(&self, len: usize) -> String {
        if self.is_number { format!("{:0>len$}", self.text) } else { self.text.clone() }
    }
}

impl Said<'_> {
    /// A claim as a text; `None` when it is missing, `null` or empty.
    pub(super) fn text(&self, claim: Claim) -> Result<Option<Text>, ClaimsReason> {
        let Some(name) = self.names.name(claim) else { return Ok(None) };
        let said = |claims: Option<&Members>| {
            claims.and_then(|claims| claims.get(name)).filter(|value| !is_nothing(value)).cloned()
        };
        match said(self.userinfo).or_else(|| said(self.token)) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Text { text: text.trim().to_owned(), is_number: false })),
            Some(Value::Number(number)) if self.forms == ClaimForms::Dialect && number.is_u64() => {
                Ok(Some(Text { text: number.to_string(), is_number: true }))
            }
            Some(_) => Err(ClaimsReason::Malformed(claim)),
        }
    }

    /// A claim's value, read by `parse`.
    pub(super) fn parsed<T>(
        &self,
        claim: Claim,
        parse: impl Fn(&Text) -> Option<T>,
    ) -> Result<Option<T>, ClaimsReason> {
        match self.text(claim)? {
            None => Ok(None),
            Some(text) => parse(&text).map(Some).ok_or(ClaimsReason::Malformed(claim)),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// What a number of a person is, by its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PersonNumber {
    CitizenId(CitizenId),
    Cmnd(Cmnd),
}

impl PersonNumber {
    /// Twelve digits are a citizen id, nine an old card's number. A JSON number of ten or eleven digits was a citizen id,
    /// one of eight an old card's.
    pub(super) fn read(text: &Text) -> Option<Self> {
        let len = if text.text.len() <= 9 { 9 } else { 12 };
        let digits = text.padded(len);
        let id = digits.parse().map(Self::CitizenId);
        id.ok().or_else(|| digits.parse().map(Self::Cmnd).ok())
    }
}

pub(super) fn level(text: &Text) -> Option<Level> {
    let number: u8 = text.text.parse().ok().filter(|_| text.text.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Level::new(number).unwrap_or(Level::ZERO))
}

pub(super) fn birth_date(text: &Text, forms: ClaimForms) -> Option<BirthDate> {
    match forms {
        ClaimForms::Standard => text.text.parse().ok(),
        ClaimForms::Dialect => BirthDate::from_wire(&text.text).ok(),
    }
}

pub(super) fn phone(text: &Text) -> Option<PhoneNumber> {
    text.padded(10).parse().ok()
}
