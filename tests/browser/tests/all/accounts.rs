//! Whose account it is, as citizens meet it: the CCCD number that a dossier needs, one account for two ways in, and a
//! number that somebody has taken from a photocopy.

use crate::harness::{Browser, Citizen, Wish};
use crate::visit::{PHONE, Visit};
use crate::words::{ENGLISH, VIETNAMESE, Words};

const NO_NUMBER: &str = "900000006";
/// The same person's account at VNeID, and somebody else's, by their numbers.
const OWN_NUMBER: &str = "001875000015";
const OTHER_NUMBER: &str = "001801000013";

const TYPED: &str = "Kính đề nghị xác nhận cư trú.";

/// What the pages are called.
struct Pages {
    number: &'static str,
    skip: &'static str,
    number_field: &'static str,
    name_field: &'static str,
    born_field: &'static str,
    consent: &'static str,
    update: &'static str,
    choice: &'static str,
    confirm_with: &'static str,
    new: &'static str,
    unlink: &'static str,
    moved_here: &'static str,
    moved_away: &'static str,
    read: &'static str,
}

const IN_VIETNAMESE: Pages = Pages {
    number: "Số căn cước công dân",
    skip: "Bỏ qua",
    number_field: "Số CCCD (12 chữ số)",
    name_field: "Họ và tên",
    born_field: "Ngày sinh",
    consent: "Tôi đồng ý cho cổng đối chiếu các thông tin trên với Cơ sở dữ liệu quốc gia về dân cư.",
    update: "Cập nhật",
    choice: "Chọn tài khoản trên cổng",
    confirm_with: "Xác nhận bằng ",
    new: "Tiếp tục với tài khoản mới",
    unlink: "Xóa liên kết Cổng Dịch vụ công quốc gia",
    moved_here: "Số CCCD của bạn trước đây từng được gắn với một tài khoản khác trên cổng",
    moved_away: "đã được chuyển về tài khoản của người được VNeID xác thực là chủ số",
    read: "Đã hiểu",
};

const IN_ENGLISH: Pages = Pages {
    number: "CCCD number",
    skip: "Skip for now",
    number_field: "CCCD number (12 digits)",
    name_field: "Full name",
    born_field: "Date of birth",
    consent: "I agree that the portal compares these details with the national population database.",
    update: "Update",
    choice: "Choose your account on this portal",
    confirm_with: "Confirm with ",
    new: "Go on with a new account",
    unlink: "Remove link National Public Service Portal",
    moved_here: "Another account on this portal had your CCCD number",
    moved_away: "went to the account of the person whom VNeID confirmed as its owner",
    read: "Understood",
};

/// What stands on somebody's card.
struct Card {
    number: &'static str,
    name: &'static str,
    born: &'static str,
}

const OWN: Card = Card { number: OWN_NUMBER, name: "Vũ Giả Lập Chưa Căn Cước", born: "27/07/2375" };
const OTHERS: Card = Card { number: OTHER_NUMBER, name: "Lý Giả Lập Chỉ Định Danh", born: "14/02/2301" };

impl Visit {
    async fn becomes(self, username: &str) -> Self {
        let citizen = Citizen::who(&self.portal.mock, |citizen| citizen["username"] == username).await;
        Self { citizen, ..self }
    }

    /// From the chooser through DVCQG's pages.
    async fn log_in_at_dvcqg(&self) {
        self.browser.click(self.words.dvcqg).await;
        self.arrived(self.words.provider.dvcqg_page).await;
        self.prove().await;
    }

    async fn type_card(&self, pages: &Pages, card: &Card) {
        self.browser.fill(pages.number_field, card.number).await;
        self.browser.fill(pages.name_field, card.name).await;
        self.browser.fill(pages.born_field, card.born).await;
    }

    async fn type_dossier(&self) {
        let dossier = &self.words.dossier;
        self.browser.choose(dossier.service, dossier.a_service).await;
        self.browser.fill(dossier.phone, PHONE).await;
        self.browser.fill(dossier.content, TYPED).await;
    }
}

#[tokio::test]
async fn one_account_for_two_ways_in() {
    let Some(browser) = Browser::vietnamese().await else { return };
    one_account(browser, &VIETNAMESE, &IN_VIETNAMESE).await;
    let Some(browser) = Browser::start(Wish { languages: ENGLISH.language, ..Wish::default() }).await else { return };
    one_account(browser, &ENGLISH, &IN_ENGLISH).await;
}

#[tokio::test]
async fn on_a_phone() {
    let Some(browser) = Browser::start(Wish { phone: true, ..Wish::default() }).await else { return };
    one_account(browser, &VIETNAMESE, &IN_VIETNAMESE).await;
}

async fn one_account(browser: Browser, words: &'static Words, pages: &Pages) {
    let visit = Visit { examined: true, ..Visit::speaking(words, browser).await }.becomes(NO_NUMBER).await;
    let browser = &visit.browser;
    visit.want_service().await;
    visit.log_in_at_dvcqg().await;
    visit.arrived(pages.number).await;
    browser.shot(&words.picture("citizen-id")).await;
    browser.click(pages.skip).await;

    // The dossier asks again, and then there is nothing to skip.
    visit.arrived(words.dossier.page).await;
    visit.type_dossier().await;
    browser.click(words.dossier.send).await;
    visit.arrived(pages.number).await;
    assert!(!browser.text().await.contains(pages.skip), "it can be skipped");
    visit.type_card(pages, &OWN).await;
    browser.click(pages.update).await;
    visit.arrived(pages.number).await;
    browser.shot(&words.picture("citizen-id-consent")).await;
    browser.toggle(pages.consent).await;
    browser.click(pages.update).await;

    // What was typed is there, and goes on by one click.
    visit.arrived(words.dossier.page).await;
    browser.sees(words.dossier.held).await;
    let content = browser.field(words.dossier.content).await.prop("value").await.unwrap();
    assert_eq!(content.as_deref(), Some(TYPED));
    browser.click(words.dossier.send).await;
    browser.sees(words.dossier.received).await;
    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(words.account).await;
    browser.shot(&words.picture("account-links")).await;
    browser.click(words.log_out).await;
    visit.arrived(words.home).await;

    // By VNeID into the same account.
    let visit = visit.becomes(OWN_NUMBER).await;
    let browser = &visit.browser;
    browser.click(words.log_in).await;
    visit.arrived(words.log_in).await;
    visit.log_in().await;
    visit.arrived(pages.choice).await;
    browser.shot(&words.picture("account-choice")).await;
    let dvcqg = format!("{}{}", pages.confirm_with, words.dvcqg);
    browser.click(&dvcqg).await;
    visit.arrived(words.provider.dvcqg_page).await;
    let visit = visit.becomes(NO_NUMBER).await;
    visit.prove().await;
    let browser = &visit.browser;
    visit.arrived(&visit.greeting()).await;
    browser.open(&visit.url("/ho-so")).await;
    visit.arrived(words.dossier.page).await;
    browser.sees("HS-").await;

    // And then by VNeID alone.
    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(words.account).await;
    browser.click(pages.unlink).await;
    visit.arrived(words.account).await;
    assert!(!browser.text().await.contains(pages.unlink));
}

#[tokio::test]
async fn a_number_taken_from_a_photocopy_goes_to_its_owner() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let (words, pages) = (&VIETNAMESE, &IN_VIETNAMESE);
    let squatter = Visit { examined: true, ..Visit::speaking(words, browser).await }.becomes(NO_NUMBER).await;
    squatter.want_service().await;
    squatter.log_in_at_dvcqg().await;
    squatter.arrived(pages.number).await;
    squatter.type_card(pages, &OTHERS).await;
    squatter.browser.toggle(pages.consent).await;
    squatter.browser.click(pages.update).await;
    squatter.arrived(words.dossier.page).await;
    squatter.type_dossier().await;
    squatter.browser.click(words.dossier.send).await;
    squatter.browser.sees("HS-").await;

    // The owner is let in, gets the number, and sees nothing of whoever had it.
    let Some(browser) = Browser::vietnamese().await else { return };
    let Visit { portal, browser: squatters, .. } = squatter;
    let owner = Visit { examined: true, ..Visit::at(portal, words, browser).await }.becomes(OTHER_NUMBER).await;
    owner.want_service().await;
    owner.log_in().await;
    owner.arrived(pages.choice).await;
    assert!(!owner.browser.text().await.contains("Vũ Giả Lập"), "{}", owner.browser.text().await);
    owner.browser.click(pages.new).await;
    owner.arrived(words.dossier.page).await;
    assert!(!owner.browser.text().await.contains("HS-"), "somebody else's dossiers");
    owner.browser.open(&owner.url("/tai-khoan")).await;
    owner.arrived(words.account).await;
    owner.browser.sees(pages.moved_here).await;
    owner.browser.sees("********0013").await;
    owner.browser.shot("number-moved-here").await;
    owner.browser.click(pages.read).await;
    owner.arrived(words.account).await;
    assert!(!owner.browser.text().await.contains(pages.moved_here), "it was read");

    // The squatter's session is over, and they are told.
    let squatter = Visit { browser: squatters, ..owner }.becomes(NO_NUMBER).await;
    squatter.browser.open(&squatter.url("/tai-khoan")).await;
    squatter.arrived(words.log_in).await;
    squatter.browser.click(words.dvcqg).await;
    // The provider still knows them.
    squatter.arrived(pages.number).await;
    squatter.browser.open(&squatter.url("/tai-khoan")).await;
    squatter.arrived(words.account).await;
    squatter.browser.sees(pages.moved_away).await;
    squatter.browser.shot("number-moved-away").await;
}
