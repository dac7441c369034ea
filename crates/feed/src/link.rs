//! Where an entry or item leads: only to addresses that are registered for the product.
use url::Url;

const MOST: usize = 1000;

/// The origins at which a product may be reached: of its clients' addresses and of its launch address.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);
impl Origins {
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut origins: Vec<String> =
            addresses.into_iter().filter_map(|text| origin(&Url::parse(text).ok()?)).collect();
        origins.sort();
        origins.dedup();
        Self(origins)
    }
    /// The address in normal form, if it is one of the product's.
    pub fn allow(&self, text: &str) -> Option<String> {
        if text.len() > MOST || !text.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let origin = origin(&url)?;
        self.0.contains(&origin).then(|| url.to_string())
    }
}
/// https anywhere, http on this machine alone, as redirect addresses are.
fn origin(url: &Url) -> Option<String> {
    let loopback = match url.host()? {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    };
    let fits = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    fits.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn only_the_products_own_origins_pass() {
        let origins = Origins::of([
            "https://rp.test/callback",
            "http://127.0.0.1:8090/callback",
            "http://elsewhere.test/",
            "com.example.app:/callback",
            "nonsense",
        ]);
        for good in
            ["https://rp.test/cases/1?a=%E4%BA%8B#top", "http://127.0.0.1:8090/", "https://rp.test:443/x"]
        {
            assert!(origins.allow(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "https://rp.test.evil.test/",
            "https://evil.test/?https://rp.test/",
            "https://rp.test@evil.test/",
            "https://user@rp.test/",
            "http://rp.test/",
            "http://elsewhere.test/",
            "https://rp.test:8443/",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/x",
            "//rp.test/",
            "/cases",
            "https://rp.test/\"onclick=",
            "https://rp.test/a b",
        ] {
            assert_eq!(origins.allow(bad), None, "{bad}");
        }
        assert_eq!(origins.allow(&format!("https://rp.test/{}", "a".repeat(1000))), None);
    }
}
