//! `GET /`: public, and greets whoever is logged in.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::portal::Citizen;

use super::frame::{Here, Place, document};
use super::kit::{Text, log_out, name};
use crate::dossier::SERVICES;

/// The home page.
pub fn home(language: Language, citizen: Option<&Citizen>) -> String {
    let read = |text: Text| text.read(language);
    let here = Here { language, title: read(Text("Trang chủ", "Home")), place: Some(Place::Home), citizen };
    let main = html! {
        div.card.hero {
            @match citizen {
                Some(citizen) => {
                    h1 { (read(Text("Xin chào, ", "Hello, "))) (name(citizen)) }
                    @if let Some(notice) = citizen.notices().last() {
                        p.notice role="status" { (notice.text(language)) " " a href="/tai-khoan" { (read(Text("Xem tài khoản", "See the account"))) } }
                    }
                    p {
                        (read(Text(
                            "Bạn đã đăng nhập. Hãy đăng xuất khi dùng máy tính chung.",
                            "You are logged in. Please log out when others use this computer too.",
                        )))
                    }
                    div.buttons {
                        a.button href="/ho-so" { (read(Text("Nộp hồ sơ trực tuyến", "Submit a dossier online"))) }
                        a.button.second href="/tai-khoan" { (read(Text("Tài khoản của tôi", "My account"))) }
                        (log_out(language))
                    }
                }
                None => {
                    h1 { (read(Text("Dịch vụ công trực tuyến", "Public services online"))) }
                    p {
                        (read(Text(
                            "Nộp hồ sơ và theo dõi kết quả bằng tài khoản định danh điện tử của bạn.",
                            "Submit dossiers and follow them with your electronic identity account.",
                        )))
                    }
                    div.buttons {
                        a.button href="/auth/login?return_to=/" { (read(Text("Đăng nhập", "Log in"))) }
                        a.button.second href="/ho-so" { (read(Text("Nộp hồ sơ trực tuyến", "Submit a dossier online"))) }
                    }
                }
            }
        }
        (services(language))
        (steps(language))
    };
    document(&here, &main)
}

/// What can be applied for; each leads to the form with the service chosen, through the login if need be.
fn services(language: Language) -> Markup {
    html! {
        h2 { (Text("Dịch vụ", "Services").read(language)) }
        ul.tiles {
            @for (key, vi, en) in SERVICES {
                li { a.tile href={ "/ho-so?service=" (key) } { (Text(vi, en).read(language)) } }
            }
        }
    }
}

fn steps(language: Language) -> Markup {
    let steps = [
        (
            Text("Đăng nhập", "Log in"),
            Text(
                "Dùng tài khoản VNeID hoặc Cổng Dịch vụ công quốc gia.",
                "With VNeID or the National Portal's account.",
            ),
        ),
        (
            Text("Điền hồ sơ", "Fill in the dossier"),
            Text(
                "Thông tin người nộp được lấy từ tài khoản định danh.",
                "Your details come from your identity account.",
            ),
        ),
        (
            Text("Nhận kết quả", "Get the result"),
            Text("Mỗi hồ sơ có một mã số để theo dõi.", "Every dossier has a number to follow it by."),
        ),
    ];
    html! {
        h2 { (Text("Các bước thực hiện", "How it works").read(language)) }
        ol.steps {
            @for (what, how) in steps {
                li { strong { (what.read(language)) } span { (how.read(language)) } }
            }
        }
    }
}
