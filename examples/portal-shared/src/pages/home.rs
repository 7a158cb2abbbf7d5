//! `GET /`: public, and greets whoever is logged in.

use maud::html;
use vneid_auth::error::Language;
use vneid_auth::portal::Citizen;

use super::frame::document;
use super::kit::{Text, log_out, name};

/// The home page.
pub fn home(language: Language, citizen: Option<&Citizen>) -> String {
    let title = Text("Trang chủ", "Home").read(language);
    let main = html! {
        div.card {
            @match citizen {
                Some(citizen) => {
                    h1 { (Text("Xin chào, ", "Hello, ").read(language)) (name(citizen)) }
                    p { (Text("Bạn đã đăng nhập.", "You are logged in.").read(language)) }
                    a.button href="/ho-so" { (Text("Nộp hồ sơ trực tuyến", "Submit a dossier online").read(language)) }
                    a.button.second href="/tai-khoan" { (Text("Tài khoản của tôi", "My account").read(language)) }
                    (log_out(language))
                }
                None => {
                    h1 { (Text("Dịch vụ công trực tuyến", "Public services online").read(language)) }
                    p {
                        (Text(
                            "Nộp hồ sơ và theo dõi kết quả bằng tài khoản định danh điện tử của bạn.",
                            "Submit dossiers and follow them with your electronic identity account.",
                        ).read(language))
                    }
                    a.button href="/auth/login?return_to=/" { (Text("Đăng nhập", "Log in").read(language)) }
                    a.button.second href="/ho-so" { (Text("Nộp hồ sơ trực tuyến", "Submit a dossier online").read(language)) }
                }
            }
        }
    };
    document(language, title, &main)
}
