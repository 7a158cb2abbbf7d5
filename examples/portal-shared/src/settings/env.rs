//! Environment variables, read once.

use std::collections::HashMap;
use std::str::FromStr;

use vneid_auth::secret::Secret;

use super::{SettingsError, wrong};

/// The variables themselves.
pub type Variables = HashMap<String, String>;

/// The environment; an empty variable counts as unset.
pub struct Env(Variables);

impl Env {
    /// The process's environment.
    pub fn of_process() -> Self {
        // A variable that is no Unicode is none of ours.
        let text = |text: std::ffi::OsString| text.into_string().ok();
        Self(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// These variables and no others.
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    pub(super) fn text(&self, variable: &str) -> Option<String> {
        self.0.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub(super) fn parsed<T: FromStr>(&self, variable: &str, default: &str, problem: &str) -> Result<T, SettingsError> {
        let text = self.text(variable).unwrap_or_else(|| default.to_owned());
        text.parse().map_err(|_| wrong(variable, problem))
    }

    /// A secret: the variable itself, or the content of the file that `…_FILE` names.
    pub(super) fn secret(&self, variable: &str) -> Result<Option<Secret>, SettingsError> {
        if let Some(secret) = self.text(variable) {
            return Ok(Some(Secret::new(secret)));
        }
        let file = self.file(&format!("{variable}_FILE"))?;
        Ok(file.map(|content| Secret::new(content.trim())))
    }

    /// The content of the file that a variable names.
    pub(super) fn file(&self, variable: &str) -> Result<Option<String>, SettingsError> {
        let Some(path) = self.text(variable) else { return Ok(None) };
        let content = std::fs::read_to_string(path);
        content.map(Some).map_err(|error| wrong(variable, format!("the file cannot be read: {error}")))
    }
}
