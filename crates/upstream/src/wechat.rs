//! WeChat Open Platform, website sign-in by QR code. The secret stands in the query, as the vendor wants it: no error and
//! no log line holds an address.
use crate::{
    call,
    model::{Connector, Fault, Finding, Flow, Hidden, Person, Query, Working, refused},
};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use web::{Call, Outbound};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeChatConfig {
    pub app_id: String,
    pub secret: Hidden,
    /// `https://open.weixin.qq.com`.
    pub authorize: Url,
    /// `https://api.weixin.qq.com`.
    pub api: Url,
}
impl WeChatConfig {
    pub const PROVIDER: &'static str = "wechat";
    pub const AUTHORIZE: &'static str = "https://open.weixin.qq.com";
    pub const API: &'static str = "https://api.weixin.qq.com";
}

pub(crate) struct WeChat {
    outbound: Outbound,
    config: WeChatConfig,
}
impl WeChat {
    pub(crate) fn new(outbound: Outbound, config: WeChatConfig) -> Self {
        Self { outbound, config }
    }
    /// Errors come with status 200, as `errcode`.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Fault> {
        let mut url = self.config.api.join(path).map_err(|_| Fault::Config("api"))?;
        url.query_pairs_mut().extend_pairs(query);
        let (_, value) = call::json(&self.outbound, Call::get(url)).await?;
        match value.get("errcode").and_then(Value::as_i64) {
            None | Some(0) => Ok(value),
            Some(code) => Err(refused(&code.to_string())),
        }
    }
    async fn token(&self, code: &str) -> Result<Value, Fault> {
        let query = [
            ("appid", self.config.app_id.as_str()),
            ("secret", self.config.secret.expose()),
            ("code", code),
            ("grant_type", "authorization_code"),
        ];
        self.get("/sns/oauth2/access_token", &query).await
    }
}
impl Connector for WeChat {
    fn authorize<'a>(&'a self, flow: &'a Flow, _: Timestamp) -> Working<'a, Url> {
        Box::pin(async move {
            let mut url =
                self.config.authorize.join("/connect/qrconnect").map_err(|_| Fault::Config("authorize"))?;
            url.query_pairs_mut().extend_pairs([
                ("appid", self.config.app_id.as_str()),
                ("redirect_uri", flow.redirect_uri.as_str()),
                ("response_type", "code"),
                ("scope", "snsapi_login"),
                ("state", flow.state.as_str()),
            ]);
            url.set_fragment(Some("wechat_redirect"));
            Ok(url)
        })
    }
    fn exchange<'a>(&'a self, query: &'a Query, _: &'a Flow, _: Timestamp) -> Working<'a, Person> {
        Box::pin(async move {
            // Whoever refuses on the phone comes back without a code.
            let code = query.get("code").ok_or(Fault::Denied)?;
            let token = self.token(code).await?;
            let openid = call::subject(&token, "openid").ok_or(Fault::Untrusted("no openid"))?;
            let unionid = call::subject(&token, "unionid");
            let profile = match call::text(&token, "access_token") {
                Some(access) => {
                    let asked = [("access_token", access.as_str()), ("openid", &openid), ("lang", "zh_CN")];
                    // Who it is, is known already; the name is a nicety.
                    self.get("/sns/userinfo", &asked).await.ok()
                }
                None => None,
            };
            let realm = self.config.app_id.as_str();
            let open = Person::subject_of("openid", realm, &openid);
            let (subject, alt_subjects) = match &unionid {
                Some(union) => (Person::subject_of("unionid", realm, union), vec![open]),
                None => (open, Vec::new()),
            };
            Ok(Person {
                subject,
                alt_subjects,
                display_name: profile.as_ref().and_then(|profile| call::text(profile, "nickname")),
                certified: None,
                phone: None,
            })
        })
    }
    fn probe(&self, _: Timestamp) -> Working<'_, Vec<Finding>> {
        Box::pin(async move {
            // An invented code: the vendor looks at application and secret first.
            Ok(vec![match self.token("fujie-test").await {
                Err(Fault::Refused(code)) => {
                    Finding::new("credentials", matches!(code.as_str(), "40029" | "40163" | "42003"), code)
                }
                Err(other) => Finding::new("credentials", false, other.to_string()),
                Ok(_) => Finding::new("credentials", true, ""),
            }])
        })
    }
}
