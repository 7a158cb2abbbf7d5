//! `GET /tai-khoan/day-du`: one's details in full, after a fresh proof. An example of what a portal asks one for.

use maud::html;
use vneid_auth::error::Language;
use vneid_auth::identity::{CitizenId, PhoneNumber};
use vneid_auth::portal::Citizen;

use super::frame::{Here, Place, document};
use super::kit::{Text, name};

/// Where the details are shown.
pub const DETAILS_PATH: &str = "/tai-khoan/day-du";

/// The details in full.
pub fn details(language: Language, citizen: &Citizen) -> String {
    let title = Text("Thông tin cá nhân đầy đủ", "My details in full").read(language);
    let profile = citizen.profile();
    let rows = [
        (Text("Họ và tên", "Full name"), Some(name(citizen))),
        (
            Text("Số căn cước công dân", "Citizen id"),
            profile.citizen_id.as_ref().map(CitizenId::expose).map(str::to_owned),
        ),
        (Text("Số điện thoại", "Phone"), profile.phone.as_ref().map(PhoneNumber::expose).map(str::to_owned)),
    ];
    let here = Here { language, title, place: Some(Place::Account), citizen: Some(citizen) };
    let main = html! {
        div.card {
            h1 { (title) }
            p {
                (Text(
                    "Bạn vừa xác thực lại, nên trang này hiện đầy đủ thông tin trong mười phút.",
                    "You have just confirmed that it is you, so this page shows everything for ten minutes.",
                ).read(language))
            }
            dl {
                @for (label, value) in rows {
                    dt { (label.read(language)) }
                    dd { (value.as_deref().unwrap_or(Text("Chưa có", "Not known").read(language))) }
                }
            }
            a.button.second href="/tai-khoan" { (Text("Quay lại tài khoản", "Back to my account").read(language)) }
        }
    };
    document(&here, &main)
}
