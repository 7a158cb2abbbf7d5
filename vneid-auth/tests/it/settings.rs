//! Settings of a dialect that can never work, and what its profile demands: told at start, by name.

use std::sync::Arc;

use vneid_auth::provider::{
    Claim, ConfigProblem, Envelope, EnvelopeKey, Environment, Fresh, Provider, ProviderConfig, SubjectSource,
};
use vneid_auth::random::SystemRandomness;

use crate::seal::KEY;
use crate::world::{FakeHttp, StandingClock};

fn dvcqg() -> ProviderConfig {
    let config = ProviderConfig::dvcqg("dvcqg", Environment::Test, "portal").client_secret("portal-secret".into());
    config.logout_url("https://dvcqg.example/oidc/logout")
}

fn vneid() -> ProviderConfig {
    let config =
        ProviderConfig::vneid("vneid", Environment::Production, "portal").client_secret("portal-secret".into());
    config.token_url("https://vneid.example/token").userinfo_url("https://vneid.example/userinfo")
}

fn sealed() -> ProviderConfig {
    let envelope = Envelope::new(EnvelopeKey::from_pem(&KEY.into()).unwrap());
    let config = ProviderConfig::vneid_sealed("vneid", Environment::Production, "portal", envelope);
    let config = config.client_secret("portal-secret".into()).token_url("https://vneid.example/token");
    config.userinfo_url("https://vneid.example/userinfo").logout_url("https://vneid.example/logout")
}

fn refused(config: ProviderConfig) -> Option<(&'static str, ConfigProblem)> {
    let clock = Arc::new(StandingClock);
    let provider = Provider::new(config, Arc::new(FakeHttp::default()), clock, Arc::new(SystemRandomness));
    provider.err().map(|error| (error.setting(), error.problem()))
}

#[test]
fn what_every_dialect_needs_is_enough() {
    for config in [dvcqg(), vneid(), sealed()] {
        assert_eq!(refused(config), None);
    }
    let checked =
        vneid().checked_id_token("http://sso.internal:8080/auth/realms/citizen", "https://vneid.example/jwks");
    assert_eq!(refused(checked), None);
    assert_eq!(refused(dvcqg().logout_hosts(["a.example", "127.0.0.1:9000", "[::1]:9000"])), None);
}

#[test]
fn what_nobody_has_observed_is_demanded() {
    let missing = ConfigProblem::Missing;
    let plain = |environment| ProviderConfig::vneid("vneid", environment, "portal").client_secret("s".into());
    assert_eq!(refused(plain(Environment::Test)), Some(("authorize_url", missing)));
    assert_eq!(refused(plain(Environment::Production)), Some(("token_url", missing)));
    let token = plain(Environment::Production).token_url("https://vneid.example/token");
    assert_eq!(refused(token), Some(("userinfo_url", missing)));
    let dvcqg = ProviderConfig::dvcqg("dvcqg", Environment::Production, "portal").client_secret("s".into());
    assert_eq!(refused(dvcqg.clone()), Some(("logout_url", missing)));
    assert_eq!(refused(dvcqg.ends_session(false)), None);
    // VNeID says in the person's claims where its session is ended; without that claim it has to be set.
    assert_eq!(refused(vneid().claim(Claim::LogoutUri, None)), Some(("logout_url", missing)));
}

#[test]
fn addresses_that_can_never_work() {
    use ConfigProblem as P;
    for (config, setting, problem) in [
        (vneid().authorize_url("http://vneid.example/auth"), "authorize_url", P::PlainHttp),
        (vneid().authorize_url("https://vneid.example/auth?state=x"), "authorize_url", P::Parameter),
        (vneid().token_url("http://vneid.example/token"), "token_url", P::PlainHttp),
        (vneid().token_url("https://u:p@vneid.example/token"), "token_url", P::Url),
        (vneid().userinfo_url("vneid.example/userinfo"), "userinfo_url", P::Url),
        (vneid().userinfo_url("https://vneid.example/userinfo#x"), "userinfo_url", P::Url),
        (vneid().logout_url("https://vneid.example/{token}/logout"), "logout_url", P::Template),
        (vneid().logout_url("https://vneid.example/logout?t={token}"), "logout_url", P::Template),
        (vneid().logout_url("https://vneid.example/logout?t=a{id_token}"), "logout_url", P::Template),
        (vneid().logout_url("http://vneid.example/logout"), "logout_url", P::PlainHttp),
        (vneid().logout_hosts(["https://vneid.gov.vn"]), "logout_hosts", P::Host),
        (vneid().logout_hosts(["vneid.gov.vn/logout"]), "logout_hosts", P::Host),
        (vneid().checked_id_token("", "https://vneid.example/jwks"), "issuer", P::Missing),
        (vneid().checked_id_token("any", "http://vneid.example/jwks"), "checked_id_token", P::PlainHttp),
    ] {
        assert_eq!(refused(config), Some((setting, problem)));
    }
}

#[test]
fn policies_that_contradict_each_other() {
    use ConfigProblem as P;
    for (config, setting, problem) in [
        // Nobody would be anybody.
        (vneid().claim(Claim::TechId, None).claim(Claim::Subject, None), "claim", P::Missing),
        (sealed().claim(Claim::CitizenId, None), "claim", P::Missing),
        (vneid().subject(SubjectSource::HashedCitizenId).claim(Claim::CitizenId, None), "claim", P::Missing),
        (vneid().claim(Claim::Phone, Some("TechID")), "claim", P::Claim),
        (vneid().claim(Claim::Phone, Some("")), "claim", P::Claim),
        (vneid().fresh(Fresh::Proved), "fresh", P::Fresh),
        // Nothing in an answer could state the level that is required.
        (vneid().claim(Claim::Level, None), "acr_values", P::Level),
    ] {
        assert_eq!(refused(config), Some((setting, problem)));
    }
}
