//! What is written where, in both languages. The tests find everything by what a person reads.

pub struct Words {
    /// As the browser asks for it.
    pub language: &'static str,
    pub home: &'static str,
    pub hello: &'static str,
    pub log_in: &'static str,
    pub log_out: &'static str,
    pub vneid: &'static str,
    pub dvcqg: &'static str,
    pub wanted: &'static str,
    pub provider: Provider,
    pub dossier: Dossier,
    pub held: Held,
    pub account: &'static str,
    /// The public counter's page.
    pub counter: &'static str,
    pub app: App,
}

impl Words {
    /// What a picture of a page in this language is called.
    pub fn picture(&self, name: &str) -> String {
        if self.language == "en" { format!("{name}-en") } else { name.to_owned() }
    }
}

/// The phone app's pages, and what the provider's page says of them meanwhile.
pub struct App {
    pub signed_out: &'static str,
    pub sign_in: &'static str,
    pub question: &'static str,
    pub confirmed: &'static str,
    pub close: &'static str,
    /// The page for a device's code.
    pub device: &'static str,
    pub go_on: &'static str,
    /// Without the permission: its page, its message, and what the computer says.
    pub not_permitted: &'static str,
    pub no_permission: &'static str,
    pub permission_awaited: &'static str,
    pub update: &'static str,
    pub switch_page: &'static str,
    pub switch: &'static str,
    pub passcode_page: &'static str,
    pub passcode: &'static str,
}

/// The provider's pages.
pub struct Provider {
    /// The page for the password: at VNeID, at DVCQG, at a plain OpenID Provider.
    pub vneid_page: &'static str,
    pub dvcqg_page: &'static str,
    pub oidc_page: &'static str,
    /// What VNeID shows at the end of its session; it leads nowhere.
    pub logged_out: &'static str,
    pub username: &'static str,
    pub password: &'static str,
    pub code_page: &'static str,
    pub code: &'static str,
    pub confirm: &'static str,
    pub cancel: &'static str,
    pub inbox: &'static str,
}

/// The dossier's form.
pub struct Dossier {
    pub page: &'static str,
    pub service: &'static str,
    pub a_service: &'static str,
    pub name: &'static str,
    pub phone: &'static str,
    pub content: &'static str,
    pub send: &'static str,
    pub received: &'static str,
    pub not_sent: &'static str,
    /// What stands over a form that was interrupted.
    pub held: &'static str,
    pub own_details: &'static str,
}

/// The library's pages about a form that was interrupted.
pub struct Held {
    pub page: &'static str,
    pub send: &'static str,
    pub sent: &'static str,
}

pub const VIETNAMESE: Words = Words {
    language: "vi",
    home: "Dịch vụ công trực tuyến",
    hello: "Xin chào, ",
    log_in: "Đăng nhập",
    log_out: "Đăng xuất",
    vneid: "Tài khoản VNeID (Bộ Công an)",
    dvcqg: "Tài khoản Cổng Dịch vụ công quốc gia",
    wanted: "Nộp hồ sơ trực tuyến",
    provider: Provider {
        vneid_page: "Đăng nhập tài khoản VNeID",
        dvcqg_page: "Đăng nhập tài khoản Cổng Dịch vụ công quốc gia",
        oidc_page: "Đăng nhập tài khoản định danh điện tử",
        logged_out: "Bạn đã đăng xuất",
        username: "Số định danh cá nhân",
        password: "Mật khẩu",
        code_page: "Nhập mã xác thực",
        code: "Mã OTP",
        confirm: "Xác nhận",
        cancel: "Hủy bỏ",
        inbox: "Hộp thư SMS giả lập",
    },
    dossier: Dossier {
        page: "Nộp hồ sơ",
        service: "Dịch vụ",
        a_service: "Xác nhận thông tin về cư trú",
        name: "Họ và tên người nộp",
        phone: "Số điện thoại di động",
        content: "Nội dung đề nghị",
        send: "Gửi đi",
        received: "Hồ sơ gần nhất đã được tiếp nhận: HS-",
        not_sent: "Hồ sơ chưa được gửi.",
        held: "Hồ sơ chưa được gửi. Nội dung bạn đã nhập vẫn còn nguyên",
        own_details: "Lấy thông tin từ người nộp",
    },
    held: Held {
        page: "Biểu mẫu của bạn vẫn còn", send: "Gửi tiếp", sent: "Biểu mẫu đã được gửi"
    },
    account: "Tài khoản của tôi",
    counter: "Đăng nhập bằng điện thoại",
    app: App {
        signed_out: "Đăng nhập ứng dụng trên điện thoại của bạn.",
        sign_in: "Đăng nhập",
        question: "Xác nhận đăng nhập",
        confirmed: "Đã xác nhận",
        close: "Đóng",
        device: "Đăng nhập cho một thiết bị",
        go_on: "Tiếp tục",
        not_permitted: "Không có quyền đăng nhập",
        no_permission: "Tài khoản của bạn không có quyền đăng nhập trên cổng thông tin định danh điện tử. Vui lòng cập \
                        nhật lại quyền trên thiết bị",
        permission_awaited: "Tài khoản chưa bật quyền “Đăng nhập trên website”. Vui lòng cập nhật trên điện thoại.",
        update: "Cập nhật",
        switch_page: "Cập nhật quyền",
        switch: "Đăng nhập trên website",
        passcode_page: "Nhập passcode",
        passcode: "Passcode",
    },
};

pub const ENGLISH: Words = Words {
    language: "en",
    home: "Public services online",
    hello: "Hello, ",
    log_in: "Log in",
    log_out: "Log out",
    vneid: "VNeID account (Ministry of Public Security)",
    dvcqg: "National Public Service Portal account",
    wanted: "Submit a dossier online",
    provider: Provider {
        vneid_page: "Log in with your VNeID account",
        dvcqg_page: "Log in with your National Public Service Portal account",
        oidc_page: "Log in with your electronic identity",
        logged_out: "You are logged out",
        username: "Personal identification number",
        password: "Password",
        code_page: "Enter the one-time code",
        code: "One-time code",
        confirm: "Confirm",
        cancel: "Cancel",
        inbox: "Mock SMS inbox",
    },
    dossier: Dossier {
        page: "Submit a dossier",
        service: "Service",
        a_service: "Confirmation of residence",
        name: "Full name",
        phone: "Mobile number",
        content: "What you ask for",
        send: "Send",
        received: "Your last dossier was received: HS-",
        not_sent: "The dossier was not sent.",
        held: "The dossier was not sent yet. What you typed is all here",
        own_details: "Take my own details",
    },
    held: Held { page: "Your form is still here", send: "Send it", sent: "The form was sent" },
    account: "My account",
    counter: "Log in with your phone",
    app: App {
        signed_out: "Sign in to the app on your phone.",
        sign_in: "Sign in",
        question: "Confirm the login",
        confirmed: "Confirmed",
        close: "Close",
        device: "Log a device in",
        go_on: "Go on",
        not_permitted: "No permission to log in",
        no_permission: "Your account has no permission to log in to the electronic identity portal. Please update the \
                        permission on your device",
        permission_awaited: "The account lacks the permission “Log in to websites”. Please update it on your phone.",
        update: "Update",
        switch_page: "Update permissions",
        switch: "Log in to websites",
        passcode_page: "Type your passcode",
        passcode: "Passcode",
    },
};
