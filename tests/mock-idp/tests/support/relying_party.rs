//! A relying party that does as the test says, rightly or wrongly.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, redirect::Policy};
use serde_json::{Map, Value};
use vneid_mock_idp::Running;

use super::{Answer, Browser};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client, and the requests it makes.
#[derive(Clone)]
pub(crate) struct RelyingParty {
    pub(super) http: Client,
    pub(super) base: String,
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
}

/// A successful token answer.
#[derive(Clone)]
pub(crate) struct Tokens(pub(crate) Value);

impl RelyingParty {
    /// The client `portal`.
    pub(crate) fn portal(mock: &Running) -> Self {
        Self::new(mock, "portal", "s3cret with+specials:&%", "https://portal.example/cb")
    }

    /// The client `portal-demo`.
    pub(crate) fn demo(mock: &Running) -> Self {
        Self::new(mock, "portal-demo", "portal-demo-secret", "http://127.0.0.1:8080/auth/callback/vneid")
    }

    pub(crate) fn new(mock: &Running, id: &str, secret: &str, redirect_uri: &str) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let (id, secret, redirect_uri) = (id.to_owned(), secret.to_owned(), redirect_uri.to_owned());
        let scope = "openid profile phone citizen_id".to_owned();
        Self { http, base: mock.base_url(), id, secret, redirect_uri, scope }
    }

    pub(crate) fn scope(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.scope);
        self
    }

    /// The parameters of a good authorization request, with changes: an empty value takes a parameter out.
    pub(crate) fn request(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut params: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for (name, value) in changes {
            params.retain(|(own, _)| own != name);
            if !value.is_empty() {
                params.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        params
    }

    /// The URL of an authorization request.
    pub(crate) fn url(&self, changes: &[(&str, &str)]) -> String {
        let mut url = url::Url::parse(&format!("{}/oidc/authorize", self.base)).unwrap();
        url.query_pairs_mut().extend_pairs(self.request(changes));
        url.to_string()
    }

    /// The login as far as the page that asks for the one-time code.
    pub(crate) async fn to_code_page(
        &self,
        browser: &mut Browser,
        (username, password): (&str, &str),
        changes: &[(&str, &str)],
    ) -> Answer {
        let page = browser.visit(&self.url(changes)).await;
        browser.submit(&page, &[("username", username), ("password", password)]).await
    }

    /// The whole login of a citizen: the redirect back.
    pub(crate) async fn log_in(
        &self,
        mock: &Running,
        browser: &mut Browser,
        citizen: (&str, &str),
        changes: &[(&str, &str)],
    ) -> Answer {
        let page = self.to_code_page(browser, citizen, changes).await;
        let phone = mock.control().citizens().into_iter().find(|known| known.username == citizen.0);
        let code = mock.control().last_code(&phone.unwrap().phones[0]).expect("a one-time code was sent");
        browser.submit(&page, &[("otp", &code)]).await
    }

    /// A form to an endpoint, with HTTP Basic.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let basic = STANDARD.encode(format!("{}:{}", encode(&self.id), encode(&self.secret)));
        self.post_as(path, Some(&format!("Basic {basic}")), form).await
    }

    /// A form to an endpoint, with this `Authorization` or none.
    pub(crate) async fn post_as(&self, path: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.base)).form(form);
        let request = authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        read(request.send().await.unwrap()).await
    }

    /// The token request for a code.
    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        self.post("/oidc/token", &self.code_form(code)).await
    }

    /// The form of the token request for a code.
    pub(crate) fn code_form<'a>(&'a self, code: &'a str) -> [(&'a str, &'a str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ]
    }

    /// A login and its tokens.
    pub(crate) async fn tokens(&self, mock: &Running, browser: &mut Browser, changes: &[(&str, &str)]) -> Tokens {
        let back = self.log_in(mock, browser, super::CITIZEN, changes).await.redirected();
        let answer = self.redeem(&back["code"]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Tokens(answer.json())
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        self.get("/oidc/userinfo", &[("authorization", &format!("Bearer {access_token}"))]).await
    }

    /// Whether anybody answers at all.
    pub(crate) async fn try_get(&self, path: &str) -> Result<u16, reqwest::Error> {
        Ok(self.http.get(format!("{}{path}", self.base)).send().await?.status().as_u16())
    }

    /// A plain request of a program, with these headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.http.get(format!("{}{path}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        read(request.send().await.unwrap()).await
    }
}

impl Tokens {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    pub(crate) fn id_claims(&self) -> Map<String, Value> {
        claims_of(self.text("id_token"))
    }
}

/// The claims of a JWT, unchecked.
pub(crate) fn claims_of(token: &str) -> Map<String, Value> {
    part(token, 1)
}

/// The header of a JWT, unchecked.
pub(crate) fn header_of(token: &str) -> Map<String, Value> {
    part(token, 0)
}

/// Whether a published key of the mock signed this token by RS256 or ES256.
pub(crate) async fn is_signed(party: &RelyingParty, token: &str) -> bool {
    is_signed_by(party, "/oidc/jwks", token).await
}

/// Whether a key of the set at this path signed this token.
pub(crate) async fn is_signed_by(party: &RelyingParty, jwks: &str, token: &str) -> bool {
    let set = party.get(jwks, &[]).await.json();
    let header = header_of(token);
    let Some(key) = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]) else {
        return false;
    };
    let member = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    match header["alg"].as_str() {
        Some("RS256") if key["alg"] == "RS256" => RsaPublicKeyComponents { n: member("n"), e: member("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &signature)
            .is_ok(),
        Some("ES256") if key["alg"] == "ES256" => {
            let point = [&[4_u8][..], &member("x"), &member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &signature).is_ok()
        }
        _ => false,
    }
}

fn part(token: &str, at: usize) -> Map<String, Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

pub(super) async fn read(response: reqwest::Response) -> Answer {
    let (status, url, headers) = (response.status(), response.url().to_string(), response.headers().clone());
    Answer { status, url, headers, body: response.text().await.unwrap() }
}
