//! The ways to sign in that this installation has: each a link, in one row above the form; other providers below it.
use crate::{Identity, external, session::encoded};
use kernel::Result;
use platform::connector::{self, Kind};
use web::Ctx;

pub struct Ways {
    pub tabs: Vec<Tab>,
    pub others: Vec<Other>,
}
pub struct Tab {
    pub href: String,
    pub icon: &'static str,
    /// Key of the word.
    pub label: &'static str,
    pub current: bool,
}
/// An account at another provider.
pub struct Other {
    pub href: String,
    pub icon: &'static str,
    pub name: String,
}

/// Whether an SMS can leave at all.
pub async fn has_sms(identity: &Identity) -> Result<bool> {
    if identity.outbox().local_outbox().is_some() {
        return Ok(true);
    }
    Ok(!connector::service::enabled(identity.db(), Kind::Sms).await?.is_empty())
}
/// What follows the path of a way, so that the person arrives where they were going.
pub(crate) fn query(return_to: &str) -> String {
    if return_to == "/" { String::new() } else { format!("?return_to={}", encoded(return_to)) }
}
/// Somebody who is signed in signs in again: no way sends them back before they did.
fn again(ctx: &Ctx) -> bool {
    ctx.path.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair == "again=1"))
}
/// What is not configured does not appear. `current`: `password`, `sms`, `passkey` or `scan`.
pub async fn of(identity: &Identity, ctx: &Ctx, return_to: &str, current: &str) -> Result<Ways> {
    let mut query = query(return_to);
    if again(ctx) {
        query.push_str(if query.is_empty() { "?again=1" } else { "&again=1" });
    }
    let tab = |name: &str, path: &str, icon, label| Tab {
        href: format!("{path}{query}"),
        icon,
        label,
        current: name == current,
    };
    let mut tabs = vec![tab("password", "/login", "key", "identity-way-password")];
    if has_sms(identity).await? {
        tabs.push(tab("sms", "/login/sms", "phone", "identity-way-sms"));
    }
    if factor::passkey::possible(&ctx.app) {
        tabs.push(tab("passkey", "/login/passkey", "passkey", "identity-way-passkey"));
    }
    tabs.push(tab("scan", "/login/scan", "qr", "identity-way-scan"));
    let offers = external::service::offered(identity).await?;
    let others = offers.into_iter().map(|offer| Other {
        href: format!("{}{query}", offer.href),
        icon: external::icon_of(&offer.provider),
        name: offer.label(ctx.lang).to_owned(),
    });
    Ok(Ways { tabs, others: others.collect() })
}
