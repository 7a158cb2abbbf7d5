//! The population database: `POPULATION_…` (contract.md §2).

use std::sync::Arc;

use vneid_auth::http::{HttpClient, ReqwestClient};
use vneid_auth::random::SystemRandomness;
use vneid_auth::registry::population::{
    Gateway, PopulationClient, PopulationConfig, PopulationConfigError, Service, TimestampUnit,
};
use vneid_auth::registry::{Officer, PopulationRegistry};
use vneid_auth::secret::Secret;
use vneid_auth::time::SystemClock;

use super::providers::client_trusting;
use super::{Env, SettingsError, wrong};

/// What the variables say; with no URL it is for the built-in mock's service.
pub(crate) struct PopulationSettings {
    url: Option<String>,
    user: Option<String>,
    secret: Option<Secret>,
    service: Service,
    officer: Option<String>,
    unit: Option<String>,
    procedure: Option<String>,
    timestamp: TimestampUnit,
    x_road_client: Option<String>,
    api_key: Option<Secret>,
    http: Arc<dyn HttpClient>,
}

impl PopulationSettings {
    pub(super) fn read(env: &Env) -> Result<Self, SettingsError> {
        let text = |name: &str| env.text(&format!("POPULATION_{name}"));
        let service = match text("SERVICE").as_deref() {
            None | Some("verify") => Service::Verify,
            Some("037") => Service::Record,
            Some(_) => return Err(wrong("POPULATION_SERVICE", "must be verify or 037")),
        };
        let timestamp = match text("TIMESTAMP").as_deref() {
            None | Some("ms") => TimestampUnit::Milliseconds,
            Some("s") => TimestampUnit::Seconds,
            Some(_) => return Err(wrong("POPULATION_TIMESTAMP", "must be ms or s")),
        };
        const CA_FILE: &str = "POPULATION_CA_FILE";
        let http = match env.file(CA_FILE)? {
            Some(pem) => client_trusting(&pem).map_err(|problem| wrong(CA_FILE, problem))?,
            None => {
                let client = ReqwestClient::builder().build();
                Arc::new(client.map_err(|error| wrong(CA_FILE, error.to_string()))?)
            }
        };
        let settings = Self {
            url: text("URL"),
            user: text("USER"),
            secret: env.secret("POPULATION_SECRET")?,
            service,
            officer: text("OFFICER"),
            unit: text("UNIT"),
            procedure: text("PROCEDURE"),
            timestamp,
            x_road_client: text("XROAD_CLIENT"),
            api_key: env.secret("POPULATION_API_KEY")?,
            http,
        };
        settings.check()?;
        Ok(settings)
    }

    /// What is missing, and whatever can never work, by the variable's name.
    fn check(&self) -> Result<(), SettingsError> {
        match &self.url {
            Some(_) => {
                for (variable, missing) in [
                    ("POPULATION_USER", self.user.is_none()),
                    ("POPULATION_SECRET", self.secret.is_none()),
                    ("POPULATION_OFFICER", self.officer.is_none()),
                ] {
                    if missing {
                        return Err(wrong(
                            variable,
                            "is not set, and the population database is asked by nobody unknown",
                        ));
                    }
                }
                self.registry().map(drop)
            }
            None if self.user.is_some() || self.secret.is_some() => {
                Err(wrong("POPULATION_URL", "is not set, and the built-in mock's service has a user of its own"))
            }
            // With the mock's address, which is not known yet, nothing but the rest can be wrong.
            None => self.of_mock("http://127.0.0.1").map(drop),
        }
    }

    /// The population database that is set, if one is.
    pub(crate) fn registry(&self) -> Result<Option<Arc<dyn PopulationRegistry>>, SettingsError> {
        let Some(url) = &self.url else { return Ok(None) };
        let user = self.user.clone().unwrap_or_default();
        let secret = self.secret.clone().unwrap_or_else(|| Secret::from(""));
        self.client(url, user, secret, |config| config).map(Some)
    }

    /// The built-in mock's service, whose base URL this is.
    pub(crate) fn of_mock(&self, base: &str) -> Result<Arc<dyn PopulationRegistry>, SettingsError> {
        let (user, secret) = ("portal-demo".to_owned(), Secret::from("portal-demo-secret"));
        let with_its_marker = |config: PopulationConfig| match self.service {
            Service::Record => config.deceased("TrangThai", "DA_MAT"),
            _ => config,
        };
        self.client(&format!("{base}/population/axis"), user, secret, with_its_marker)
    }

    fn client(
        &self,
        url: &str,
        user: String,
        secret: Secret,
        more: impl FnOnce(PopulationConfig) -> PopulationConfig,
    ) -> Result<Arc<dyn PopulationRegistry>, SettingsError> {
        let officer = Officer::new(self.officer.as_deref().unwrap_or("cong-dvc"));
        let mut officer = officer.map_err(|error| wrong("POPULATION_OFFICER", error.to_string()))?;
        if let Some(unit) = &self.unit {
            officer = officer.unit(unit).map_err(|error| wrong("POPULATION_UNIT", error.to_string()))?;
        }
        let mut config = PopulationConfig::new(url, Gateway::Axis { user, secret }, self.service, officer);
        config = config.timestamp(self.timestamp);
        if let Some(procedure) = &self.procedure {
            config = config.procedure(procedure);
        }
        if let Some(client) = &self.x_road_client {
            config = config.x_road_client(client);
        }
        if let Some(key) = &self.api_key {
            config = config.api_key(key.clone());
        }
        let client =
            PopulationClient::new(more(config), self.http.clone(), Arc::new(SystemClock), Arc::new(SystemRandomness));
        Ok(Arc::new(client.map_err(|error| wrong(variable(&error), error.to_string()))?))
    }
}

/// The variable of a setting that the library refuses.
fn variable(error: &PopulationConfigError) -> &'static str {
    match error.setting() {
        "user" => "POPULATION_USER",
        "secret" => "POPULATION_SECRET",
        "x_road_client" => "POPULATION_XROAD_CLIENT",
        "api_key" => "POPULATION_API_KEY",
        "procedure" => "POPULATION_PROCEDURE",
        _ => "POPULATION_URL",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const REAL: [(&str, &str); 4] = [
        ("POPULATION_URL", "https://lgsp.example/dancu"),
        ("POPULATION_USER", "so-tttt"),
        ("POPULATION_SECRET", "hunter2"),
        ("POPULATION_OFFICER", "001890000042"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<PopulationSettings, SettingsError> {
        PopulationSettings::read(&Env::of(variables))
    }

    #[test]
    fn nothing_set_is_the_mock_s_service() {
        let settings = read(&[]).unwrap();
        assert!(settings.registry().unwrap().is_none() && settings.service == Service::Verify);
        assert!(settings.of_mock("http://127.0.0.1:9000").is_ok());
        let record = read(&[("POPULATION_SERVICE", "037"), ("POPULATION_PROCEDURE", "X-1")]).unwrap();
        assert!(record.of_mock("http://127.0.0.1:9000").is_ok());
        let all = [
            &REAL[..],
            &[
                ("POPULATION_SERVICE", "037"),
                ("POPULATION_UNIT", "DV-01"),
                ("POPULATION_PROCEDURE", "1.004194"),
                ("POPULATION_TIMESTAMP", "s"),
                ("POPULATION_XROAD_CLIENT", "VN/GOV/portal"),
                ("POPULATION_API_KEY", "hunter3"),
            ],
        ];
        assert!(read(&all.concat()).unwrap().registry().unwrap().is_some());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (variable, value) in [
            ("POPULATION_URL", "http://lgsp.example/dancu"),
            ("POPULATION_URL", "lgsp.example"),
            ("POPULATION_USER", "a:b"),
            ("POPULATION_USER", " "),
            ("POPULATION_SECRET", ""),
            ("POPULATION_SECRET_FILE", "/no/such/file"),
            ("POPULATION_OFFICER", ""),
            ("POPULATION_SERVICE", "038"),
            ("POPULATION_TIMESTAMP", "us"),
            ("POPULATION_XROAD_CLIENT", "cổng"),
            ("POPULATION_API_KEY", "khóa"),
            ("POPULATION_PROCEDURE", "a\u{1}b"),
            ("POPULATION_UNIT", "a\u{1}b"),
            ("POPULATION_CA_FILE", "/no/such/file"),
        ] {
            let by_file = variable.ends_with("SECRET_FILE");
            let kept = REAL.iter().filter(|(name, _)| *name != variable && !(by_file && *name == "POPULATION_SECRET"));
            let variables: Vec<_> = kept.copied().chain([(variable, value)]).collect();
            let message = read(&variables).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.starts_with(variable) && !message.contains("hunter"), "{variable}: {message}");
        }
        assert!(read(&REAL[1..3]).err().unwrap().to_string().starts_with("POPULATION_URL"));
    }
}
