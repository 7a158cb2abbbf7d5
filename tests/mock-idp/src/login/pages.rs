//! What the login's pages say and show.

use maud::{Markup, html};
use vneid_auth::time::Timestamp;

use super::{qr, qr_panel};
use crate::citizen::Citizen;
use crate::interaction::{Interaction, Notice, Step};
use crate::otp::Challenge;
use crate::sso::House;
use crate::web::{Page, Speech};
use crate::world::{OtpDelivery, World};

/// The page of a login, wherever it stands.
pub(super) fn render(
    world: &World,
    id: &str,
    login: &Interaction,
    speech: Speech,
    browser: &str,
    now: Timestamp,
) -> Page {
    let form = Form::of(id, login, speech);
    let mut script = None;
    let (title, content) = match &login.step {
        Step::Account { username } => {
            (speech.say("Chọn tài khoản", "Choose an account"), account(&form, login, world, username))
        }
        Step::Consent { scopes, .. } => (speech.say("Đồng ý chia sẻ", "Consent"), consent(&form, login, scopes)),
        Step::Code { username, challenge, choosing_phone: true } => (
            speech.say("Chọn phương thức xác thực khác", "Choose another way to verify"),
            phones(&form, login, world, username, challenge),
        ),
        Step::Code { challenge, .. } => {
            (speech.say("Nhập mã xác thực", "Enter the one-time code"), code(&form, login, world, challenge, now))
        }
        Step::Password => {
            let qr = qr_panel::section(&form, login, qr::seen(world, login, browser, now).as_ref());
            script = Some("/assets/qr.js");
            (speech.say("Đăng nhập", "Log in"), password(&form, login, &qr))
        }
        Step::Dead | Step::Done(_) => (speech.say("Không thể tiếp tục", "This cannot go on"), dead(&form, login)),
    };
    Page { form_target: login.ask.form_source.clone(), script, ..Page::new(speech, title, content) }
}

/// What every form of a login has.
pub(super) struct Form<'a> {
    action: String,
    csrf: &'a str,
    speech: Speech,
}

impl<'a> Form<'a> {
    pub(super) fn of(id: &str, login: &'a Interaction, speech: Speech) -> Self {
        Form { action: super::path(id), csrf: login.csrf(), speech }
    }

    pub(super) fn speech(&self) -> Speech {
        self.speech
    }

    /// Where it is posted to, and where the page is.
    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn say(&self, vietnamese: &'static str, english: &'static str) -> &'static str {
        self.speech.say(vietnamese, english)
    }

    pub(super) fn render(&self, fields: &Markup) -> Markup {
        html! {
            form method="post" action=(self.action) autocomplete="on" {
                input type="hidden" name="csrf" value=(self.csrf);
                (fields)
            }
        }
    }

    fn cancel(&self) -> Markup {
        html! {
            button.quiet type="submit" name="action" value="cancel" formnovalidate { (self.say("Hủy bỏ", "Cancel")) }
        }
    }

    fn relying_party(&self, login: &Interaction) -> Markup {
        html! {
            p.who { (self.say("Để tiếp tục tới", "To continue to")) " " strong { (login.ask.relying_party) } }
        }
    }
}

fn password(form: &Form<'_>, login: &Interaction, qr: &Markup) -> Markup {
    let error = login.notice.map(|notice| words(notice, form.speech));
    let hint = login.ask.login_hint.as_deref().unwrap_or_default();
    let described = error.is_some().then_some("error");
    let fields = html! {
        label for="username" { (form.say("Số định danh cá nhân", "Personal identification number")) }
        input #username type="text" name="username" value=(hint) inputmode="numeric" autocomplete="username" required
            autofocus spellcheck="false" autocapitalize="off" aria-describedby={ "username-hint" @if error.is_some() { " error" } }
            aria-invalid=[described.map(|_| "true")];
        p.hint #username-hint {
            @if login.ask.house == House::Vneid { (form.say("Số CCCD 12 chữ số.", "The 12 digits of the CCCD.")) }
            @else {
                (form.say("Số CCCD 12 chữ số; nếu chưa có CCCD, nhập số CMND.", "The 12 digits of the CCCD; without one, the CMND number."))
            }
        }
        label for="password" { (form.say("Mật khẩu", "Password")) }
        input #password type="password" name="password" autocomplete="current-password" required
            aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
        button.main type="submit" { (form.say("Đăng nhập", "Log in")) }
        div.actions { (form.cancel()) }
    };
    html! {
        h1 {
            @match login.ask.house {
                House::Oidc => (form.say("Đăng nhập tài khoản định danh điện tử", "Log in with your electronic identity")),
                House::Dvcqg => (form.say("Đăng nhập tài khoản Cổng Dịch vụ công quốc gia", "Log in with your National Public Service Portal account")),
                House::Vneid => (form.say("Đăng nhập tài khoản VNeID", "Log in with your VNeID account")),
            }
        }
        (form.relying_party(login))
        (alert(error.as_deref()))
        div.columns { section { (form.render(&fields)) } (qr) }
        @if login.ask.offers_vneid { (through_vneid(form)) }
    }
}

/// The other way in, as DVCQG's page shows it: by the account of the Ministry of Public Security.
fn through_vneid(form: &Form<'_>) -> Markup {
    let fields = html! {
        button class="login-IDP BCA" type="submit" name="action" value="vneid" {
            (form.say("Tài khoản VNeID (Bộ Công an)", "VNeID account (Ministry of Public Security)"))
        }
    };
    html! {
        section.other aria-labelledby="other" {
            h2 #other { (form.say("Hoặc đăng nhập bằng", "Or log in with")) }
            (form.render(&fields))
        }
    }
}

fn code(form: &Form<'_>, login: &Interaction, world: &World, challenge: &Challenge, now: Timestamp) -> Markup {
    let (error, news) = match login.notice {
        Some(Notice::Resent) => (None, Some(words(Notice::Resent, form.speech))),
        Some(notice) => (Some(words(notice, form.speech)), None),
        None => (None, None),
    };
    let described = if error.is_some() { "otp-hint error" } else { "otp-hint" };
    let fields = html! {
        label for="otp" { (form.say("Mã OTP", "One-time code")) }
        input #otp.otp type="text" name="otp" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required
            autofocus spellcheck="false" aria-describedby=(described) aria-invalid=[error.as_ref().map(|_| "true")];
        p.hint #otp-hint {
            (form.say("Gồm 6 chữ số, có hiệu lực trong", "Six digits, good for"))
            " " (challenge.good_for(now).as_secs()) " " (form.say("giây.", "seconds."))
        }
        button.main type="submit" { (form.say("Xác nhận", "Confirm")) }
        div.actions {
            button type="submit" name="action" value="resend" formnovalidate { (form.say("Gửi lại OTP", "Send the code again")) }
            button type="submit" name="action" value="other" formnovalidate {
                (form.say("Chọn phương thức xác thực khác", "Choose another way to verify"))
            }
            (form.cancel())
        }
    };
    let shown = matches!(world.otp_delivery, OtpDelivery::OnPage)
        .then(|| world.inbox.list(Some(&challenge.phone), now).into_iter().next())
        .flatten();
    html! {
        h1 { (form.say("Nhập mã xác thực", "Enter the one-time code")) }
        (form.relying_party(login))
        p {
            (form.say("Mã OTP đã được gửi tới số điện thoại", "A one-time code was sent to the phone number"))
            " " strong.code { (Citizen::masked(&challenge.phone)) } "."
        }
        (alert(error.as_deref()))
        @if let Some(news) = news { p.notice role="status" { (news) } }
        @if let Some(sms) = shown {
            p.notice { (form.say("Mã (chỉ có trong bản giả lập):", "The code (only in this mock):")) " " span.code { (sms.code) } }
        }
        (form.render(&fields))
    }
}

fn phones(form: &Form<'_>, login: &Interaction, world: &World, username: &str, challenge: &Challenge) -> Markup {
    let all = world.accounts.find(username).map(|citizen| citizen.phones).unwrap_or_default();
    let fields = html! {
        fieldset {
            legend { (form.say("Gửi mã OTP tới", "Send the code to")) }
            @for (place, phone) in all.iter().enumerate() {
                label.choice {
                    input type="radio" name="phone" value=(place) checked[*phone == challenge.phone]
                        autofocus[*phone == challenge.phone];
                    span.code { (Citizen::masked(phone)) }
                }
            }
        }
        button.main type="submit" name="action" value="phone" { (form.say("Gửi mã", "Send the code")) }
        div.actions {
            button type="submit" name="action" value="back" { (form.say("Quay lại", "Back")) }
            (form.cancel())
        }
    };
    html! {
        h1 { (form.say("Chọn phương thức xác thực khác", "Choose another way to verify")) }
        (form.relying_party(login))
        (form.render(&fields))
    }
}

fn account(form: &Form<'_>, login: &Interaction, world: &World, username: &str) -> Markup {
    let name = world.accounts.find(username).map(|citizen| citizen.full_name).unwrap_or_default();
    let tail = username.get(username.len().saturating_sub(4)..).unwrap_or_default();
    let fields = html! {
        button.main type="submit" name="action" value="continue" autofocus {
            (form.say("Tiếp tục với", "Continue as")) " " (name) " (…" (tail) ")"
        }
        div.actions {
            button type="submit" name="action" value="another" { (form.say("Dùng tài khoản khác", "Use another account")) }
            (form.cancel())
        }
    };
    html! {
        h1 { (form.say("Chọn tài khoản", "Choose an account")) }
        (form.relying_party(login))
        (form.render(&fields))
    }
}

fn consent(form: &Form<'_>, login: &Interaction, scopes: &[&'static str]) -> Markup {
    let told = |scope: &str| match scope {
        "profile" => Some(form.say("Họ và tên, ngày sinh", "Name and birth date")),
        "phone" => Some(form.say("Số điện thoại", "Phone number")),
        "citizen_id" => Some(form.say("Số định danh cá nhân", "Personal identification number")),
        "offline_access" => Some(form.say("Truy cập khi bạn không có mặt", "Access while you are away")),
        _ => None,
    };
    let fields = html! {
        button.main type="submit" name="action" value="allow" autofocus { (form.say("Đồng ý", "Allow")) }
        div.actions { (form.cancel()) }
    };
    html! {
        h1 { (form.say("Đồng ý chia sẻ thông tin", "Consent to share information")) }
        (form.relying_party(login))
        p { (form.say("Dịch vụ này muốn biết:", "This service wants to know:")) }
        ul { @for scope in scopes { @if let Some(told) = told(scope) { li { (told) } } } }
        (form.render(&fields))
    }
}

fn dead(form: &Form<'_>, login: &Interaction) -> Markup {
    let error = words(login.notice.unwrap_or(Notice::Closed), form.speech);
    let fields = html! {
        button.main type="submit" name="action" value="cancel" autofocus { (form.say("Quay lại dịch vụ", "Back to the service")) }
    };
    html! {
        h1 { (form.say("Không thể tiếp tục đăng nhập", "This login cannot go on")) }
        (form.relying_party(login))
        (alert(Some(&error)))
        (form.render(&fields))
    }
}

fn alert(error: Option<&str>) -> Markup {
    html! { @if let Some(error) = error { p.error #error role="alert" { (error) } } }
}

/// The page for a login that is over, was never begun here, or was begun in another browser.
pub(crate) fn gone(speech: Speech) -> Page {
    let title = speech.say("Phiên đăng nhập không còn", "This login is over");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Phiên đăng nhập này đã kết thúc hoặc đã hết hạn. Vui lòng bắt đầu lại từ dịch vụ mà bạn muốn dùng.",
                "This login has ended or taken too long. Please start again from the service that you want to use.",
            ))
        }
        p {
            (speech.say(
                "Nếu bạn đã bắt đầu ở một trình duyệt khác, hãy quay lại trình duyệt đó.",
                "If you began it in another browser, please go back to that one.",
            ))
        }
    };
    Page::new(speech, title, content)
}

/// The page for a form that did not come from our page.
pub(crate) fn forged(speech: Speech) -> Page {
    let title = speech.say("Yêu cầu không hợp lệ", "This request is not valid");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Biểu mẫu không đến từ trang đăng nhập này. Vui lòng bắt đầu lại từ dịch vụ.",
                "The form did not come from this login page. Please start again from the service.",
            ))
        }
    };
    Page::new(speech, title, content)
}

fn words(notice: Notice, speech: Speech) -> String {
    let say = |vietnamese, english| speech.say(vietnamese, english).to_owned();
    match notice {
        Notice::Incorrect => say(
            "Số định danh cá nhân hoặc mật khẩu không đúng.",
            "The identification number or the password is not right.",
        ),
        Notice::Locked(minutes) => say(
            "Bạn đã nhập sai quá nhiều lần. Vui lòng thử lại sau {n} phút.",
            "There were too many wrong tries. Please try again in {n} minutes.",
        )
        .replace("{n}", &minutes.to_string()),
        Notice::Elsewhere(House::Dvcqg) => say(
            "Bạn chưa có tài khoản Cổng Dịch vụ công quốc gia. Vui lòng quay lại và chọn đăng nhập bằng tài khoản VNeID.",
            "You have no account with the National Public Service Portal. Please go back and choose your VNeID account.",
        ),
        Notice::Elsewhere(_) => say(
            "Bạn chưa có tài khoản VNeID. Vui lòng quay lại và chọn đăng nhập bằng tài khoản Cổng Dịch vụ công quốc gia.",
            "You have no VNeID account. Please go back and choose your account with the National Public Service Portal.",
        ),
        Notice::Closed => say("Tài khoản này đã bị khóa.", "This account is locked."),
        Notice::WrongCode(left) => {
            say("Mã OTP không đúng. Bạn còn {n} lần thử.", "The code is not right. You have {n} tries left.")
                .replace("{n}", &left.to_string())
        }
        Notice::CodeExpired => say("Mã OTP đã hết hiệu lực.", "The code has expired."),
        Notice::TooManyCodes => say(
            "Bạn đã nhập sai mã OTP quá nhiều lần. Vui lòng bắt đầu lại từ dịch vụ.",
            "There were too many wrong codes. Please start again from the service.",
        ),
        Notice::Resent => say("Mã OTP mới đã được gửi.", "A new code has been sent."),
        Notice::TooSoon(seconds) => {
            say("Vui lòng chờ {n} giây trước khi gửi lại mã.", "Please wait {n} seconds before another code is sent.")
                .replace("{n}", &seconds.to_string())
        }
        Notice::NoMoreCodes => {
            say("Không thể gửi thêm mã cho lần đăng nhập này.", "No further code can be sent for this login.")
        }
        Notice::NotSent => say(
            "Không gửi được tin nhắn. Vui lòng thử gửi lại sau ít phút.",
            "The message could not be sent. Please try again in a moment.",
        ),
    }
}
