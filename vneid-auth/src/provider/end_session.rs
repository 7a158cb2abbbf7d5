//! The end-session request (OpenID Connect RP-Initiated Logout 1.0 §2).

use url::Url;

use crate::secret::Secret;

/// Where the browser is sent to end the provider's session. The address carries the id_token, so it is a secret.
pub(crate) fn url(
    endpoint: &Url,
    client_id: &str,
    id_token: Option<&Secret>,
    post_logout_redirect_uri: &str,
    state: &str,
) -> Secret {
    let mut url = endpoint.clone();
    let mut query = url.query_pairs_mut();
    if let Some(id_token) = id_token {
        query.append_pair("id_token_hint", id_token.expose());
    }
    query.append_pair("client_id", client_id);
    query.append_pair("post_logout_redirect_uri", post_logout_redirect_uri);
    query.append_pair("state", state);
    drop(query);
    Secret::new(String::from(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c144_carries_the_hint_the_address_and_the_state() {
        let endpoint = Url::parse("https://id.example/end?tenant=a").unwrap();
        let token = Secret::from("t.o.k");
        let url = url(&endpoint, "portal", Some(&token), "https://portal.example/auth/logged-out", "s&1");
        assert_eq!(
            url.expose(),
            "https://id.example/end?tenant=a&id_token_hint=t.o.k&client_id=portal\
             &post_logout_redirect_uri=https%3A%2F%2Fportal.example%2Fauth%2Flogged-out&state=s%261"
        );
    }
}
