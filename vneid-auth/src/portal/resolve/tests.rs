//! Whose account it is, over accounts in memory.

use std::sync::Arc;

use super::*;
use crate::account::{Accounts, MemoryAccounts, Phone};
use crate::identity::{AccountKind, Organisation, Profile};
use crate::portal::{Policy, Portal};
use crate::provider::ProviderConfig;

const ASSERTED: Option<Strength> = Some(Strength::Asserted);
const MATCHED: Option<Strength> = Some(Strength::Matched);

fn identity(provider: &str, subject: &str, strength: Option<Strength>) -> Identity {
    Identity {
        provider: provider.into(),
        subject: subject.into(),
        sid: None,
        via: None,
        level: None,
        kind: AccountKind::Citizen,
        authenticated_at: Timestamp::from_unix_seconds(0),
        citizen_id_strength: strength,
        profile: Profile { citizen_id: "001890000001".parse().ok(), ..Profile::default() },
    }
}

struct World {
    portal: Portal,
    accounts: Arc<MemoryAccounts>,
}

impl World {
    fn new() -> Self {
        let accounts = Arc::new(MemoryAccounts::new());
        let provider = ProviderConfig::oidc("vneid", "https://id.example.gov.vn", "portal").client_secret("s".into());
        let portal = Portal::builder("https://portal.example.gov.vn")
            .secret("MzIgcmFuZG9tIGJ5dGVzIGZyb20gYSByZWFsIHNvdXJjZQ==".into())
            .provider(provider)
            .accounts(accounts.clone())
            .policy(Policy::default());
        Self { portal: portal.build().unwrap(), accounts }
    }

    async fn arrives(&self, person: &Identity) -> Outcome {
        self.portal.inner().resolve(person, &Client::default()).await.unwrap()
    }

    async fn account(&self, person: &Identity) -> Account {
        match self.arrives(person).await {
            Outcome::Account(account) => self.accounts.find(By::Id(&account.id)).await.unwrap().unwrap(),
            _ => panic!("no account for {person:?}"),
        }
    }

    /// The choice that a person is given, and what comes of it.
    async fn chooses(&self, person: &Identity, event: Event) -> Outcome {
        let Outcome::Choice(resolution) = self.arrives(person).await else { panic!("no choice for {person:?}") };
        let arrived = Arrived {
            identity: person.clone(),
            logout: crate::provider::LogoutHints::default(),
            unstated_level: crate::flow::login::Unstated::Accept,
            fresh: false,
            began: Timestamp::from_unix_seconds(0),
            return_to: "/".into(),
            also: vec![],
        };
        let pending = Pending { resolution, arrived };
        self.portal.inner().choose_account(&pending, event, &Client::default()).await.unwrap()
    }
}

#[tokio::test]
async fn c116_an_account_is_found_by_provider_and_subject() {
    let world = World::new();
    let first = world.account(&identity("vneid", "s", None)).await;
    assert_eq!(world.account(&identity("vneid", "s", None)).await, first, "and nothing is written");
    assert_ne!(world.account(&identity("dvcqg", "s", None)).await.id, first.id, "another provider's s");
    assert_eq!(first.citizen_id, None, "a number that nobody asserts is on no account");
}

#[tokio::test]
async fn an_asserted_number_is_one_person() {
    let world = World::new();
    let first = world.account(&identity("vneid", "a", ASSERTED)).await;
    let again = world.account(&identity("dvcqg", "b", ASSERTED)).await;
    assert_eq!(again.id, first.id);
    assert_eq!(again.links.len(), 2);
    assert!(again.links.iter().all(|link| link.asserts));
    assert!(matches!(world.arrives(&identity("dvcqg", "c", MATCHED)).await, Outcome::Choice(_)));
}

#[tokio::test]
async fn an_asserted_number_leaves_the_account_that_only_matched_it() {
    let world = World::new();
    let squatter = world.account(&identity("dvcqg", "a", MATCHED)).await;
    assert_eq!(squatter.citizen_id.as_ref().map(|linked| linked.strength), MATCHED);
    let Outcome::Account(owner) = world.chooses(&identity("vneid", "v", ASSERTED), Event::WantsNew).await else {
        panic!("the owner is refused");
    };
    assert_ne!(owner.id, squatter.id, "never merged into it");
    assert_eq!(owner.citizen_id.map(|linked| linked.strength), ASSERTED);
    assert_eq!(owner.notices.iter().map(|notice| notice.what).collect::<Vec<_>>(), [Told::NumberMovedHere]);
    let squatter = world.account(&identity("dvcqg", "a", None)).await;
    assert_eq!(squatter.citizen_id, None);
    assert_eq!(squatter.notices.iter().map(|notice| notice.what).collect::<Vec<_>>(), [Told::NumberMovedAway]);
}

#[tokio::test]
async fn between_two_matches_the_first_stands() {
    let world = World::new();
    let first = world.account(&identity("dvcqg", "a", MATCHED)).await;
    let Outcome::Account(second) = world.chooses(&identity("dvcqg", "b", MATCHED), Event::WantsNew).await else {
        panic!("refused");
    };
    assert_eq!((second.id == first.id, second.citizen_id), (false, None));
    assert_eq!(world.account(&identity("dvcqg", "a", MATCHED)).await.citizen_id, first.citizen_id);
}

#[tokio::test]
async fn a_proved_account_is_linked_and_never_asked_for_again() {
    let world = World::new();
    let mut before = Account::new("7".into());
    let number = "001890000001".parse().unwrap();
    before.citizen_id = Some(LinkedCitizenId { number, strength: Strength::Matched, by_year: false });
    world.accounts.save(&[before]).await.unwrap();
    let vneid = identity("vneid", "v", ASSERTED);
    let proved = Event::Proved("7".into());
    let Outcome::Account(account) = world.chooses(&vneid, proved).await else { panic!("refused") };
    assert_eq!((account.id.as_str(), account.citizen_id.map(|linked| linked.strength)), ("7", ASSERTED));
    assert_eq!(world.account(&vneid).await.id.as_str(), "7");
    let other = Event::Proved(world.account(&identity("dvcqg", "x", None)).await.id);
    assert!(matches!(world.chooses(&identity("dvcqg", "b", MATCHED), other).await, Outcome::Choice(_)));
}

#[tokio::test]
async fn a_matched_number_that_is_then_asserted_is_asserted() {
    let world = World::new();
    let first = world.account(&identity("dvcqg", "a", MATCHED)).await;
    let again = world.account(&identity("dvcqg", "a", ASSERTED)).await;
    assert_eq!((&again.id, again.citizen_id.unwrap().strength), (&first.id, Strength::Asserted));
    assert_eq!(world.account(&identity("vneid", "v", ASSERTED)).await.id, first.id);
    let weaker = world.account(&identity("dvcqg", "a", MATCHED)).await;
    assert_eq!(weaker.citizen_id.unwrap().strength, Strength::Asserted);
}

#[tokio::test]
async fn a_number_that_vneid_gives_anew_replaces_the_old_one() {
    let world = World::new();
    let mut person = identity("vneid", "v", ASSERTED);
    let first = world.account(&person).await;
    person.profile.citizen_id = "001890000002".parse().ok();
    let now = world.account(&person).await;
    assert_eq!(
        (&now.id, now.citizen_id.as_ref().map(|linked| &linked.number)),
        (&first.id, person.profile.citizen_id.as_ref())
    );
    let old: CitizenId = "001890000001".parse().unwrap();
    assert_eq!(world.accounts.find(By::CitizenId(&old)).await.unwrap(), None);
}

#[tokio::test]
async fn a_closed_account_lets_nobody_in() {
    let world = World::new();
    let person = identity("vneid", "v", ASSERTED);
    let closed = Account { closed: true, ..world.account(&person).await };
    world.accounts.save(&[closed]).await.unwrap();
    assert!(matches!(world.arrives(&person).await, Outcome::Refused));
    assert!(matches!(world.arrives(&identity("dvcqg", "d", ASSERTED)).await, Outcome::Refused));
}

#[tokio::test]
async fn an_enterprise_is_found_by_its_tax_code_and_proved() {
    let world = World::new();
    let mut enterprise = identity("dvcqg", "e", None);
    enterprise.kind = AccountKind::Enterprise;
    enterprise.profile.citizen_id = None;
    enterprise.profile.organisation =
        Some(Organisation { tax_code: Some("8900000012".into()), ..Organisation::default() });
    let first = world.account(&enterprise).await;
    assert_eq!(first.tax_code.as_deref(), Some("8900000012"));
    let other = Identity { subject: "f".into(), ..enterprise };
    let Outcome::Account(second) = world.chooses(&other, Event::WantsNew).await else { panic!("refused") };
    assert_eq!((second.id == first.id, second.tax_code), (false, None));
}

#[tokio::test]
async fn a_stated_phone_counts_only_after_its_code() {
    let world = World::new();
    let number = "0900000289".parse::<crate::identity::PhoneNumber>().unwrap();
    let mut person = identity("vneid", "s", None);
    person.profile.phone = Some(number.clone());
    let mut account = world.account(&person).await;
    assert_eq!(account.phones, [Phone { number: number.clone(), verified: false }]);
    account.phone_mut(&number).unwrap().verified = true;
    world.accounts.save(&[account]).await.unwrap();
    assert!(world.account(&person).await.phones[0].verified, "stated again, it stays as it is");
}
