//! What is told of a citizen: by scope, and one by one through the `claims` parameter (OpenID Connect Core §5.5).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::citizen::Citizen;
use crate::realm::scope::Scope;

/// The claims that scopes release.
const BY_SCOPE: [(&str, &[&str]); 3] =
    [("profile", &["name", "birthdate"]), ("phone", &["phone_number"]), ("citizen_id", &["citizen_id"])];

/// All claims that can be asked for one by one.
pub(super) const OF_A_CITIZEN: [&str; 4] = ["name", "birthdate", "phone_number", "citizen_id"];

/// The parsed `claims` parameter.
#[derive(Clone, Default, Deserialize)]
pub(super) struct ClaimsRequest {
    #[serde(default)]
    userinfo: BTreeMap<String, Option<Wish>>,
    #[serde(default)]
    id_token: BTreeMap<String, Option<Wish>>,
}

/// What is asked of one claim.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    pub(super) essential: bool,
    #[serde(default)]
    pub(super) value: Option<Value>,
    #[serde(default)]
    pub(super) values: Option<Vec<Value>>,
}

impl ClaimsRequest {
    /// Reads the parameter; nothing when it is malformed.
    pub(super) fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        // serde would also read a struct from an array.
        let only_objects = value.as_object()?.values().all(|part| {
            let claims = part.as_object().map(|claims| claims.values());
            claims.is_some_and(|mut wishes| wishes.all(|wish| wish.is_null() || wish.is_object()))
        });
        only_objects.then(|| serde_json::from_value(value).ok()).flatten()
    }

    /// What is asked of a claim of the id_token.
    pub(super) fn of_id_token(&self, name: &str) -> Option<&Wish> {
        self.id_token.get(name)?.as_ref()
    }

    /// The subject that the login is for, when one is named.
    pub(super) fn subject(&self) -> Option<&str> {
        self.of_id_token("sub")?.value.as_ref()?.as_str()
    }

    /// Essential claims that this citizen does not have.
    pub(super) fn lacks_essential(&self, citizen: &Citizen) -> bool {
        let wishes = self.userinfo.iter().chain(&self.id_token);
        let mut essential = wishes.filter(|(_, wish)| wish.as_ref().is_some_and(|wish| wish.essential));
        essential.any(|(name, _)| OF_A_CITIZEN.contains(&name.as_str()) && claim(citizen, name).is_none())
    }

    /// The claims asked for in the id_token.
    pub(super) fn for_id_token(&self, citizen: &Citizen) -> Map<String, Value> {
        named(citizen, self.id_token.keys().map(String::as_str))
    }

    /// The claims of userinfo: by scope, and those asked for.
    pub(super) fn for_userinfo(&self, scope: &Scope, citizen: &Citizen) -> Map<String, Value> {
        let by_scope =
            BY_SCOPE.iter().filter(|(name, _)| scope.has(name)).flat_map(|(_, claims)| claims.iter().copied());
        named(citizen, by_scope.chain(self.userinfo.keys().map(String::as_str)))
    }
}

fn named<'a>(citizen: &Citizen, names: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    names.filter_map(|name| Some((name.to_owned(), claim(citizen, name)?))).collect()
}

fn claim(citizen: &Citizen, name: &str) -> Option<Value> {
    let text = match name {
        "name" => &citizen.full_name,
        "birthdate" => &citizen.date_of_birth,
        "phone_number" => citizen.phones.first()?,
        "citizen_id" => citizen.citizen_id.as_ref()?,
        _ => return None,
    };
    Some(Value::from(text.as_str()))
}
