//! DingTalk, sign-in with a DingTalk account.
use crate::{
    call,
    model::{Connector, Fault, Finding, Flow, Hidden, Person, Query, Working, refused},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use web::{Call, Outbound};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DingTalkConfig {
    pub client_id: String,
    pub secret: Hidden,
    /// `https://login.dingtalk.com`.
    pub authorize: Url,
    /// `https://api.dingtalk.com`.
    pub api: Url,
}
impl DingTalkConfig {
    pub const PROVIDER: &'static str = "dingtalk";
    pub const AUTHORIZE: &'static str = "https://login.dingtalk.com";
    pub const API: &'static str = "https://api.dingtalk.com";
}

pub(crate) struct DingTalk {
    outbound: Outbound,
    config: DingTalkConfig,
}
impl DingTalk {
    pub(crate) fn new(outbound: Outbound, config: DingTalkConfig) -> Self {
        Self { outbound, config }
    }
    fn url(&self, path: &str) -> Result<Url, Fault> {
        self.config.api.join(path).map_err(|_| Fault::Config("api"))
    }
    async fn send(&self, call: Call) -> Result<Value, Fault> {
        let (status, value) = call::json(&self.outbound, call).await?;
        if status == StatusCode::OK {
            return Ok(value);
        }
        Err(refused(&call::text(&value, "code").unwrap_or_else(|| format!("http {}", status.as_u16()))))
    }
    async fn token(&self, code: &str) -> Result<Value, Fault> {
        let body = json!({
            "clientId": self.config.client_id, "clientSecret": self.config.secret.expose(),
            "code": code, "grantType": "authorization_code",
        });
        let call = Call::post(self.url("/v1.0/oauth2/userAccessToken")?, body.to_string());
        self.send(call.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))).await
    }
}
impl Connector for DingTalk {
    fn authorize<'a>(&'a self, flow: &'a Flow, _: Timestamp) -> Working<'a, Url> {
        Box::pin(async move {
            let mut url = self
                .config
                .authorize
                .join("/oauth2/challenge.htm")
                .map_err(|_| Fault::Config("authorize"))?;
            url.query_pairs_mut().extend_pairs([
                ("response_type", "code"),
                ("client_id", self.config.client_id.as_str()),
                ("scope", "openid"),
                ("redirect_uri", flow.redirect_uri.as_str()),
                ("state", flow.state.as_str()),
                ("prompt", "consent"),
            ]);
            Ok(url)
        })
    }
    fn exchange<'a>(&'a self, query: &'a Query, _: &'a Flow, _: Timestamp) -> Working<'a, Person> {
        Box::pin(async move {
            if query.get("error").is_some() {
                return Err(Fault::Denied);
            }
            // The vendor's texts name it one way, its programs send the other.
            let code = query.get("authCode").or_else(|| query.get("code")).ok_or(Fault::Denied)?;
            let token = self.token(code).await?;
            let access = call::text(&token, "accessToken").ok_or(Fault::Untrusted("no access token"))?;
            let mut access = HeaderValue::try_from(access).map_err(|_| Fault::Untrusted("access token"))?;
            access.set_sensitive(true);
            let call = Call::get(self.url("/v1.0/contact/users/me")?)
                .header(HeaderName::from_static("x-acs-dingtalk-access-token"), access);
            let me = self.send(call).await?;
            let union = call::subject(&me, "unionId").ok_or(Fault::Untrusted("no unionId"))?;
            let realm = self.config.client_id.as_str();
            Ok(Person {
                subject: Person::subject_of("unionId", realm, &union),
                alt_subjects: Vec::new(),
                display_name: call::text(&me, "nick"),
                certified: None,
                phone: call::text(&me, "mobile"),
            })
        })
    }
    fn probe(&self, _: Timestamp) -> Working<'_, Vec<Finding>> {
        Box::pin(async move {
            Ok(vec![match self.token("fujie-test").await {
                // Words about the code mean that the client was known.
                Err(Fault::Refused(code)) => {
                    let folded = code.to_lowercase();
                    let known = folded.contains("code") && !folded.contains("client");
                    Finding::new("credentials", known, code)
                }
                Err(other) => Finding::new("credentials", false, other.to_string()),
                Ok(_) => Finding::new("credentials", true, ""),
            }])
        })
    }
}
