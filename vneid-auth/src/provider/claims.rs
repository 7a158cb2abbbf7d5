//! From checked claims to an [`Identity`], by the claim names of the `oidc` profile.
//!
//! Strict before, lenient here: who it is has been proved, so an optional value that cannot be read is dropped and the
//! login goes on. What was dropped is noted by its claim's name alone.

use std::str::FromStr;

use serde_json::Value;

use super::config::ProviderConfig;
use super::id_token::IdToken;
use super::json::Members;
use crate::identity::{AccountKind, Identity, Level, Profile, Strength};

/// A provider's session id is not longer than this.
const LONGEST_SESSION_ID: usize = 255;

/// The person whom the id_token names, with what it and userinfo say of them.
pub(crate) fn identity(config: &ProviderConfig, token: IdToken, userinfo: Option<&Members>) -> Identity {
    let said = Said { userinfo, token: &token.claims, provider: config.name() };
    let profile = Profile {
        full_name: said.parsed("name"),
        citizen_id: said.parsed("citizen_id"),
        date_of_birth: said.parsed("birthdate"),
        phone: said.parsed("phone_number"),
    };
    let level = token.acr.as_deref().and_then(|acr| config.level_of(acr));
    // What VNeID states at level 2 counts as asserted; what is stated below that does not count at all.
    let counts = profile.citizen_id.is_some() && level >= Some(Level::TWO);
    let sid = token.claims.get("sid").and_then(Value::as_str);
    let sid =
        sid.filter(|sid| !sid.is_empty() && sid.len() <= LONGEST_SESSION_ID && !sid.chars().any(char::is_control));
    Identity {
        provider: config.name().to_owned(),
        sid: sid.map(str::to_owned),
        subject: token.subject,
        via: None,
        level,
        kind: AccountKind::Citizen,
        authenticated_at: token.authenticated_at.unwrap_or(token.issued_at),
        citizen_id_strength: counts.then_some(Strength::Asserted),
        profile,
    }
}

struct Said<'a> {
    userinfo: Option<&'a Members>,
    token: &'a Members,
    provider: &'a str,
}

impl Said<'_> {
    /// A claim of userinfo, else of the id_token, when it can be read.
    fn parsed<T: FromStr>(&self, name: &'static str) -> Option<T> {
        let value = self.userinfo.and_then(|claims| claims.get(name)).or_else(|| self.token.get(name))?;
        let text = match value {
            Value::Null => return None,
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        if text.is_none() {
            tracing::warn!(provider = self.provider, claim = name, "a claim cannot be read and is left out");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::identity::BirthDate;
    use crate::time::Timestamp;

    fn told(acr: Option<&str>, claims: Value, userinfo: Option<Value>) -> Identity {
        let config = ProviderConfig::oidc("vneid", "https://id.example/oidc", "portal");
        let members = |value: Value| match value {
            Value::Object(members) => members,
            _ => unreachable!(),
        };
        let token = IdToken {
            subject: "s-1".into(),
            issued_at: Timestamp::from_unix_seconds(10),
            authenticated_at: None,
            acr: acr.map(Into::into),
            claims: members(claims),
        };
        let userinfo = userinfo.map(members);
        identity(&config, token, userinfo.as_ref())
    }

    #[test]
    fn reads_userinfo_before_the_id_token() {
        let token = json!({"name": "Cũ", "birthdate": "2390", "sid": "p-1"});
        let userinfo = json!({"name": "Trần Văn Thử", "citizen_id": "001890000001", "phone_number": "+84900000289"});
        let identity = told(Some("LoA2"), token, Some(userinfo));
        assert_eq!(identity.profile.full_name.unwrap().expose(), "Trần Văn Thử");
        assert_eq!(identity.profile.date_of_birth, Some(BirthDate::Year(2390)));
        assert_eq!(identity.profile.phone.unwrap().expose(), "0900000289");
        assert_eq!(identity.level, Some(Level::TWO));
        assert_eq!(identity.citizen_id_strength, Some(Strength::Asserted));
        assert_eq!(identity.sid.as_deref(), Some("p-1"));
        assert_eq!(identity.authenticated_at, Timestamp::from_unix_seconds(10));
    }

    #[test]
    fn c109_what_cannot_be_read_is_left_out() {
        let odd =
            json!({"name": [], "birthdate": 12, "phone_number": {"a": 1}, "citizen_id": "12", "address": [], "sid": 7});
        let identity = told(Some("2"), json!({}), Some(odd));
        assert_eq!(identity.profile, Profile::default());
        assert_eq!((identity.sid, identity.citizen_id_strength), (None, None));
        assert_eq!(told(None, json!({}), None).profile, Profile::default());
    }

    #[test]
    fn a_number_counts_only_when_level_2_states_it() {
        for (acr, level, strength) in [
            (Some("LoA2"), Some(Level::TWO), Some(Strength::Asserted)),
            (Some("LoA1"), Some(Level::ONE), None),
            (Some("0"), None, None),
            (Some("loa2"), None, None),
            (None, None, None),
        ] {
            let identity = told(acr, json!({"citizen_id": "001890000001"}), None);
            assert_eq!((identity.level, identity.citizen_id_strength), (level, strength), "{acr:?}");
        }
    }
}
