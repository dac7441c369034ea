//! Alipay web sign-in. Requests are signed by the application (RSA2); of an answer only those exact bytes are believed that
//! the platform signed. The token call alone says who it is; the profile is asked for where the application has it.
mod scan;
pub mod sign;

use crate::{
    call,
    model::{Certified, Connector, Fault, Finding, Flow, Hidden, Person, Query, Working, refused},
};
use jiff::tz::{TimeZone, offset};
use kernel::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sign::{Signer, Verifier};
use std::collections::BTreeMap;
use url::Url;
use web::Outbound;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlipayConfig {
    pub app_id: String,
    /// Of the application.
    pub private_key: Hidden,
    /// Of the platform, not the application's own.
    pub public_key: String,
    /// `https://openauth.alipay.com/oauth2/publicAppAuthorize.htm`.
    pub authorize: Url,
    /// `https://openapi.alipay.com/gateway.do`.
    pub gateway: Url,
    /// The application may call `alipay.user.info.share`.
    pub profile: bool,
}
impl AlipayConfig {
    pub const PROVIDER: &'static str = "alipay";
    pub const AUTHORIZE: &'static str = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm";
    pub const GATEWAY: &'static str = "https://openapi.alipay.com/gateway.do";
    /// Both keys as they will be used. Errors at `private_key`, `public_key`; the application's own public key in place of
    /// the platform's is the commonest mistake, and has a name: `upstream.own_key`.
    pub fn check(&self) -> Result<()> {
        let signer = Signer::parse(self.private_key.expose())?;
        let verifier = Verifier::parse(&self.public_key)?;
        if signer.public_key().is_some_and(|own| own == verifier.as_text()) {
            return Err(kernel::Error::invalid("upstream.own_key").at("public_key"));
        }
        Ok(())
    }
}

pub(crate) struct Alipay {
    outbound: Outbound,
    config: AlipayConfig,
    signer: Signer,
    verifier: Verifier,
}
impl Alipay {
    pub(crate) fn new(outbound: Outbound, config: AlipayConfig) -> Result<Self> {
        let signer = Signer::parse(config.private_key.expose())?;
        let verifier = Verifier::parse(&config.public_key)?;
        Ok(Self { outbound, config, signer, verifier })
    }
    /// Signed parameters of one call, `sign` included.
    fn parameters(
        &self,
        method: &str,
        own: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<BTreeMap<String, String>> {
        let timestamp = china_time(now);
        let common = [
            ("app_id", self.config.app_id.as_str()),
            ("method", method),
            ("format", "json"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &timestamp),
            ("version", "1.0"),
        ];
        let mut parameters: BTreeMap<String, String> = common
            .iter()
            .chain(own)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sign = self.signer.sign(&sign::content(&parameters))?;
        parameters.insert("sign".to_owned(), sign);
        Ok(parameters)
    }
    async fn call(
        &self,
        method: &str,
        own: &[(&str, &str)],
        now: Timestamp,
    ) -> std::result::Result<Value, Fault> {
        let parameters = self.parameters(method, own, now).map_err(|_| Fault::Config("private_key"))?;
        // All of it in the body: tokens and signatures stay out of every log of addresses.
        let members: Vec<(&str, &str)> = parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = call::send(&self.outbound, call::form(self.config.gateway.clone(), &members)).await?;
        if !answer.status.is_success() {
            return Err(Fault::Refused(format!("http {}", answer.status.as_u16())));
        }
        let body = std::str::from_utf8(&answer.body).map_err(|_| Fault::Untrusted("not UTF-8"))?;
        read(&self.verifier, method, body)
    }
    async fn token(&self, code: &str, now: Timestamp) -> std::result::Result<Value, Fault> {
        let own = [("grant_type", "authorization_code"), ("code", code)];
        self.call("alipay.system.oauth.token", &own, now).await
    }
    /// The profile, if it is the same person's.
    async fn profile(&self, token: &Value, now: Timestamp) -> std::result::Result<Option<Value>, Fault> {
        let Some(access) = call::text(token, "access_token").filter(|_| self.config.profile) else {
            return Ok(None);
        };
        match self.call("alipay.user.info.share", &[("auth_token", &access)], now).await {
            Ok(profile) => {
                let same = ["open_id", "user_id"].iter().all(|name| {
                    match (call::text(token, name), call::text(&profile, name)) {
                        (Some(one), Some(other)) => one == other,
                        _ => true,
                    }
                });
                if same { Ok(Some(profile)) } else { Err(Fault::Untrusted("profile of somebody else")) }
            }
            Err(fault @ Fault::Untrusted(_)) => Err(fault),
            // Who it is, is known already; an application without the profile still signs people in.
            Err(fault) => {
                tracing::warn!(%fault, "alipay gave no profile");
                Ok(None)
            }
        }
    }
}

/// `yyyy-MM-dd HH:mm:ss` as clocks in China show it.
fn china_time(now: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    at.to_zoned(TimeZone::fixed(offset(8))).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The value of the answer, verified over the bytes between its braces. An `error_response` refuses and is not signed where
/// the request could not be told.
fn read(verifier: &Verifier, method: &str, body: &str) -> std::result::Result<Value, Fault> {
    let members = scan::members(body).ok_or(Fault::Untrusted("not JSON"))?;
    let raw = |wanted: &str| members.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let parsed = |raw: &str| serde_json::from_str::<Value>(raw).map_err(|_| Fault::Untrusted("not JSON"));
    if let Some(error) = raw("error_response") {
        return Err(refusal(&parsed(error)?));
    }
    let name = format!("{}_response", method.replace('.', "_"));
    let signed = raw(&name).ok_or(Fault::Untrusted("another answer"))?;
    let sign = raw("sign").ok_or(Fault::Untrusted("no signature"))?;
    let sign: String = serde_json::from_str(sign).map_err(|_| Fault::Untrusted("no signature"))?;
    if !verifier.verifies(signed, &sign) {
        return Err(Fault::Untrusted("signature"));
    }
    let value = parsed(signed)?;
    match call::text(&value, "code").as_deref() {
        None | Some("10000") => Ok(value),
        Some(_) => Err(refusal(&value)),
    }
}
fn refusal(value: &Value) -> Fault {
    let code = call::text(value, "sub_code").or_else(|| call::text(value, "code"));
    refused(&code.unwrap_or_else(|| "unknown".into()))
}

impl Connector for Alipay {
    fn authorize<'a>(&'a self, flow: &'a Flow, _: Timestamp) -> Working<'a, Url> {
        Box::pin(async move {
            let mut url = self.config.authorize.clone();
            url.query_pairs_mut().extend_pairs([
                ("app_id", self.config.app_id.as_str()),
                ("scope", if self.config.profile { "auth_user" } else { "auth_base" }),
                ("redirect_uri", flow.redirect_uri.as_str()),
                ("state", flow.state.as_str()),
            ]);
            Ok(url)
        })
    }
    fn exchange<'a>(&'a self, query: &'a Query, _: &'a Flow, now: Timestamp) -> Working<'a, Person> {
        Box::pin(async move {
            if query.get("app_id").is_some_and(|id| id != self.config.app_id) {
                return Err(Fault::Untrusted("app_id"));
            }
            // Whoever leaves the page comes back without one.
            let code = query.get("auth_code").ok_or(Fault::Denied)?;
            let token = self.token(code, now).await?;
            let realm = self.config.app_id.as_str();
            // Newer applications are told `open_id` alone, older ones `user_id`; some get both.
            let mut subjects = ["open_id", "user_id"].into_iter().filter_map(|kind| {
                call::subject(&token, kind).map(|value| Person::subject_of(kind, realm, &value))
            });
            let subject = subjects.next().ok_or(Fault::Untrusted("neither open_id nor user_id"))?;
            let alt_subjects = subjects.collect();
            let profile = self.profile(&token, now).await?.unwrap_or_default();
            Ok(Person {
                subject,
                alt_subjects,
                display_name: call::text(&profile, "nick_name"),
                certified: certified(&profile),
                phone: call::text(&profile, "mobile"),
            })
        })
    }
    fn probe(&self, now: Timestamp) -> Working<'_, Vec<Finding>> {
        Box::pin(async move {
            let size = Finding::new("private_key", true, format!("RSA {}", self.signer.bits()));
            // An invented code: the gateway checks application and signature before it looks at that.
            let gateway = match self.token("fujie-test", now).await {
                Err(Fault::Refused(code)) => Finding::new("gateway", code == "isv.code-invalid", code),
                Err(other) => Finding::new("gateway", false, other.to_string()),
                Ok(_) => Finding::new("gateway", true, ""),
            };
            Ok(vec![size, gateway])
        })
    }
}

/// Resident identity cards of people whom Alipay certified; other documents are not proven this way.
fn certified(profile: &Value) -> Option<Certified> {
    let yes = call::text(profile, "is_certified")?.eq_ignore_ascii_case("t");
    let resident = matches!(call::text(profile, "cert_type")?.as_str(), "0" | "IDENTITY_CARD");
    let found =
        Certified { name: call::text(profile, "user_name")?, document: call::text(profile, "cert_no")? };
    (yes && resident).then_some(found)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn vectors() -> Value {
        let all: Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        all["alipay_rsa2"].clone()
    }
    fn str_of<'a>(vectors: &'a Value, name: &str) -> &'a str {
        vectors[name].as_str().unwrap()
    }
    fn alipay() -> Alipay {
        let vectors = vectors();
        let config = AlipayConfig {
            app_id: "2021000000000001".into(),
            private_key: Hidden::new(str_of(&vectors, "app_private_key_pkcs8_pem")),
            public_key: str_of(&vectors, "platform_public_key_pem").into(),
            authorize: Url::parse(AlipayConfig::AUTHORIZE).unwrap(),
            gateway: Url::parse(AlipayConfig::GATEWAY).unwrap(),
            profile: false,
        };
        config.check().unwrap();
        Alipay::new(Outbound::new(web::OutboundOptions::default()).unwrap(), config).unwrap()
    }

    #[test]
    fn requests_are_signed_as_the_vector_says() {
        let vectors = vectors();
        // 2026-11-21 18:00:00 in China.
        let now = Timestamp::from_millis(1_795_255_200_000);
        let own = [
            ("grant_type", "authorization_code"),
            ("code", "4b203fe6c11548bcabd8da5bb087a83b"),
            ("none", ""),
        ];
        let parameters = alipay().parameters("alipay.system.oauth.token", &own, now).unwrap();
        assert_eq!(sign::content(&parameters), str_of(&vectors, "sign_content"));
        assert_eq!(parameters["sign"], str_of(&vectors, "sign"));
        for (name, value) in vectors["params"].as_object().unwrap() {
            assert_eq!(&parameters[name], value.as_str().unwrap(), "{name}");
        }
        assert_eq!(
            parameters.len(),
            vectors["params"].as_object().unwrap().len() + 1,
            "nothing empty is sent"
        );
    }
    #[test]
    fn answers_are_believed_over_their_exact_bytes_alone() {
        let vectors = vectors();
        let verifier = Verifier::parse(str_of(&vectors, "platform_public_key_pem")).unwrap();
        let method = "alipay.system.oauth.token";
        let good = str_of(&vectors, "response_body");
        let value = read(&verifier, method, good).unwrap();
        assert_eq!(value["open_id"], "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5");
        let signed = str_of(&vectors, "response_signed_substring");
        assert!(verifier.verifies(signed, str_of(&vectors, "response_sign")));
        let untrusted = |body: &str| matches!(read(&verifier, method, body), Err(Fault::Untrusted(_)));
        assert!(untrusted(str_of(&vectors, "tampered_must_fail")));
        // The same JSON, other bytes.
        assert!(untrusted(&good.replace("\":\"authusrBtest0", "\": \"authusrBtest0")));
        assert!(untrusted(&good.replace(",\"sign\":", ",\"sig\":")));
        // A second object in front, so that who verifies and who reads could take different ones.
        let twice = format!(
            "{{\"alipay_system_oauth_token_response\":{{\"open_id\":\"evil\"}},{}",
            good.strip_prefix('{').unwrap()
        );
        assert!(untrusted(&twice));
        assert!(untrusted(
            &good.replace("alipay_system_oauth_token_response", "alipay_user_info_share_response")
        ));
        assert!(untrusted(&format!("{good}{{}}")));
        // White space around the members is outside of what is signed.
        let spaced = good.replace(
            "\"alipay_system_oauth_token_response\":",
            " \"alipay_system_oauth_token_response\" :\n",
        );
        assert!(read(&verifier, method, &spaced).is_ok());
    }
    #[test]
    fn refusals_carry_a_code_and_nothing_else() {
        let vectors = vectors();
        let verifier = Verifier::parse(str_of(&vectors, "platform_public_key_pem")).unwrap();
        let body = json!({ "error_response": {
            "code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.code-invalid", "sub_msg": "授权码code无效 <x>",
        } });
        let fault = read(&verifier, "alipay.system.oauth.token", &body.to_string()).unwrap_err();
        assert_eq!(fault, Fault::Refused("isv.code-invalid".into()));
    }
    #[test]
    fn keys_are_taken_in_every_form_that_the_vendor_hands_out() {
        let vectors = vectors();
        let (private, public) =
            (str_of(&vectors, "app_private_key_pkcs8_pem"), str_of(&vectors, "platform_public_key_pem"));
        let bare = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
        for text in [private.to_owned(), bare(private), private.replace('\n', "\r\n")] {
            assert_eq!(Signer::parse(&text).unwrap().bits(), 2048);
        }
        assert!(Verifier::parse(public).is_ok() && Verifier::parse(&bare(public)).is_ok());
        for text in ["", "-----BEGIN PRIVATE KEY-----", "AAAA", public] {
            assert_eq!(Signer::parse(text).err().unwrap().code, "upstream.private_key", "{text}");
        }
        for text in ["", "AAAA", private] {
            assert_eq!(Verifier::parse(text).err().unwrap().code, "upstream.public_key", "{text}");
        }
        let own = Signer::parse(private).unwrap().public_key().unwrap();
        let config = AlipayConfig { public_key: own, ..alipay().config };
        assert_eq!(config.check().unwrap_err().code, "upstream.own_key");
        assert!(!format!("{config:?}").contains(bare(private).get(40..80).unwrap()));
    }
    #[test]
    fn only_certified_resident_identity_cards_count() {
        let profile = |certified: &str, kind: &str| json!({ "is_certified": certified, "cert_type": kind, "user_name": "林知远", "cert_no": "110101199003077475" });
        assert!(certified(&profile("T", "0")).is_some());
        assert!(certified(&profile("F", "0")).is_none());
        assert!(certified(&profile("T", "1")).is_none());
        assert!(certified(&json!({ "is_certified": "T" })).is_none());
    }
}
