//! How the population database is reached: the settings, and what can never work.

use std::time::Duration;

use http::HeaderValue;
use url::Url;

use super::kept::fits_marker;
use crate::http::is_secure_endpoint;
use crate::registry::Officer;
use crate::registry::inquiry::sendable;
use crate::secret::Secret;

/// How long a look-up may take in all, unless the settings say otherwise.
const PATIENCE: Duration = Duration::from_secs(7);

/// Which of the database's services is asked (domain.md §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// `XacThucThongTinCongDan`: yes or no. It compares the folded name alone, and learns and tells least.
    Verify,
    /// `TraCuuThongTinCongDan` (`037`): the record, whose accented name is then compared here. Everything else in it is
    /// dropped while it is read.
    Record,
}

impl Service {
    /// `MaTichHop`, unless the settings say otherwise.
    fn usual_code(self) -> &'static str {
        match self {
            Self::Verify => "003",
            Self::Record => "037",
        }
    }
}

/// The unit of the timestamp that goes into the hash and into the header `Timestamp`. Working clients differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimestampUnit {
    /// Milliseconds since the Unix epoch.
    #[default]
    Milliseconds,
    /// Seconds since the Unix epoch.
    Seconds,
}

/// How a whole birth date is written in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateForm {
    /// `yyyyMMdd`, as everywhere.
    #[default]
    Compact,
    /// `yyyy-MM-dd`, as one provincial gateway takes it.
    Dashed,
}

/// What stands between the portal and the database (domain.md §5.1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Gateway {
    /// The national data-exchange axis: SOAP 1.1, and a user whose secret is proved by a hash.
    Axis {
        /// The user's name.
        user: String,
        /// Their secret, which never travels.
        secret: Secret,
    },
    /// A provincial gateway that takes JSON around the SOAP request, with an access object, and gives the SOAP answer back.
    SoapInJson {
        /// Where the gateway's bearer token is fetched.
        token_url: String,
        /// The access object.
        access: AccessObject,
        /// The name of the officer's key.
        user: String,
        /// The officer's key.
        secret: Secret,
    },
    /// A provincial gateway that takes a flat JSON object and gives the answer as JSON.
    FlatJson {
        /// The gateway's bearer token.
        bearer: Secret,
        /// Its name for this portal's service (`userNameService`).
        user_name_service: String,
    },
    /// A provincial gateway that takes a flat JSON object and gives `error_code` and `message`, the SOAP answer as text.
    SoapAsText {
        /// The gateway's bearer token, where it wants one.
        bearer: Option<Secret>,
    },
}

/// The access object of [`Gateway::SoapInJson`].
#[derive(Clone, Debug)]
pub struct AccessObject {
    /// `AccessKey`
    pub access_key: Secret,
    /// `SecretKey`
    pub secret_key: Secret,
    /// `AppName`
    pub app_name: String,
    /// `PartnerCode`
    pub partner_code: String,
    /// `PartnerCodeCus`
    pub partner_code_cus: String,
}

/// The settings of a [`PopulationClient`](super::PopulationClient).
#[derive(Clone, Debug)]
pub struct PopulationConfig {
    pub(super) url: String,
    pub(super) gateway: Gateway,
    pub(super) service: Service,
    pub(super) officer: Officer,
    pub(super) procedure: String,
    pub(super) service_code: String,
    pub(super) hashed_url: Option<String>,
    pub(super) timestamp: TimestampUnit,
    pub(super) dates: DateForm,
    pub(super) x_road_client: Option<String>,
    pub(super) api_key: Option<Secret>,
    pub(super) deceased: Option<(String, String)>,
    pub(super) patience: Duration,
}

/// A setting that can never work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the population database's {setting}: {problem}")]
pub struct PopulationConfigError {
    setting: &'static str,
    problem: &'static str,
}

impl PopulationConfigError {
    /// Which setting: the name of the method, argument or field that sets it.
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

impl PopulationConfig {
    /// The service at this URL behind this gateway, which the officer or system account asks.
    pub fn new(url: impl Into<String>, gateway: Gateway, service: Service, officer: Officer) -> Self {
        Self {
            url: url.into(),
            gateway,
            service,
            officer,
            procedure: "VPCP".to_owned(),
            service_code: service.usual_code().to_owned(),
            hashed_url: None,
            timestamp: TimestampUnit::default(),
            dates: DateForm::default(),
            x_road_client: None,
            api_key: None,
            deceased: None,
            patience: PATIENCE,
        }
    }

    /// The procedure (`MaDVC`) of look-ups that belong to no dossier; `VPCP` unless it is set.
    #[must_use]
    pub fn procedure(mut self, code: impl Into<String>) -> Self {
        self.procedure = code.into();
        self
    }

    /// Another `MaTichHop` than the usual, `003` and `037`.
    #[must_use]
    pub fn service_code(mut self, code: impl Into<String>) -> Self {
        self.service_code = code.into();
        self
    }

    /// The address that goes into the hash, where it is another than the one that is called: a gateway may forward.
    #[must_use]
    pub fn hashed_url(mut self, url: impl Into<String>) -> Self {
        self.hashed_url = Some(url.into());
        self
    }

    /// The unit of the timestamp; milliseconds unless it is set.
    #[must_use]
    pub fn timestamp(mut self, unit: TimestampUnit) -> Self {
        self.timestamp = unit;
        self
    }

    /// How a whole birth date is written; `yyyyMMdd` unless it is set.
    #[must_use]
    pub fn dates(mut self, form: DateForm) -> Self {
        self.dates = form;
        self
    }

    /// The axis's header `X-Road-Client`.
    #[must_use]
    pub fn x_road_client(mut self, client: impl Into<String>) -> Self {
        self.x_road_client = Some(client.into());
        self
    }

    /// The axis's header `ApiKey`.
    #[must_use]
    pub fn api_key(mut self, key: Secret) -> Self {
        self.api_key = Some(key);
        self
    }

    /// How a record says that its owner has died: this element of `CongDan` with this value. No published answer shows one,
    /// so nothing counts as such unless it is set.
    #[must_use]
    pub fn deceased(mut self, element: impl Into<String>, value: impl Into<String>) -> Self {
        self.deceased = Some((element.into(), value.into()));
        self
    }

    /// How long a look-up may take in all, 7 s unless it is set; the HTTP client has limits of its own.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Refuses what can never work, by name.
    pub(super) fn check(&self) -> Result<(), PopulationConfigError> {
        let wrong = |setting, problem| Err(PopulationConfigError { setting, problem });
        const URL: &str = "must be an https URL, or http to this machine, without a user, a password or a fragment";
        const HEADER: &str = "must be printable ASCII, and not empty";
        if !is_endpoint(&self.url) {
            return wrong("url", URL);
        }
        if self.hashed_url.as_ref().is_some_and(|url| Url::parse(url).is_err()) {
            return wrong("hashed_url", "must be a URL");
        }
        if self.hashed_url.is_some() && !matches!(self.gateway, Gateway::Axis { .. }) {
            return wrong("hashed_url", "only the axis is proved anything by a hash");
        }
        match &self.gateway {
            Gateway::Axis { user, secret } | Gateway::SoapInJson { user, secret, .. } => {
                if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
                    return wrong("user", "must not be empty, and must hold no colon, which ends it in the header");
                }
                if secret.expose().is_empty() {
                    return wrong("secret", "must not be empty");
                }
            }
            Gateway::FlatJson { .. } | Gateway::SoapAsText { .. } => {}
        }
        match &self.gateway {
            Gateway::SoapInJson { token_url, .. } if !is_endpoint(token_url) => return wrong("token_url", URL),
            Gateway::SoapInJson { access, .. }
                if access.access_key.expose().is_empty() || access.secret_key.expose().is_empty() =>
            {
                return wrong("access", "must have an AccessKey and a SecretKey");
            }
            Gateway::FlatJson { user_name_service, .. } if user_name_service.is_empty() => {
                return wrong("user_name_service", "must not be empty");
            }
            Gateway::FlatJson { bearer, .. } | Gateway::SoapAsText { bearer: Some(bearer) }
                if !is_header(bearer.expose()) =>
            {
                return wrong("bearer", HEADER);
            }
            _ => {}
        }
        if self.x_road_client.as_deref().is_some_and(|client| !is_header(client)) {
            return wrong("x_road_client", HEADER);
        }
        if self.api_key.as_ref().is_some_and(|key| !is_header(key.expose())) {
            return wrong("api_key", HEADER);
        }
        if sendable(&self.procedure, "").is_err() {
            return wrong("procedure", "must have 1 to 100 printable characters");
        }
        if sendable(&self.service_code, "").is_err() {
            return wrong("service_code", "must have 1 to 100 printable characters");
        }
        if self.deceased.as_ref().is_some_and(|(element, value)| !fits_marker(element) || value.is_empty()) {
            return wrong(
                "deceased",
                "must be the name of an element that is not one of the answer's own, and a value",
            );
        }
        if self.deceased.is_some() && self.service == Service::Verify {
            return wrong("deceased", "only a record can say it: a yes or no is about everybody");
        }
        if self.patience.is_zero() {
            return wrong("patience", "must be longer than nothing");
        }
        Ok(())
    }
}

fn is_endpoint(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_secure_endpoint(&url) && url.fragment().is_none())
}

fn is_header(value: &str) -> bool {
    !value.is_empty() && value.is_ascii() && HeaderValue::from_str(value).is_ok()
}
