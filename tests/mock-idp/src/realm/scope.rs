//! Scopes, and the claims that come with them.

/// The scopes that mean something here.
pub(crate) const SUPPORTED: [&str; 5] = ["openid", "profile", "phone", "citizen_id", "offline_access"];

/// Granted scopes, in the order in which they were asked for, each once.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope(Vec<&'static str>);

impl Scope {
    /// The scopes asked for that are known here; the others are ignored (OpenID Connect Core §3.1.2.1).
    pub(crate) fn read(text: &str) -> Self {
        let mut scopes = Vec::new();
        for asked in text.split(' ') {
            let known = SUPPORTED.iter().find(|known| **known == asked);
            if let Some(known) = known.filter(|known| !scopes.contains(*known)) {
                scopes.push(*known);
            }
        }
        Self(scopes)
    }

    /// Whether it has this one.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.contains(&scope)
    }

    /// Whether it has every word of this text, known here or not.
    pub(crate) fn covers(&self, text: &str) -> bool {
        text.split(' ').filter(|word| !word.is_empty()).all(|word| self.has(word))
    }

    /// One by one.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.0.clone()
    }

    /// As on the wire.
    pub(crate) fn to_text(&self) -> String {
        self.0.join(" ")
    }
}
