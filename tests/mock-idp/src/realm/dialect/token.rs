//! Token requests as DVCQG and VNeID take them: codes alone, forms alone.

use axum::http::HeaderMap;
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::citizen::Citizen;
use crate::client::Client;
use crate::fault::{Occasion, Place, What};
use crate::journal::Note;
use crate::realm::Realm;
use crate::realm::client_auth::{self, authenticate};
use crate::realm::failure::Failure;
use crate::realm::grants::{Grant, Grants, Redemption};
use crate::spoil::{self, Document};
use crate::web::Params;

/// What a code was good for.
pub(crate) struct Redeemed<D> {
    /// The grant's id in its book.
    pub(crate) id: String,
    pub(crate) grant: Grant<D>,
    pub(crate) citizen: Citizen,
}

/// Reads a token request: the client, proved, and the form.
pub(crate) fn read<'a>(
    realm: &'a impl Realm,
    headers: &HeaderMap,
    body: &[u8],
    note: &mut Note,
) -> Result<(&'a Client, Params), Failure> {
    let form = Params::form(headers, body).map_err(Failure::unreadable)?;
    if form.has_duplicates() {
        return Err(Failure::invalid_request("a parameter was given twice"));
    }
    let client = authenticate(realm, headers, &form, |_, _| None)?;
    note.client = Some(client.id.clone());
    match form.text("grant_type") {
        "authorization_code" => {}
        "" => return Err(Failure::invalid_request("grant_type is missing")),
        _ => return Err(Failure::new("unsupported_grant_type", "this grant type is not supported")),
    }
    if form.text("code").is_empty() {
        return Err(Failure::invalid_request("code is missing"));
    }
    Ok((client, form))
}

/// Redeems the code of a token request.
pub(crate) fn redeem<D: Clone>(
    realm: &impl Realm,
    grants: &Grants<D>,
    client: &Client,
    form: &Params,
    note: &mut Note,
) -> Result<Redeemed<D>, Failure> {
    let (world, now) = (realm.world(), realm.world().now());
    let asked = Redemption {
        code: form.text("code"),
        client_id: &client.id,
        redirect_uri: form.text("redirect_uri"),
        verifier: form.text("code_verifier"),
        companion: form.text("encrypt_key"),
        pkce_ignored: client_auth::pkce_ignored(realm, client),
    };
    let (id, grant) = grants.redeem(&asked, now).map_err(|refused| {
        note.remarks.push(refused.remark());
        Failure::invalid_grant()
    })?;
    note.remarks.push("code_redeemed");
    if !asked.verifier.is_empty() {
        note.remarks.push(if asked.pkce_ignored { "verifier_ignored" } else { "verifier_shown" });
    }
    let citizen = grant.username.as_deref().and_then(|username| world.accounts.find(username));
    let Some(citizen) = citizen.filter(|citizen| !citizen.closed) else {
        grants.revoke(&id, now);
        return Err(Failure::invalid_grant());
    };
    note.persona = Some(citizen.username.clone());
    Ok(Redeemed { id, grant, citizen })
}

/// The answer, with whatever fault was ordered.
pub(crate) fn answer(realm: &impl Realm, client: &Client, citizen: &Citizen, body: Map<String, Value>) -> Document {
    let world = realm.world();
    let occasion = Occasion::new(realm.name(), Place::Token, &client.id, Some(&citizen.username));
    let ordered = world.faults.pick(&occasion, &world.entropy, |what| match what {
        What::TokenResponse(fault) => Some(*fault),
        _ => None,
    });
    match ordered {
        Some(fault) => spoil::token_response(fault, body),
        None => Document::json(StatusCode::OK, &Value::Object(body)),
    }
}
