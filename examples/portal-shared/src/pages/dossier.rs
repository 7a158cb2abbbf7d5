//! `GET /ho-so` and `POST /ho-so`: the dossier's form, what is wrong with it, and what was sent in.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::portal::{Citizen, HeldForm};

use super::frame::{Here, Place, document};
use super::kit::{Text, name};
use crate::dossier::{Dossier, Form, SERVICES, Wrong};

/// What the form begins with.
#[derive(Clone, Copy)]
pub enum Begin<'a> {
    /// With the citizen's own details, and the service that a link named, when there is one of that name.
    New {
        /// One of [`SERVICES`], or anything.
        service: &'a str,
    },
    /// With what was typed before a login or a question came in between.
    Held(&'a HeldForm),
    /// Again, with what was typed and what is wrong with it.
    Again(&'a Form, &'a [Wrong]),
}

/// The dossier page.
pub fn dossier(language: Language, citizen: &Citizen, begin: Begin<'_>, sent: &[Dossier]) -> String {
    let title = Text("Nộp hồ sơ", "Submit a dossier").read(language);
    let (form, wrong) = match begin {
        Begin::New { service } => {
            let form = Form { service: service.to_owned(), ..Form::default() };
            (with_contact(form, citizen), [].as_slice())
        }
        Begin::Held(held) => (Form::from_urlencoded(held.body().as_bytes()), [].as_slice()),
        Begin::Again(form, wrong) => (form.clone(), wrong),
    };
    let (action, remove) = match begin {
        Begin::Held(held) => (held.action(), Some(held.remove_path())),
        _ => ("/ho-so", None),
    };
    let here = Here { language, title, place: Some(Place::Dossier), citizen: Some(citizen) };
    let main = html! {
        div.card {
            h1 { (title) }
            @if let (Some(last), Begin::New { .. }) = (sent.last(), begin) {
                p.notice role="status" {
                    (Text("Hồ sơ gần nhất đã được tiếp nhận: ", "Your last dossier was received: ").read(language))
                    strong.number { (last.number) }
                }
            }
            @if remove.is_some() {
                p.notice role="status" {
                    (Text(
                        "Hồ sơ chưa được gửi. Nội dung bạn đã nhập vẫn còn nguyên: vui lòng xem lại rồi bấm Gửi đi.",
                        "The dossier was not sent yet. What you typed is all here: please look it over and press Send.",
                    ).read(language))
                }
            }
            @if !wrong.is_empty() {
                p.notice.alert role="alert" {
                    (Text("Hồ sơ chưa được gửi. Vui lòng xem lại các mục bên dưới.", "The dossier was not sent. Please look at the fields below.").read(language))
                }
            }
            form method="post" action=(action) novalidate {
                (field(language, "service", Text("Dịch vụ", "Service"), wrong.contains(&Wrong::Service),
                    Text("Vui lòng chọn một dịch vụ.", "Please choose a service."), |described| html! {
                    select id="service" name="service" aria-describedby=[described] {
                        option value="" { (Text("— Chọn dịch vụ —", "— Choose a service —").read(language)) }
                        @for (key, vi, en) in SERVICES {
                            option value=(key) selected[form.service == key] { (Text(vi, en).read(language)) }
                        }
                    }
                }))
                (field(language, "full_name", Text("Họ và tên người nộp", "Full name"), wrong.contains(&Wrong::FullName),
                    Text("Vui lòng nhập họ và tên.", "Please give the full name."), |described| html! {
                    input id="full_name" name="full_name" autocomplete="name" value=(form.full_name) aria-describedby=[described];
                }))
                (field(language, "phone", Text("Số điện thoại di động", "Mobile number"), wrong.contains(&Wrong::Phone),
                    Text("Số điện thoại gồm 10 chữ số, bắt đầu bằng 0.", "A mobile number has 10 digits and begins with 0."), |described| html! {
                    input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" value=(form.phone) aria-describedby=[described];
                }))
                (field(language, "content", Text("Nội dung đề nghị", "What you ask for"), wrong.contains(&Wrong::Content),
                    Text("Vui lòng viết nội dung, tối đa 4.000 ký tự.", "Please write what you ask for, up to 4,000 characters."), |described| html! {
                    textarea id="content" name="content" aria-describedby=[described] { (form.content) }
                }))
                button.button type="submit" { (Text("Gửi đi", "Send").read(language)) }
                // After the other one: the first button of a form is what the Enter key presses.
                button.button.second type="submit" formaction="/ho-so/nguoi-nop" {
                    (Text("Lấy thông tin từ người nộp", "Take my own details").read(language))
                }
            }
            @if let Some(remove) = remove {
                form method="post" action=(remove) {
                    button.button.second type="submit" { (Text("Bỏ nội dung này", "Drop what I typed").read(language)) }
                }
            }
            @if !sent.is_empty() {
                h2 { (Text("Hồ sơ đã nộp", "Dossiers sent in").read(language)) }
                ul.list {
                    @for dossier in sent {
                        li { strong.number { (dossier.number) } " " (service(&dossier.service, language)) }
                    }
                }
            }
        }
    };
    document(&here, &main)
}

/// The form with the citizen's own name and phone, as far as the identity has them.
pub fn with_contact(form: Form, citizen: &Citizen) -> Form {
    let phone = citizen.profile().phone.as_ref().map(|phone| phone.expose().to_owned());
    Form { full_name: name(citizen), phone: phone.unwrap_or(form.phone), ..form }
}

/// What a service is called.
fn service(key: &str, language: Language) -> &'static str {
    let known = SERVICES.iter().find(|(known, ..)| *known == key);
    known.map_or("", |(_, vi, en)| Text(vi, en).read(language))
}

fn field(
    language: Language,
    id: &str,
    label: Text,
    wrong: bool,
    problem: Text,
    input: impl FnOnce(Option<String>) -> Markup,
) -> Markup {
    let problem_id = format!("{id}-problem");
    html! {
        div.field.wrong[wrong] {
            label for=(id) { (label.read(language)) }
            (input(wrong.then(|| problem_id.clone())))
            @if wrong { p.wrong-text id=(problem_id) { (problem.read(language)) } }
        }
    }
}
