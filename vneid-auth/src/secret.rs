//! Strings that must not be seen.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret string: prints as `[secret]`, compares in constant time, is wiped when dropped, and serialises only
/// where a field says so with [`at_rest`].
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret in.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

/// `#[serde(with = "secret::at_rest")]`: this field goes, in clear, into a record that is encrypted as a whole.
pub mod at_rest {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    /// Writes the secret in clear.
    pub fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    /// Reads it back.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

/// As [`at_rest`], for a secret that may be absent.
pub mod at_rest_opt {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    /// Writes the secret, if any, in clear.
    pub fn serialize<S: Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => to.serialize_some(secret.expose()),
            None => to.serialize_none(),
        }
    }

    /// Reads it back.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
        Option::<String>::deserialize(from).map(|secret| secret.map(Secret::new))
    }
}

/// As [`at_rest`], for several secrets.
pub mod at_rest_list {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    /// Writes the secrets in clear.
    pub fn serialize<S: Serializer>(secrets: &[Secret], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(secrets.iter().map(Secret::expose))
    }

    /// Reads them back.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret>, D::Error> {
        Vec::<String>::deserialize(from).map(|secrets| secrets.into_iter().map(Secret::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_masked_and_compares_by_value() {
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret, Secret::from("hunter2"));
        assert_ne!(secret, Secret::from("hunter"));
    }
}
