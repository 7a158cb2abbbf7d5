//! What the app asks of the citizen who scanned a code, and what it says when that is over.

use maud::{Markup, html};
use vneid_auth::flow::pairing::{Pairing, Question, Reason};
use vneid_auth::time::Timestamp;

use super::pages::{alert, close};
use crate::pairing::{Kept, grouped};
use crate::web::{Page, Speech};
use crate::world::World;

/// What the app says, to the letter (seen in Đồng Nai's circular), without the permission.
const NO_PERMISSION: &str = "Tài khoản của bạn không có quyền đăng nhập trên cổng thông tin định danh điện tử. \
                             Vui lòng cập nhật lại quyền trên thiết bị";

/// The page of a pairing that this account's phone has scanned.
pub(super) fn page(world: &World, id: &str, kept: &Kept, username: &str, speech: Speech) -> Page {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    match &kept.machine {
        Pairing::AwaitingConfirmation(_) => {
            let title = say("Xác nhận đăng nhập", "Confirm the login");
            Page::new(speech, title, html! { h1 { (title) } (asked(id, kept, speech)) })
        }
        Pairing::PermissionRequired(_) => {
            let title = say("Không có quyền đăng nhập", "No permission to log in");
            let content = html! {
                h1 { (title) }
                p.error role="alert" {
                    (say(NO_PERMISSION, "Your account has no permission to log in to the electronic identity portal. Please update the permission on your device"))
                }
                form method="get" action="/app/permission" {
                    input type="hidden" name="for" value=(id);
                    button.main type="submit" { (say("Cập nhật", "Update")) }
                }
                (decline(id, speech))
            };
            Page::new(speech, title, content)
        }
        over => told(over, elsewhere(world, kept, username, speech), speech),
    }
}

/// Who asks, from which browser and address, and when: what shows a code that somebody else put before the citizen.
fn asked(id: &str, kept: &Kept, speech: Speech) -> Markup {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let Question { relying_party, user_agent, address, asked_at } = kept.machine.question();
    let asks = match kept.user_code {
        Some(_) => {
            say("Một thiết bị muốn đăng nhập bằng tài khoản của bạn.", "A device wants to log in with your account.")
        }
        None => say(
            "Một trình duyệt muốn đăng nhập bằng tài khoản của bạn.",
            "A browser wants to log in with your account.",
        ),
    };
    html! {
        p { (asks) }
        dl.facts {
            dt { (say("Dịch vụ", "Service")) } dd { strong { (relying_party) } }
            @match &kept.user_code {
                Some(user_code) => {
                    dt { (say("Mã trên thiết bị", "Code on the device")) } dd { strong.code { (grouped(user_code)) } }
                }
                None => { dt { (say("Trình duyệt", "Browser")) } dd { (browser(user_agent, speech)) } }
            }
            dt { (say("Địa chỉ mạng", "Network address")) }
            dd { @if address.is_unspecified() { (say("không rõ", "unknown")) } @else { span.code { (address) } } }
            dt { (say("Yêu cầu lúc", "Asked at")) } dd { time datetime=(asked_at.to_rfc3339()) { (in_vietnam(*asked_at)) } }
            dt { (say("Mức độ tài khoản", "Account level")) } dd { "2" }
        }
        p.notice {
            @if kept.user_code.is_some() {
                (say("Chỉ xác nhận khi mã này giống mã trên màn hình ở trước mặt bạn.", "Confirm only if this code is the one on the screen in front of you."))
            } @else {
                (say("Chỉ xác nhận khi chính bạn vừa mở trang đăng nhập này.", "Confirm only if you have just opened this login page yourself."))
            }
        }
        form method="post" action={ "/app/pairing/" (id) } {
            button.main type="submit" name="action" value="confirm" { (say("Xác nhận", "Confirm")) }
            div.actions { button type="submit" name="action" value="decline" { (say("Từ chối", "Decline")) } }
        }
    }
}

fn decline(id: &str, speech: Speech) -> Markup {
    html! {
        form method="post" action={ "/app/pairing/" (id) } {
            div.actions {
                button type="submit" name="action" value="decline" { (speech.say("Từ chối", "Decline")) }
            }
        }
    }
}

/// The page of a pairing in which nothing is asked any more.
fn told(machine: &Pairing, elsewhere: Option<&'static str>, speech: Speech) -> Page {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let (title, text, is_good) = match machine {
        Pairing::Confirmed(_) | Pairing::Completed(_) => (
            say("Đã xác nhận", "Confirmed"),
            say(
                "Đăng nhập thành công. Trình duyệt sẽ tự chuyển tiếp.",
                "The login is confirmed. The browser goes on by itself.",
            ),
            true,
        ),
        Pairing::Declined(_) => {
            (say("Đã từ chối", "Declined"), say("Bạn đã từ chối đăng nhập.", "You declined this login."), true)
        }
        Pairing::Refused(refused) => {
            let text = match (refused.reason, elsewhere) {
                (Reason::LevelTooLow(_), Some(elsewhere)) => elsewhere,
                (Reason::LevelTooLow(_), None) => say(
                    "Cần tài khoản định danh điện tử mức độ 2 để đăng nhập tại đây.",
                    "An electronic identity account of level 2 is needed here.",
                ),
                _ => say("Tài khoản này đã bị khóa.", "This account is locked."),
            };
            (say("Không thể đăng nhập", "The login is not possible"), text, false)
        }
        Pairing::Cancelled(_) => (
            say("Đã hủy", "Cancelled"),
            say("Trình duyệt không còn chờ đăng nhập này.", "The browser no longer waits for this login."),
            false,
        ),
        Pairing::Expired(_) => (
            say("Đã hết hạn", "Expired"),
            say(
                "Đã quá thời gian xác nhận. Vui lòng quét mã mới.",
                "The time to confirm has passed. Please scan a new code.",
            ),
            false,
        ),
        _ => (say("Đang kiểm tra", "Checking"), say("Vui lòng quét lại mã.", "Please scan the code again."), false),
    };
    let content = html! {
        h1 { (title) }
        @if is_good { p.notice role="status" { (text) } } @else { (alert(Some(text))) }
        (close(speech))
    };
    Page::new(speech, title, content)
}

/// What a citizen is told who has an account, but not with the provider whose code this is.
fn elsewhere(world: &World, kept: &Kept, username: &str, speech: Speech) -> Option<&'static str> {
    let citizen = world.accounts.find(username)?;
    (!citizen.has_account_with(kept.house)).then(|| {
        speech.say(
            "Bạn chưa có tài khoản Cổng Dịch vụ công quốc gia. Vui lòng chọn đăng nhập bằng tài khoản VNeID.",
            "You have no account with the National Public Service Portal. Please choose your VNeID account there.",
        )
    })
}

/// A browser in words that people know; one that calls itself something else is shown as it does.
fn browser(user_agent: &str, speech: Speech) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let name = first(&[
        ("coc_coc", "Cốc Cốc"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name}, {system}"),
        _ if user_agent.trim().is_empty() => speech.say("không rõ", "unknown").to_owned(),
        _ => user_agent.chars().take(120).collect(),
    }
}

/// A time as people in Viet Nam read it.
fn in_vietnam(at: Timestamp) -> String {
    let text = at.plus(std::time::Duration::from_secs(7 * 3600)).to_rfc3339();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{} {}/{}/{}", part(11, 19), part(8, 10), part(5, 7), part(0, 4))
}

#[cfg(test)]
mod tests {
    use vneid_auth::error::Language;

    use super::*;

    #[test]
    fn d83_browsers_and_times_are_shown_in_words() {
        let speech = Speech(Language::Vietnamese);
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";
        assert_eq!(browser(chrome, speech), "Chrome, Windows");
        assert_eq!(browser(&format!("{chrome} Edg/130.0"), speech), "Edge, Windows");
        assert_eq!(browser("a kiosk", speech), "a kiosk");
        assert_eq!(browser(" ", speech), "không rõ");
        assert_eq!(in_vietnam(Timestamp::from_unix_seconds(1_767_225_600)), "07:00:00 01/01/2026");
    }
}
