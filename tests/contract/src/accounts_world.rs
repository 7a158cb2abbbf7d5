//! The mock's realms, accounts in memory that a test can look into, and a population database that knows whom it is told.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use vneid_auth::account::{Account, Accounts, By, LinkedCitizenId, MemoryAccounts, hash_password};
use vneid_auth::identity::{AccountId, Strength};
use vneid_auth::portal::{Policy, PortalBuilder};
use vneid_auth::provider::ProviderConfig;
use vneid_auth::random::SystemRandomness;
use vneid_auth::registry::{Claim, MemoryRegistry};
use vneid_mock_idp::{Citizen, seeded};

use crate::dialects::DIALECTS;
use crate::{Browser, Page, World, WorldBuilder};

/// A world with accounts.
pub struct AccountsWorld {
    pub world: World,
    pub accounts: Arc<MemoryAccounts>,
    pub registry: Arc<MemoryRegistry>,
}

/// The seeded citizen with this in their note.
pub fn who(note: &str) -> Citizen {
    seeded().into_iter().find(|citizen| citizen.note.contains(note)).unwrap_or_else(|| panic!("nobody is {note:?}"))
}

/// What stands on a citizen's card, as the form takes it.
pub fn card(citizen: &Citizen) -> Value {
    json!({
        "citizen_id": citizen.citizen_id, "full_name": citizen.full_name, "date_of_birth": citizen.date_of_birth,
        "consent": true,
    })
}

impl AccountsWorld {
    /// The usual policy; the database knows every seeded citizen who has a number.
    pub async fn start() -> Self {
        Self::with(Policy::default(), |portal| portal).await
    }

    /// The same with every provider set otherwise.
    pub async fn with_providers(change: fn(ProviderConfig) -> ProviderConfig) -> Self {
        Self::built(World::builder().provider(change), Policy::default(), |portal| portal).await
    }

    /// Another policy, and other settings.
    pub async fn with(policy: Policy, configure: impl FnOnce(PortalBuilder) -> PortalBuilder + Send + 'static) -> Self {
        Self::built(World::builder(), policy, configure).await
    }

    async fn built(
        world: WorldBuilder,
        policy: Policy,
        configure: impl FnOnce(PortalBuilder) -> PortalBuilder + Send + 'static,
    ) -> Self {
        let (accounts, registry) = (Arc::new(MemoryAccounts::new()), Arc::new(MemoryRegistry::new()));
        for citizen in seeded() {
            if let Some(claim) = claim(&citizen) {
                registry.add(claim);
            }
        }
        let (for_portal, its_registry) = (accounts.clone(), registry.clone());
        let world = world
            .realms(&DIALECTS)
            .portal(move |portal| configure(portal.accounts(for_portal).registry(its_registry).policy(policy)));
        Self { world: world.start().await, accounts, registry }
    }

    /// An address of the portal.
    pub fn url(&self, path: &str) -> String {
        self.world.url(path)
    }

    /// The way from the portal through this provider's pages, as far as it leads.
    pub async fn through(&self, browser: &mut Browser, provider: &str, citizen: &Citizen) {
        browser.open(&self.url(&format!("/auth/login/{provider}?return_to=/ho-so"))).await;
        self.world.log_in(browser, citizen).await;
    }

    /// A browser with a login through this provider, wherever that has led.
    pub async fn arrived(&self, provider: &str, citizen: &Citizen) -> Browser {
        let mut browser = Browser::new();
        self.through(&mut browser, provider, citizen).await;
        browser
    }

    /// `GET` as a script.
    pub async fn get(&self, browser: &mut Browser, path: &str) -> Value {
        browser.fetch(&self.url(path)).await.json()
    }

    /// `POST` as a script; the status and what came.
    pub async fn post(&self, browser: &mut Browser, path: &str, body: Value) -> Page {
        browser.send_json(Method::POST, &self.url(path), &body).await
    }

    /// `DELETE` as a script.
    pub async fn delete(&self, browser: &mut Browser, path: &str) -> Page {
        browser.send_json(Method::DELETE, &self.url(path), &Value::Null).await
    }

    /// The account that this browser is logged in to.
    pub async fn account_in(&self, browser: &mut Browser) -> Account {
        let page = browser.fetch(&self.url("/")).await;
        let id = page.body.rsplit(' ').next().unwrap_or_default().to_owned();
        self.account(&id).await.unwrap_or_else(|| panic!("no account: {page:?}"))
    }

    /// The account of this id.
    pub async fn account(&self, id: &str) -> Option<Account> {
        self.accounts.find(By::Id(&AccountId::from(id))).await.unwrap()
    }

    /// An account from before the portal had logins: a user name, a password, and a number.
    pub async fn from_before(&self, username: &str, password: &str, citizen: &Citizen) -> AccountId {
        let id = self.accounts.new_id(&SystemRandomness).await.unwrap();
        let mut account = Account::new(id.clone());
        account.username = Some(username.to_owned());
        account.password = Some(hash_password(password.into(), &SystemRandomness).await.unwrap());
        account.citizen_id = claim(citizen).map(|claim| LinkedCitizenId {
            number: claim.citizen_id,
            strength: Strength::Matched,
            by_year: false,
        });
        self.accounts.save(&[account]).await.unwrap();
        id
    }
}

/// What the population database knows of a citizen.
pub fn claim(citizen: &Citizen) -> Option<Claim> {
    Some(Claim {
        citizen_id: citizen.citizen_id.as_ref()?.parse().unwrap(),
        full_name: citizen.full_name.parse().unwrap(),
        date_of_birth: citizen.date_of_birth.parse().unwrap(),
    })
}
