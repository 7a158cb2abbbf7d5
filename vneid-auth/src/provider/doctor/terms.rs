//! What things are called in the texts, in Vietnamese and in English.

use super::{Endpoint, Part, Place, Shape};
use crate::identity::AccountKind;
use crate::provider::{AuthorizationError, Cipher, ConfigProblem, HttpFailure};

/// Vietnamese, English.
pub(super) type Both = (&'static str, &'static str);

pub(super) fn endpoint(endpoint: Endpoint) -> Both {
    match endpoint {
        Endpoint::Discovery => (
            "tài liệu cấu hình (/.well-known/openid-configuration)",
            "the metadata (/.well-known/openid-configuration)",
        ),
        Endpoint::Authorization => ("địa chỉ đăng nhập (authorize)", "the authorization endpoint"),
        Endpoint::Token => ("địa chỉ lấy token", "the token endpoint"),
        Endpoint::Keys => ("địa chỉ khóa công khai (JWKS)", "the key set (JWKS)"),
        Endpoint::Userinfo => ("địa chỉ lấy thông tin người dùng (userinfo)", "the userinfo endpoint"),
    }
}

/// The setting that holds the address.
pub(super) fn setting(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Discovery => "issuer",
        Endpoint::Authorization => "authorize_url",
        Endpoint::Token => "token_url",
        Endpoint::Keys => "jwks_url",
        Endpoint::Userinfo => "userinfo_url",
    }
}

pub(super) fn part(part: Part) -> Both {
    match part {
        Part::Code => ("mã (code) trong địa chỉ quay về", "the code in the redirect"),
        Part::Token => ("câu trả lời của địa chỉ lấy token", "the token answer"),
        Part::Userinfo => ("câu trả lời userinfo", "the userinfo answer"),
    }
}

pub(super) fn place(place: Place) -> Both {
    match place {
        Place::Discovery => ("tài liệu cấu hình", "the metadata"),
        Place::Redirect => ("địa chỉ quay về (`iss`)", "the redirect (`iss`)"),
        Place::IdToken => ("id_token (`iss`)", "the id_token (`iss`)"),
    }
}

pub(super) fn cipher(cipher: Cipher) -> &'static str {
    match cipher {
        Cipher::Ecb => "ECB",
        Cipher::Cbc => "CBC",
    }
}

/// Why no answer came, and what to do.
pub(super) fn failure(failure: HttpFailure) -> (Both, Both) {
    match failure {
        HttpFailure::NoSuchHost => (
            ("không tìm thấy tên máy chủ (DNS)", "the host's name is not found (DNS)"),
            (
                "Kiểm tra tên máy chủ và DNS của máy này; một số máy chủ chỉ có trong mạng truyền số liệu chuyên dùng.",
                "Check the host's name and this machine's DNS; some hosts are known in the government network alone.",
            ),
        ),
        HttpFailure::Refused => (
            ("kết nối bị từ chối", "the connection was refused"),
            (
                "Kiểm tra cổng (port) trong địa chỉ, và tường lửa ở cả hai phía.",
                "Check the port in the address, and the firewalls of both sides.",
            ),
        ),
        HttpFailure::Tls => (
            ("bắt tay TLS không thành công", "the TLS handshake failed"),
            (
                "Kiểm tra tên máy chủ và https. Nếu chứng thư do một CA riêng cấp, đặt CA_FILE; không tắt việc kiểm tra chứng thư.",
                "Check the host's name and https. Where a private authority issued the certificate, set CA_FILE; never switch the \
                 checking off.",
            ),
        ),
        HttpFailure::Timeout => (
            ("quá thời gian chờ", "it took too long"),
            (
                "Thường là tường lửa bỏ gói tin, hoặc địa chỉ IP của máy này chưa được mở; hỏi đơn vị vận hành.",
                "Mostly a firewall drops the packets, or this machine's IP address is not let in yet; ask the operator.",
            ),
        ),
        HttpFailure::Insecure => (
            ("địa chỉ dùng http không mã hóa", "the address is plain http"),
            (
                "Dùng https; http chỉ được phép với máy này (loopback).",
                "Use https; plain http is for loopback hosts only.",
            ),
        ),
        _ => (
            ("kết nối không thành hoặc bị ngắt giữa chừng", "no connection, or it broke off"),
            (
                "Thử lại; nếu vẫn vậy, kiểm tra đường mạng và proxy.",
                "Try again; if it stays, check the network and any proxy.",
            ),
        ),
    }
}

/// What is wrong with a setting, in Vietnamese; in English it says so itself.
pub(super) fn problem(problem: ConfigProblem) -> &'static str {
    match problem {
        ConfigProblem::Name => "tên gồm 1 đến 32 ký tự a-z, 0-9 và -",
        ConfigProblem::Missing => "chưa có giá trị",
        ConfigProblem::Url => {
            "không phải URL đầy đủ, hoặc có fragment, tên người dùng, mật khẩu (issuer thì không có query)"
        }
        ConfigProblem::PlainHttp => "http không mã hóa chỉ được phép với máy này (loopback); dùng https",
        ConfigProblem::Path => "phải là đường dẫn bắt đầu bằng một dấu /, không có query và fragment",
        ConfigProblem::Scopes => "phải có `openid`, và mỗi scope là một từ",
        ConfigProblem::Level => "mức yêu cầu không có giá trị `acr` tương ứng",
        ConfigProblem::Prompt => "`prompt=none` và `max_age=0` mâu thuẫn nhau",
        ConfigProblem::UnknownPrompt => "phải là `none`, `login`, `consent` hoặc `select_account`",
        ConfigProblem::Host => "mỗi mục là một máy chủ, hoặc máy_chủ:cổng khi cổng khác 443",
        ConfigProblem::Template => "mỗi chỗ điền phải là cả giá trị của một tham số và có tên đã biết, như {id_token}",
        ConfigProblem::Claim => "mỗi trường phải có tên riêng",
        ConfigProblem::Fresh => "đăng nhập mới chỉ chứng minh được bằng id_token đã kiểm tra",
        ConfigProblem::Parameter => "tham số này do thư viện tự đặt, hoặc được đặt hai lần",
    }
}

pub(super) fn shape(shape: Shape) -> (String, String) {
    let both = |(vi, en): Both| (vi.to_owned(), en.to_owned());
    match shape {
        Shape::Text => both(("có", "came")),
        Shape::Digits(count) => (format!("có, {count} chữ số"), format!("came, {count} digits")),
        Shape::Date => both(("có, đủ ngày tháng năm", "came, a whole date")),
        Shape::Year => both(("có, chỉ có năm", "came, a year alone")),
        Shape::Level(level) => (format!("có, mức {}", level.number()), format!("came, level {}", level.number())),
        Shape::Kind(kind) => both(match kind {
            AccountKind::Citizen => ("có, công dân", "came, a citizen"),
            AccountKind::Enterprise => ("có, doanh nghiệp", "came, an enterprise"),
            AccountKind::Organisation => ("có, tổ chức", "came, an organisation"),
            AccountKind::Unknown => ("không rõ loại tài khoản", "no kind of account that is known"),
        }),
        Shape::Address => both(("có, máy chủ được phép", "came, on a host that is allowed")),
    }
}

/// What an error in place of a code says, and what to do.
pub(super) fn refusal(error: AuthorizationError) -> (Both, Both) {
    match error {
        AuthorizationError::AccessDenied => (
            (
                "access_denied: người đăng nhập đã hủy hoặc không được phép",
                "access_denied: who logged in declined, or may not",
            ),
            (
                "Đăng nhập lại; tài khoản thử cần bật quyền “Đăng nhập trên website” trong ứng dụng VNeID.",
                "Log in again; the account needs “Đăng nhập trên website” (log in on websites) switched on in the VNeID app.",
            ),
        ),
        AuthorizationError::InvalidScope => (
            (
                "invalid_scope: có scope mà hệ thống định danh không biết",
                "invalid_scope: it does not know one of the scopes",
            ),
            (
                "Đặt `scopes` đúng như đã đăng ký, thường chỉ là `openid`.",
                "Set `scopes` as registered, mostly `openid` alone.",
            ),
        ),
        AuthorizationError::UnauthorizedClient | AuthorizationError::UnsupportedResponseType => (
            ("ứng dụng chưa được phép dùng luồng mã (code)", "the client may not use the code flow"),
            (
                "Yêu cầu đơn vị vận hành mở authorization code cho client id này.",
                "Ask the operator to allow the authorization code grant for this client id.",
            ),
        ),
        AuthorizationError::UnmetAuthenticationRequirements => (
            ("tài khoản thử không đạt mức yêu cầu", "the account does not reach the level that was asked for"),
            ("Dùng tài khoản mức 2.", "Use an account of level 2."),
        ),
        AuthorizationError::TemporarilyUnavailable | AuthorizationError::ServerError => (
            ("hệ thống định danh đang gặp sự cố", "it has trouble of its own"),
            ("Thử lại sau ít phút.", "Try again in some minutes."),
        ),
        _ => (
            ("yêu cầu bị từ chối", "the request was refused"),
            (
                "Xem tham số `error` trong địa chỉ quay về; so các thiết lập với hồ sơ đăng ký.",
                "See `error` in the address that the browser came back to; compare the settings with what was registered.",
            ),
        ),
    }
}
