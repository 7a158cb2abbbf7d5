//! Parameters of authorization requests that realms read alike.

/// An error code and a sentence for the developer.
pub(crate) type Wrong = (&'static str, &'static str);

/// What the relying party wants the citizen to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Whatever is needed.
    Any,
    /// Nothing.
    None,
    /// Password and code, session or not.
    Login,
    /// Which account.
    SelectAccount,
}

impl Prompt {
    /// Reads the parameter (OpenID Connect Core §3.1.2.1).
    pub(crate) fn read(text: Option<&str>) -> Result<Self, Wrong> {
        let words: Vec<&str> = text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
        let known = |word: &&str| matches!(*word, "none" | "login" | "select_account");
        match words.as_slice() {
            [] => Ok(Self::Any),
            ["none"] => Ok(Self::None),
            words if words.contains(&"none") => Err(("invalid_request", "prompt=none stands alone")),
            words if !words.iter().all(known) => Err(("invalid_request", "prompt has an unsupported value")),
            // Typing user name and password is choosing an account.
            words if words.contains(&"login") => Ok(Self::Login),
            _ => Ok(Self::SelectAccount),
        }
    }
}

/// PKCE with S256, always: 43 characters of base64url (RFC 7636 §4.2).
pub(crate) fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<String, Wrong> {
    let challenge = challenge.ok_or(("invalid_request", "PKCE is required: code_challenge is missing"))?;
    if method != Some("S256") {
        return Err(("invalid_request", "code_challenge_method must be S256"));
    }
    let fits =
        challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    fits.then(|| challenge.to_owned()).ok_or(("invalid_request", "code_challenge is malformed"))
}
