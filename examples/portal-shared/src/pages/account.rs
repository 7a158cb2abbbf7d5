//! `GET /tai-khoan`: who one is here.

use maud::html;
use vneid_auth::error::Language;
use vneid_auth::identity::{BirthDate, CitizenId, PhoneNumber};
use vneid_auth::portal::Citizen;

use super::frame::{Here, Place, document};
use super::kit::{Text, log_out, name};

/// The account page.
pub fn account(language: Language, citizen: &Citizen) -> String {
    let title = Text("Tài khoản của tôi", "My account").read(language);
    let profile = citizen.profile();
    let unknown = Text("Chưa có", "Not known").read(language);
    let linked = if citizen.is_citizen_id_linked() {
        Text("Đã liên kết", "Linked")
    } else {
        Text("Chưa liên kết", "Not linked")
    };
    let rows = [
        (Text("Họ và tên", "Full name"), Some(name(citizen))),
        (Text("Số căn cước công dân", "Citizen id"), profile.citizen_id.as_ref().map(CitizenId::masked)),
        (Text("Ngày sinh", "Date of birth"), profile.date_of_birth.map(written)),
        (Text("Số điện thoại", "Phone"), profile.phone.as_ref().map(PhoneNumber::masked)),
        (Text("Liên kết căn cước", "Citizen id link"), Some(linked.read(language).to_owned())),
        (Text("Mức độ định danh", "Level"), citizen.level().map(|level| level.number().to_string())),
        (Text("Đăng nhập qua", "Logged in through"), Some(way_in(&citizen.identity().provider, language).to_owned())),
    ];
    let here = Here { language, title, place: Some(Place::Account), citizen: Some(citizen) };
    let main = html! {
        div.card {
            h1 { (title) }
            dl {
                @for (label, value) in &rows {
                    dt { (label.read(language)) }
                    dd { (value.as_deref().unwrap_or(unknown)) }
                }
            }
            (log_out(language))
        }
    };
    document(&here, &main)
}

/// What people call a provider.
fn way_in(provider: &str, language: Language) -> &str {
    match provider {
        "vneid" => "VNeID",
        "dvcqg" => Text("Cổng Dịch vụ công quốc gia", "National Public Service Portal").read(language),
        other => other,
    }
}

/// As dates are written in Vietnam: `31/01/1999`, or the year.
fn written(date: BirthDate) -> String {
    match date {
        BirthDate::Year(year) => year.to_string(),
        BirthDate::Day { year, month, day } => format!("{day:02}/{month:02}/{year}"),
    }
}
