//! One form for every provider: what is typed becomes a configuration, and a configuration fills the form again, without its
//! secrets.
use kernel::{Error, Result, text::line};
use platform::connector::{Connector, Server};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use upstream::{AlipayConfig, ClientAuthentication, DingTalkConfig, Hidden, OidcConfig, WeChatConfig};
use url::Url;
use web::{FormErrors, Lang};

/// What can be added, in the order in which it is offered.
pub const PROVIDERS: [&str; 4] =
    [AlipayConfig::PROVIDER, WeChatConfig::PROVIDER, DingTalkConfig::PROVIDER, OidcConfig::PROVIDER];

/// Key of a provider's name.
pub fn provider_key(provider: &str) -> &'static str {
    match provider {
        AlipayConfig::PROVIDER => "portal-provider-alipay",
        WeChatConfig::PROVIDER => "portal-provider-wechat",
        DingTalkConfig::PROVIDER => "portal-provider-dingtalk",
        _ => "portal-provider-oidc",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub id: String,
    pub rev: String,
    pub name: String,
    pub name_en: String,
    pub enabled: Option<String>,
    pub app_id: String,
    pub secret: String,
    pub private_key: String,
    pub public_key: String,
    pub authorize: String,
    pub api: String,
    pub profile: Option<String>,
    pub issuer: String,
    pub scopes: String,
    pub authentication: String,
}

/// Stands in the configuration beside what the provider needs.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    name_en: String,
}

impl Typed {
    pub fn blank(provider: &str, id: String, [name, name_en]: [String; 2]) -> Self {
        let (authorize, api) = match provider {
            AlipayConfig::PROVIDER => (AlipayConfig::AUTHORIZE, AlipayConfig::GATEWAY),
            WeChatConfig::PROVIDER => (WeChatConfig::AUTHORIZE, WeChatConfig::API),
            DingTalkConfig::PROVIDER => (DingTalkConfig::AUTHORIZE, DingTalkConfig::API),
            _ => ("", ""),
        };
        Self {
            id,
            name,
            name_en,
            enabled: Some("yes".into()),
            authorize: authorize.into(),
            api: api.into(),
            scopes: "openid profile".into(),
            authentication: "client_secret_basic".into(),
            ..Self::default()
        }
    }
    /// Secrets stay behind: an empty field keeps them.
    pub fn of(connector: &Connector) -> Result<Self> {
        let mut typed = Self {
            rev: connector.rev.to_string(),
            name: connector.name.clone(),
            name_en: connector.config::<Names>()?.name_en,
            enabled: connector.enabled.then(|| "yes".to_owned()),
            ..Self::default()
        };
        match connector.provider.as_str() {
            AlipayConfig::PROVIDER => {
                let config: AlipayConfig = connector.config()?;
                typed.app_id = config.app_id;
                typed.public_key = config.public_key;
                typed.authorize = config.authorize.into();
                typed.api = config.gateway.into();
                typed.profile = config.profile.then(|| "yes".to_owned());
            }
            WeChatConfig::PROVIDER => {
                let config: WeChatConfig = connector.config()?;
                (typed.app_id, typed.authorize, typed.api) =
                    (config.app_id, config.authorize.into(), config.api.into());
            }
            DingTalkConfig::PROVIDER => {
                let config: DingTalkConfig = connector.config()?;
                (typed.app_id, typed.authorize, typed.api) =
                    (config.client_id, config.authorize.into(), config.api.into());
            }
            _ => {
                let config: OidcConfig = connector.config()?;
                (typed.app_id, typed.issuer, typed.scopes) = (config.client_id, config.issuer, config.scopes);
                typed.authentication = match config.authentication {
                    ClientAuthentication::ClientSecretBasic => "client_secret_basic".into(),
                    ClientAuthentication::ClientSecretPost => "client_secret_post".into(),
                };
            }
        }
        Ok(typed)
    }
    /// Name and configuration, or what is wrong with each field. `before` has the secrets that were not typed again.
    pub fn parse(
        &self,
        provider: &str,
        before: Option<&Connector>,
        lang: Lang,
    ) -> std::result::Result<(String, String), FormErrors> {
        let mut errors = FormErrors::none();
        let name = errors.take(line("name", &self.name, 40), lang);
        let name_en = match self.name_en.trim() {
            "" => Some(String::new()),
            text => errors.take(line("name_en", text, 40), lang),
        };
        let app_id = errors.take(line("app_id", &self.app_id, 200), lang);
        let config = match provider {
            AlipayConfig::PROVIDER => self.alipay(before, app_id, &mut errors, lang),
            WeChatConfig::PROVIDER => {
                let (authorize, api) = self.addresses(&mut errors, lang);
                let kept = |old: WeChatConfig| (old.secret, Server::of(&old.api));
                let secret = errors.take(self.secret(before, kept, api.as_ref()), lang);
                both(app_id, secret, authorize, api).and_then(|(app_id, secret, authorize, api)| {
                    json(&WeChatConfig { app_id, secret, authorize, api })
                })
            }
            DingTalkConfig::PROVIDER => {
                let (authorize, api) = self.addresses(&mut errors, lang);
                let kept = |old: DingTalkConfig| (old.secret, Server::of(&old.api));
                let secret = errors.take(self.secret(before, kept, api.as_ref()), lang);
                both(app_id, secret, authorize, api).and_then(|(client_id, secret, authorize, api)| {
                    json(&DingTalkConfig { client_id, secret, authorize, api })
                })
            }
            _ => self.oidc(before, app_id, &mut errors, lang),
        };
        match (name, name_en, config) {
            (Some(name), Some(name_en), Some(mut config)) if errors.is_empty() => {
                if let Some(members) = config.as_object_mut() {
                    members.insert("name_en".to_owned(), name_en.into());
                }
                Ok((name, config.to_string()))
            }
            _ => Err(errors),
        }
    }
    fn alipay(
        &self,
        before: Option<&Connector>,
        app_id: Option<String>,
        errors: &mut FormErrors,
        lang: Lang,
    ) -> Option<Value> {
        let (authorize, gateway) = self.addresses(errors, lang);
        // The key never leaves, but what it signs would be taken there.
        let kept = |old: AlipayConfig| (old.private_key, Server::of(&old.gateway));
        let private_key = hidden("private_key", &self.private_key, before, kept, gateway.as_ref());
        let private_key = errors.take(private_key, lang);
        let (app_id, private_key, authorize, gateway) = both(app_id, private_key, authorize, gateway)?;
        let config = AlipayConfig {
            app_id,
            private_key,
            public_key: self.public_key.trim().to_owned(),
            authorize,
            gateway,
            profile: self.profile.is_some(),
        };
        errors.take(config.check(), lang)?;
        json(&config)
    }
    fn oidc(
        &self,
        before: Option<&Connector>,
        client_id: Option<String>,
        errors: &mut FormErrors,
        lang: Lang,
    ) -> Option<Value> {
        // Where the secret goes is read from what the issuer publishes.
        let issuer = Url::parse(self.issuer.trim()).ok();
        let kept = |old: OidcConfig| {
            let server = Url::parse(&old.issuer).map_or(Server::new("", "", 0), |old| Server::of(&old));
            (old.secret, server)
        };
        let secret = errors.take(self.secret(before, kept, issuer.as_ref()), lang);
        let authentication = match self.authentication.as_str() {
            "client_secret_basic" => Ok(ClientAuthentication::ClientSecretBasic),
            "client_secret_post" => Ok(ClientAuthentication::ClientSecretPost),
            _ => Err(Error::invalid("field.unknown_value").at("authentication")),
        };
        let authentication = errors.take(authentication, lang);
        let config = OidcConfig {
            issuer: self.issuer.trim().to_owned(),
            client_id: client_id.unwrap_or_default(),
            secret: secret.unwrap_or_default(),
            scopes: self.scopes.trim().to_owned(),
            authentication: authentication.unwrap_or(ClientAuthentication::ClientSecretBasic),
        };
        errors.take(config.check(), lang)?;
        json(&config)
    }
    fn secret<T: serde::de::DeserializeOwned>(
        &self,
        before: Option<&Connector>,
        of: impl FnOnce(T) -> (Hidden, Server),
        goes_to: Option<&Url>,
    ) -> Result<Hidden> {
        hidden("secret", &self.secret, before, of, goes_to)
    }
    fn addresses(&self, errors: &mut FormErrors, lang: Lang) -> (Option<Url>, Option<Url>) {
        let authorize = errors.take(address("authorize", &self.authorize), lang);
        (authorize, errors.take(address("api", &self.api), lang))
    }
}
fn json(config: &impl Serialize) -> Option<Value> {
    serde_json::to_value(config).ok()
}
fn both<A, B, C, D>(a: Option<A>, b: Option<B>, c: Option<C>, d: Option<D>) -> Option<(A, B, C, D)> {
    Some((a?, b?, c?, d?))
}
/// What was typed, else what was kept before, for the server that it was typed for. `goes_to` is None where the address
/// is wrong and said to be. Errors: `portal.secret_required`, `connector.secret_elsewhere`.
fn hidden<T: serde::de::DeserializeOwned>(
    field: &'static str,
    typed: &str,
    before: Option<&Connector>,
    of: impl FnOnce(T) -> (Hidden, Server),
    goes_to: Option<&Url>,
) -> Result<Hidden> {
    let typed = typed.trim();
    if !typed.is_empty() {
        return if typed.len() <= 16_384 {
            Ok(Hidden::new(typed))
        } else {
            Err(Error::invalid("field.too_long").at(field).arg("max", "16384"))
        };
    }
    let before = before.ok_or_else(|| Error::invalid("portal.secret_required").at(field))?;
    let (secret, server) = of(before.config()?);
    if let Some(url) = goes_to {
        server.keeps(&Server::of(url), field)?;
    }
    Ok(secret)
}
/// Error: `portal.address`.
fn address(field: &'static str, typed: &str) -> Result<Url> {
    let url = Url::parse(typed.trim()).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.fragment().is_none()
    });
    url.filter(|_| typed.len() <= 500).ok_or_else(|| Error::invalid("portal.address").at(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Id, Timestamp};
    use platform::connector::Kind;

    fn connector(provider: &str, config: String) -> Connector {
        Connector {
            id: Id::from_i64(1),
            kind: Kind::Upstream,
            provider: provider.into(),
            name: "x".into(),
            position: 1,
            enabled: true,
            config,
            rev: 3,
            updated_at: Timestamp::from_millis(0),
        }
    }
    #[test]
    fn a_form_that_comes_back_without_a_secret_keeps_it() {
        for provider in [WeChatConfig::PROVIDER, DingTalkConfig::PROVIDER, OidcConfig::PROVIDER] {
            let mut typed = Typed::blank(provider, String::new(), ["名称".into(), "Name".into()]);
            typed.app_id = "app".into();
            typed.issuer = "https://op.example".into();
            let missing = typed.parse(provider, None, Lang::En).unwrap_err();
            assert!(missing.of("secret").is_some(), "{provider}");
            typed.secret = "s3cr3t".into();
            let (_, config) = typed.parse(provider, None, Lang::En).unwrap();
            assert!(config.contains("s3cr3t"));
            let again = Typed::of(&connector(provider, config.clone())).unwrap();
            assert!(again.secret.is_empty() && again.rev == "3" && again.name_en == "Name", "{provider}");
            assert_eq!(
                again.parse(provider, Some(&connector(provider, config.clone())), Lang::En).unwrap().1,
                config
            );
        }
    }
    #[test]
    fn a_secret_is_typed_again_before_it_goes_elsewhere() {
        for provider in [WeChatConfig::PROVIDER, DingTalkConfig::PROVIDER, OidcConfig::PROVIDER] {
            let mut typed = Typed::blank(provider, String::new(), ["名称".into(), String::new()]);
            (typed.app_id, typed.secret) = ("app".into(), "s3cr3t".into());
            typed.issuer = "https://op.example".into();
            let stored = connector(provider, typed.parse(provider, None, Lang::En).unwrap().1);
            let mut again = Typed::of(&stored).unwrap();
            // Only the browser goes there, without the secret.
            again.authorize = "https://elsewhere.example/authorize".into();
            again.parse(provider, Some(&stored), Lang::En).unwrap();
            (again.api, again.issuer) = ("https://evil.example".into(), "https://evil.example".into());
            let errors = again.parse(provider, Some(&stored), Lang::En).unwrap_err();
            assert!(errors.of("secret").is_some_and(|words| words.contains("another server")), "{provider}");
            again.secret = "s3cr3t".into();
            again.parse(provider, Some(&stored), Lang::En).unwrap();
        }
    }
    #[test]
    fn a_key_signs_for_another_server_only_once_it_is_typed_again() {
        let config = AlipayConfig {
            app_id: "2021000000000000".into(),
            private_key: Hidden::new("key"),
            public_key: String::new(),
            authorize: AlipayConfig::AUTHORIZE.parse().unwrap(),
            gateway: AlipayConfig::GATEWAY.parse().unwrap(),
            profile: false,
        };
        let stored = connector(AlipayConfig::PROVIDER, serde_json::to_string(&config).unwrap());
        let mut again = Typed::of(&stored).unwrap();
        let said = |typed: &Typed| {
            let errors = typed.parse(AlipayConfig::PROVIDER, Some(&stored), Lang::En).unwrap_err();
            errors.of("private_key").is_some_and(|words| words.contains("another server"))
        };
        assert!(!said(&again));
        again.api = "https://evil.example/gateway.do".into();
        assert!(said(&again));
    }
    #[test]
    fn addresses_are_of_the_web() {
        for bad in ["", "open.example", "javascript:alert(1)", "https://u:p@x", "https://x/#f", "file:///x"] {
            assert_eq!(address("api", bad).unwrap_err().code, "portal.address", "{bad}");
        }
        assert!(address("api", " https://openapi.alipay.com/gateway.do ").is_ok());
    }
}
