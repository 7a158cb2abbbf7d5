//! Every way in that citizens have, and out again: after which the provider asks for the password anew.

use crate::harness::{Browser, Portal};
use crate::visit::Visit;
use crate::words::VIETNAMESE;

async fn at_the_chooser() -> Option<Visit> {
    let browser = Browser::vietnamese().await?;
    let visit = Visit { examined: true, ..Visit::of(browser).await };
    visit.want_service().await;
    Some(visit)
}

impl Visit {
    /// On the page that was wanted, by name; then home.
    async fn is_in(&self) {
        self.arrived(self.words.dossier.page).await;
        let name = self.browser.field(self.words.dossier.name).await.prop("value").await.unwrap();
        assert_eq!(name.as_deref(), Some(self.citizen.full_name.as_str()));
        self.browser.open(&self.url("/")).await;
        self.arrived(&self.greeting()).await;
    }

    async fn choose_dvcqg(&self) {
        self.browser.click(self.words.dvcqg).await;
        self.arrived(self.words.provider.dvcqg_page).await;
    }
}

#[tokio::test]
async fn dvcqg_by_password_and_code() {
    let Some(visit) = at_the_chooser().await else { return };
    visit.choose_dvcqg().await;
    visit.prove().await;
    visit.is_in().await;
    visit.browser.click(visit.words.log_out).await;
    visit.arrived(visit.words.home).await;
    visit.browser.click(visit.words.log_in).await;
    visit.arrived(visit.words.log_in).await;
    visit.choose_dvcqg().await;
}

#[tokio::test]
async fn dvcqg_through_vneid_and_out_of_both() {
    let Some(visit) = at_the_chooser().await else { return };
    let (browser, provider) = (&visit.browser, &visit.words.provider);
    visit.choose_dvcqg().await;
    browser.click(visit.words.vneid).await;
    visit.arrived(provider.vneid_page).await;
    visit.prove().await;
    visit.is_in().await;
    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(visit.words.account).await;
    browser.sees("Cổng Dịch vụ công quốc gia (VNeID)").await;

    visit.log_out_at_vneid().await;
    browser.click(visit.words.log_in).await;
    visit.arrived(visit.words.log_in).await;
    visit.choose_dvcqg().await;
    browser.click(visit.words.vneid).await;
    visit.arrived(provider.vneid_page).await;
    browser.open(&visit.url("/auth/login/vneid")).await;
    visit.arrived(provider.vneid_page).await;
}

#[tokio::test]
async fn vneid_by_password_and_code() {
    let Some(visit) = at_the_chooser().await else { return };
    visit.log_in().await;
    visit.is_in().await;
    visit.log_out_at_vneid().await;
    visit.browser.click(visit.words.log_in).await;
    visit.arrived(visit.words.log_in).await;
    visit.choose_vneid().await;
}

#[tokio::test]
async fn vneid_sealed_at_a_provider_beside_the_portal() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit =
        Visit { examined: true, ..Visit::at(Portal::of_realm("vneid-sealed").await, &VIETNAMESE, browser).await };

    visit.browser.open(&visit.url("/")).await;
    visit.browser.click(visit.words.wanted).await;
    // The only provider that is set: there is nothing to choose.
    visit.arrived(visit.words.provider.vneid_page).await;
    visit.prove().await;
    visit.is_in().await;
    visit.log_out_at_vneid().await;
    visit.browser.click(visit.words.log_in).await;
    visit.arrived(visit.words.provider.vneid_page).await;
}

#[tokio::test]
async fn the_national_portals_link_logs_in_and_shows_the_page() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit::of(browser).await;
    visit.browser.open(&visit.url("/ho-so?MaTTHCDP=1.000&vnconnect=1&service=xac-nhan-cu-tru")).await;
    visit.arrived(visit.words.provider.dvcqg_page).await;
    visit.prove().await;
    visit.arrived(visit.words.dossier.page).await;
    assert_eq!(visit.browser.path().await, "/ho-so?MaTTHCDP=1.000&service=xac-nhan-cu-tru");
}
