//! Makers' servers in one: it checks signatures by other libraries and other code than the product's, answers in the makers'
//! words, and misbehaves on request.
use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse as _, Response},
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, StatusCode, Uri};
use sha2::{Digest as _, Sha256};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

pub const ID: &str = "stub-key-id";
pub const SECRET: &str = "stub+key/secret=";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    Hang,
    Status(u16),
    /// HTTP 200 with this body.
    Lie(&'static str),
}
/// What was taken: by which protocol, to whom, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub maker: &'static str,
    pub to: String,
    pub text: String,
    pub template: String,
}
#[derive(Clone)]
pub struct Stub {
    pub address: SocketAddr,
    inner: Arc<Mutex<(Mood, Vec<Taken>, usize)>>,
}
impl Stub {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stub = Self { address, inner: Arc::new(Mutex::new((Mood::Good, Vec::new(), 0))) };
        let router = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
    pub fn mood(&self, mood: Mood) {
        self.inner.lock().unwrap().0 = mood;
    }
    pub fn taken(&self) -> Vec<Taken> {
        self.inner.lock().unwrap().1.clone()
    }
    /// Requests of any kind.
    pub fn asked(&self) -> usize {
        self.inner.lock().unwrap().2
    }
    fn take(&self, taken: Taken) -> usize {
        let mut inner = self.inner.lock().unwrap();
        inner.1.push(taken);
        inner.1.len()
    }
}

async fn answer(
    State(stub): State<Stub>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mood = {
        let mut inner = stub.inner.lock().unwrap();
        inner.2 += 1;
        inner.0.clone()
    };
    match mood {
        Mood::Good => {}
        Mood::Hang => std::future::pending::<()>().await,
        Mood::Status(status) => return (StatusCode::from_u16(status).unwrap(), "down").into_response(),
        Mood::Lie(body) => return body.into_response(),
    }
    if headers.contains_key("x-acs-action") {
        aliyun(&stub, &method, &uri, &headers, &body)
    } else if headers.contains_key("x-tc-action") {
        tencent(&stub, &method, &uri, &headers, &body)
    } else {
        generic(&stub, &headers, &body)
    }
}

fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
fn mac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}
fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}
/// `Signature=…` and `SignedHeaders=…` of an Authorization header.
fn part<'a>(authorization: &'a str, name: &str) -> &'a str {
    let (_, rest) = authorization.split_once(name).unwrap_or(("", ""));
    rest.split([',', ' ']).next().unwrap_or("")
}

fn aliyun(stub: &Stub, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let refuse = |status: u16, code: &str| {
        let body = format!(r#"{{"RequestId":"R","Code":"{code}","Message":"refused by the stub"}}"#);
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    };
    let authorization = header(headers, "authorization");
    let signed = part(authorization, "SignedHeaders=");
    // Every header of the protocol must be among the signed ones.
    let all =
        headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("x-acs-") || *name == "host");
    if all.into_iter().any(|name| !signed.split(';').any(|known| known == name)) {
        return refuse(400, "IncompleteSignature");
    }
    let mut fields: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).into_owned().collect();
    fields.sort();
    let encode = |text: &str| {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        text.replace('+', "%20").replace('*', "%2A").replace("%7E", "~")
    };
    let query: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    let mut request = format!("{method}\n{}\n{}\n", uri.path(), query.join("&"));
    for name in signed.split(';') {
        request += &format!("{name}:{}\n", header(headers, name).trim());
    }
    request += &format!("\n{signed}\n{}", digest(body));
    let wanted =
        mac(SECRET.as_bytes(), format!("ACS3-HMAC-SHA256\n{}", digest(request.as_bytes())).as_bytes());
    if part(authorization, "Credential=") != ID {
        return refuse(404, "InvalidAccessKeyId.NotFound");
    }
    if part(authorization, "Signature=") != HEXLOWER.encode(&wanted)
        || header(headers, "x-acs-content-sha256") != digest(body)
    {
        return refuse(400, "SignatureDoesNotMatch");
    }
    let field =
        |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    if header(headers, "x-acs-action") != "SendSms" || header(headers, "x-acs-version") != "2017-05-25" {
        return refuse(400, "InvalidAction.NotFound");
    }
    // What the maker refuses comes with HTTP 200.
    if field("SignName") != "符节" {
        return refuse(200, "isv.SMS_SIGNATURE_ILLEGAL");
    }
    if !field("TemplateCode").starts_with("SMS_") {
        return refuse(200, "isv.SMS_TEMPLATE_ILLEGAL");
    }
    if !field("PhoneNumbers").starts_with('1') {
        return refuse(200, "isv.MOBILE_NUMBER_ILLEGAL");
    }
    let n = stub.take(Taken {
        maker: "aliyun",
        to: field("PhoneNumbers"),
        text: field("TemplateParam"),
        template: field("TemplateCode"),
    });
    format!(r#"{{"RequestId":"R","Code":"OK","Message":"OK","BizId":"biz-{n}"}}"#).into_response()
}

fn tencent(stub: &Stub, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let refuse = |code: &str| {
        format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"refused"}},"RequestId":"R"}}}}"#)
            .into_response()
    };
    let (authorization, seconds) = (header(headers, "authorization"), header(headers, "x-tc-timestamp"));
    let request = format!(
        "{method}\n{}\n\ncontent-type:{}\nhost:{}\n\ncontent-type;host\n{}",
        uri.path(),
        header(headers, "content-type"),
        header(headers, "host"),
        digest(body)
    );
    let credential = part(authorization, "Credential=");
    let mut scope = credential.splitn(2, '/');
    let (id, scope) = (scope.next().unwrap_or(""), scope.next().unwrap_or(""));
    let date = scope.split('/').next().unwrap_or("");
    let key = mac(format!("TC3{SECRET}").as_bytes(), date.as_bytes());
    let key = mac(&mac(&key, b"sms"), b"tc3_request");
    let text = format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{}", digest(request.as_bytes()));
    if id != ID || part(authorization, "Signature=") != HEXLOWER.encode(&mac(&key, text.as_bytes())) {
        return refuse("AuthFailure.SignatureFailure");
    }
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let to = body["PhoneNumberSet"][0].as_str().unwrap_or("").to_owned();
    let status = |code: &str, n: usize| {
        format!(
            r#"{{"Response":{{"SendStatusSet":[{{"SerialNo":"serial-{n}","PhoneNumber":"{to}","Fee":1,"SessionContext":"","Code":"{code}","Message":"m","IsoCode":"CN"}}],"RequestId":"R"}}}}"#
        )
        .into_response()
    };
    if body["SmsSdkAppId"] != "1400000000" {
        return refuse("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
    if body["TemplateId"] == "poor" {
        return status("FailedOperation.InsufficientBalanceInSmsPackage", 0);
    }
    let n = stub.take(Taken {
        maker: "tencent",
        text: body["TemplateParamSet"].to_string(),
        template: body["TemplateId"].as_str().unwrap_or("").to_owned(),
        to: to.clone(),
    });
    status("Ok", n)
}

/// JSON of `phone` and `content`, signed in `X-Signature` over time and body.
fn generic(stub: &Stub, headers: &HeaderMap, body: &[u8]) -> Response {
    let mut signed = format!("{}.", header(headers, "x-time")).into_bytes();
    signed.extend_from_slice(body);
    if header(headers, "x-signature") != HEXLOWER.encode(&mac(SECRET.as_bytes(), &signed)) {
        return r#"{"code": 401, "message": "bad signature"}"#.into_response();
    }
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) else {
        return r#"{"code": 400, "message": "no JSON"}"#.into_response();
    };
    let text = |name: &str| body[name].as_str().unwrap_or("").to_owned();
    let n =
        stub.take(Taken { maker: "http", to: text("phone"), text: text("content"), template: String::new() });
    format!(r#"{{"code": 0, "message": "ok", "id": "m-{n}"}}"#).into_response()
}
