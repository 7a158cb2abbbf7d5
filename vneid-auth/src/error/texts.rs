//! Every code's status and words, in one place.

use http::StatusCode;

use super::{Code, Entry};

impl Code {
    /// One declaration a code: name, status, whether a retry helps, Vietnamese and English.
    pub(super) fn entry(self) -> Entry {
        let entry = |name, status, retry_helps, vi, en| Entry { name, status, retry_helps, vi, en };
        match self {
            Self::LoginExpired => entry(
                "login_expired",
                StatusCode::BAD_REQUEST,
                true,
                ("Phiên đăng nhập đã hết hạn", "Bạn đã mất quá nhiều thời gian để đăng nhập. Vui lòng đăng nhập lại."),
                ("The login has expired", "Logging in took too long. Please start again."),
            ),
            Self::StateMismatch => entry(
                "state_mismatch",
                StatusCode::BAD_REQUEST,
                true,
                (
                    "Không thể tiếp tục đăng nhập",
                    "Liên kết đăng nhập này đã được dùng hoặc không thuộc trình duyệt này. Vui lòng đăng nhập lại từ đầu.",
                ),
                (
                    "The login cannot go on",
                    "This login link was used already or belongs to another browser. Please start again.",
                ),
            ),
            Self::MalformedCallback => entry(
                "malformed_callback",
                StatusCode::BAD_REQUEST,
                true,
                (
                    "Liên kết đăng nhập không hợp lệ",
                    "Địa chỉ quay về từ hệ thống định danh không đọc được. Vui lòng đăng nhập lại.",
                ),
                (
                    "The login link is not valid",
                    "The address that the identity provider sent you back to cannot be read. Please start again.",
                ),
            ),
            Self::LoginCancelled => entry(
                "login_cancelled",
                StatusCode::FORBIDDEN,
                true,
                (
                    "Bạn đã hủy đăng nhập",
                    "Bạn đã từ chối hoặc hủy việc đăng nhập. Bạn có thể đăng nhập lại bất cứ lúc nào.",
                ),
                ("You cancelled the login", "You declined or cancelled logging in. You can log in again at any time."),
            ),
            Self::ProviderError => entry(
                "provider_error",
                StatusCode::BAD_GATEWAY,
                true,
                (
                    "Hệ thống định danh báo lỗi",
                    "Hệ thống định danh đã trả lời không đúng. Vui lòng thử lại sau ít phút.",
                ),
                (
                    "The identity provider reported an error",
                    "The identity provider's answer was not right. Please try again in a few minutes.",
                ),
            ),
            Self::ProviderUnavailable => entry(
                "provider_unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                true,
                (
                    "Hệ thống định danh tạm thời gián đoạn",
                    "Hiện chưa kết nối được với hệ thống định danh. Vui lòng thử lại sau ít phút.",
                ),
                (
                    "The identity provider is unavailable",
                    "The identity provider cannot be reached at the moment. Please try again in a few minutes.",
                ),
            ),
            Self::ProviderMismatch => entry(
                "provider_mismatch",
                StatusCode::BAD_REQUEST,
                true,
                (
                    "Không thể tiếp tục đăng nhập",
                    "Câu trả lời đến từ một hệ thống định danh khác. Vui lòng đăng nhập lại từ đầu.",
                ),
                ("The login cannot go on", "The answer came from another identity provider. Please start again."),
            ),
            Self::TokenInvalid => entry(
                "token_invalid",
                StatusCode::BAD_GATEWAY,
                true,
                (
                    "Không xác minh được danh tính",
                    "Không xác minh được câu trả lời của hệ thống định danh. Vui lòng đăng nhập lại.",
                ),
                (
                    "Your identity could not be verified",
                    "The identity provider's answer could not be verified. Please log in again.",
                ),
            ),
            Self::LevelTooLow(_) => entry(
                "level_too_low",
                StatusCode::FORBIDDEN,
                false,
                (
                    "Mức độ định danh chưa đủ",
                    "Dịch vụ này cần tài khoản định danh điện tử mức độ {level}. Vui lòng nâng mức độ tài khoản tại cơ quan Công an rồi đăng nhập lại.",
                ),
                (
                    "Your account's level is too low",
                    "This service needs an electronic identity account of level {level}. Please have your account raised at a police office and log in again.",
                ),
            ),
            Self::WebLoginNotPermitted => entry(
                "web_login_not_permitted",
                StatusCode::FORBIDDEN,
                true,
                (
                    "Tài khoản chưa được phép đăng nhập trên website",
                    "Vui lòng mở ứng dụng VNeID, bật quyền “Đăng nhập trên website”, rồi đăng nhập lại.",
                ),
                (
                    "Web login is switched off for your account",
                    "Please open the VNeID app, switch on “Đăng nhập trên website” (log in on websites), and log in again.",
                ),
            ),
            Self::ProfileInvalid => entry(
                "profile_invalid",
                StatusCode::BAD_GATEWAY,
                true,
                (
                    "Không đọc được thông tin tài khoản",
                    "Thông tin tài khoản do hệ thống định danh gửi không đọc được. Vui lòng đăng nhập lại.",
                ),
                (
                    "Your account's details cannot be read",
                    "The account details sent by the identity provider cannot be read. Please log in again.",
                ),
            ),
            Self::AccountRefused => entry(
                "account_refused",
                StatusCode::FORBIDDEN,
                false,
                (
                    "Tài khoản không được phép đăng nhập",
                    "Tài khoản của bạn trên cổng này đang bị khóa hoặc đã đóng. Vui lòng liên hệ bộ phận hỗ trợ.",
                ),
                (
                    "This account may not log in",
                    "Your account on this portal is locked or closed. Please contact support.",
                ),
            ),
            Self::AccountNotProved => entry(
                "account_not_proved",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                (
                    "Chưa xác nhận được tài khoản",
                    "Thông tin đăng nhập không đúng với tài khoản cần xác nhận. Vui lòng kiểm tra lại hoặc tiếp tục với tài khoản mới.",
                ),
                (
                    "The account was not confirmed",
                    "These login details are not those of the account to be confirmed. Please check them, or go on with a new account.",
                ),
            ),
            Self::LastLoginMethod => entry(
                "last_login_method",
                StatusCode::CONFLICT,
                false,
                (
                    "Không thể xóa liên kết này",
                    "Đây là cách đăng nhập duy nhất còn lại của tài khoản. Vui lòng liên kết một tài khoản khác trước.",
                ),
                (
                    "This link cannot be removed",
                    "It is the only way left into the account. Please link another one first.",
                ),
            ),
            Self::UnknownProvider => entry(
                "unknown_provider",
                StatusCode::NOT_FOUND,
                false,
                ("Không có cách đăng nhập này", "Cổng này không có cách đăng nhập mà bạn yêu cầu."),
                ("There is no such way to log in", "This portal does not offer the way to log in that was asked for."),
            ),
            Self::ProviderDisabled => entry(
                "provider_disabled",
                StatusCode::FORBIDDEN,
                false,
                ("Cách đăng nhập này đã ngừng", "Cách đăng nhập này hiện không được dùng. Vui lòng chọn cách khác."),
                ("This way to log in is closed", "This way to log in is not in use now. Please choose another."),
            ),
            Self::NotLoggedIn => entry(
                "not_logged_in",
                StatusCode::UNAUTHORIZED,
                true,
                ("Bạn chưa đăng nhập", "Vui lòng đăng nhập để tiếp tục."),
                ("You are not logged in", "Please log in to continue."),
            ),
            Self::StepUpRequired => entry(
                "step_up_required",
                StatusCode::FORBIDDEN,
                true,
                ("Cần xác thực lại", "Để bảo vệ bạn, vui lòng xác thực lại trước khi tiếp tục."),
                ("Please confirm that it is you", "To protect you, please log in afresh before you continue."),
            ),
            Self::CitizenIdRequired => entry(
                "citizen_id_required",
                StatusCode::FORBIDDEN,
                true,
                (
                    "Cần số căn cước công dân",
                    "Tài khoản của bạn cần được liên kết với số căn cước công dân trước khi tiếp tục.",
                ),
                (
                    "A citizen id is needed",
                    "Your account must be linked with your citizen id number before you continue.",
                ),
            ),
            Self::PairingNotSupported => entry(
                "pairing_not_supported",
                StatusCode::NOT_IMPLEMENTED,
                false,
                (
                    "Không có đăng nhập bằng mã QR",
                    "Hệ thống định danh này không hỗ trợ đăng nhập bằng mã QR tại đây. Vui lòng đăng nhập theo cách khác.",
                ),
                (
                    "No login by QR code",
                    "This identity provider does not offer login by QR code here. Please log in another way.",
                ),
            ),
            Self::PairingNotApproved => entry(
                "pairing_not_approved",
                StatusCode::CONFLICT,
                false,
                (
                    "Chưa được xác nhận",
                    "Lần đăng nhập bằng mã QR này chưa được xác nhận trên điện thoại hoặc đã kết thúc.",
                ),
                ("Not confirmed", "This login by QR code has not been confirmed on the phone, or it is over."),
            ),
            Self::CitizenIdMalformed => entry(
                "citizen_id_malformed",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                ("Số CCCD chưa đúng", "Số định danh cá nhân (CCCD) gồm 12 chữ số. Vui lòng kiểm tra lại."),
                (
                    "The CCCD number is not right",
                    "A personal identification number (CCCD) has 12 digits. Please check it.",
                ),
            ),
            Self::ConsentRequired => entry(
                "consent_required",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                (
                    "Cần sự đồng ý của bạn",
                    "Vui lòng đánh dấu đồng ý để cổng đối chiếu thông tin với Cơ sở dữ liệu quốc gia về dân cư.",
                ),
                (
                    "Your consent is needed",
                    "Please tick that you agree to your details being compared with the national population database.",
                ),
            ),
            Self::CitizenNotMatched => entry(
                "citizen_not_matched",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                (
                    "Thông tin chưa khớp",
                    "Số CCCD, họ tên và ngày sinh chưa khớp với Cơ sở dữ liệu quốc gia về dân cư. Vui lòng kiểm tra từng ô; nếu vẫn chưa khớp, hãy liên hệ công an cấp xã nơi bạn cư trú.",
                ),
                (
                    "The details do not agree",
                    "Number, name and date of birth do not agree with the national population database. Please check each; if they are right, ask the commune police where you live.",
                ),
            ),
            Self::CitizenIdTaken => entry(
                "citizen_id_taken",
                StatusCode::CONFLICT,
                false,
                (
                    "Số CCCD đã gắn với tài khoản khác",
                    "Nếu số CCCD này là của bạn, hãy đăng nhập bằng tài khoản VNeID mức 2: số sẽ được chuyển về tài khoản của bạn.",
                ),
                (
                    "Another account has this CCCD number",
                    "If the number is yours, log in with your VNeID account of level 2: it will be moved to your account.",
                ),
            ),
            Self::CitizenIdLinked => entry(
                "citizen_id_linked",
                StatusCode::CONFLICT,
                false,
                (
                    "Tài khoản đã có số CCCD",
                    "Tài khoản của bạn đã liên kết một số CCCD. Muốn thay đổi, hãy xóa liên kết cũ trước.",
                ),
                (
                    "The account has a CCCD number",
                    "Your account has a CCCD number already. To change it, remove the old one first.",
                ),
            ),
            Self::RegistryUnavailable => entry(
                "registry_unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                true,
                (
                    "Chưa đối chiếu được",
                    "Cơ sở dữ liệu quốc gia về dân cư đang không phản hồi. Thông tin của bạn không mất; vui lòng thử lại sau ít phút.",
                ),
                (
                    "The details could not be compared",
                    "The national population database does not answer at the moment. Nothing of yours is lost; please try again in a few minutes.",
                ),
            ),
            Self::TooManyAttempts => entry(
                "too_many_attempts",
                StatusCode::TOO_MANY_REQUESTS,
                true,
                ("Bạn đã thử quá nhiều lần", "Bạn đã thử quá nhiều lần. Vui lòng thử lại sau."),
                ("Too many attempts", "You have tried too often. Please try again later."),
            ),
            Self::NotPermittedForOrganisation => entry(
                "not_permitted_for_organisation",
                StatusCode::FORBIDDEN,
                false,
                ("Chỉ dành cho công dân", "Tài khoản tổ chức không dùng được chức năng này."),
                ("For citizens only", "An organisation's account may not use this."),
            ),
            Self::CrossOrigin => entry(
                "cross_origin",
                StatusCode::FORBIDDEN,
                false,
                ("Yêu cầu bị từ chối", "Yêu cầu được gửi từ một trang khác nên không được thực hiện."),
                ("The request was refused", "The request came from another site and was not carried out."),
            ),
            Self::MalformedRequest => entry(
                "malformed_request",
                StatusCode::BAD_REQUEST,
                false,
                ("Yêu cầu không hợp lệ", "Không đọc được yêu cầu."),
                ("The request is not valid", "The request cannot be read."),
            ),
            Self::FieldInvalid => entry(
                "field_invalid",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                ("Thông tin chưa đúng", "Một mục thông tin chưa đúng. Vui lòng kiểm tra lại."),
                ("Something is not filled in right", "One of the fields is not filled in right. Please check them."),
            ),
            Self::PhoneMalformed => entry(
                "phone_malformed",
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                (
                    "Số điện thoại chưa đúng",
                    "Số điện thoại di động gồm 10 chữ số, bắt đầu bằng 0. Vui lòng kiểm tra lại.",
                ),
                ("The phone number is not right", "A mobile number has 10 digits and begins with 0. Please check it."),
            ),
            Self::PhoneNotFound => entry(
                "phone_not_found",
                StatusCode::NOT_FOUND,
                false,
                (
                    "Không có số điện thoại này",
                    "Tài khoản của bạn không có số điện thoại này, hoặc số này chưa được xác minh.",
                ),
                ("There is no such phone", "Your account does not have this phone, or it is not confirmed yet."),
            ),
            Self::OtpIncorrect { .. } => entry(
                "otp_incorrect",
                StatusCode::UNPROCESSABLE_ENTITY,
                true,
                ("Mã OTP không đúng", "Mã OTP không đúng. Bạn còn {attempts_left} lần thử."),
                ("The code is not right", "The code is not right. Tries left: {attempts_left}."),
            ),
            Self::OtpExpired => entry(
                "otp_expired",
                StatusCode::GONE,
                false,
                ("Mã OTP đã hết hiệu lực", "Mã OTP đã hết hiệu lực. Vui lòng yêu cầu gửi mã mới."),
                ("The code is no longer valid", "The code is no longer valid. Please ask for a new one."),
            ),
            Self::OtpLocked => entry(
                "otp_locked",
                StatusCode::TOO_MANY_REQUESTS,
                false,
                (
                    "Nhập sai mã OTP quá nhiều lần",
                    "Mã OTP đã bị khóa vì nhập sai quá nhiều lần. Vui lòng yêu cầu mã mới sau ít phút.",
                ),
                (
                    "Too many wrong codes",
                    "The code is locked after too many wrong tries. Please ask for a new one later.",
                ),
            ),
            Self::OtpNotFound => entry(
                "otp_not_found",
                StatusCode::NOT_FOUND,
                false,
                (
                    "Không có yêu cầu xác thực này",
                    "Yêu cầu xác thực này không có hoặc đã kết thúc. Vui lòng làm lại từ đầu.",
                ),
                (
                    "There is no such request for a code",
                    "This request for a code does not exist or has ended. Please start again.",
                ),
            ),
            Self::OtpResendTooSoon => entry(
                "otp_resend_too_soon",
                StatusCode::TOO_MANY_REQUESTS,
                true,
                ("Mã vừa được gửi", "Mã OTP vừa được gửi. Vui lòng đợi một phút rồi yêu cầu gửi lại."),
                ("A code was just sent", "A code was sent just now. Please wait a minute before you ask for another."),
            ),
            Self::OtpResendLimit => entry(
                "otp_resend_limit",
                StatusCode::TOO_MANY_REQUESTS,
                false,
                (
                    "Đã gửi mã quá nhiều lần",
                    "Mã OTP đã được gửi quá nhiều lần. Vui lòng thử lại sau hoặc chọn cách khác.",
                ),
                (
                    "Too many codes were sent",
                    "Too many codes were sent. Please try again later, or choose another way.",
                ),
            ),
            Self::HeldFormGone => entry(
                "held_form_gone",
                StatusCode::GONE,
                false,
                (
                    "Biểu mẫu không còn được giữ",
                    "Nội dung đã nhập chỉ được giữ trong thời gian ngắn, cho đúng trình duyệt và tài khoản đã nhập. Vui \
                     lòng điền lại.",
                ),
                (
                    "The form is no longer kept",
                    "What was typed is kept for a short time only, for the browser and the account that typed it. \
                     Please fill it in again.",
                ),
            ),
            Self::HeldFormSent => entry(
                "held_form_sent",
                StatusCode::CONFLICT,
                false,
                ("Biểu mẫu đã được gửi", "Biểu mẫu này đã được gửi một lần và không được gửi lại."),
                ("The form was sent", "This form was sent once already, and is not sent again."),
            ),
            Self::PayloadTooLarge => entry(
                "payload_too_large",
                StatusCode::PAYLOAD_TOO_LARGE,
                false,
                ("Dữ liệu quá lớn", "Dữ liệu gửi lên vượt quá giới hạn cho phép."),
                ("Too much data", "The data sent is larger than allowed."),
            ),
            Self::LogoutTokenInvalid => entry(
                "logout_token_invalid",
                StatusCode::BAD_REQUEST,
                false,
                ("Yêu cầu đăng xuất không hợp lệ", "Yêu cầu đăng xuất từ hệ thống định danh không được chấp nhận."),
                ("The logout is not valid", "The identity provider's logout request was not accepted."),
            ),
            Self::UnsupportedMediaType => entry(
                "unsupported_media_type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                false,
                ("Định dạng không được hỗ trợ", "Định dạng của dữ liệu gửi lên không được hỗ trợ."),
                ("The format is not supported", "The format of the data sent is not supported."),
            ),
            Self::NotFound => entry(
                "not_found",
                StatusCode::NOT_FOUND,
                false,
                ("Không tìm thấy trang", "Không có gì ở địa chỉ này."),
                ("Page not found", "There is nothing at this address."),
            ),
            Self::MethodNotAllowed => entry(
                "method_not_allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                false,
                ("Không dùng được cách này", "Địa chỉ này không nhận yêu cầu kiểu này."),
                ("Not in this way", "This address does not take requests of this kind."),
            ),
            Self::TooManyRequests => entry(
                "too_many_requests",
                StatusCode::TOO_MANY_REQUESTS,
                true,
                ("Quá nhiều yêu cầu", "Có quá nhiều yêu cầu trong thời gian ngắn. Vui lòng đợi rồi thử lại."),
                ("Too many requests", "There were too many requests in a short time. Please wait and try again."),
            ),
            Self::ServiceUnavailable => entry(
                "service_unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                true,
                ("Hệ thống tạm thời gián đoạn", "Cổng đang gặp sự cố tạm thời. Vui lòng thử lại sau ít phút."),
                (
                    "The portal is temporarily unavailable",
                    "The portal has a temporary problem. Please try again in a few minutes.",
                ),
            ),
        }
    }
}
