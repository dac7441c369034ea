//! The ways to sign in that this installation has: each a link, in one row above the form.
use crate::Identity;
use kernel::Result;

pub struct Ways {
    /// Href, icon, key of the label, whether this is the page.
    pub tabs: Vec<Tab>,
}
pub struct Tab {
    pub href: String,
    pub icon: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// `current`: `password`, `sms`, `passkey` or `scan`.
pub async fn of(_identity: &Identity, return_to: &str, current: &str) -> Result<Ways> {
    let query = if return_to == "/" {
        String::new()
    } else {
        format!("?return_to={}", crate::session::encoded(return_to))
    };
    let tab = |name: &str, path: &str, icon, label| Tab {
        href: format!("{path}{query}"),
        icon,
        label,
        current: name == current,
    };
    let tabs = vec![
        tab("password", "/login", "key", "identity-way-password"),
        tab("sms", "/login/sms", "phone", "identity-way-sms"),
        tab("passkey", "/login/passkey", "passkey", "identity-way-passkey"),
        tab("scan", "/login/scan", "qr", "identity-way-scan"),
    ];
    Ok(Ways { tabs })
}
