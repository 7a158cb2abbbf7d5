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
    pub account: &'static str,
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
    },
    account: "Tài khoản của tôi",
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
    },
    account: "My account",
};
