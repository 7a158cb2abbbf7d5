//! A dossier (hồ sơ): what a login is for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use vneid_auth::identity::{AccountId, PersonName, PhoneNumber};

/// What the form sends, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// The service applied for; one of [`SERVICES`].
    pub service: String,
    /// The contact's whole name.
    pub full_name: String,
    /// The contact's mobile number.
    pub phone: String,
    /// What the citizen writes, up to 4,000 characters.
    pub content: String,
}

/// The services of the example: what the form sends, in Vietnamese, in English.
pub const SERVICES: [(&str, &str, &str); 3] = [
    ("xac-nhan-cu-tru", "Xác nhận thông tin về cư trú", "Confirmation of residence"),
    ("ban-sao-khai-sinh", "Cấp bản sao trích lục khai sinh", "Copy of a birth record"),
    ("dang-ky-ho-kinh-doanh", "Đăng ký hộ kinh doanh", "Registration of a household business"),
];

/// A field that is not filled in right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// `service`
    Service,
    /// `full_name`
    FullName,
    /// `phone`
    Phone,
    /// `content`
    Content,
}

/// A dossier that was sent in.
#[derive(Clone, Debug, Serialize)]
pub struct Dossier {
    /// Its number, to ask about it.
    pub number: String,
    /// The service applied for.
    pub service: String,
}

/// The dossiers sent in so far, in memory: at most 20 an account and 10,000 in all, since this is an example.
#[derive(Default)]
pub struct Dossiers(Mutex<Sent>);

#[derive(Default)]
struct Sent {
    of: HashMap<AccountId, Vec<Dossier>>,
    count: u64,
}

const PER_ACCOUNT: usize = 20;
const IN_ALL: usize = 10_000;

impl Form {
    /// From a JSON object; absent fields are empty.
    pub fn from_json(body: &[u8]) -> Option<Self> {
        // An array would be read field by field, too.
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
        serde_json::from_value(object.into()).ok()
    }

    /// From a form as a browser sends it (`application/x-www-form-urlencoded`); unknown fields are passed over.
    pub fn from_urlencoded(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            match name.as_ref() {
                "service" => form.service = value.into_owned(),
                "full_name" => form.full_name = value.into_owned(),
                "phone" => form.phone = value.into_owned(),
                "content" => form.content = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    /// What is not filled in right.
    pub fn check(&self) -> Vec<Wrong> {
        let content = self.content.trim();
        [
            (SERVICES.iter().any(|(key, ..)| *key == self.service), Wrong::Service),
            (self.full_name.parse::<PersonName>().is_ok(), Wrong::FullName),
            (self.phone.parse::<PhoneNumber>().is_ok(), Wrong::Phone),
            (!content.is_empty() && content.chars().count() <= 4000, Wrong::Content),
        ]
        .into_iter()
        .filter_map(|(fits, wrong)| (!fits).then_some(wrong))
        .collect()
    }
}

impl Dossiers {
    /// Takes a checked form in.
    pub fn submit(&self, account: &AccountId, form: &Form) -> Dossier {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.count += 1;
        let dossier = Dossier { number: format!("HS-{:06}", sent.count), service: form.service.clone() };
        if sent.of.len() >= IN_ALL && !sent.of.contains_key(account) {
            sent.of.clear();
        }
        let mine = sent.of.entry(account.clone()).or_default();
        if mine.len() >= PER_ACCOUNT {
            mine.remove(0);
        }
        mine.push(dossier.clone());
        dossier
    }

    /// What an account has sent in, oldest first.
    pub fn of(&self, account: &AccountId) -> Vec<Dossier> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).of.get(account).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_is_wrong_with_it() {
        let form = Form {
            service: "xac-nhan-cu-tru".into(),
            full_name: "Nguyễn Văn Giả Lập".into(),
            phone: "0900000001".into(),
            content: "Xin xác nhận".into(),
        };
        assert_eq!(form.check(), []);
        assert_eq!(Form::default().check(), [Wrong::Service, Wrong::FullName, Wrong::Phone, Wrong::Content]);
        assert_eq!(Form { phone: "0950000000".into(), ..form }.check(), [Wrong::Phone]);
    }
}
