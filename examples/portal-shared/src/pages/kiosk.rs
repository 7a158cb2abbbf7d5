//! `GET /kiosk`: a public counter. A large QR code for whoever stands there, and a clean slate for the next.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::portal::Citizen;

use super::frame::{Here, document};
use super::kit::{Text, log_out, name};
use crate::kiosk::{IDLE, WayIn};

/// Where the counter's script is served.
pub const KIOSK_SCRIPT_PATH: &str = "/assets/kiosk.js";

/// The counter's script. Every step works without it; with it the QR code is there at once and renews itself.
pub const KIOSK_SCRIPT: &str = include_str!("kiosk.js");

/// The counter's page.
pub fn kiosk(language: Language, way_in: Option<WayIn>, citizen: Option<&Citizen>) -> String {
    let here = Here {
        language, title: Text("Quầy tự phục vụ", "Public counter").read(language), place: None, citizen
    };
    let main = html! {
        @match (citizen, way_in) {
            (Some(citizen), _) => (session(language, citizen)),
            (None, Some(WayIn::Pairing(provider))) => (pairing(language, provider)),
            (None, Some(WayIn::Redirect(provider))) => (redirect(language, provider)),
            (None, None) => div.card {
                h1 { (here.title) }
                p { (Text("Hiện không đăng nhập được tại quầy.", "There is no way to log in here at the moment.").read(language)) }
            }
        }
        @if citizen.is_none() {
            p.muted {
                a href="/?kiosk=0" {
                    (Text("Không phải máy tại quầy? Về trang chủ", "Not at a counter? To the home page").read(language))
                }
            }
        }
        // Whoever is logged in has it on every page.
        @if citizen.is_none() { script src=(KIOSK_SCRIPT_PATH) defer {} }
    };
    document(&here, &main)
}

fn pairing(language: Language, provider: &str) -> Markup {
    let read = |text: Text| text.read(language);
    html! {
        div.card.kiosk id="kiosk" data-provider=(provider)
            data-left=(read(Text("Mã mới sau {}", "A new code in {}")))
            data-approved=(read(Text("Đã xác nhận. Đang đăng nhập…", "Confirmed. Logging in…")))
            data-denied=(read(Text(
                "Không đăng nhập được: yêu cầu bị từ chối, hoặc tài khoản chưa đủ điều kiện. Mã mới sẽ hiện sau ít giây.",
                "Not logged in: the request was declined, or the account does not qualify. A new code follows in a few seconds.",
            )))
            data-failed=(read(Text(
                "Hệ thống định danh tạm thời gián đoạn. Đang thử lại…",
                "The identity provider is unavailable. Trying again…",
            ))) {
            h1 { (read(Text("Đăng nhập bằng điện thoại", "Log in with your phone"))) }
            p {
                (read(Text(
                    "Quét mã bằng điện thoại để đăng nhập vào Cổng Dịch vụ công Tỉnh Mẫu tại máy này.",
                    "Scan the code with your phone to log in to the Public Service Portal of Sample Province at this machine.",
                )))
            }
            form id="kiosk-start" method="post" action="/auth/pairing" {
                input type="hidden" name="provider" value=(provider);
                input type="hidden" name="return_to" value="/kiosk";
                button.button type="submit" { (read(Text("Hiện mã QR", "Show the QR code"))) }
            }
            div id="kiosk-code" hidden {
                img.qr id="kiosk-qr" alt=(read(Text("Mã QR để đăng nhập", "QR code to log in")));
                div {
                    p.user-code id="kiosk-user-code" {}
                    p {
                        (read(Text(
                            "So sánh mã này với mã trên điện thoại. Chỉ xác nhận khi hai mã giống nhau.",
                            "Compare this code with the one on your phone. Confirm only if they are the same.",
                        )))
                    }
                    p.muted {
                        (read(Text("Không quét được? Mở ", "Cannot scan it? Open ")))
                        span.code id="kiosk-address" {}
                        (read(Text(" trên điện thoại và nhập mã.", " on your phone and type the code.")))
                    }
                    p.muted id="kiosk-left" {}
                }
            }
            p id="kiosk-status" role="status" {}
        }
    }
}

/// Where the provider has no device grant the citizen logs in at its pages, and it asks anew every time.
fn redirect(language: Language, provider: &str) -> Markup {
    let read = |text: Text| text.read(language);
    html! {
        div.card.kiosk {
            h1 { (read(Text("Đăng nhập tại quầy", "Log in at the counter"))) }
            p {
                (read(Text(
                    "Bạn sẽ đăng nhập ở trang của hệ thống định danh. Bấm Đăng xuất khi xong.",
                    "You will log in at the identity provider's page. Log out when you are done.",
                )))
            }
            a.button href={ "/auth/login/" (provider) "?fresh=1&return_to=/kiosk" } { (read(Text("Đăng nhập", "Log in"))) }
        }
    }
}

fn session(language: Language, citizen: &Citizen) -> Markup {
    let read = |text: Text| text.read(language);
    let seconds = IDLE.as_secs();
    html! {
        div.card.hero.kiosk-session {
            h1 { (read(Text("Xin chào, ", "Hello, "))) (name(citizen)) }
            p {
                @match language {
                    Language::Vietnamese => { "Phiên này tự kết thúc sau " (seconds) " giây không thao tác. Bấm Đăng xuất khi xong." }
                    Language::English => { "This session ends by itself after " (seconds) " seconds without a touch. Log out when you are done." }
                }
            }
            div.buttons {
                a.button href="/ho-so" { (read(Text("Nộp hồ sơ trực tuyến", "Submit a dossier online"))) }
                a.button.second href="/tai-khoan" { (read(Text("Tài khoản của tôi", "My account"))) }
                (log_out(language))
            }
        }
    }
}
