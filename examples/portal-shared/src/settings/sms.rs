//! Where one-time codes go: `SMS_URL`, `SMS_TEMPLATE_FILE`.

use std::path::Path;
use std::sync::Arc;

use vneid_auth::provider::ReqwestClient;
use vneid_auth::sms::{ConsoleSms, HttpSms, SmsGateway, SmsTemplate};

use super::{Env, SettingsError, wrong};

/// The gateway that the variables set; none means the mock's inbox, or the console where there is no mock.
pub(super) fn read(env: &Env) -> Result<Option<Arc<dyn SmsGateway>>, SettingsError> {
    const TEMPLATE: &str = "SMS_TEMPLATE_FILE";
    let template = env.text(TEMPLATE);
    match (env.text("SMS_URL").as_deref(), template) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong("SMS_URL", "is not set, and the template says only how to speak to it")),
        (Some("console:"), None) => Ok(Some(Arc::new(ConsoleSms::stderr()))),
        (Some("console:"), Some(_)) => Err(wrong(TEMPLATE, "means something for a gateway that takes a POST alone")),
        (Some(url), template) => {
            let template = match template {
                Some(file) => {
                    SmsTemplate::from_file(Path::new(&file)).map_err(|error| wrong(TEMPLATE, told(&error)))?
                }
                None => SmsTemplate::default(),
            };
            Ok(Some(posting(url, template)?))
        }
    }
}

/// A gateway that takes a POST.
pub(crate) fn posting(url: &str, template: SmsTemplate) -> Result<Arc<dyn SmsGateway>, SettingsError> {
    let http = ReqwestClient::builder().build().map_err(|error| wrong("SMS_URL", error.to_string()))?;
    let gateway = HttpSms::new(url, template, Arc::new(http)).map_err(|error| wrong("SMS_URL", error.to_string()))?;
    Ok(Arc::new(gateway))
}

/// What is wrong, down to the place in the file.
fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
