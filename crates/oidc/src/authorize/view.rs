//! Names and words of the consent page.
use crate::OpenId;
use identity::session::SignedIn;
use kernel::{Result, id::ProductId};
use organization::decision::{InSpace, Space};
use url::Url;
use web::Lang;

pub struct ProductView {
    pub name: String,
    pub icon: String,
}
pub async fn product(openid: &OpenId, id: ProductId, lang: Lang) -> Result<ProductView> {
    let product = openid.organizations().product(id).await?;
    Ok(ProductView {
        name: product.name.of(lang == Lang::En).to_owned(),
        icon: product.icon_name().to_owned(),
    })
}

pub struct SpaceView {
    pub space: Space,
    pub name: String,
    pub role: String,
}
/// A space under the name by which the person knows it; what was found with the decision, and no further look-up.
pub fn space(signed_in: &SignedIn, found: &InSpace, lang: Lang) -> SpaceView {
    match &found.named {
        None => SpaceView {
            space: found.space,
            name: lang.t("oidc-consent-space-personal"),
            role: signed_in.name.clone(),
        },
        Some(named) => SpaceView {
            space: found.space,
            name: named.name.clone(),
            role: named.role_label().map(|role| role.of(lang == Lang::En).to_owned()).unwrap_or_default(),
        },
    }
}

/// Where the answer goes, as a person can judge it: of the address that this request names, not of another that is registered
/// too.
#[derive(Debug, PartialEq, Eq)]
pub enum Receiver {
    /// The host, and port where it is not the scheme's own.
    Host(String),
    /// Of an app on the person's device, its scheme: what stands where a host would is the app's own word.
    App(String),
}
pub fn receiver(redirect_uri: &str) -> Receiver {
    let Ok(url) = Url::parse(redirect_uri) else { return Receiver::Host(String::new()) };
    if !matches!(url.scheme(), "https" | "http") {
        return Receiver::App(url.scheme().to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    Receiver::Host(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// The sentence of a decision's code, one of `organization`'s: `organization-decision-grant-missing`.
pub fn reason(lang: Lang, code: &str) -> String {
    lang.t(&format!("organization-{}", code.replace(['.', '_'], "-")))
}

#[cfg(test)]
mod tests {
    use super::{Receiver, receiver};

    #[test]
    fn an_app_never_looks_like_a_host() {
        let host = |text: &str| Receiver::Host(text.to_owned());
        let app = |text: &str| Receiver::App(text.to_owned());
        for (address, seen) in [
            ("https://rp.test/callback", host("rp.test")),
            ("https://rp.test:8443/callback", host("rp.test:8443")),
            ("http://127.0.0.1:8090/callback", host("127.0.0.1:8090")),
            ("com.evil.app://bank.example/cb", app("com.evil.app")),
            ("com.evil.app://bank.example:443/cb", app("com.evil.app")),
            ("com.evil.app:/cb", app("com.evil.app")),
        ] {
            assert_eq!(receiver(address), seen, "{address}");
        }
    }
}
