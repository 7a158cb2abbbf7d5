//! SMS gateways as templates describe them: what is sent, byte by byte, and what of an answer counts as taken.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use vneid_auth::provider::{HttpClient, HttpFailure};
use vneid_auth::secret::Secret;
use vneid_auth::sms::{HttpSms, SmsFailed, SmsGateway, SmsTemplate, SmsTemplateError};

const ESMS: &str = "https://rest.esms.vn/MainService.svc/json/SendMultipleMessage_V4_post_json/";
const VONAGE: &str = "https://rest.nexmo.com/sms/json";
const PHONE: &str = "0900000289";
const TEXT: &str = "Ma xac thuc cua ban la 012345, het han sau 3 phut. 100% & + =";

/// Keeps what it is sent, and answers what it is told.
struct Wire {
    answer: Result<(u16, &'static str), HttpFailure>,
    sent: Mutex<Vec<String>>,
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        let mut text = format!("{} {}\n", request.method(), request.uri());
        let mut headers: Vec<_> =
            request.headers().iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
        headers.sort();
        text.extend(headers);
        text.push_str(&format!("\n{}", String::from_utf8(request.body().to_vec()).unwrap()));
        self.sent.lock().unwrap().push(text);
        self.answer.map(|(status, body)| {
            http::Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap()
        })
    }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sms").join(name)
}

/// Sends the message through this gateway: what went over the wire, and what came of it.
async fn send(
    template: SmsTemplate,
    address: &str,
    answer: Result<(u16, &'static str), HttpFailure>,
) -> (String, Result<(), SmsFailed>) {
    let wire = Arc::new(Wire { answer, sent: Mutex::default() });
    let gateway = HttpSms::new(address, template, wire.clone()).unwrap();
    let sent = gateway.send(&PHONE.parse().unwrap(), &TEXT.into()).await;
    let wire = wire.sent.lock().unwrap();
    assert_eq!(wire.len(), 1, "asked once, whatever it answers");
    (wire[0].clone(), sent)
}

fn no_secrets(_: &Path) -> Result<Secret, SmsTemplateError> {
    panic!("no secret is named")
}

#[tokio::test]
async fn two_gateways_get_what_their_documentation_asks_for() {
    for (name, address, taken) in [
        ("esms", ESMS, r#"{"CodeResult":"100","CountRegenerate":0,"SMSID":"d533459e"}"#),
        ("vonage", VONAGE, r#"{"message-count":"1","messages":[{"to":"84900000289","status":"0"}]}"#),
    ] {
        let template = SmsTemplate::from_file(&data(&format!("{name}.json"))).unwrap();
        let (request, sent) = send(template, address, Ok((200, taken))).await;
        assert_eq!(request, std::fs::read_to_string(data(&format!("{name}.request"))).unwrap(), "{name}");
        assert_eq!(sent, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn refused_and_down_are_told_apart_and_neither_tells_the_message() {
    let refused = |why: &str| Err(SmsFailed::Refused(why.to_owned()));
    let down = |why: &str| Err(SmsFailed::Down(why.to_owned()));
    let vague = "/CodeResult is not what success looks like";
    for (answer, expected) in [
        (Ok((200, r#"{"CodeResult":"100"}"#)), Ok(())),
        (Ok((200, r#"{"CodeResult":100}"#)), Ok(())),
        (Ok((200, r#"{"CodeResult":"101","ErrorMessage":"Authorize Failed"}"#)), refused("/CodeResult is 101")),
        (Ok((200, r#"{"CodeResult":"0900000289"}"#)), refused(vague)),
        (Ok((200, r#"{"CodeResult":["100"]}"#)), refused(vague)),
        (Ok((200, r#"{"coderesult":"100"}"#)), refused(vague)),
        (Ok((200, "<html>OK 100</html>")), refused(vague)),
        (Ok((200, "")), refused(vague)),
        (Ok((201, r#"{"CodeResult":"100"}"#)), refused("status 201")),
        (Ok((302, "")), refused(&format!("status 302, {vague}"))),
        (Ok((401, r#"{"CodeResult":"101"}"#)), refused("status 401, /CodeResult is 101")),
        (Ok((429, "")), down("status 429")),
        (Ok((500, r#"{"CodeResult":"100"}"#)), down("status 500")),
        (Ok((503, "")), down("status 503")),
        (Err(HttpFailure::Connect), down("no connection")),
        (Err(HttpFailure::Timeout), down("timed out")),
        (Err(HttpFailure::TooLarge), down("the answer is too large")),
        (Err(HttpFailure::Broken), down("the connection broke off")),
    ] {
        let template = SmsTemplate::from_file(&data("esms.json")).unwrap();
        let (_, sent) = send(template, ESMS, answer).await;
        assert_eq!(sent, expected, "{answer:?}");
        let said = format!("{sent:?}");
        assert!(!said.contains(PHONE) && !said.contains("012345"), "{said}");
    }
}

#[tokio::test]
async fn without_a_template_phone_and_text_go_as_json_and_every_2xx_is_success() {
    let (request, sent) = send(SmsTemplate::default(), "http://127.0.0.1:9000/sms", Ok((201, "not read"))).await;
    let body = format!("{{\"phone\":\"{PHONE}\",\"text\":\"{TEXT}\"}}");
    assert_eq!(request, format!("POST http://127.0.0.1:9000/sms\ncontent-type: application/json\n\n{body}"));
    assert_eq!(sent, Ok(()));
    let (_, sent) = send(SmsTemplate::default(), "http://127.0.0.1:9000/sms", Ok((404, ""))).await;
    assert_eq!(sent, Err(SmsFailed::Refused("status 404".into())));
}

#[tokio::test]
async fn numbers_are_written_as_the_gateway_wants_and_braces_can_be_meant() {
    for (format, written) in [("0", "0900000289"), ("84", "84900000289"), ("+84", "+84900000289")] {
        let template =
            format!(r#"{{"json":[{{"to":["{{phone}}"],"n":1,"x":null}},"{{{{{{text}}}}}}"],"phone":"{format}"}}"#);
        let (request, _) = send(SmsTemplate::parse(&template, no_secrets).unwrap(), VONAGE, Ok((200, ""))).await;
        let body = request.split("\n\n").nth(1).unwrap();
        assert_eq!(body, format!(r#"[{{"n":1,"to":["{written}"],"x":null}},"{{{TEXT}}}"]"#));
    }
}

#[test]
fn a_template_that_cannot_work_says_what_to_change_and_shows_no_secret() {
    let secret = |path: &Path| match path.to_str() {
        Some("empty") => Ok(Secret::from("\n")),
        Some("line-break") => Ok(Secret::from("hunter2\r\n")),
        Some("two-lines") => Ok(Secret::from("hunter2\nhunter3")),
        _ => Ok(Secret::from("hunter2\n")),
    };
    let good = r#""form":{"a":"{phone}","b":"{text}"}"#;
    for (template, why) in [
        ("".to_owned(), "it is no template"),
        ("[]".to_owned(), "it is no template"),
        (format!("{{{good},\"heders\":{{}}}}"), "it is no template"),
        (format!("{{{good},\"phone\":\"084\"}}"), "it is no template"),
        (format!("{{{good},\"success\":{{\"is\":1}}}}"), "it is no template"),
        ("{}".to_owned(), "it must have either `json` or `form`"),
        (format!("{{{good},\"json\":{{}}}}"), "it must have either `json` or `form`"),
        (r#"{"form":{"a":"{phone}"}}"#.to_owned(), "the body must hold {phone} and {text}"),
        (r#"{"json":"{text}"}"#.to_owned(), "the body must hold {phone} and {text}"),
        (
            r#"{"form":{"a":"{phone}","b":"{text}","c":"hunter2 {key}"}}"#.to_owned(),
            "\"key\" names nothing: write {phone}, {text} or a name from `secrets`, and {{ for a brace",
        ),
        (
            r#"{"form":{"a":"{phone}","b":"{text}","c":"hunter2 {"}}"#.to_owned(),
            "\"{\" names nothing: write {phone}, {text} or a name from `secrets`, and {{ for a brace",
        ),
        (format!("{{{good},\"secrets\":{{\"key\":\"empty\"}}}}"), "the file of the secret \"key\" is empty"),
        (format!("{{{good},\"headers\":{{\"a b\":\"x\"}}}}"), "the header \"a b\" cannot be sent"),
        (
            format!("{{{good},\"headers\":{{\"a\":\"{{key}}\"}},\"secrets\":{{\"key\":\"two-lines\"}}}}"),
            "the header \"a\" cannot be sent",
        ),
        (
            format!("{{{good},\"success\":{{\"pointer\":\"/a\"}}}}"),
            "`success.pointer` must be a JSON pointer like /CodeResult, and go with `equals`",
        ),
        (
            format!("{{{good},\"success\":{{\"pointer\":\"a\",\"equals\":1}}}}"),
            "`success.pointer` must be a JSON pointer like /CodeResult, and go with `equals`",
        ),
    ] {
        let error = SmsTemplate::parse(&template, secret).unwrap_err();
        assert_eq!(error.to_string(), why, "{template}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let template = format!("{{{good},\"headers\":{{\"a\":\"{{key}}\"}},\"secrets\":{{\"key\":\"line-break\"}}}}");
    assert!(SmsTemplate::parse(&template, secret).is_ok(), "a line break at the end belongs to the file");
    let template = SmsTemplate::from_file(&data("esms.json")).unwrap();
    assert!(!format!("{template:?}").contains("not-a-real"), "{template:?}");
    assert!(SmsTemplate::from_file(&data("nothing.json")).unwrap_err().to_string().contains("nothing.json"));
    let http = || Arc::new(Wire { answer: Ok((200, "")), sent: Mutex::default() });
    for address in ["", "rest.esms.vn", "http://rest.esms.vn/", "https://user:pass@rest.esms.vn/", "ftp://127.0.0.1/"] {
        assert!(HttpSms::new(address, SmsTemplate::default(), http()).is_err(), "{address}");
    }
}
