//! A person as a golden file expects them: every part that is there, by the library's own accessors.

use serde_json::{Map, Value, json};
use vneid_auth::identity::{AccountKind, Identity, Strength};
use vneid_auth::provider::Verified;

use crate::world::NOW;

/// The parts of an identity that are there; `authenticated_at` only where it is not now.
pub(crate) fn parts(identity: &Identity) -> Map<String, Value> {
    let profile = &identity.profile;
    let organisation = profile.organisation.clone().unwrap_or_default();
    let authenticated_at = identity.authenticated_at.unix_seconds();
    let all = [
        ("subject", Some(json!(identity.subject))),
        ("sid", identity.sid.clone().map(Value::from)),
        ("via", identity.via.clone().map(Value::from)),
        ("level", identity.level.map(|level| json!(level.number()))),
        ("kind", Some(json!(kind(identity.kind)))),
        ("authenticated_at", Some(authenticated_at).filter(|at| *at != NOW).map(Value::from)),
        ("citizen_id_strength", identity.citizen_id_strength.map(|strength| json!(word(strength)))),
        ("full_name", profile.full_name.as_ref().map(|name| json!(name.expose()))),
        ("citizen_id", profile.citizen_id.as_ref().map(|number| json!(number.expose()))),
        ("cmnd", profile.cmnd.as_ref().map(|number| json!(number.expose()))),
        ("date_of_birth", profile.date_of_birth.map(|date| json!(date.to_iso()))),
        ("phone", profile.phone.as_ref().map(|phone| json!(phone.expose()))),
        ("organisation_name", organisation.name.map(Value::from)),
        ("tax_code", organisation.tax_code.map(Value::from)),
        ("registration_number", organisation.registration_number.map(Value::from)),
        ("representative", organisation.representative.map(|name| json!(name.expose()))),
    ];
    all.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect()
}

fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Citizen => "citizen",
        AccountKind::Enterprise => "enterprise",
        AccountKind::Organisation => "organisation",
        AccountKind::Unknown => "unknown",
        _ => "a kind that this test does not know",
    }
}

fn word(strength: Strength) -> &'static str {
    match strength {
        Strength::Matched => "matched",
        Strength::Asserted => "asserted",
    }
}

/// What an identity can hold that [`parts`] does not show: nothing, or this test has to learn it.
pub(super) fn unknown_parts(identity: &Identity) -> Vec<String> {
    const KNOWN: [&str; 9] =
        ["provider", "subject", "sid", "via", "level", "kind", "authenticated_at", "citizen_id_strength", "profile"];
    const PROFILE: [&str; 6] = ["full_name", "citizen_id", "cmnd", "date_of_birth", "phone", "organisation"];
    let whole = serde_json::to_value(identity).unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let outer = members(&whole).into_iter().filter(|name| !KNOWN.contains(&name.as_str()));
    let inner = members(&whole["profile"]).into_iter().filter(|name| !PROFILE.contains(&name.as_str()));
    outer.chain(inner).collect()
}

/// What is kept of the answers for the day of the logout; its values are secret, its presence shows.
pub(super) fn kept_for_logout(verified: &Verified) -> Vec<String> {
    let shown = format!("{verified:?}");
    let kept = |name: &&str| shown.contains(&format!("{name}: Some([secret])"));
    ["access_token", "id_token", "logout_uri"].into_iter().filter(kept).map(str::to_owned).collect()
}
