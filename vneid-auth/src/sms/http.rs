//! A gateway that takes a POST, as a template describes it.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use url::Url;

use super::{SmsFailed, SmsGateway, SmsTemplate, SmsTemplateError};
use crate::http::{HttpClient, is_secure_endpoint};
use crate::identity::PhoneNumber;
use crate::secret::Secret;

/// An [`SmsGateway`] over HTTP. It is asked once for a message, and what it answers goes no further than to say whether
/// it took it.
pub struct HttpSms {
    address: Uri,
    template: SmsTemplate,
    http: Arc<dyn HttpClient>,
}

impl HttpSms {
    /// The gateway at this address, spoken to as the template says.
    ///
    /// # Errors
    /// When the address is neither https nor on this machine, or carries a user and password: those belong into the
    /// template's secrets.
    pub fn new(address: &str, template: SmsTemplate, http: Arc<dyn HttpClient>) -> Result<Self, SmsTemplateError> {
        let url = Url::parse(address).ok().filter(is_secure_endpoint).ok_or(SmsTemplateError::Address)?;
        let address = url.as_str().parse().map_err(|_| SmsTemplateError::Address)?;
        Ok(Self { address, template, http })
    }
}

#[async_trait]
impl SmsGateway for HttpSms {
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed> {
        let (headers, body) = self.template.write(to, text);
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.address.clone();
        *request.headers_mut() = headers;
        let answer = self.http.send(request).await.map_err(|failure| SmsFailed::Down(failure.to_string()))?;
        let status = answer.status();
        let success = self.template.success();
        if success.has_status(status) {
            return success.objection(answer.body()).map_or(Ok(()), |objection| Err(SmsFailed::Refused(objection)));
        }
        let why = format!("status {}", status.as_u16());
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(SmsFailed::Down(why));
        }
        let detail = success.objection(answer.body()).map(|objection| format!(", {objection}")).unwrap_or_default();
        Err(SmsFailed::Refused(format!("{why}{detail}")))
    }
}
