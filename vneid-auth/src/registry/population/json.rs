//! Reads JSON within bounds and keeps only what is wanted: a member is a part, a list is the part several times.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::kept::{Kept, Wanted};
use crate::registry::Nonsense;

/// Reads an object.
pub(super) fn read(json: &[u8], root: &Wanted) -> Result<Kept, Nonsense> {
    // The reader would not look at what it reads over.
    let text = std::str::from_utf8(json).map_err(|_| Nonsense::NotUtf8)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut found = Vec::new();
    let seed = Seed { wanted: root, into: &mut found };
    seed.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|_| Nonsense::NotJson)?;
    match found.pop() {
        Some(found) if text.trim_ascii_start().starts_with('{') => Ok(found),
        _ => Err(Nonsense::NotJson),
    }
}

/// Reads one value of a wanted part.
struct Seed<'a> {
    wanted: &'a Wanted,
    into: &'a mut Vec<Kept>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Seed<'_> {
    fn scalar<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let mut kept = Kept::new(self.wanted);
        // The message is dropped: it may not say what was in the answer.
        kept.push(text, self.wanted).map_err(|_| E::custom("too long"))?;
        self.into.push(kept);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        if self.wanted.parts.is_empty() {
            return Err(serde::de::Error::custom("an object in the place of a text"));
        }
        let mut kept = Kept::new(self.wanted);
        while let Some(name) = members.next_key::<String>()? {
            match self.wanted.part(&name) {
                Some(wanted) => members.next_value_seed(Seed { wanted, into: &mut kept.parts })?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        self.into.push(kept);
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        while items.next_element_seed(Seed { wanted: self.wanted, into: self.into })?.is_some() {}
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.scalar(text)
    }

    fn visit_bool<E: serde::de::Error>(self, yes: bool) -> Result<(), E> {
        self.scalar(if yes { "true" } else { "false" })
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.scalar(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.scalar(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.scalar(&number.to_string())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar("")
    }
}
