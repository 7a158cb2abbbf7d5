//! The profiles of the providers that exist. Where an address or a value was seen in the work of one or more integrators
//! it is a default; where none was seen there is none, and [`ProviderConfig::check`] demands it.

use super::ProviderConfig;
use super::claims::{Claim, ClaimMap};
use super::endpoints::Endpoints;
use super::policy::{
    AudiencePolicy, ClaimForms, Environment, Fresh, IdTokenPolicy, LogoutUri, NoncePolicy, Pkce, SubjectSource,
    Unreadable, UserinfoMethod, Vouching,
};
use crate::flow::login::Unstated;
use crate::identity::{AccountKind, Level};
use crate::provider::client_auth::ClientAuth;
use crate::provider::envelope::Envelope;
use crate::provider::logout_request::RP_INITIATED;

/// Where VNeID's session may be ended by default: the hosts that its addresses were seen at.
pub const VNEID_LOGOUT_HOSTS: [&str; 2] = ["sso.dancuquocgia.gov.vn", "vneid.gov.vn"];

fn owned<const N: usize>(parameters: [(&str, &str); N]) -> Vec<(String, String)> {
    parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

impl ProviderConfig {
    /// A provider that speaks OpenID Connect with every check on: metadata by discovery, state, nonce and PKCE S256,
    /// a signed id_token, `iss` in the response when the provider promises it.
    ///
    /// `name` is the provider's name at this portal, 1 to 32 of `[a-z0-9-]`; it stands in the portal's paths. `issuer`
    /// is the provider's, byte for byte as its metadata state it. Level 2 is required and must be stated; the levels
    /// are called `LoA1`, `LoA2`, also `1`, `2`.
    pub fn oidc(name: &str, issuer: &str, client_id: &str) -> Self {
        let acr = |name: &str, level| (name.to_owned(), level);
        Self {
            name: name.to_owned(),
            issuer: Some(issuer.to_owned()),
            discovery: true,
            endpoints: Endpoints::default(),
            client_id: client_id.to_owned(),
            client_secret: None,
            client_auth: ClientAuth::Discovered,
            scopes: None,
            acr_values: vec![
                acr("LoA1", Level::ONE),
                acr("LoA2", Level::TWO),
                acr("1", Level::ONE),
                acr("2", Level::TWO),
            ],
            acr_sent: None,
            required_level: Some(Level::TWO),
            unstated_level: Unstated::Refuse,
            pkce: Pkce::Required,
            nonce: NoncePolicy::Required,
            id_token: IdTokenPolicy::Checked,
            audience: AudiencePolicy::Client,
            trusted_audiences: Vec::new(),
            fresh: Fresh::Proved,
            userinfo: UserinfoMethod::Get,
            envelope: None,
            subject: SubjectSource::Claims,
            vouching: Vouching::Vneid,
            claims: ClaimMap::new([
                (Claim::FullName, "name"),
                (Claim::CitizenId, "citizen_id"),
                (Claim::BirthDate, "birthdate"),
                (Claim::Phone, "phone_number"),
            ]),
            claim_forms: ClaimForms::Standard,
            account_kinds: vec![
                ("1".to_owned(), AccountKind::Citizen),
                ("2".to_owned(), AccountKind::Enterprise),
                ("3".to_owned(), AccountKind::Organisation),
            ],
            unreadable: Unreadable::LeaveOut,
            vneid_behind: None,
            callback_path: format!("/auth/callback/{name}"),
            label: None,
            enabled: true,
            listed: true,
            closes_at: None,
            ends_session: true,
            session_idle: None,
            logout_parameters: owned(RP_INITIATED),
            logout_uri: LogoutUri::Then,
            logout_hosts: Vec::new(),
            prompt: None,
            max_age: None,
            parameters: Vec::new(),
            web_login_refusal: Some("web_login_not_permitted".to_owned()),
        }
    }

    /// DVCQG, the National Public Service Portal's login, as portals that are registered with it have met it: WSO2's
    /// addresses, Vietnamese claims, VNeID as a way in behind it.
    ///
    /// It gives up a checked id_token ([`IdTokenPolicy::DangerousNoIdToken`]; [`checked_id_token`](Self::checked_id_token)
    /// where the provider's keys are known) and whatever that proves; PKCE and nonce are sent and prove nothing by
    /// themselves. A level that nobody stated is accepted, since its answers carry none. Its logout address was never
    /// seen: [`logout_url`](Self::logout_url) must be set.
    pub fn dvcqg(name: &str, environment: Environment, client_id: &str) -> Self {
        let host = match environment {
            Environment::Production => "https://xacthuc.dichvucong.gov.vn",
            Environment::Test => "https://testxacthuc.dichvucong.gov.vn",
        };
        Self {
            endpoints: Endpoints {
                authorize: Some(format!("{host}/oauth2/authorize")),
                token: Some(format!("{host}/oauth2/token")),
                userinfo: Some(format!("{host}/oauth2/userinfo")),
                ..Endpoints::default()
            },
            acr_sent: Some("LoA1".to_owned()),
            unstated_level: Unstated::Accept,
            vouching: Vouching::Dvcqg,
            vneid_behind: Some("BCA".to_owned()),
            ..Self::dialect(name, client_id)
        }
    }

    /// VNeID itself, as provincial portals that are registered with it have met it.
    ///
    /// It gives up what [`dvcqg`](Self::dvcqg) gives up. Level 2 is required and must be stated. Only the production
    /// address of the authorization endpoint was ever seen: [`token_url`](Self::token_url) and
    /// [`userinfo_url`](Self::userinfo_url) must be set, and all three for tests. Its session is ended at the `logoutUri`
    /// of the person's own claims.
    pub fn vneid(name: &str, environment: Environment, client_id: &str) -> Self {
        let authorize = match environment {
            Environment::Production => Some("https://sso.dancuquocgia.gov.vn/auth".to_owned()),
            Environment::Test => None,
        };
        Self {
            endpoints: Endpoints { authorize, ..Endpoints::default() },
            // As it stands in the addresses that VNeID gives for it.
            logout_parameters: owned([("token_id", "{access_token}")]),
            logout_uri: LogoutUri::Instead,
            ..Self::dialect(name, client_id)
        }
    }

    /// VNeID's newest dialect: code, token and userinfo come sealed to the portal's RSA key.
    ///
    /// It gives up what [`vneid`](Self::vneid) gives up; it knows no nonce at all, and no subject, so that a keyed hash
    /// of the citizen id stands for it ([`SubjectSource::HashedCitizenId`]). The envelope keeps secrets and proves
    /// nothing: anyone can seal to a public key. No address of a logout was ever seen:
    /// [`logout_url`](Self::logout_url) must be set.
    pub fn vneid_sealed(name: &str, environment: Environment, client_id: &str, envelope: Envelope) -> Self {
        Self {
            nonce: NoncePolicy::DangerousOff,
            envelope: Some(envelope),
            subject: SubjectSource::HashedCitizenId,
            claims: ClaimMap::new([
                (Claim::CitizenId, "citizenPid"),
                (Claim::FullName, "fullName"),
                (Claim::BirthDate, "birthDate"),
                (Claim::AccountKind, "accountType"),
                (Claim::Level, "accountLevel"),
            ]),
            ..Self::vneid(name, environment, client_id)
        }
    }

    /// What the three dialects have in common.
    fn dialect(name: &str, client_id: &str) -> Self {
        Self {
            issuer: None,
            discovery: false,
            client_auth: ClientAuth::ClientSecretPost,
            scopes: Some(vec!["openid".to_owned()]),
            acr_values: Vec::new(),
            pkce: Pkce::Sent,
            nonce: NoncePolicy::Sent,
            id_token: IdTokenPolicy::DangerousNoIdToken,
            fresh: Fresh::DangerousAsked,
            claims: ClaimMap::new([
                (Claim::TechId, "TechID"),
                (Claim::Subject, "sub"),
                (Claim::FullName, "HoVaTen"),
                (Claim::CitizenId, "SoDinhDanh"),
                (Claim::IdCard, "SoCMND"),
                (Claim::BirthDate, "NgayThangNamSinh"),
                (Claim::Phone, "SoDienThoai"),
                (Claim::Level, "IAL"),
                (Claim::AccountKind, "LoaiTaiKhoan"),
                (Claim::LoginIdp, "loginIdp"),
                (Claim::LogoutUri, "logoutUri"),
                (Claim::OrganisationName, "TenDoanhNghiep"),
                (Claim::TaxCode, "MaSoThue"),
                (Claim::RegistrationNumber, "MaSoDoanhNghiep"),
                (Claim::Representative, "NguoiDaiDien"),
            ]),
            claim_forms: ClaimForms::Dialect,
            unreadable: Unreadable::Refuse,
            logout_hosts: VNEID_LOGOUT_HOSTS.map(str::to_owned).to_vec(),
            ..Self::oidc(name, "", client_id)
        }
    }
}
