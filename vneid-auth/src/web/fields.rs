//! The fields of a request's body: JSON, or a form with the same fields.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde_json::Value;
use url::form_urlencoded;

use crate::error::{Code, Error, Result};
use crate::provider::json;

/// The fields of a body that [`check_body`](super::request::check_body) let through.
pub(super) enum Fields {
    Json(serde_json::Map<String, Value>),
    Form(Vec<(String, String)>),
}

impl Fields {
    /// No body is no fields.
    ///
    /// # Errors
    /// `malformed_request` when JSON is no object, or names a member twice.
    pub(super) fn read(parts: &Parts, body: &Bytes) -> Result<Self> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if media_type.trim_start().to_ascii_lowercase().starts_with("application/json") {
            let members = json::object(body);
            return members.map(Self::Json).map_err(|reason| Error::new(Code::MalformedRequest, reason.to_string()));
        }
        Ok(Self::Form(form_urlencoded::parse(body).into_owned().collect()))
    }

    /// A field's text; a number counts as its digits, a truth as `true` or `false`. What is absent, `null` or empty is nothing.
    ///
    /// # Errors
    /// `malformed_request` when it is there twice or is no text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        let odd = || Error::new(Code::MalformedRequest, "a field is there twice, or is no text");
        let text = match self {
            Self::Json(members) => match members.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::Bool(yes)) => Some(yes.to_string()),
                Some(_) => return Err(odd()),
            },
            Self::Form(pairs) => {
                let mut found = pairs.iter().filter(|(other, _)| other == name);
                let first = found.next();
                if found.next().is_some() {
                    return Err(odd());
                }
                first.map(|(_, text)| text.clone())
            }
        };
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// As [`text`](Self::text), of a field that must be there.
    ///
    /// # Errors
    /// `field_invalid` when it is nothing; `malformed_request` as above.
    pub(super) fn needed(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| Error::new(Code::FieldInvalid, format!("{name} is absent or empty")))
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::Form(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(media_type: &str, body: &'static str) -> Result<Fields> {
        let request = http::Request::builder().header(CONTENT_TYPE, media_type).body(()).unwrap();
        Fields::read(&request.into_parts().0, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn json_and_forms_say_the_same() {
        for (media_type, body) in [
            ("application/json; charset=utf-8", r#"{"provider":"kiosk","level":2,"empty":"","none":null}"#),
            ("application/x-www-form-urlencoded", "provider=kiosk&level=2&empty="),
        ] {
            let fields = read(media_type, body).unwrap();
            assert_eq!(fields.text("provider").unwrap().as_deref(), Some("kiosk"));
            assert_eq!(fields.text("level").unwrap().as_deref(), Some("2"));
            assert_eq!((fields.text("empty").unwrap(), fields.text("none").unwrap()), (None, None));
        }
        assert_eq!(read("text/plain", "").unwrap().text("provider").unwrap(), None);
    }

    #[test]
    fn what_is_there_twice_or_no_text_is_malformed() {
        assert!(read("application/json", "[]").is_err());
        assert!(read("application/json", r#"{"a":"b","a":"b"}"#).is_err());
        assert!(read("application/json", r#"{"a":["b"]}"#).unwrap().text("a").is_err());
        assert!(read("application/x-www-form-urlencoded", "a=b&a=b").unwrap().text("a").is_err());
    }
}
