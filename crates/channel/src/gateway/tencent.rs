//! Tencent SendSms 2021-01-11, signed with TC3-HMAC-SHA256. Parameters go by position; each number has a status of its own.
use super::{
    aliyun::value_of,
    model::{Config, Failure, Letter, Reason, Taken},
    signing::{hex, hmac_sha256, sha256},
};
use crate::Tools;
use http::{HeaderName, header};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use web::Call;

pub const ENDPOINT: &str = "https://sms.tencentcloudapi.com";
pub const REGION: &str = "ap-guangzhou";
/// Signed and sent byte for byte alike.
const CONTENT_TYPE: &str = "application/json";

#[derive(Clone, Serialize, Deserialize)]
pub struct Tencent {
    pub endpoint: Url,
    pub region: String,
    pub secret_id: String,
    pub secret_key: String,
    pub sdk_app_id: String,
}

pub struct Signed {
    pub canonical_request: String,
    pub string_to_sign: String,
    pub signing_key: Vec<u8>,
    pub authorization: String,
}

/// What is signed: the service, its host, the time in seconds, the body.
pub struct Parts<'a> {
    pub service: &'a str,
    pub host: &'a str,
    pub content_type: &'a str,
    pub seconds: i64,
    pub body: &'a str,
}
pub fn sign(id: &str, secret: &str, parts: &Parts<'_>) -> Signed {
    let Parts { service, host, content_type, seconds, body } = parts;
    let canonical_request = format!(
        "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\ncontent-type;host\n{}",
        sha256(body.as_bytes())
    );
    // The UTC date of the time that is signed.
    let date = Timestamp::from_millis(seconds * 1000).rfc3339();
    let date = date.split_once('T').map_or("", |(date, _)| date);
    let scope = format!("{date}/{service}/tc3_request");
    let string_to_sign =
        format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{}", sha256(canonical_request.as_bytes()));
    let key = hmac_sha256(format!("TC3{secret}").as_bytes(), date.as_bytes());
    let key = hmac_sha256(&key, service.as_bytes());
    let signing_key = hmac_sha256(&key, b"tc3_request");
    let signature = hex(&hmac_sha256(&signing_key, string_to_sign.as_bytes()));
    let authorization = format!(
        "TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    );
    Signed { canonical_request, string_to_sign, signing_key, authorization }
}
/// As the HTTP client writes it.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    phone_number_set: [&'a str; 1],
    sms_sdk_app_id: &'a str,
    sign_name: &'a str,
    template_id: &'a str,
    template_param_set: Vec<&'a str>,
    session_context: String,
}
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    response: Inner,
}
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    error: Option<Said>,
    #[serde(default)]
    send_status_set: Vec<Said>,
}
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    code: String,
    #[serde(default)]
    message: String,
    serial_no: Option<String>,
}

impl Tencent {
    pub async fn send(&self, tools: &Tools, config: &Config, letter: &Letter) -> Taken {
        let template = letter.template()?;
        let body = Body {
            phone_number_set: [&letter.to],
            sms_sdk_app_id: &self.sdk_app_id,
            sign_name: template.sign(config),
            template_id: &template.code,
            template_param_set: letter.parameters(template)?.into_iter().map(|(_, value)| value).collect(),
            session_context: letter.id.to_string(),
        };
        let body = serde_json::to_string(&body).map_err(|e| Failure::new(Reason::Other, e.to_string()))?;
        let (seconds, host) = (letter.now.as_seconds(), host(&self.endpoint));
        let parts = Parts { service: "sms", host: &host, content_type: CONTENT_TYPE, seconds, body: &body };
        let signed = sign(&self.secret_id, &self.secret_key, &parts);
        let mut url = self.endpoint.clone();
        url.set_path("/");
        let mut call = Call::post(url, body)
            .within(tools.patience)
            .header(header::CONTENT_TYPE, value_of(CONTENT_TYPE)?)
            .header(header::AUTHORIZATION, value_of(&signed.authorization)?);
        for (name, value) in [
            ("x-tc-action", "SendSms"),
            ("x-tc-version", "2021-01-11"),
            ("x-tc-region", &self.region),
            ("x-tc-timestamp", &seconds.to_string()),
        ] {
            call = call.header(HeaderName::from_static(name), value_of(value)?);
        }
        let answer = tools.outbound.send(call).await?;
        let status = format!("HTTP {}", answer.status.as_u16());
        let said: Answered =
            serde_json::from_slice(&answer.body).map_err(|_| Failure::new(Reason::Answer, &status))?;
        let refused =
            |said: &Said| Failure::new(reason(&said.code), format!("{} {}", said.code, said.message));
        if let Some(error) = &said.response.error {
            return Err(refused(error));
        }
        match said.response.send_status_set.as_slice() {
            [one] if one.code == "Ok" && answer.status.is_success() => Ok(one.serial_no.clone()),
            [one] if one.code != "Ok" => Err(refused(one)),
            _ => Err(Failure::new(Reason::Answer, status)),
        }
    }
}

fn reason(code: &str) -> Reason {
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if has(&["AuthFailure", "UnauthorizedOperation", "SdkAppId"]) {
        Reason::Credentials
    } else if has(&["SignatureIncorrectOrUnapproved", "MissingSignature"]) {
        Reason::Sign
    } else if has(&["Template"]) {
        Reason::Template
    } else if has(&["InsufficientBalance"]) {
        Reason::Balance
    } else if has(&["LimitExceeded"]) {
        Reason::TooOften
    } else if has(&["PhoneNumber"]) {
        Reason::Recipient
    } else if has(&["SensitiveWord", "ContentLengthLimit"]) {
        Reason::Content
    } else {
        Reason::Other
    }
}
