//! Any OpenID Provider: discovery, authorization code with PKCE, nonce and `iss` in the answer.
mod cache;
mod id_token;
#[cfg(test)]
pub(crate) use id_token::half_hash;

use crate::{
    call,
    model::{Connector, Fault, Finding, Flow, Hidden, Person, Query, Working, refused},
};
use cache::Discovery;
pub use cache::Upstreams;
use data_encoding::BASE64;
use http::{HeaderValue, header};
use id_token::{Claims, Expected};
use kernel::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use web::Call;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    ClientSecretBasic,
    ClientSecretPost,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcConfig {
    /// Exactly as the provider writes it, a slash at the end included.
    pub issuer: String,
    pub client_id: String,
    pub secret: Hidden,
    /// `openid` is always among them.
    pub scopes: String,
    pub authentication: ClientAuthentication,
}
impl OidcConfig {
    pub const PROVIDER: &'static str = "oidc";
    /// Errors: `upstream.issuer`, `upstream.scopes`.
    pub fn check(&self) -> Result<()> {
        let url = Url::parse(&self.issuer).ok().filter(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
        });
        if url.is_none() || self.issuer.len() > 255 {
            return Err(Error::invalid("upstream.issuer").at("issuer"));
        }
        let good = |scope: &str| scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        if self.scopes.len() > 255 || !self.scopes.split_whitespace().all(good) {
            return Err(Error::invalid("upstream.scopes").at("scopes"));
        }
        Ok(())
    }
    fn scope(&self) -> String {
        let others = self.scopes.split_whitespace().filter(|scope| *scope != "openid");
        std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) struct OpenIdProvider {
    upstreams: Upstreams,
    config: OidcConfig,
}
impl OpenIdProvider {
    pub(crate) fn new(upstreams: Upstreams, config: OidcConfig) -> Self {
        Self { upstreams, config }
    }
    #[cfg(test)]
    pub(crate) fn config(&self) -> &OidcConfig {
        &self.config
    }
    async fn discovery(&self, now: Timestamp) -> std::result::Result<std::sync::Arc<Discovery>, Fault> {
        self.upstreams.discovery(&self.config.issuer, now).await
    }
    /// RFC 9207 §2.4: another provider's answer is not taken to this one's token endpoint.
    fn check_issuer(&self, query: &Query, discovery: &Discovery) -> std::result::Result<(), Fault> {
        match query.get("iss") {
            Some(issuer) if issuer == self.config.issuer => Ok(()),
            Some(_) => Err(Fault::Untrusted("iss of the answer")),
            None if discovery.names_itself => Err(Fault::Untrusted("answer without iss")),
            None => Ok(()),
        }
    }
    async fn redeem(
        &self,
        discovery: &Discovery,
        code: &str,
        flow: &Flow,
    ) -> std::result::Result<Value, Fault> {
        let mut members = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", flow.redirect_uri.as_str()),
            ("code_verifier", flow.verifier.as_str()),
        ];
        let basic = self.config.authentication == ClientAuthentication::ClientSecretBasic;
        if !basic {
            members.push(("client_id", &self.config.client_id));
            members.push(("client_secret", self.config.secret.expose()));
        }
        let mut call = call::form(discovery.token_endpoint.clone(), &members);
        if basic {
            call = call.header(header::AUTHORIZATION, self.basic()?);
        }
        let (status, value) = call::json(self.upstreams.outbound(), call).await?;
        if status.is_success() {
            return Ok(value);
        }
        Err(refused(&call::text(&value, "error").unwrap_or_else(|| format!("http {}", status.as_u16()))))
    }
    /// RFC 6749 §2.3.1: both halves are form-encoded before Base64.
    fn basic(&self) -> std::result::Result<HeaderValue, Fault> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.config.client_id), encoded(self.config.secret.expose()));
        let text = format!("Basic {}", BASE64.encode(pair.as_bytes()));
        let mut value = HeaderValue::try_from(text).map_err(|_| Fault::Config("client_id"))?;
        value.set_sensitive(true);
        Ok(value)
    }
    /// Name and phone, where the ID token leaves them out. The subject must be the same (OpenID Connect Core §5.3.2).
    async fn userinfo(
        &self,
        discovery: &Discovery,
        token: &Value,
        claims: &Claims,
    ) -> std::result::Result<Option<Value>, Fault> {
        let (Some(endpoint), Some(access)) =
            (&discovery.userinfo_endpoint, call::text(token, "access_token"))
        else {
            return Ok(None);
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {access}"))
            .map_err(|_| Fault::Untrusted("access token"))?;
        bearer.set_sensitive(true);
        let call = Call::get(endpoint.clone()).header(header::AUTHORIZATION, bearer);
        match call::json(self.upstreams.outbound(), call).await {
            Ok((status, value)) if status.is_success() => {
                if value.get("sub").and_then(Value::as_str) == Some(claims.sub.as_str()) {
                    Ok(Some(value))
                } else {
                    Err(Fault::Untrusted("userinfo of somebody else"))
                }
            }
            // Who it is, is known already.
            _ => Ok(None),
        }
    }
}
impl Connector for OpenIdProvider {
    fn authorize<'a>(&'a self, flow: &'a Flow, now: Timestamp) -> Working<'a, Url> {
        Box::pin(async move {
            let mut url = self.discovery(now).await?.authorization_endpoint.clone();
            url.query_pairs_mut().extend_pairs([
                ("response_type", "code"),
                ("response_mode", "query"),
                ("client_id", self.config.client_id.as_str()),
                ("redirect_uri", flow.redirect_uri.as_str()),
                ("scope", self.config.scope().as_str()),
                ("state", flow.state.as_str()),
                ("nonce", flow.nonce.as_str()),
                ("code_challenge", flow.challenge().as_str()),
                ("code_challenge_method", "S256"),
            ]);
            if flow.fresh.is_some() {
                url.query_pairs_mut().extend_pairs([("prompt", "login"), ("max_age", "0")]);
            }
            Ok(url)
        })
    }
    fn exchange<'a>(&'a self, query: &'a Query, flow: &'a Flow, now: Timestamp) -> Working<'a, Person> {
        Box::pin(async move {
            let discovery = self.discovery(now).await?;
            self.check_issuer(query, &discovery)?;
            match query.get("error") {
                None => {}
                Some("access_denied") => return Err(Fault::Denied),
                Some(other) => return Err(refused(other)),
            }
            let code = query.get("code").ok_or(Fault::Untrusted("no code"))?;
            let token = self.redeem(&discovery, code, flow).await?;
            let id_token = token.get("id_token").and_then(Value::as_str).filter(|text| text.len() <= 65_536);
            let id_token = id_token.ok_or(Fault::Untrusted("no ID token"))?;
            let expected = Expected {
                issuer: &self.config.issuer,
                client_id: &self.config.client_id,
                nonce: &flow.nonce,
                access_token: token.get("access_token").and_then(Value::as_str),
                fresh: flow.fresh,
                now,
            };
            let key = self.upstreams.key(&discovery, &id_token::header(id_token)?, now).await?;
            let claims = id_token::verify(id_token, &key, &expected)?;
            let more = match claims.name.is_some() {
                true => None,
                false => self.userinfo(&discovery, &token, &claims).await?,
            };
            let more = more.unwrap_or_default();
            let preferred =
                || claims.preferred_username.clone().or_else(|| call::text(&more, "preferred_username"));
            Ok(Person {
                subject: Person::subject_of("sub", &self.config.issuer, &claims.sub),
                alt_subjects: Vec::new(),
                display_name: claims.name.clone().or_else(|| call::text(&more, "name")).or_else(preferred),
                certified: None,
                phone: claims.phone_number.clone().or_else(|| call::text(&more, "phone_number")),
            })
        })
    }
    fn probe(&self, now: Timestamp) -> Working<'_, Vec<Finding>> {
        Box::pin(async move {
            let discovery = match self.upstreams.fresh_discovery(&self.config.issuer, now).await {
                Ok(discovery) => discovery,
                Err(fault) => return Ok(vec![Finding::new("discovery", false, fault.to_string())]),
            };
            let mut findings = vec![
                Finding::new("discovery", true, self.config.issuer.clone()),
                Finding::new("authorization_endpoint", true, discovery.authorization_endpoint.to_string()),
                Finding::new("token_endpoint", true, discovery.token_endpoint.to_string()),
                Finding::new("pkce", discovery.s256, if discovery.s256 { "S256" } else { "" }),
                Finding::new("iss", true, discovery.names_itself.to_string()),
            ];
            findings.push(match self.upstreams.fresh_keys(&discovery, now).await {
                Ok(count) => Finding::new("keys", count > 0, count.to_string()),
                Err(fault) => Finding::new("keys", false, fault.to_string()),
            });
            Ok(findings)
        })
    }
}
