//! How a gateway wants to be spoken to, as a JSON document.
//!
//! ```json
//! {
//!   "json": {
//!     "ApiKey": "{api_key}", "SecretKey": "{secret_key}", "Brandname": "CongDVC", "SmsType": "2",
//!     "Phone": "{phone}", "Content": "{text}", "IsUnicode": "0"
//!   },
//!   "phone": "0",
//!   "secrets": { "api_key": "/run/secrets/esms-api-key", "secret_key": "/run/secrets/esms-secret-key" },
//!   "success": { "status": [200], "pointer": "/CodeResult", "equals": "100" }
//! }
//! ```
//!
//! | member | what it is |
//! | --- | --- |
//! | `json` or `form` | the body: any JSON value, whose members are sent in alphabetical order, or the fields of a form |
//! | `headers` | further headers; `content-type` follows from the body |
//! | `phone` | how the number is written: `0` (0900000289, the default), `84` (84900000289), `+84` (+84900000289) |
//! | `secrets` | names, each with the file that holds its value; a line break at the file's end is not part of it |
//! | `success` | when the message counts as taken: `status`, a list (every 2xx when it is absent), and, when they are given, a `pointer` into the JSON answer (RFC 6901) and what it `equals` there (`"0"` equals `0`) |
//!
//! In every text of body and headers `{phone}`, `{text}` and `{name of a secret}` are replaced; `{{` and `}}` are braces.
//! What a template does not know it does not take: a misspelt member is an error, not a message that never arrives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use url::form_urlencoded;

use crate::identity::PhoneNumber;
use crate::secret::Secret;

/// How a gateway writes a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum PhoneFormat {
    /// `0900000289`
    #[default]
    #[serde(rename = "0")]
    Domestic,
    /// `84900000289`
    #[serde(rename = "84")]
    CountryCode,
    /// `+84900000289` (E.164)
    #[serde(rename = "+84")]
    International,
}

impl PhoneFormat {
    fn write(self, phone: &PhoneNumber) -> Secret {
        let domestic = phone.expose();
        let national = domestic.strip_prefix('0').unwrap_or(domestic);
        Secret::new(match self {
            Self::Domestic => domestic.to_owned(),
            Self::CountryCode => format!("84{national}"),
            Self::International => format!("+84{national}"),
        })
    }
}

/// A template, read and checked, its secrets in memory.
#[derive(Clone)]
pub struct SmsTemplate {
    headers: Vec<(HeaderName, Text)>,
    body: Body,
    phone: PhoneFormat,
    success: Success,
}

/// Why a template cannot be used. Each says what to change, and shows no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmsTemplateError {
    /// The file cannot be read.
    #[error("the file {0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    /// The document is no JSON, or a member of it is unknown, missing or of another kind.
    #[error("it is no template")]
    Malformed(#[source] serde_json::Error),
    /// It has both `json` and `form`, or neither.
    #[error("it must have either `json` or `form`")]
    Body,
    /// A header cannot be sent.
    #[error("the header {0:?} cannot be sent")]
    Header(String),
    /// A placeholder names nothing.
    #[error("{0:?} names nothing: write {{phone}}, {{text}} or a name from `secrets`, and {{{{ for a brace")]
    Placeholder(String),
    /// The body does not say to whom or what.
    #[error("the body must hold {{phone}} and {{text}}")]
    Incomplete,
    /// The file of a secret is empty.
    #[error("the file of the secret {0:?} is empty")]
    EmptySecret(String),
    /// The pointer is none.
    #[error("`success.pointer` must be a JSON pointer like /CodeResult, and go with `equals`")]
    Pointer,
    /// The address is unfit.
    #[error("the gateway's address must be https, or http on this machine, without user and password")]
    Address,
}

impl Default for SmsTemplate {
    /// `{"phone": "0900000289", "text": "…"}` as JSON; every 2xx is success. What the mock provider's inbox takes.
    fn default() -> Self {
        let node = |hole| Node::Text(Text(vec![Piece::Hole(hole)]));
        let body = BTreeMap::from([("phone".to_owned(), node(Hole::Phone)), ("text".to_owned(), node(Hole::Text))]);
        Self {
            headers: vec![],
            body: Body::Json(Node::Object(body)),
            phone: PhoneFormat::Domestic,
            success: Success::default(),
        }
    }
}

impl SmsTemplate {
    /// Reads a template from a file, and the files of its secrets; their paths are taken from where the template lies.
    ///
    /// # Errors
    /// What to change.
    pub fn from_file(path: &Path) -> Result<Self, SmsTemplateError> {
        let read =
            |path: &Path| std::fs::read_to_string(path).map_err(|error| SmsTemplateError::File(path.to_owned(), error));
        let beside = path.parent().unwrap_or(Path::new(""));
        Self::parse(&read(path)?, |secret| read(&beside.join(secret)).map(Secret::new))
    }

    /// Reads a template; `secret` gives the content of the files that it names.
    ///
    /// # Errors
    /// What to change.
    pub fn parse(
        template: &str,
        secret: impl Fn(&Path) -> Result<Secret, SmsTemplateError>,
    ) -> Result<Self, SmsTemplateError> {
        let document: Document = serde_json::from_str(template).map_err(SmsTemplateError::Malformed)?;
        let mut secrets = BTreeMap::new();
        for (name, path) in &document.secrets {
            let content = secret(path)?;
            let value = content.expose().trim_end_matches(['\r', '\n']);
            if value.is_empty() {
                return Err(SmsTemplateError::EmptySecret(name.clone()));
            }
            secrets.insert(name.as_str(), Secret::from(value));
        }
        let text = |text: &str| Text::parse(text, &secrets);
        let body = match (&document.json, &document.form) {
            (Some(json), None) => Body::Json(Node::parse(json, &text)?),
            (None, Some(form)) => {
                Body::Form(form.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect::<Result<_, _>>()?)
            }
            _ => return Err(SmsTemplateError::Body),
        };
        if !(body.has(&Hole::Phone) && body.has(&Hole::Text)) {
            return Err(SmsTemplateError::Incomplete);
        }
        let mut headers = Vec::new();
        for (name, value) in &document.headers {
            let unfit = || SmsTemplateError::Header(name.clone());
            let value = text(value)?;
            // Tried once with what every message has, so that a secret that fits no header is found at start.
            let tried = value.fill(&Secret::from("0"), &Secret::from("a"));
            HeaderValue::from_str(tried.expose()).map_err(|_| unfit())?;
            headers.push((name.parse().map_err(|_| unfit())?, value));
        }
        document.success.check()?;
        Ok(Self { headers, body, phone: document.phone, success: document.success })
    }

    /// The request's headers and body for this message.
    pub(super) fn write(&self, to: &PhoneNumber, text: &Secret) -> (HeaderMap, Vec<u8>) {
        let phone = self.phone.write(to);
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(self.body.media_type()));
        for (name, value) in &self.headers {
            // A text that fits no header, when somebody puts it into one, is left out; the gateway then refuses.
            if let Ok(mut value) = HeaderValue::from_str(value.fill(&phone, text).expose()) {
                value.set_sensitive(true);
                headers.insert(name.clone(), value);
            }
        }
        (headers, self.body.fill(&phone, text))
    }

    pub(super) fn success(&self) -> &Success {
        &self.success
    }
}

impl std::fmt::Debug for SmsTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsTemplate")
            .field("phone", &self.phone)
            .field("success", &self.success)
            .finish_non_exhaustive()
    }
}

/// The document, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    json: Option<Value>,
    form: Option<BTreeMap<String, String>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    phone: PhoneFormat,
    #[serde(default)]
    secrets: BTreeMap<String, PathBuf>,
    #[serde(default)]
    success: Success,
}

/// When a message counts as taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Success {
    #[serde(default)]
    status: Vec<u16>,
    pointer: Option<String>,
    equals: Option<Value>,
}

impl Success {
    fn check(&self) -> Result<(), SmsTemplateError> {
        let fits = match (&self.pointer, &self.equals) {
            (None, None) => true,
            (Some(pointer), Some(value)) => pointer.starts_with('/') && scalar(value).is_some(),
            _ => false,
        };
        if fits { Ok(()) } else { Err(SmsTemplateError::Pointer) }
    }

    pub(super) fn has_status(&self, status: http::StatusCode) -> bool {
        if self.status.is_empty() { status.is_success() } else { self.status.contains(&status.as_u16()) }
    }

    /// What the answer says where the pointer points, when it is not what it should be.
    pub(super) fn objection(&self, answer: &[u8]) -> Option<String> {
        let (pointer, wanted) = self.pointer.as_ref().zip(self.equals.as_ref().and_then(scalar))?;
        let answer: Option<Value> = serde_json::from_slice(answer).ok();
        match answer.as_ref().and_then(|answer| answer.pointer(pointer)).and_then(scalar) {
            Some(said) if said == wanted => None,
            // A code of the gateway's, short and plain, is what its operator looks up; anything longer may be the message.
            Some(said) if said.len() <= 6 && said.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                Some(format!("{pointer} is {said}"))
            }
            _ => Some(format!("{pointer} is not what success looks like")),
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

#[derive(Clone)]
enum Body {
    Json(Node),
    Form(Vec<(String, Text)>),
}

impl Body {
    fn media_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Form(_) => "application/x-www-form-urlencoded",
        }
    }

    fn has(&self, hole: &Hole) -> bool {
        match self {
            Self::Json(node) => node.has(hole),
            Self::Form(fields) => fields.iter().any(|(_, text)| text.has(hole)),
        }
    }

    fn fill(&self, phone: &Secret, text: &Secret) -> Vec<u8> {
        match self {
            // Texts, numbers and string keys always serialise.
            Self::Json(node) => serde_json::to_vec(&Filled { node, phone, text }).unwrap_or_default(),
            Self::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    form.append_pair(name, value.fill(phone, text).expose());
                }
                form.finish().into_bytes()
            }
        }
    }
}

/// A JSON value with holes in its texts. Members lie in alphabetical order whatever `serde_json` is built with, so that
/// the same template gives the same bytes everywhere.
#[derive(Clone)]
enum Node {
    Text(Text),
    Plain(Value),
    List(Vec<Node>),
    Object(BTreeMap<String, Node>),
}

impl Node {
    fn parse(value: &Value, text: &impl Fn(&str) -> Result<Text, SmsTemplateError>) -> Result<Self, SmsTemplateError> {
        Ok(match value {
            Value::String(string) => Self::Text(text(string)?),
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::parse(item, text)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| Ok((name.clone(), Self::parse(value, text)?)));
                Self::Object(members.collect::<Result<_, SmsTemplateError>>()?)
            }
            plain => Self::Plain(plain.clone()),
        })
    }

    fn has(&self, hole: &Hole) -> bool {
        match self {
            Self::Text(text) => text.has(hole),
            Self::Plain(_) => false,
            Self::List(items) => items.iter().any(|item| item.has(hole)),
            Self::Object(members) => members.values().any(|member| member.has(hole)),
        }
    }
}

struct Filled<'a> {
    node: &'a Node,
    phone: &'a Secret,
    text: &'a Secret,
}

impl Serialize for Filled<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let with = |node| Filled { node, phone: self.phone, text: self.text };
        match self.node {
            Node::Text(text) => to.serialize_str(text.fill(self.phone, self.text).expose()),
            Node::Plain(value) => value.serialize(to),
            Node::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&with(item)))?;
                list.end()
            }
            Node::Object(members) => {
                let mut object = to.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, member)| object.serialize_entry(name, &with(member)))?;
                object.end()
            }
        }
    }
}

/// A text with holes.
#[derive(Clone)]
struct Text(Vec<Piece>);

#[derive(Clone)]
enum Piece {
    Literal(String),
    Hole(Hole),
}

#[derive(Clone, PartialEq, Eq)]
enum Hole {
    Phone,
    Text,
    Secret(Secret),
}

impl Text {
    fn parse(text: &str, secrets: &BTreeMap<&str, Secret>) -> Result<Self, SmsTemplateError> {
        // Only the name is told: the text around it may hold a secret that somebody wrote there after all.
        let unfit = |name: &str| SmsTemplateError::Placeholder(name.to_owned());
        let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else {
                let (name, after) =
                    from.strip_prefix('{').and_then(|from| from.split_once('}')).ok_or_else(|| unfit("{"))?;
                let hole = match name {
                    "phone" => Hole::Phone,
                    "text" => Hole::Text,
                    name => Hole::Secret(secrets.get(name).cloned().ok_or_else(|| unfit(name))?),
                };
                pieces.extend([Piece::Literal(std::mem::take(&mut literal)), Piece::Hole(hole)]);
                rest = after;
            }
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(literal));
        Ok(Self(pieces))
    }

    fn has(&self, hole: &Hole) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Hole(here) if here == hole))
    }

    fn fill(&self, phone: &Secret, text: &Secret) -> Secret {
        let parts = self.0.iter().map(|piece| match piece {
            Piece::Literal(literal) => literal.as_str(),
            Piece::Hole(Hole::Phone) => phone.expose(),
            Piece::Hole(Hole::Text) => text.expose(),
            Piece::Hole(Hole::Secret(secret)) => secret.expose(),
        });
        Secret::new(parts.collect::<String>())
    }
}
