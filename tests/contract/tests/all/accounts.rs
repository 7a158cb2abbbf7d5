//! Whose account it is: resolution, the choice, links and their end (flows.md, machine 2).

use serde_json::{Value, json};
use vneid_auth::account::{Account, Accounts, By};
use vneid_auth::audit::What;
use vneid_auth::flow::resolution::NewAccounts;
use vneid_auth::identity::{AccountId, Strength};
use vneid_auth::portal::{Policy, PortalBuilder};
use vneid_contract_tests::accounts_world::{AccountsWorld, card, who};
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::plain::{Bent, Plain};
use vneid_contract_tests::portal::RunningPortal;
use vneid_contract_tests::{Browser, Page, SimClock};

const PASSWORD: &str = "Mat-khau@2020";

fn what(world: &AccountsWorld) -> Vec<What> {
    world.world.portal.audit.events().iter().map(|event| event.what).collect()
}

/// The number that a matched account holds, and somebody whom VNeID states it for.
async fn squatted(world: &AccountsWorld) -> (Browser, Account) {
    let mut squatter = world.arrived("dvcqg", &who("no CCCD")).await;
    let page = world.post(&mut squatter, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(page.status.as_u16(), 200, "{page:?}");
    let account = world.account_in(&mut squatter).await;
    (squatter, account)
}

async fn is_logged_in(world: &AccountsWorld, browser: &mut Browser) -> bool {
    browser.fetch(&world.url("/auth/session")).await.status.as_u16() == 200
}

fn at_choice(page: &Page) {
    assert_eq!((page.url.path(), page.status.as_u16()), ("/auth/account", 200), "{}", page.text());
    assert!(page.text().contains("Chọn tài khoản trên cổng"), "{}", page.text());
}

#[tokio::test]
async fn a_first_login_opens_an_account_and_the_next_finds_it() {
    let world = AccountsWorld::start().await;
    let citizen = who("only a VNeID");
    let mut browser = world.arrived("vneid", &citizen).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    let account = world.account_in(&mut browser).await;
    assert_eq!(account.citizen_id.as_ref().map(|linked| linked.strength), Some(Strength::Asserted));
    let answer = world.get(&mut browser, "/auth/account").await;
    assert_eq!(answer["status"], "linked");
    assert_eq!(answer["links"][0]["provider"], "vneid");
    let subject = answer["links"][0]["subject"].as_str().unwrap();
    let tech_id = citizen.tech_id("vneid");
    assert!(subject.starts_with("****") && tech_id.ends_with(&subject[4..]) && subject.len() == 8, "{subject}");
    let mut again = world.arrived("vneid", &citizen).await;
    assert_eq!(world.account_in(&mut again).await.id, account.id);
}

#[tokio::test]
async fn a_matched_number_that_meets_an_account_is_asked_about() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    let first = world.arrived("vneid", &citizen).await;
    let account = world.account_in(&mut { first }).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    at_choice(browser.page());
    assert!(!is_logged_in(&world, &mut browser).await, "nobody is in before they have chosen");
    let answer = world.get(&mut browser, "/auth/account").await;
    assert_eq!(answer, json!({ "status": "choice", "links": [], "proofs": ["vneid"] }));
    // Through the provider that is linked to it already.
    browser.press("Xác nhận bằng").await;
    world.world.log_in(&mut browser, &citizen).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    assert_eq!(world.account_in(&mut browser).await.id, account.id);
    assert_eq!(
        world.get(&mut browser, "/auth/session").await["provider"],
        "dvcqg",
        "it is their own login that goes on"
    );
    let mut again = world.arrived("dvcqg", &citizen).await;
    assert_eq!(world.account_in(&mut again).await.id, account.id, "never asked for again");
    // Whose account it was before hears of it, whoever confirmed it.
    let mut owner = world.arrived("vneid", &citizen).await;
    assert_eq!(world.get(&mut owner, "/auth/account").await["notices"][0]["what"], "link_added");
}

/// Whoever sits down where somebody left the choice open must not take its password field for a login of their own.
#[tokio::test]
async fn the_choice_says_whom_the_proof_lets_in() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let browser = world.arrived("dvcqg", &citizen).await;
    at_choice(browser.page());
    let (text, tech_id) = (browser.page().text(), citizen.tech_id("dvcqg"));
    assert!(text.contains(&citizen.full_name) && text.contains("Đang đăng nhập qua dvcqg"), "{text}");
    assert!(text.contains(&format!("****{}", &tech_id[tech_id.len() - 4..])) && !text.contains(&tech_id), "{text}");
    assert!(!text.contains(citizen.citizen_id.as_deref().unwrap()), "{text}");
}

/// Chromium holds the redirect after a form to the page's `form-action`.
#[tokio::test]
async fn the_form_that_proves_an_account_may_lead_to_its_provider() {
    let world = AccountsWorld::with_providers(|config| config.ends_session(false)).await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    at_choice(browser.page());
    let policy = browser.page().headers["content-security-policy"].to_str().unwrap().to_owned();
    let url = world.url("/auth/account/link/vneid").parse().unwrap();
    let start = browser.send(reqwest::Method::POST, url, None, "same-origin").await;
    let provider = start.location().unwrap().origin().ascii_serialization();
    let forms = policy.split(';').find(|directive| directive.trim().starts_with("form-action")).unwrap();
    assert!(forms.split(' ').any(|origin| origin == provider), "{forms} has no {provider}");
}

#[tokio::test]
async fn who_proves_an_account_elsewhere_is_logged_out_there_too() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid-sealed", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    browser.press("Xác nhận bằng").await;
    world.world.log_in(&mut browser, &citizen).await;
    browser.open(&world.url("/auth/account")).await;
    browser.trail.clear();
    let out =
        browser.send(reqwest::Method::POST, world.url("/auth/logout").parse().unwrap(), None, "same-origin").await;
    browser.open(out.location().unwrap().as_str()).await;
    let seen: Vec<&str> = browser.trail.iter().map(|page| page.url.path()).collect();
    assert!(seen.iter().any(|path| path.contains("/vneid-sealed/")), "{seen:?}");
    browser.open(&world.url("/auth/login/vneid-sealed")).await;
    assert!(browser.page().text().contains("Mật khẩu"), "the provider asks anew: {}", browser.page().text());
}

#[tokio::test]
async fn who_logs_in_twice_is_logged_out_at_both_providers() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("vneid", &who("ordinary; three phones")).await;
    world.through(&mut browser, "dvcqg", &who("no CCCD")).await;
    assert_eq!(world.get(&mut browser, "/auth/session").await["provider"], "dvcqg");
    let out =
        browser.send(reqwest::Method::POST, world.url("/auth/logout").parse().unwrap(), None, "same-origin").await;
    browser.open(out.location().unwrap().as_str()).await;
    for provider in ["dvcqg", "vneid"] {
        browser.open(&world.url(&format!("/auth/login/{provider}"))).await;
        assert!(browser.page().text().contains("Mật khẩu"), "{provider} asks anew: {}", browser.page().text());
    }
}

#[tokio::test]
async fn who_gives_up_the_choice_is_logged_out_at_the_provider() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    at_choice(browser.page());
    let secret = browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("pending")).unwrap();
    browser.press("Hủy và đăng xuất").await;
    assert_eq!(browser.page().url.path(), "/", "{}", browser.page().text());
    assert!(!browser.cookies("127.0.0.1").iter().any(|(name, _)| name.contains("pending")));
    browser.open(&world.url("/auth/login/dvcqg")).await;
    assert!(browser.page().text().contains("Mật khẩu"), "the next person is asked: {}", browser.page().text());
    let mut thief = Browser::new();
    thief.plant("127.0.0.1", &secret.0, &secret.1);
    assert_eq!(said(&world.post(&mut thief, "/auth/account/new", Value::Null).await), (401, "not_logged_in".into()));
}

#[tokio::test]
async fn an_account_from_before_is_proved_once_by_its_password() {
    let world = AccountsWorld::start().await;
    let citizen = who("only a VNeID");
    let before = world.from_before("nguoi.dung.cu", PASSWORD, &citizen).await;
    let mut browser = world.arrived("vneid", &citizen).await;
    at_choice(browser.page());
    for (username, password) in [("nguoi.dung.cu", "Sai-mat-khau@1"), ("khong.co", PASSWORD), ("nguoi.dung.cu", "")] {
        let page =
            world.post(&mut browser, "/auth/account/link", json!({ "username": username, "password": password })).await;
        let code = if password.is_empty() { "field_invalid" } else { "account_not_proved" };
        assert_eq!(said(&page), (422, code.to_owned()));
        assert!(!is_logged_in(&world, &mut browser).await);
    }
    browser.open(&world.url("/auth/account")).await;
    browser.submit(&[("username", "nguoi.dung.cu"), ("password", PASSWORD)]).await;
    assert_eq!(browser.page().url.path(), "/ho-so", "{}", browser.page().text());
    let account = world.account_in(&mut browser).await;
    assert_eq!((&account.id, account.citizen_id.map(|linked| linked.strength)), (&before, Some(Strength::Asserted)));
    let mut again = world.arrived("vneid", &citizen).await;
    assert_eq!(again.page().url.path(), "/ho-so");
    assert_eq!(world.account_in(&mut again).await.id, before);
}

#[tokio::test]
async fn an_account_that_cannot_be_proved_is_never_entered() {
    let world = AccountsWorld::start().await;
    let (owner, other) = (who("only a VNeID"), who("ordinary; three phones"));
    let before = world.from_before("nguoi.dung.cu", PASSWORD, &owner).await;
    world.from_before("nguoi.khac", "Mat-khau@khac1", &other).await;
    let mut browser = world.arrived("vneid", &owner).await;
    // Another account's password proves another account.
    let page = world
        .post(&mut browser, "/auth/account/link", json!({ "username": "nguoi.khac", "password": "Mat-khau@khac1" }))
        .await;
    assert_eq!(said(&page), (422, "account_not_proved".into()));
    // A provider that is not linked to it proves nothing.
    let page = world.post(&mut browser, "/auth/account/link/dvcqg", Value::Null).await;
    assert_eq!(said(&page), (422, "account_not_proved".into()));
    assert!(!is_logged_in(&world, &mut browser).await);
    browser.open(&world.url("/auth/account")).await;
    browser.press("Tiếp tục với tài khoản mới").await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    let account = world.account_in(&mut browser).await;
    assert_ne!(account.id, before);
    assert!(world.account(before.as_str()).await.unwrap().links.is_empty());
}

#[tokio::test]
async fn five_wrong_passwords_close_the_way_for_a_while() {
    let world = AccountsWorld::start().await;
    let citizen = who("only a VNeID");
    world.from_before("nguoi.dung.cu", PASSWORD, &citizen).await;
    let mut browser = world.arrived("vneid", &citizen).await;
    let body = |password: &str| json!({ "username": "nguoi.dung.cu", "password": password });
    for n in 0..5 {
        let page = world.post(&mut browser, "/auth/account/link", body(&format!("Sai-{n}"))).await;
        assert_eq!(page.status.as_u16(), 422);
    }
    let page = world.post(&mut browser, "/auth/account/link", body(PASSWORD)).await;
    assert_eq!(said(&page), (429, "too_many_requests".into()), "the right one too");
    assert!(page.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn who_could_not_join_an_account_does_not_use_up_its_tries() {
    let world = AccountsWorld::start().await;
    let (owner, other) = (who("only a VNeID"), who("ordinary; three phones"));
    let before = world.from_before("nguoi.dung.cu", PASSWORD, &owner).await;
    world.arrived("vneid", &other).await;
    let mut attacker = world.arrived("dvcqg", &other).await;
    at_choice(attacker.page());
    let body = |password: &str| json!({ "username": "nguoi.dung.cu", "password": password });
    // The right password of an account that was not asked about is told from a wrong one by nothing.
    for password in ["Sai-1", "Sai-2", PASSWORD, "Sai-4", "Sai-5"] {
        let page = world.post(&mut attacker, "/auth/account/link", body(password)).await;
        assert_eq!(said(&page), (422, "account_not_proved".into()));
    }
    // Another choice of the same person is no way to more tries.
    let mut attacker = world.arrived("dvcqg", &other).await;
    let page = world.post(&mut attacker, "/auth/account/link", body("Sai-6")).await;
    assert_eq!(said(&page), (429, "too_many_requests".into()));
    let mut browser = world.arrived("vneid", &owner).await;
    let page = world.post(&mut browser, "/auth/account/link", body(PASSWORD)).await;
    assert_eq!(page.status.as_u16(), 200, "{page:?}");
    assert_eq!(world.account_in(&mut browser).await.id, before);
}

#[tokio::test]
async fn the_owner_of_a_squatted_number_is_not_refused_and_gets_it() {
    let world = AccountsWorld::start().await;
    let (mut squatter, account) = squatted(&world).await;
    let owner = who("only a VNeID");
    let mut browser = world.arrived("vneid", &owner).await;
    at_choice(browser.page());
    browser.press("Tiếp tục với tài khoản mới").await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    let own = world.account_in(&mut browser).await;
    assert_ne!(own.id, account.id);
    assert_eq!(own.citizen_id.as_ref().map(|linked| linked.strength), Some(Strength::Asserted));
    assert_eq!(world.account(account.id.as_str()).await.unwrap().citizen_id, None);
    assert!(!is_logged_in(&world, &mut squatter).await, "what the squatter had open is over");
    // Both are told.
    let notices = world.get(&mut browser, "/auth/account").await["notices"].clone();
    assert_eq!(notices[0]["what"], "number_moved_here");
    // What has ended does not begin again in the same instant.
    world.world.clock.advance(std::time::Duration::from_secs(1));
    let mut squatter = world.arrived("dvcqg", &who("no CCCD")).await;
    assert_eq!(squatter.page().url.path(), "/auth/citizen-id", "asked for a number again");
    let notices = world.get(&mut squatter, "/auth/account").await["notices"].clone();
    assert_eq!(notices[0]["what"], "number_moved_away");
    let told = squatter.open(&world.url("/auth/account")).await.text();
    assert!(told.contains("đã được chuyển về tài khoản của người được VNeID xác thực"), "{told}");
    // And the number does not come back by the photocopy.
    let page = world.post(&mut squatter, "/auth/citizen-id", card(&owner)).await;
    assert_eq!(said(&page), (409, "citizen_id_taken".into()));
    let audit = what(&world);
    assert!(audit.contains(&What::CitizenIdMovedAway) && audit.contains(&What::CitizenIdLinked(Strength::Asserted)));
    // What was told is forgotten when it was read.
    assert_eq!(world.delete(&mut squatter, "/auth/account/notices").await.status.as_u16(), 204);
    assert!(world.get(&mut squatter, "/auth/account").await.get("notices").is_none());
}

#[tokio::test]
async fn c119_a_link_is_finished_by_who_began_it() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    at_choice(browser.page());
    // A stranger has no choice to make, nor any way to make this one.
    let mut stranger = Browser::new();
    for path in ["/auth/account/new", "/auth/account/link", "/auth/account/link/vneid"] {
        let page = world.post(&mut stranger, path, json!({ "username": "a", "password": "b" })).await;
        assert_eq!(said(&page), (401, "not_logged_in".into()), "{path}");
    }
    // The proof's way back, in a browser that has not asked for it: the login's own cookie is there, the choice's is not.
    let url = world.url("/auth/account/link/vneid").parse().unwrap();
    let start = browser.send(reqwest::Method::POST, url, None, "same-origin").await;
    let mut other = Browser::new();
    for (name, value) in browser.cookies("127.0.0.1") {
        if name.contains("login") {
            other.plant("127.0.0.1", &name, &value);
        }
    }
    other.open(start.location().unwrap().as_str()).await;
    world.world.log_in(&mut other, &citizen).await;
    assert_eq!(other.page().status.as_u16(), 400, "{}", other.page().text());
    assert!(!is_logged_in(&world, &mut other).await);
    // The one who began it may still choose.
    browser.open(&world.url("/auth/account")).await;
    at_choice(browser.page());
}

#[tokio::test]
async fn a_proof_by_somebody_else_s_login_proves_nothing() {
    let world = AccountsWorld::start().await;
    let (citizen, other) = (who("ordinary; three phones"), who("ordinary; shares"));
    world.arrived("vneid", &citizen).await;
    world.arrived("vneid", &other).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    browser.press("Xác nhận bằng").await;
    world.world.log_in(&mut browser, &other).await;
    assert_eq!(browser.page().status.as_u16(), 422, "{}", browser.page().text());
    assert!(!is_logged_in(&world, &mut browser).await);
    assert!(what(&world).contains(&What::LoginRefused(vneid_auth::error::Code::AccountNotProved)));
    browser.open(&world.url("/auth/account")).await;
    at_choice(browser.page());
}

#[tokio::test]
async fn a_proof_counts_for_the_choice_that_it_was_begun_for() {
    let world = AccountsWorld::start().await;
    let (citizen, other) = (who("ordinary; three phones"), who("ordinary; shares"));
    world.arrived("vneid", &citizen).await;
    world.arrived("vneid", &other).await;
    let (mut browser, others) = (world.arrived("dvcqg", &citizen).await, world.arrived("dvcqg", &other).await);
    let url = world.url("/auth/account/link/vneid").parse().unwrap();
    let start = browser.send(reqwest::Method::POST, url, None, "same-origin").await;
    let (name, value) = others.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("pending")).unwrap();
    browser.plant("127.0.0.1", &name, &value);
    browser.open(start.location().unwrap().as_str()).await;
    world.world.log_in(&mut browser, &citizen).await;
    assert_eq!(browser.page().status.as_u16(), 400, "{}", browser.page().text());
    assert!(!is_logged_in(&world, &mut browser).await);
}

#[tokio::test]
async fn a_proof_is_a_fresh_login() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    let url = world.url("/auth/account/link/vneid").parse().unwrap();
    let start = browser.send(reqwest::Method::POST, url, None, "same-origin").await;
    let asked = start.location().unwrap();
    assert!(asked.query_pairs().any(|(name, value)| name == "prompt" && value == "login"), "{asked}");
}

#[tokio::test]
async fn who_chooses_is_logged_in_as_nobody() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("vneid", &who("only a VNeID")).await;
    let before = browser.cookies("127.0.0.1");
    world.through(&mut browser, "dvcqg", &citizen).await;
    at_choice(browser.page());
    assert!(
        !browser.cookies("127.0.0.1").iter().any(|(name, _)| name.contains("session-")),
        "no cookie of the last one"
    );
    let mut old = Browser::new();
    before.iter().for_each(|(name, value)| old.plant("127.0.0.1", name, value));
    assert!(!is_logged_in(&world, &mut old).await, "and no session");
}

#[tokio::test]
async fn a_choice_ends_after_ten_minutes_and_after_one_use() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    world.arrived("vneid", &citizen).await;
    let mut browser = world.arrived("dvcqg", &citizen).await;
    let secret = browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("pending")).unwrap();
    let page = world.post(&mut browser, "/auth/account/new", Value::Null).await;
    assert_eq!(page.status.as_u16(), 201, "{page:?}");
    assert_eq!(page.json()["return_to"], "/auth/citizen-id?return_to=/ho-so", "its number is another's: {page:?}");
    let mut thief = Browser::new();
    thief.plant("127.0.0.1", &secret.0, &secret.1);
    assert_eq!(said(&world.post(&mut thief, "/auth/account/new", Value::Null).await), (401, "not_logged_in".into()));

    let other = who("ordinary; shares");
    world.arrived("vneid", &other).await;
    let mut late = world.arrived("dvcqg", &other).await;
    world.world.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(said(&world.post(&mut late, "/auth/account/new", Value::Null).await), (401, "not_logged_in".into()));
}

#[tokio::test]
async fn a_portal_may_open_accounts_on_request_or_never() {
    for (new_accounts, status) in [(NewAccounts::OnRequest, 201), (NewAccounts::Never, 403)] {
        let mut policy = Policy::default();
        policy.new_accounts = new_accounts;
        let world = AccountsWorld::with(policy, |portal| portal).await;
        let mut browser = world.arrived("vneid", &who("only a VNeID")).await;
        at_choice(browser.page());
        assert_eq!(browser.page().text().contains("Tiếp tục với tài khoản mới"), status == 201);
        assert_eq!(world.get(&mut browser, "/auth/account").await["status"], "new");
        let page = world.post(&mut browser, "/auth/account/new", Value::Null).await;
        assert_eq!(page.status.as_u16(), status, "{page:?}");
        assert_eq!(is_logged_in(&world, &mut browser).await, status == 201);
    }
}

#[tokio::test]
async fn a_link_is_removed_but_never_the_last_usable_one() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    let mut browser = world.arrived("vneid", &citizen).await;
    let page = world.delete(&mut browser, "/auth/account/link/vneid").await;
    assert_eq!(said(&page), (409, "last_login_method".into()));
    let page = world.delete(&mut browser, "/auth/account/link/kiosk").await;
    assert_eq!(said(&page), (404, "not_found".into()));
    let mut second = world.arrived("dvcqg", &citizen).await;
    second.press("Xác nhận bằng").await;
    world.world.log_in(&mut second, &citizen).await;
    let account = world.account_in(&mut second).await;
    assert_eq!(account.links.len(), 2);
    assert_eq!(world.delete(&mut second, "/auth/account/link/vneid").await.status.as_u16(), 204);
    assert!(!is_logged_in(&world, &mut browser).await, "the session that came that way is over");
    assert!(is_logged_in(&world, &mut second).await);
    let account = world.account(account.id.as_str()).await.unwrap();
    assert_eq!(account.citizen_id.map(|linked| linked.strength), Some(Strength::Matched), "nobody asserts it any more");
    // What is not linked any more does not come back unasked.
    let again = world.arrived("vneid", &citizen).await;
    at_choice(again.page());
    assert!(what(&world).contains(&What::AccountUnlinked));
}

#[tokio::test]
async fn removing_a_link_takes_a_fresh_proof() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("vneid", &who("ordinary; three phones")).await;
    world.world.clock.advance(std::time::Duration::from_secs(600));
    for path in ["/auth/account/link/vneid", "/auth/citizen-id"] {
        assert_eq!(said(&world.delete(&mut browser, path).await), (403, "step_up_required".into()), "{path}");
    }
    assert!(world.account_in(&mut browser).await.citizen_id.is_some());
}

#[tokio::test]
async fn an_erased_account_is_gone_with_all_that_was_on_it() {
    let world = AccountsWorld::start().await;
    let citizen = who("only a VNeID");
    let mut browser = world.arrived("vneid", &citizen).await;
    let account = world.account_in(&mut browser).await;
    assert!(world.world.portal.portal.erase(&account.id).await.unwrap());
    assert!(!world.world.portal.portal.erase(&account.id).await.unwrap());
    assert!(!is_logged_in(&world, &mut browser).await);
    let number = citizen.citizen_id.unwrap().parse().unwrap();
    assert_eq!(world.accounts.find(By::CitizenId(&number)).await.unwrap(), None);
    let erased = world.world.portal.audit.events().pop().unwrap();
    assert_eq!((erased.what, erased.account), (What::AccountErased, Some(AccountId::from(account.id.as_str()))));
}

#[tokio::test]
async fn c117_nothing_is_linked_by_a_phone() {
    let world = AccountsWorld::start().await;
    // Two of the seeded share a phone.
    let (one, other) = (who("shares her second phone"), who("level 1; shares his phone"));
    world.world.mock.control().edit_citizen(&other.username, |citizen| citizen.level = 2);
    let mut first = world.arrived("dvcqg", &one).await;
    let mut second = world.arrived("dvcqg", &other).await;
    assert_ne!(world.account_in(&mut first).await.id, world.account_in(&mut second).await.id);
}

#[tokio::test]
async fn c120_another_person_s_login_in_the_middle_of_a_session_is_another_session() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("vneid", &who("only a VNeID")).await;
    let (before, first) = (world.account_in(&mut browser).await.id, browser.cookies("127.0.0.1"));
    browser.open(&world.url("/auth/login/vneid?fresh=1&return_to=/ho-so")).await;
    world.world.log_in(&mut browser, &who("ordinary; three phones")).await;
    assert_ne!(world.account_in(&mut browser).await.id, before);
    let mut old = Browser::new();
    first.iter().for_each(|(name, value)| old.plant("127.0.0.1", name, value));
    assert!(!is_logged_in(&world, &mut old).await, "and the first one's is over");
}

/// Two providers that call their person the same, with the same phone and these e-mail addresses; the accounts that a
/// login through each comes to.
async fn namesakes(userinfo: fn(&mut Value)) -> (AccountId, AccountId) {
    let clock = SimClock::default();
    let bent = Bent { userinfo, ..Bent::default() };
    let (one, other) = (Plain::bent(clock.clone(), bent).await, Plain::bent(clock.clone(), bent).await);
    let configs = [one.config("one"), other.config("other")];
    let portal = RunningPortal::start(clock, |portal| configs.into_iter().fold(portal, PortalBuilder::provider)).await;
    let account = async |provider: &str| {
        let mut browser = Browser::new();
        let page = browser.open(&portal.url(&format!("/auth/login/{provider}?return_to=/ho-so"))).await;
        assert_eq!(page.status.as_u16(), 200, "{page:?}");
        AccountId::from(page.body.rsplit(' ').next().unwrap())
    };
    (account("one").await, account("other").await)
}

#[tokio::test]
async fn c116_c117_c118_the_same_name_phone_and_address_elsewhere_are_another_person() {
    for userinfo in [
        (|claims| *claims = json!({ "sub": "plain-1", "phone_number": "+84900000289" })) as fn(&mut Value),
        |claims| *claims = json!({ "sub": "plain-1", "email": "a@portal.example", "email_verified": true }),
        |claims| *claims = json!({ "sub": "plain-1", "email": "a@evil.example@portal.example" }),
        |claims| {
            *claims = json!({ "sub": "plain-1", "email": "A@PORTAL.example,b@evil.example", "email_verified": "true" })
        },
    ] {
        let (one, other) = namesakes(userinfo).await;
        assert_ne!(one, other);
    }
}
