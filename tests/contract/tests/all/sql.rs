//! Portals whose accounts are in a database: several over one, and one that was restarted.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use vneid_auth::account::SqlAccounts;
use vneid_auth::audit::SqlAudit;
use vneid_auth::portal::Policy;
use vneid_auth::registry::{Claim, MemoryRegistry};
use vneid_auth::sql::Database;
use vneid_auth::store::Keys;
use vneid_contract_tests::accounts_world::who;
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::dialects::DIALECTS;
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::{Browser, World};
use vneid_mock_idp::Citizen;

/// Whom the portals ask: everybody with a number that ends like this is who they say.
fn somebody(last: usize) -> Claim {
    Claim {
        citizen_id: format!("00189000{last:04}").parse().unwrap(),
        full_name: "Trần Thị Giả Lập".parse().unwrap(),
        date_of_birth: "2391-05-06".parse().unwrap(),
    }
}

/// A portal with its own connections to this database.
async fn portal_over(url: &str, registry: &Arc<MemoryRegistry>) -> World {
    let database = Database::connect(url).await.unwrap();
    let accounts = SqlAccounts::open(&database, Keys::new(&SECRET.into()).unwrap()).await.unwrap();
    let (registry, audit) = (registry.clone(), SqlAudit::over(&database));
    let mut policy = Policy::default();
    policy.numbers_tried_an_hour = 1_000;
    let configure = move |portal: vneid_auth::portal::PortalBuilder| {
        portal.accounts(Arc::new(accounts)).registry(registry).audit(Arc::new(audit)).policy(policy)
    };
    World::builder().realms(&DIALECTS).portal(configure).start().await
}

async fn logged_in(world: &World, citizen: &Citizen) -> Browser {
    let mut browser = Browser::new();
    browser.open(&world.url("/auth/login/dvcqg?return_to=/ho-so")).await;
    world.log_in(&mut browser, citizen).await;
    browser
}

/// The number goes, so that another can come.
async fn without_number(world: &World, browser: &mut Browser) {
    let page = browser.send_json(Method::DELETE, &world.url("/auth/citizen-id"), &Value::Null).await;
    assert!([204, 404].contains(&page.status.as_u16()), "{page:?}");
}

async fn account(world: &World, browser: &mut Browser) -> String {
    let page = browser.fetch(&world.url("/ho-so")).await;
    page.body.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_portals_over_one_postgres_one_links_a_number_and_the_other_is_told_that_it_is_taken() {
    let Some(postgres) = vneid_test_services::postgres() else { return };
    let (url, registry) = (postgres.new_database(), Arc::new(MemoryRegistry::new()));
    let (here, there) = (portal_over(&url, &registry).await, portal_over(&url, &registry).await);
    let mut one = logged_in(&here, &who("ordinary; three phones")).await;
    let mut other = logged_in(&there, &who("no CCCD")).await;
    let mut won = [0, 0];
    for round in 0..20 {
        without_number(&here, &mut one).await;
        without_number(&there, &mut other).await;
        let claim = somebody(round);
        let card = json!({
            "citizen_id": claim.citizen_id.expose(), "full_name": claim.full_name.expose(),
            "date_of_birth": claim.date_of_birth.to_iso(), "consent": true,
        });
        registry.add(claim);
        let (here, there) = (here.url("/auth/citizen-id"), there.url("/auth/citizen-id"));
        let (at_one, at_other) =
            tokio::join!(one.send_json(Method::POST, &here, &card), other.send_json(Method::POST, &there, &card));
        let taken = (409, "citizen_id_taken".to_owned());
        match (said(&at_one).0, said(&at_other).0) {
            (200, 409) => {
                won[0] += 1;
                assert_eq!(said(&at_other), taken);
            }
            (409, 200) => {
                won[1] += 1;
                assert_eq!(said(&at_one), taken);
            }
            both => panic!("round {round}: {both:?}"),
        }
    }
    println!("won: {won:?}");
    let linked = "SELECT count(*) FROM vneid_auth_audit WHERE what = 'citizen_id_linked' AND provider IS NULL";
    assert_eq!(postgres.psql(&url, linked).trim(), "20");
    let refused = "SELECT count(*) FROM vneid_auth_audit WHERE reason = 'citizen_id_taken'";
    assert_eq!(postgres.psql(&url, refused).trim(), "20");
}

#[tokio::test]
async fn a_citizen_comes_into_the_same_account_after_a_restart() {
    let file = std::env::temp_dir().join(format!("vneid-restart-{}.db", std::process::id()));
    let url = format!("sqlite:{}", file.display());
    let (registry, citizen) = (Arc::new(MemoryRegistry::new()), who("ordinary; three phones"));
    let first = portal_over(&url, &registry).await;
    let mut browser = logged_in(&first, &citizen).await;
    let before = account(&first, &mut browser).await;
    drop(first);
    let second = portal_over(&url, &registry).await;
    let mut browser = logged_in(&second, &citizen).await;
    assert_eq!(account(&second, &mut browser).await, before);
    assert_eq!(before.len(), 32, "an id of our own: {before}");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}
