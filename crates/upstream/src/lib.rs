//! Clients of other identity providers: Alipay, WeChat, DingTalk and any OpenID Provider. One trait for all of them; no
//! database, no pages. Whoever calls keeps state, nonce and verifier, bound to a browser and used once.
mod alipay;
mod call;
mod dingtalk;
mod model;
mod oidc;
#[cfg(test)]
mod tests;
mod wechat;

pub use alipay::{AlipayConfig, sign as rsa2};
pub use dingtalk::DingTalkConfig;
pub use model::{Certified, Connector, Fault, Finding, Flow, Hidden, Person, Query, Working};
pub use oidc::{ClientAuthentication, OidcConfig, Upstreams};
pub use wechat::WeChatConfig;

/// Whether a connector of this provider can be asked for a new sign-in and says when it was. Alipay, WeChat and DingTalk have
/// no member for either: what comes back from them may be a session that somebody left open there.
pub fn proves_fresh(provider: &str) -> bool {
    provider == OidcConfig::PROVIDER
}

/// The provider of a stored connector. Error: `upstream.config` for what this version cannot read.
pub fn open(upstreams: &Upstreams, provider: &str, config: &str) -> kernel::Result<Box<dyn Connector>> {
    let unreadable = |e: serde_json::Error| kernel::Error::internal("upstream.config").because(e);
    Ok(match provider {
        AlipayConfig::PROVIDER => {
            let config: AlipayConfig = serde_json::from_str(config).map_err(unreadable)?;
            Box::new(alipay::Alipay::new(upstreams.outbound().clone(), config)?)
        }
        WeChatConfig::PROVIDER => {
            let config = serde_json::from_str(config).map_err(unreadable)?;
            Box::new(wechat::WeChat::new(upstreams.outbound().clone(), config))
        }
        DingTalkConfig::PROVIDER => {
            let config = serde_json::from_str(config).map_err(unreadable)?;
            Box::new(dingtalk::DingTalk::new(upstreams.outbound().clone(), config))
        }
        OidcConfig::PROVIDER => {
            let config = serde_json::from_str(config).map_err(unreadable)?;
            Box::new(oidc::OpenIdProvider::new(upstreams.clone(), config))
        }
        other => {
            return Err(kernel::Error::internal("upstream.config").because(format!("no provider {other}")));
        }
    })
}
