//! Every finding's words, in one place: what was found and what to do, in Vietnamese and in English.

use super::terms::{self, Both};
use super::{Finding, Place};
use crate::error::Language;
use crate::provider::reason::IdTokenReason;

/// What was found, and what to do; the latter is empty when there is nothing to do.
pub(super) fn words(finding: &Finding, language: Language) -> (String, String) {
    let ((vi, vi_advice), (en, en_advice)) = both(finding);
    match language {
        Language::Vietnamese => (vi, vi_advice),
        Language::English => (en, en_advice),
    }
}

type Words = ((String, String), (String, String));

fn fixed((vi, en): Both, (vi_advice, en_advice): Both) -> Words {
    ((vi.to_owned(), vi_advice.to_owned()), (en.to_owned(), en_advice.to_owned()))
}

fn filled(vi: String, en: String, (vi_advice, en_advice): Both) -> Words {
    ((vi, vi_advice.to_owned()), (en, en_advice.to_owned()))
}

const NOTHING: Both = ("", "");

fn both(finding: &Finding) -> Words {
    match finding {
        Finding::Settings(error) => {
            let (setting, problem) = (error.setting(), error.problem());
            (
                (
                    format!("Thiết lập `{setting}` không bao giờ dùng được: {}.", terms::problem(problem)),
                    format!("Sửa `{setting}` rồi chạy lại; cổng cũng sẽ không khởi động với thiết lập này."),
                ),
                (
                    format!("The setting `{setting}` can never work: {problem}."),
                    format!("Change `{setting}` and run this again; a portal would not start with it either."),
                ),
            )
        }
        Finding::Unreachable { endpoint, failure } => {
            let (vi, en) = terms::endpoint(*endpoint);
            let ((vi_why, en_why), advice) = terms::failure(*failure);
            filled(format!("Không kết nối được tới {vi}: {vi_why}."), format!("Cannot reach {en}: {en_why}."), advice)
        }
        Finding::Status { endpoint, status } => {
            let ((vi, en), setting) = (terms::endpoint(*endpoint), terms::setting(*endpoint));
            let (vi_advice, en_advice) = match status {
                404 | 405 => (
                    format!("Kiểm tra đường dẫn trong `{setting}` và phương thức (GET hay POST)."),
                    format!("Check the path in `{setting}`, and the method (GET or POST)."),
                ),
                415 => (
                    "Máy chủ không nhận kiểu nội dung của yêu cầu; kiểm tra rằng đây đúng là địa chỉ đó.".to_owned(),
                    "The server does not take the request's media type; check that this is the right address."
                        .to_owned(),
                ),
                300..400 => (
                    format!("Máy chủ chuyển hướng; đặt `{setting}` là địa chỉ cuối cùng."),
                    format!("The server redirects; set `{setting}` to where it leads."),
                ),
                429 | 500.. => (
                    "Hệ thống định danh đang gặp sự cố hoặc quá tải; thử lại sau.".to_owned(),
                    "The provider has trouble of its own, or too much to do; try again later.".to_owned(),
                ),
                _ => (
                    format!("So `{setting}` và các thiết lập khác với tài liệu của đơn vị vận hành."),
                    format!("Compare `{setting}` and the other settings with the operator's document."),
                ),
            };
            (
                (format!("Mã trạng thái {status} từ {vi}."), vi_advice),
                (format!("Status {status} from {en}."), en_advice),
            )
        }
        Finding::Unreadable { endpoint, reason } => {
            let (vi, en) = terms::endpoint(*endpoint);
            filled(
                format!("Câu trả lời từ {vi} không phải là một đối tượng JSON ({reason})."),
                format!("The answer from {en} is no JSON object ({reason})."),
                (
                    "Thường là sai địa chỉ, hoặc một thiết bị trung gian trả lời thay bằng trang HTML.",
                    "Mostly the address is wrong, or something on the way answers with a page of its own.",
                ),
            )
        }
        Finding::AddressNotAllowed { status } => filled(
            format!(
                "Địa chỉ lấy token trả lời {status} mà không kèm lỗi OAuth: thường là địa chỉ IP của máy này không có trong danh sách cho phép."
            ),
            format!(
                "The token endpoint answers {status} without an OAuth error: usually means that the address is not on the provider's list."
            ),
            (
                "Gửi cho đơn vị vận hành địa chỉ IP mà máy này ra ngoài (sau NAT) và yêu cầu thêm vào danh sách.",
                "Tell the operator the IP address that this machine is seen with (after NAT), and ask for it to be added.",
            ),
        ),
        Finding::Metadata(reason) => filled(
            format!("Tài liệu cấu hình của hệ thống định danh không dùng được ({reason})."),
            format!("The provider's metadata cannot be used ({reason})."),
            ("Báo cho đơn vị vận hành; hoặc kiểm tra `issuer`.", "Tell the operator, or check `issuer`."),
        ),
        Finding::KeySet(reason) => filled(
            format!("Bộ khóa công khai (JWKS) không dùng được ({reason})."),
            format!("The key set (JWKS) cannot be used ({reason})."),
            ("Kiểm tra `jwks_url`.", "Check `jwks_url`."),
        ),
        Finding::Issuer { place, configured, stated } => {
            let (vi, en) = terms::place(*place);
            let nothing = stated.is_none();
            let stated = stated.as_deref().unwrap_or_default();
            let advice = match place {
                Place::Redirect => (
                    "Nếu đúng là hệ thống này trả lời, sửa `issuer`; nếu không, có kẻ trả lời thay nó.",
                    "If it is this provider that answers, change `issuer`; if not, somebody answers in its place.",
                ),
                Place::Discovery | Place::IdToken => (
                    "Đặt `issuer` giống từng ký tự, kể cả dấu / cuối và http nội bộ, sau khi đơn vị vận hành xác nhận.",
                    "Set `issuer` to the same, byte for byte, trailing slash and internal http included, once the operator has \
                     confirmed it.",
                ),
            };
            if nothing {
                filled(
                    format!("Trong {vi} không có issuer; thiết lập là `{configured}`."),
                    format!("There is no issuer in {en}; `{configured}` is configured."),
                    advice,
                )
            } else {
                filled(
                    format!("Issuer trong {vi} là `{stated}`, khác với thiết lập `{configured}`."),
                    format!("The issuer in {en} is `{stated}`, and `{configured}` is configured."),
                    advice,
                )
            }
        }
        Finding::ClockRight => {
            fixed(("Đồng hồ khớp với hệ thống định danh.", "The clock agrees with the provider's."), NOTHING)
        }
        Finding::ClockOff { seconds } => {
            let (by, vi, en) = (seconds.unsigned_abs(), fast(*seconds).0, fast(*seconds).1);
            filled(
                format!("Đồng hồ máy này {vi} hơn hệ thống định danh {by} giây."),
                format!("This machine's clock is {by} seconds {en} the provider's."),
                (
                    "Bật đồng bộ thời gian (NTP); lệch quá 60 giây thì mọi id_token bị từ chối.",
                    "Switch time synchronisation (NTP) on; beyond 60 seconds every id_token is refused.",
                ),
            )
        }
        Finding::TokenEndpointAnswers => fixed(
            (
                "Địa chỉ lấy token trả lời và từ chối một mã bịa, đúng như phải vậy.",
                "The token endpoint answers, and refuses a code that was made up, as it should.",
            ),
            NOTHING,
        ),
        Finding::InventedCodeTaken => fixed(
            (
                "Địa chỉ lấy token chấp nhận một mã bịa: ai cũng đăng nhập được thành người khác.",
                "The token endpoint takes a code that was made up: anybody can log in as anybody.",
            ),
            (
                "Không đưa vào vận hành; báo cho đơn vị vận hành. Đây có thể là một máy chủ giả lập.",
                "Do not go live; tell the operator. It may be a simulation.",
            ),
        ),
        Finding::ClientRefused => fixed(
            (
                "Hệ thống định danh không biết client id này, hoặc client secret sai.",
                "The provider does not know this client id, or the client secret is wrong.",
            ),
            (
                "Kiểm tra client id, client secret (cả dấu cách, xuống dòng thừa), môi trường (thử hay chính thức) và cách gửi (CLIENT_AUTH).",
                "Check the client id, the secret (stray spaces and line ends too), the environment (test or production) and how it \
                 is sent (CLIENT_AUTH).",
            ),
        ),
        Finding::ErrorPage { status } => filled(
            format!(
                "Địa chỉ đăng nhập trả về trang lỗi ({status}) thay vì cho đăng nhập: thường là redirect URI không khớp từng ký tự với địa chỉ đã đăng ký, hoặc client id sai."
            ),
            format!(
                "The authorization endpoint answers with an error page ({status}): mostly the redirect URI is not the registered one byte for byte, or the client id is unknown."
            ),
            (
                "So redirect URI với hồ sơ đăng ký: http hay https, cổng, dấu / cuối, chữ hoa. Xem PORTAL_URL và CALLBACK_PATH.",
                "Compare the redirect URI with what was registered: http or https, port, trailing slash, case. See PORTAL_URL and \
                 CALLBACK_PATH.",
            ),
        ),
        Finding::AuthorizationRefused(error) => {
            let ((vi, en), advice) = terms::refusal(*error);
            filled(
                format!("Trình duyệt quay về với một lỗi thay vì mã: {vi}."),
                format!("The browser came back with an error and no code: {en}."),
                advice,
            )
        }
        Finding::MalformedRedirect(reason) => filled(
            format!("Không đọc được địa chỉ quay về ({reason})."),
            format!("The address that the browser came back to cannot be read ({reason})."),
            (
                "Dán cả địa chỉ, từ http đến hết, không sửa gì; dấu + phải còn nguyên.",
                "Paste the whole address, from http to its end, unchanged; a + must stay a +.",
            ),
        ),
        Finding::OtherState => fixed(
            (
                "`state` trong địa chỉ quay về không phải của lần đăng nhập này.",
                "The `state` is not the one of this login.",
            ),
            (
                "Dán địa chỉ của lần đăng nhập mới nhất. Nếu vẫn vậy, hệ thống định danh làm mất `state`.",
                "Paste the address of the newest login. If it stays, the provider loses `state`.",
            ),
        ),
        Finding::NoLogin => fixed(
            ("Chưa đăng nhập, nên phần còn lại chưa được kiểm tra.", "Nobody logged in, so the rest is not examined."),
            (
                "Chạy lại và đăng nhập. Nếu trình duyệt chỉ hiện trang lỗi: redirect URI hoặc client id chưa được đăng ký.",
                "Run this again and log in. If the browser showed an error page alone: the redirect URI or the client id is not \
                 registered.",
            ),
        ),
        Finding::CodeRefused => fixed(
            (
                "Hệ thống định danh từ chối mã vừa cấp (invalid_grant).",
                "The provider refuses the code that it just gave (invalid_grant).",
            ),
            (
                "Mã chỉ sống vài giây đến một phút: dán ngay. Nếu vẫn vậy: redirect URI khác với lúc đăng ký, hoặc mã bị sửa trên đường (dấu + thành dấu cách).",
                "Codes live for some seconds up to a minute: paste at once. If it stays: the redirect URI is another than the \
                 registered one, or the code was changed on the way (a + became a space).",
            ),
        ),
        Finding::Token(reason) => filled(
            format!("Câu trả lời của địa chỉ lấy token không dùng được ({reason})."),
            format!("The token endpoint's answer cannot be used ({reason})."),
            (
                "Kiểm tra `token_url` và dialect; gửi dòng này cho đơn vị vận hành.",
                "Check `token_url` and the dialect; send this line to the operator.",
            ),
        ),
        Finding::WrongVerifierRefused => fixed(
            (
                "PKCE được kiểm tra: mã kèm verifier sai bị từ chối.",
                "PKCE holds: a code with a wrong verifier is refused.",
            ),
            NOTHING,
        ),
        Finding::WrongVerifierTaken { required } => filled(
            "PKCE không được kiểm tra: mã kèm verifier sai vẫn được chấp nhận.".to_owned(),
            "PKCE protects nothing: a code with a wrong verifier was taken.".to_owned(),
            if *required {
                (
                    "Yêu cầu đơn vị vận hành bật PKCE (S256); nếu không được, đặt Pkce::Sent và đọc kỹ rủi ro còn lại.",
                    "Ask the operator to switch PKCE (S256) on; if that cannot be, set Pkce::Sent and read which risk is left.",
                )
            } else {
                (
                    "Mã bị lộ (nhật ký, proxy) dùng được ở trình duyệt khác; yêu cầu đơn vị vận hành bật PKCE (S256).",
                    "A code that leaks (logs, a proxy) is good in another browser; ask the operator to switch PKCE (S256) on.",
                )
            },
        ),
        Finding::PkceOff => fixed(
            ("Thiết lập không dùng PKCE.", "The settings do without PKCE."),
            (
                "Đặt Pkce::Sent rồi chạy lại để xem có được kiểm tra không.",
                "Set Pkce::Sent and run this again, to see whether it is checked.",
            ),
        ),
        Finding::KeyDoesNotOpen(part) => {
            let (vi, en) = terms::part(*part);
            filled(
                format!("Khóa riêng của cổng không mở được phong bì: {vi}."),
                format!("The portal's private key does not open the envelope of {en}."),
                (
                    "Thường là khóa công khai đã gửi cho đơn vị vận hành không thuộc khóa riêng này: so hai khóa. Đã thử cả ECB và CBC.",
                    "Mostly the public key that the operator has is not this private key's: compare them. ECB and CBC were both tried.",
                ),
            )
        }
        Finding::OtherCipher { cipher } => {
            let cipher = terms::cipher(*cipher);
            filled(
                format!("Khóa đúng, nhưng phong bì dùng chế độ {cipher}."),
                format!("The key is right, and the envelope is in the mode {cipher}."),
                ("Đặt CIPHER theo chế độ đó.", "Set CIPHER to that mode."),
            )
        }
        Finding::ClearAnswer { part, refused } => {
            let (vi, en) = terms::part(*part);
            filled(
                format!("Không có phong bì: {vi} đến ở dạng không mã hóa."),
                format!("No envelope: {en} came clear."),
                if *refused {
                    (
                        "Yêu cầu đơn vị vận hành bật mã hóa cho client id này, hoặc đặt CLEAR_ANSWERS=accept.",
                        "Ask the operator to switch sealing on for this client id, or set CLEAR_ANSWERS=accept.",
                    )
                } else {
                    (
                        "Vẫn đăng nhập được. Nếu đơn vị vận hành nói đã mã hóa, hãy hỏi lại.",
                        "Logins work. If the operator says that it is sealed, ask again.",
                    )
                },
            )
        }
        Finding::EnvelopeUnknown(part) => {
            let (vi, en) = terms::part(*part);
            filled(
                format!("Có phong bì mã hóa mà thiết lập không biết: {vi}."),
                format!("An envelope came that the settings do not know: {en}."),
                (
                    "Dùng dialect vneid-sealed với khóa riêng của cổng.",
                    "Use the dialect vneid-sealed with the portal's private key.",
                ),
            )
        }
        Finding::IdToken(reason) => filled(
            format!("id_token không hợp lệ ({reason})."),
            format!("The id_token does not hold ({reason})."),
            match reason {
                IdTokenReason::Expired | IdTokenReason::IssuedLater | IdTokenReason::NotYet => (
                    "Thường là đồng hồ lệch: bật NTP ở cả hai phía.",
                    "Mostly a clock is off: switch NTP on, on both sides.",
                ),
                IdTokenReason::Audience | IdTokenReason::AuthorizedParty => (
                    "Token cấp cho ứng dụng khác. Với Keycloak (`aud` là `account`) xem AudiencePolicy.",
                    "The token is for another client. For Keycloak (`aud` is `account`) see AudiencePolicy.",
                ),
                IdTokenReason::Missing => (
                    "Hệ thống không cấp id_token: kiểm tra scope `openid`, hoặc dùng dialect không cần id_token.",
                    "It gives no id_token: check the scope `openid`, or use a dialect that needs none.",
                ),
                _ => (
                    "Kiểm tra `jwks_url`, `issuer` và thuật toán ký; gửi dòng này cho đơn vị vận hành.",
                    "Check `jwks_url`, `issuer` and the algorithm; send this line to the operator.",
                ),
            },
        ),
        Finding::UserinfoRefused { status } => filled(
            format!("Địa chỉ userinfo từ chối access token ({status})."),
            format!("The userinfo endpoint refuses the access token ({status})."),
            (
                "Kiểm tra `userinfo_url`, phương thức GET hay POST, scope, và danh sách IP của chính địa chỉ này.",
                "Check `userinfo_url`, GET or POST, the scopes, and whether this endpoint has an address list of its own.",
            ),
        ),
        Finding::Userinfo(reason) => filled(
            format!("Câu trả lời userinfo không dùng được ({reason})."),
            format!("Userinfo cannot be used ({reason})."),
            ("Kiểm tra `userinfo_url`.", "Check `userinfo_url`."),
        ),
        Finding::ClaimUnreadable { name, refused, .. } => filled(
            format!("{name}: giá trị không đọc được."),
            format!("{name}: its value cannot be read."),
            if *refused {
                (
                    "Mọi lần đăng nhập có giá trị này đều bị từ chối. Kiểm tra tên trường trong thiết lập và định dạng với đơn vị vận hành.",
                    "Every login with such a value is refused. Check the claim's name in the settings, and its format with the operator.",
                )
            } else {
                (
                    "Trường này bị bỏ qua; kiểm tra định dạng với đơn vị vận hành.",
                    "It is left out; check its format with the operator.",
                )
            },
        ),
        Finding::NobodyNamed { looked_for, came } => {
            let (looked_for, came) = (looked_for.join(", "), came.join(", "));
            filled(
                format!("Không biết ai đăng nhập: không có {looked_for}. Các trường có trong câu trả lời: {came}."),
                format!("Nothing says who it is: there is no {looked_for}. In the answer are: {came}."),
                (
                    "Đặt tên trường (claim) theo câu trả lời thật, và kiểm tra scope.",
                    "Set the claims' names by what really came, and check the scopes.",
                ),
            )
        }
        Finding::LogoutHost { host } => {
            let host = host.as_deref().unwrap_or("?");
            filled(
                format!("logoutUri trỏ tới máy chủ `{host}`, không có trong danh sách cho phép."),
                format!("logoutUri names the host `{host}`, which is not allowed."),
                (
                    "Nếu máy chủ này đúng là của VNeID, thêm vào LOGOUT_HOSTS; nếu không, báo cho đơn vị vận hành.",
                    "If the host is VNeID's, add it to LOGOUT_HOSTS; if not, tell the operator.",
                ),
            )
        }
        Finding::LevelNotStated { refused } => fixed(
            ("Không có mức định danh trong câu trả lời.", "Nobody states a level."),
            if *refused {
                (
                    "Mọi lần đăng nhập bị từ chối. Hỏi đơn vị vận hành trường nào mang mức định danh; chỉ đặt UNSTATED_LEVEL=accept nếu chính sách cho phép.",
                    "Every login is refused. Ask the operator which claim states it; set UNSTATED_LEVEL=accept only where the policy \
                     allows it.",
                )
            } else {
                ("Được chấp nhận theo thiết lập UNSTATED_LEVEL.", "It is accepted by the setting UNSTATED_LEVEL.")
            },
        ),
        Finding::LevelTooLow { stated, required } => filled(
            format!("Tài khoản ở mức {}, trong khi cần mức {}.", stated.number(), required.number()),
            format!("The account is of level {}, and {} is required.", stated.number(), required.number()),
            (
                "Thử bằng tài khoản mức 2, hoặc đặt REQUIRED_LEVEL theo chính sách.",
                "Try an account of level 2, or set REQUIRED_LEVEL by the policy.",
            ),
        ),
        Finding::Came { name, shape, .. } => {
            let (vi, en) = terms::shape(*shape);
            filled(format!("{name}: {vi}."), format!("{name}: {en}."), NOTHING)
        }
        Finding::Missing { name, .. } => filled(
            format!("{name}: không có."),
            format!("{name}: did not come."),
            (
                "Cổng phải làm việc được khi thiếu trường này; nếu cần, hỏi đơn vị vận hành về scope.",
                "The portal must do without it; if it is needed, ask the operator about scopes.",
            ),
        ),
        Finding::SessionStays => fixed(
            (
                "Đăng xuất ở cổng không kết thúc phiên tại hệ thống định danh.",
                "Logging out of the portal leaves the provider's session alive.",
            ),
            (
                "Trên máy dùng chung, người sau có thể vào tiếp tài khoản của người trước: đặt LOGOUT_URL.",
                "At a shared computer the next person may be signed in as the last one: set LOGOUT_URL.",
            ),
        ),
        Finding::LoginPassed => fixed(("Đăng nhập thành công.", "The login went through."), NOTHING),
        Finding::Failed(code) => filled(
            format!("Không kiểm tra được ({code})."),
            format!("It could not be examined ({code})."),
            ("Xem nhật ký của chương trình.", "See the program's log."),
        ),
    }
}

fn fast(seconds: i64) -> Both {
    if seconds > 0 { ("nhanh", "ahead of") } else { ("chậm", "behind") }
}
