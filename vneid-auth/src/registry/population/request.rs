//! What is sent: the question in each gateway's form (domain.md §5.1, §5.3), byte for byte.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, request};
use serde::Serialize;
use zeroize::Zeroizing;

use super::config::{AccessObject, DateForm, Gateway, PopulationConfig, Service, TimestampUnit};
use crate::identity::BirthDate;
use crate::registry::{Claim, Officer, RegistryUnavailable};
use crate::secret::Secret;
use crate::time::Timestamp;

/// One question, all that goes into the request.
pub(super) struct Question<'a> {
    pub(super) config: &'a PopulationConfig,
    pub(super) claim: &'a Claim,
    pub(super) officer: &'a Officer,
    pub(super) procedure: &'a str,
    pub(super) request_id: &'a str,
    pub(super) now: Timestamp,
    /// The gateway's bearer token, where it has to be fetched.
    pub(super) token: Option<&'a Secret>,
}

impl Question<'_> {
    /// The whole request.
    pub(super) fn request(&self) -> Result<Request<Bytes>, RegistryUnavailable> {
        let request = Request::post(&self.config.url);
        let request = self.axis_headers(request)?;
        let request = match &self.config.gateway {
            Gateway::Axis { user, secret } => {
                let timestamp = match self.config.timestamp {
                    TimestampUnit::Milliseconds => self.now.unix_millis(),
                    TimestampUnit::Seconds => self.now.unix_seconds(),
                };
                let url = self.config.hashed_url.as_deref().unwrap_or(&self.config.url);
                let proof = proof(url, user, timestamp, secret);
                request
                    .header("Timestamp", timestamp)
                    .header(AUTHORIZATION, hidden(&format!("Basic {}", *basic(user, &proof)))?)
                    .header("SOAPAction", "\"\"")
                    .header(CONTENT_TYPE, "application/xml; charset=utf-8")
                    .header(ACCEPT, "application/xml, text/xml")
                    .body(bytes(self.soap()))
            }
            Gateway::SoapInJson { access, user, secret, .. } => {
                let token = self.token.ok_or(RegistryUnavailable::Request)?;
                let body = SoapInJson {
                    access_token: &Zeroizing::new(format!("Bearer {}", token.expose())),
                    lgsp_access_token: &access.encoded(),
                    auth_hash: &basic(user, secret.expose()),
                    data: &self.soap(),
                };
                json_request(request).body(json(&body)?)
            }
            Gateway::FlatJson { bearer, user_name_service } => {
                let request = request.header(AUTHORIZATION, bearing(bearer)?);
                json_request(request).body(json(&self.flat(user_name_service))?)
            }
            Gateway::SoapAsText { bearer } => {
                let request = match bearer {
                    Some(bearer) => request.header(AUTHORIZATION, bearing(bearer)?),
                    None => request,
                };
                json_request(request).body(json(&self.plain())?)
            }
        };
        request.map_err(|_| RegistryUnavailable::Request)
    }

    fn axis_headers(&self, mut request: request::Builder) -> Result<request::Builder, RegistryUnavailable> {
        if let Some(client) = &self.config.x_road_client {
            request = request.header(HeaderName::from_static("x-road-client"), client);
        }
        if let Some(key) = &self.config.api_key {
            request = request.header(HeaderName::from_static("apikey"), hidden(key.expose())?);
        }
        Ok(request)
    }

    /// The SOAP request. The order of the elements matters to the service.
    fn soap(&self) -> Zeroizing<String> {
        let operation = match self.config.service {
            Service::Verify => "XacThucThongTinCongDan",
            Service::Record => "TraCuuThongTinCongDan",
        };
        let mut xml = Zeroizing::new(String::with_capacity(1024));
        xml.push_str("<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" ");
        xml.push_str("xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header/><soapenv:Body>");
        open(&mut xml, operation);
        element(&mut xml, "MaYeuCau", self.request_id);
        element(&mut xml, "MaDVC", self.procedure);
        element(&mut xml, "MaTichHop", &self.config.service_code);
        element(&mut xml, "MaCanBo", self.officer.expose());
        if let Some(unit) = self.officer.unit_code() {
            element(&mut xml, "MaDonVi", unit);
        }
        if let Some(login) = self.officer.login_name() {
            element(&mut xml, "TaiKhoan", login);
            // Whose phone is not known sends a nought, which the service takes.
            element(&mut xml, "SoDienThoai", self.officer.phone().map_or("0", |phone| phone.expose()));
        }
        element(&mut xml, "SoDinhDanh", self.claim.citizen_id.expose());
        element(&mut xml, "HoVaTen", &Zeroizing::new(self.claim.full_name.folded()));
        open(&mut xml, "NgayThangNamSinh");
        match self.date() {
            (Some(day), None) => element(&mut xml, "NgayThangNam", &day),
            (_, year) => element(&mut xml, "Nam", &year.unwrap_or_default()),
        }
        close(&mut xml, "NgayThangNamSinh");
        close(&mut xml, operation);
        xml.push_str("</soapenv:Body></soapenv:Envelope>");
        xml
    }

    /// The day or the year, as they are sent: one of the two.
    fn date(&self) -> (Option<String>, Option<String>) {
        match (self.claim.date_of_birth, self.config.dates) {
            (BirthDate::Year(year), _) => (None, Some(format!("{year:04}"))),
            (day, DateForm::Dashed) => (Some(day.to_iso()), None),
            (day, DateForm::Compact) => (Some(day.to_iso().replace('-', "")), None),
        }
    }

    fn flat<'a>(&'a self, user_name_service: &'a str) -> FlatJson<'a> {
        let (day, year) = self.date();
        FlatJson {
            request_id: self.request_id,
            procedure: self.procedure,
            officer: self.officer.expose(),
            citizen_id: self.claim.citizen_id.expose(),
            cmnd: "",
            full_name: self.claim.full_name.folded(),
            // One member for both: four characters are a year.
            date_of_birth: day.or(year).unwrap_or_default(),
            user_name_service,
        }
    }

    fn plain(&self) -> PlainJson<'_> {
        let (day, year) = self.date();
        PlainJson {
            full_name: self.claim.full_name.folded(),
            citizen_id: self.claim.citizen_id.expose(),
            cmnd: None,
            day,
            year,
            service: &self.config.service_code,
            procedure: self.procedure,
            officer: self.officer.expose(),
            request_id: self.request_id,
        }
    }
}

/// The request for a gateway's bearer token.
pub(super) fn token(url: &str, access: &AccessObject) -> Result<Request<Bytes>, RegistryUnavailable> {
    Request::post(url)
        .header("lgspaccesstoken", hidden(&access.encoded())?)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_| RegistryUnavailable::Request)
}

#[derive(Serialize)]
struct SoapInJson<'a> {
    #[serde(rename = "accessToken")]
    access_token: &'a str,
    #[serde(rename = "lgspAccessToken")]
    lgsp_access_token: &'a str,
    #[serde(rename = "AuthHash")]
    auth_hash: &'a str,
    data: &'a str,
}

#[derive(Serialize)]
struct FlatJson<'a> {
    #[serde(rename = "maYeuCau")]
    request_id: &'a str,
    #[serde(rename = "maDVC")]
    procedure: &'a str,
    #[serde(rename = "maCanBo")]
    officer: &'a str,
    #[serde(rename = "soDinhDanh")]
    citizen_id: &'a str,
    #[serde(rename = "soCMND")]
    cmnd: &'a str,
    #[serde(rename = "hoVaTen")]
    full_name: String,
    #[serde(rename = "ngayThangNam")]
    date_of_birth: String,
    #[serde(rename = "userNameService")]
    user_name_service: &'a str,
}

#[derive(Serialize)]
struct PlainJson<'a> {
    #[serde(rename = "hoVaTen")]
    full_name: String,
    #[serde(rename = "soDinhDanh")]
    citizen_id: &'a str,
    #[serde(rename = "soCMND")]
    cmnd: Option<&'a str>,
    #[serde(rename = "ngayThangNam")]
    day: Option<String>,
    #[serde(rename = "nam")]
    year: Option<String>,
    #[serde(rename = "maTichHop")]
    service: &'a str,
    #[serde(rename = "maDVC")]
    procedure: &'a str,
    #[serde(rename = "maCanBo")]
    officer: &'a str,
    #[serde(rename = "maYeuCau")]
    request_id: &'a str,
}

impl AccessObject {
    /// As it travels: its JSON in base64.
    fn encoded(&self) -> Zeroizing<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Object<'a> {
            access_key: &'a str,
            secret_key: &'a str,
            app_name: &'a str,
            partner_code: &'a str,
            partner_code_cus: &'a str,
        }
        let object = Object {
            access_key: self.access_key.expose(),
            secret_key: self.secret_key.expose(),
            app_name: &self.app_name,
            partner_code: &self.partner_code,
            partner_code_cus: &self.partner_code_cus,
        };
        // Texts always serialise.
        let object = Zeroizing::new(serde_json::to_vec(&object).unwrap_or_default());
        Zeroizing::new(STANDARD.encode(&*object))
    }
}

/// `sha256hex(URL + user + timestamp + secret)`.
fn proof(url: &str, user: &str, timestamp: i64, secret: &Secret) -> String {
    let proved = Zeroizing::new(format!("{url}{user}{timestamp}{}", secret.expose()));
    let hash = digest(&SHA256, proved.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn basic(user: &str, password: &str) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(Zeroizing::new(format!("{user}:{password}")).as_bytes()))
}

fn bearing(token: &Secret) -> Result<HeaderValue, RegistryUnavailable> {
    hidden(&Zeroizing::new(format!("Bearer {}", token.expose())))
}

/// A header that prints as `Sensitive`.
fn hidden(value: &str) -> Result<HeaderValue, RegistryUnavailable> {
    let mut value = HeaderValue::from_str(value).map_err(|_| RegistryUnavailable::Request)?;
    value.set_sensitive(true);
    Ok(value)
}

fn json_request(request: request::Builder) -> request::Builder {
    request.header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json, application/xml")
}

fn json(body: &impl Serialize) -> Result<Bytes, RegistryUnavailable> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| RegistryUnavailable::Request)
}

fn bytes(text: Zeroizing<String>) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn open(xml: &mut String, name: &str) {
    xml.extend(["<dan:", name, ">"]);
}

fn close(xml: &mut String, name: &str) {
    xml.extend(["</dan:", name, ">"]);
}

fn element(xml: &mut String, name: &str, text: &str) {
    open(xml, name);
    for c in text.chars() {
        match c {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            c => xml.push(c),
        }
    }
    close(xml, name);
}
