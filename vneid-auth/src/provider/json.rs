//! Reads JSON that others wrote, strictly: one object, no member twice, no deep nesting (RFC 8725 §2.4, RFC 8259 §4).
//!
//! Two readers that disagree on which of two `sub` members counts are how one person becomes another, so an object that
//! names a member twice is no object at all here.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The members of a JSON object.
pub(crate) type Members = Map<String, Value>;

/// Objects and arrays may lie this deep; what providers send lies three deep at most.
const DEEPEST: usize = 16;

/// `serde_json` hands a number over as a map with this one member when any crate of the build switches on its feature
/// `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// Why a text was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonReason {
    /// It is no JSON, or no UTF-8, or something follows it.
    #[error("it is not JSON")]
    NotJson,
    /// It is JSON, but no object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// A member stands there twice.
    #[error("a JSON member stands there twice")]
    Duplicate,
    /// It is nested too deep.
    #[error("the JSON is nested too deep")]
    TooDeep,
}

/// Reads one object.
pub(crate) fn object(text: &[u8]) -> Result<Members, JsonReason> {
    let why = Cell::new(JsonReason::NotJson);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0, why: &why }.deserialize(&mut reader).map_err(|_| why.get())?;
    reader.end().map_err(|_| JsonReason::NotJson)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonReason::NotAnObject),
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// What stopped the reading; `serde_json`'s own error would only tell in prose.
    why: &'a Cell<JsonReason>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEEPEST {
            return self.stop(JsonReason::TooDeep);
        }
        Ok(Self { depth: self.depth + 1, why: self.why })
    }

    fn stop<T, E: serde::de::Error>(self, why: JsonReason) -> Result<T, E> {
        self.why.set(why);
        Err(E::custom(why))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Members::new();
        while let Some(name) = from.next_key::<String>()? {
            if name == NUMBER {
                let digits: String = from.next_value()?;
                return digits.parse().map(Value::Number).map_err(|_| A::Error::custom("not a number"));
            }
            if members.contains_key(&name) {
                return self.stop(JsonReason::Duplicate);
            }
            members.insert(name, from.next_value_seed(inner)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x",{"b":"\u00e1"}],"c":{}}"#;
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), text.parse::<Value>().unwrap());
    }

    #[test]
    fn c90_refuses_duplicates_depth_and_what_is_no_json() {
        let deep = |n: usize| format!("{}1{}", r#"{"a":"#.repeat(n), "}".repeat(n));
        assert!(object(deep(16).as_bytes()).is_ok());
        let cases: [(&[u8], JsonReason); 11] = [
            (br#"{"sub":"a","sub":"b"}"#, JsonReason::Duplicate),
            (br#"{"sub":"a","s\u0075b":"b"}"#, JsonReason::Duplicate),
            (br#"{"x":{"a":1,"a":1}}"#, JsonReason::Duplicate),
            (deep(17).leak().as_bytes(), JsonReason::TooDeep),
            (deep(200).leak().as_bytes(), JsonReason::TooDeep),
            (b"[]", JsonReason::NotAnObject),
            (br#"{"a":NaN}"#, JsonReason::NotJson),
            (br#"{"a":1e309}"#, JsonReason::NotJson),
            (b"{\"a\":\"\xff\"}", JsonReason::NotJson),
            (b"{} {}", JsonReason::NotJson),
            (b"<html>", JsonReason::NotJson),
        ];
        for (text, why) in cases {
            assert_eq!(object(text), Err(why), "{}", String::from_utf8_lossy(text));
        }
    }
}
