//! A relying party of DVCQG or VNeID: no nonce, no PKCE, the secret in the body, as real portals do it.

use std::collections::BTreeMap;

use serde_json::Value;
use vneid_mock_idp::Running;

use super::relying_party::read;
use super::{Answer, Browser, RelyingParty};

/// A client of one realm.
#[derive(Clone)]
pub(crate) struct National {
    pub(crate) party: RelyingParty,
    realm: &'static str,
}

impl National {
    /// The client `portal` at this realm.
    pub(crate) fn portal(mock: &Running, realm: &'static str) -> Self {
        Self { party: RelyingParty::portal(mock), realm }
    }

    /// The client `portal-demo` at this realm.
    pub(crate) fn demo(mock: &Running, realm: &'static str) -> Self {
        Self { party: RelyingParty::demo(mock), realm }
    }

    fn paths(&self) -> [String; 3] {
        match self.realm {
            "dvcqg" => ["authorize", "token", "userinfo"].map(|path| format!("/dvcqg/oauth2/{path}")),
            realm => ["auth", "token", "userinfo"].map(|path| format!("/{realm}/{path}")),
        }
    }

    /// The URL of an authorization request, with changes: an empty value takes a parameter out.
    pub(crate) fn url(&self, changes: &[(&str, &str)]) -> String {
        let mut params: BTreeMap<&str, &str> = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", self.party.id.as_str()),
            ("redirect_uri", self.party.redirect_uri.as_str()),
            ("scope", "openid"),
            ("state", "a-state"),
        ]);
        if self.realm == "dvcqg" {
            params.insert("acr_values", "LoA1");
        }
        for (name, value) in changes {
            if value.is_empty() {
                params.remove(name)
            } else {
                params.insert(name, value)
            };
        }
        let mut url = url::Url::parse(&format!("{}{}", self.party.base, self.paths()[0])).unwrap();
        url.query_pairs_mut().extend_pairs(params);
        url.to_string()
    }

    /// The whole login of a citizen: the redirect back.
    pub(crate) async fn log_in(
        &self,
        mock: &Running,
        browser: &mut Browser,
        citizen: (&str, &str),
        changes: &[(&str, &str)],
    ) -> Answer {
        let page = browser.visit(&self.url(changes)).await;
        type_in(mock, browser, &page, citizen).await
    }

    /// The token request for a code.
    pub(crate) async fn redeem(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.party.redirect_uri),
            ("client_id", &self.party.id),
            ("client_secret", &self.party.secret),
        ];
        form.extend(more);
        self.party.post_as(&self.paths()[1], None, &form).await
    }

    /// Userinfo by GET.
    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        let bearer = format!("Bearer {access_token}");
        self.party.get(&self.paths()[2], &[("authorization", &bearer)]).await
    }

    /// Userinfo by POST.
    pub(crate) async fn userinfo_by_post(&self, access_token: &str) -> Answer {
        let request = self.party.http.post(format!("{}{}", self.party.base, self.paths()[2]));
        read(request.header("authorization", format!("Bearer {access_token}")).send().await.unwrap()).await
    }

    /// A login and its tokens, in a realm that seals nothing.
    pub(crate) async fn tokens(&self, mock: &Running, browser: &mut Browser, citizen: (&str, &str)) -> Value {
        let back = self.log_in(mock, browser, citizen, &[]).await.redirected();
        let answer = self.redeem(&back["code"], &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// A login and its userinfo, in a realm that seals nothing.
    pub(crate) async fn claims(&self, mock: &Running, citizen: (&str, &str)) -> Value {
        let tokens = self.tokens(mock, &mut Browser::new(mock), citizen).await;
        self.userinfo(tokens["access_token"].as_str().unwrap()).await.json()
    }
}

/// Types password and one-time code into the login pages.
pub(crate) async fn type_in(mock: &Running, browser: &mut Browser, page: &Answer, citizen: (&str, &str)) -> Answer {
    let page = browser.submit(page, &[("username", citizen.0), ("password", citizen.1)]).await;
    let known = mock.control().citizens().into_iter().find(|known| known.username == citizen.0);
    let code = mock.control().last_code(&known.unwrap().phones[0]).expect("a one-time code was sent");
    browser.submit(&page, &[("otp", &code)]).await
}
