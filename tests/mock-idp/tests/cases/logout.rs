//! Logout: D58 to D62.

use std::time::Duration;

use serde_json::json;
use vneid_mock_idp::{Client, MintKey, Running};

use crate::support::{Answer, Browser, OTHER, RelyingParty, start, start_with};

const BYE: &str = "https://portal.example/bye";

fn end(params: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("/oidc/end_session?{query}")
}

async fn is_logged_in(portal: &RelyingParty, browser: &mut Browser) -> bool {
    browser.get(&portal.url(&[("prompt", "none")])).await.redirected().contains_key("code")
}

async fn hint(portal: &RelyingParty, mock: &Running, browser: &mut Browser) -> String {
    portal.tokens(mock, browser, &[("prompt", "login")]).await.text("id_token").to_owned()
}

fn no_redirect(answer: &Answer) {
    assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.status);
    assert!(answer.header("location").is_empty());
}

#[tokio::test]
async fn d58_hint_address_and_state() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let hint = hint(&portal, &mock, &mut browser).await;
    assert!(is_logged_in(&portal, &mut browser).await);
    let url = end(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", "a & b")]);
    let back = browser.get(&url).await;
    assert_eq!((back.status.as_u16(), back.location().unwrap()), (303, format!("{BYE}?state=a+%26+b")));
    assert!(!is_logged_in(&portal, &mut browser).await);
    let back = browser.get(&portal.url(&[("prompt", "none")])).await.redirected();
    assert_eq!(back["error"], "login_required");
    // The cookie alone does not bring it back.
    let mut copy = Browser::new(&mock);
    let tokens = portal.tokens(&mock, &mut copy, &[]).await;
    let kept = copy.cookies().clone();
    copy.get(&end(&[("id_token_hint", tokens.text("id_token"))])).await;
    *copy.cookies_mut() = kept;
    assert!(!is_logged_in(&portal, &mut copy).await);
}

#[tokio::test]
async fn d59_with_less() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let out = |page: &Answer| {
        assert_eq!(page.status, 200);
        assert!(page.body.contains("Bạn đã đăng xuất"), "{}", page.body);
    };
    // No state, no address.
    let token = hint(&portal, &mock, &mut browser).await;
    let back = browser.get(&end(&[("id_token_hint", &token), ("post_logout_redirect_uri", BYE)])).await;
    assert_eq!(back.location().unwrap(), BYE);
    let token = hint(&portal, &mock, &mut browser).await;
    out(&browser.get(&end(&[("id_token_hint", &token), ("state", "x")])).await);
    assert!(!is_logged_in(&portal, &mut browser).await);
    // Nothing, or only a state: nobody is logged out by a stranger's link, but by saying yes.
    for params in [vec![], vec![("state", "x")]] {
        hint(&portal, &mock, &mut browser).await;
        let page = browser.get(&end(&params)).await;
        assert!(page.body.contains("Bạn có muốn đăng xuất không?"));
        let forged = browser.post("/oidc/end_session", &[("confirm", "wrong")]).await;
        assert!(forged.body.contains("Bạn có muốn đăng xuất không?"));
        assert!(is_logged_in(&portal, &mut browser).await);
        out(&browser.submit(&page, &[]).await);
        assert!(!is_logged_in(&portal, &mut browser).await);
        out(&browser.get(&end(&params)).await);
    }
}

#[tokio::test]
async fn d60_unregistered_addresses_and_bad_hints() {
    let other = Client::new("other", "o").redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(other)).await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let good = hint(&portal, &mock, &mut browser).await;
    for uri in ["https://attacker.test/", "https://portal.example/bye?x=1", "https://portal.example/bye/", "not a uri"]
    {
        no_redirect(&browser.get(&end(&[("id_token_hint", &good), ("post_logout_redirect_uri", uri)])).await);
    }
    no_redirect(&browser.get(&end(&[("post_logout_redirect_uri", BYE)])).await);
    no_redirect(&browser.get(&end(&[("post_logout_redirect_uri", BYE), ("client_id", "portal")])).await);
    let claims = crate::support::claims_of(&good);
    let strangers = mock.control().mint(&serde_json::Map::new(), &claims, MintKey::Foreign).unwrap();
    let kid = crate::support::header_of(&good)["kid"].clone();
    let same_kid = json!({ "kid": kid }).as_object().unwrap().clone();
    let forged = mock.control().mint(&same_kid, &claims, MintKey::Foreign).unwrap();
    let (input, _) = good.rsplit_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", input.split_once('.').unwrap().1);
    // Of the very citizen who is logged in here, so that only the issuer is wrong.
    let mut elsewhere = claims.clone();
    elsewhere.insert("iss".to_owned(), "https://attacker.test".into());
    let misissued = mock.control().mint(&serde_json::Map::new(), &elsewhere, MintKey::Current).unwrap();
    for bad in [strangers, forged, unsigned, misissued, format!("{good}x"), "nonsense".to_owned()] {
        no_redirect(&browser.get(&end(&[("id_token_hint", &bad), ("post_logout_redirect_uri", BYE)])).await);
    }
    // Another client's token does not open this client's address.
    let other = RelyingParty::new(&mock, "other", "o", "https://portal.example/cb");
    let others = hint(&other, &mock, &mut browser).await;
    no_redirect(&browser.get(&end(&[("id_token_hint", &others), ("post_logout_redirect_uri", BYE)])).await);
    let twice = format!(
        "{}&post_logout_redirect_uri={BYE}",
        end(&[("id_token_hint", &good), ("post_logout_redirect_uri", BYE)])
    );
    no_redirect(&browser.get(&twice).await);
    assert!(is_logged_in(&portal, &mut browser).await);
}

#[tokio::test]
async fn d61_an_expired_hint_and_a_client_that_does_not_match() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let token = hint(&portal, &mock, &mut browser).await;
    no_redirect(
        &browser
            .get(&end(&[("id_token_hint", &token), ("client_id", "portal-demo"), ("post_logout_redirect_uri", BYE)]))
            .await,
    );
    assert!(is_logged_in(&portal, &mut browser).await);
    mock.control().advance(Duration::from_secs(25 * 60));
    mock.control().rotate_keys().unwrap();
    let url = end(&[("id_token_hint", &token), ("client_id", "portal"), ("post_logout_redirect_uri", BYE)]);
    assert_eq!(browser.get(&url).await.location().unwrap(), BYE);
    assert!(!is_logged_in(&portal, &mut browser).await);
    // A genuine hint of somebody who is not logged in here any more: whoever is now must be asked.
    let mut shared = Browser::new(&mock);
    let first = hint(&portal, &mock, &mut shared).await;
    portal.log_in(&mock, &mut shared, OTHER, &[("prompt", "login")]).await;
    let url = end(&[("id_token_hint", &first), ("post_logout_redirect_uri", BYE), ("state", "s")]);
    let page = shared.get(&url).await;
    assert!(page.body.contains("Bạn có muốn đăng xuất không?"));
    assert!(is_logged_in(&portal, &mut shared).await);
    assert_eq!(shared.submit(&page, &[]).await.location().unwrap(), format!("{BYE}?state=s"));
    assert!(!is_logged_in(&portal, &mut shared).await);
}

#[tokio::test]
async fn d62_get_and_post() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let token = hint(&portal, &mock, &mut browser).await;
    let form = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let back = browser.post("/oidc/end_session", &form).await;
    assert_eq!((back.status.as_u16(), back.location().unwrap()), (303, format!("{BYE}?state=s")));
    assert!(!is_logged_in(&portal, &mut browser).await);
}
