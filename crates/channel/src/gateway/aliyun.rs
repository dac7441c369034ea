//! Aliyun SendSms 2017-05-25, signed with ACS3-HMAC-SHA256. All fields lie in the query, the body is empty; the answer's
//! `Code` says whether it was taken, HTTP 200 does not.
use super::{
    model::{Failure, Letter, Reason, Taken},
    signing::{hex, hmac_sha256, percent, sha256},
};
use crate::{Tools, gateway::model::Config};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;
use web::Call;

pub const ENDPOINT: &str = "https://dysmsapi.aliyuncs.com";

#[derive(Clone, Serialize, Deserialize)]
pub struct Aliyun {
    pub endpoint: Url,
    pub access_key_id: String,
    pub access_key_secret: String,
}

/// The steps of a signature, kept apart so that each can be compared with the vectors.
pub struct Signed {
    pub canonical_request: String,
    pub string_to_sign: String,
    pub authorization: String,
}

/// Names sorted, both sides encoded.
pub fn canonical_query(fields: &BTreeMap<&str, &str>) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    pairs.join("&")
}
/// `headers` are all that is signed, names in lower case.
pub fn sign(id: &str, secret: &str, query: &str, headers: &BTreeMap<&str, String>, body: &[u8]) -> Signed {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names = headers.keys().copied().collect::<Vec<_>>().join(";");
    let canonical_request = format!("POST\n/\n{query}\n{lines}\n{names}\n{}", sha256(body));
    let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical_request.as_bytes()));
    let signature = hex(&hmac_sha256(secret.as_bytes(), string_to_sign.as_bytes()));
    let authorization =
        format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}");
    Signed { canonical_request, string_to_sign, authorization }
}

#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
    #[serde(rename = "BizId")]
    biz_id: Option<String>,
}

impl Aliyun {
    pub async fn send(&self, tools: &Tools, config: &Config, letter: &Letter) -> Taken {
        let template = letter.template()?;
        let parameters: serde_json::Map<String, serde_json::Value> = letter
            .parameters(template)?
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let (parameters, out_id) = (serde_json::Value::Object(parameters).to_string(), letter.id.to_string());
        let query = canonical_query(&BTreeMap::from([
            ("PhoneNumbers", letter.national()),
            ("SignName", template.sign(config)),
            ("TemplateCode", &template.code),
            ("TemplateParam", &parameters),
            ("OutId", &out_id),
        ]));
        let date = letter.now.rfc3339();
        let seconds = date.split_once('.').map_or(date.as_str(), |(seconds, _)| seconds);
        let headers = BTreeMap::from([
            ("host", super::tencent::host(&self.endpoint)),
            ("x-acs-action", "SendSms".to_owned()),
            ("x-acs-version", "2017-05-25".to_owned()),
            ("x-acs-date", format!("{seconds}Z")),
            ("x-acs-signature-nonce", letter.nonce.clone()),
            ("x-acs-content-sha256", sha256(b"")),
        ]);
        let signed = sign(&self.access_key_id, &self.access_key_secret, &query, &headers, b"");
        let mut url = self.endpoint.clone();
        url.set_path("/");
        url.set_query(Some(&query));
        let mut call = Call::post(url, "").within(tools.patience);
        for (name, value) in headers.iter().filter(|(name, _)| **name != "host") {
            call = call.header(HeaderName::from_static(name), value_of(value)?);
        }
        call = call.header(http::header::AUTHORIZATION, value_of(&signed.authorization)?);
        let answer = tools.outbound.send(call).await?;
        let said: Answered = serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::new(Reason::Answer, format!("HTTP {}", answer.status.as_u16())))?;
        if answer.status.is_success() && said.code == "OK" {
            return Ok(said.biz_id);
        }
        Err(Failure::new(reason(&said.code), format!("{} {}", said.code, said.message)))
    }
}
/// A header of what staff typed. Keys with line feeds do not get here, since the form refuses them.
pub(super) fn value_of(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| Failure::new(Reason::Credentials, "not a header value"))
}

fn reason(code: &str) -> Reason {
    let starts = |heads: &[&str]| heads.iter().any(|head| code.starts_with(head));
    if starts(&[
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "IncompleteSignature",
        "InvalidTimeStamp",
        "Forbidden",
        "isv.ACCOUNT_",
        "isp.RAM_",
        "isv.PRODUCT_UN_SUBSCRIPT",
    ]) {
        Reason::Credentials
    } else if starts(&["isv.SMS_SIGN"]) {
        Reason::Sign
    } else if starts(&[
        "isv.SMS_TEMPLATE",
        "isv.TEMPLATE_",
        "isv.INVALID_PARAMETERS",
        "isv.PARAM_",
        "isv.INVALID_JSON",
    ]) {
        Reason::Template
    } else if starts(&["isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"]) {
        Reason::Balance
    } else if starts(&["isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "Throttling"]) {
        Reason::TooOften
    } else if starts(&["isv.MOBILE_"]) {
        Reason::Recipient
    } else if starts(&["isv.BLACK_KEY", "isv.SMS_CONTENT_ILLEGAL"]) {
        Reason::Content
    } else {
        Reason::Other
    }
}
