//! A stored secret stays with the server that it was typed for.
use kernel::{Error, Result};
use url::Url;

/// Whom a secret is handed: scheme, host and port. Paths are the maker's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    scheme: String,
    host: String,
    port: u16,
}
impl Server {
    pub fn new(scheme: &str, host: &str, port: u16) -> Self {
        Self { scheme: scheme.to_owned(), host: host.trim_end_matches('.').to_ascii_lowercase(), port }
    }
    /// Of an address with a host.
    pub fn of(url: &Url) -> Self {
        let port = url.port_or_known_default().unwrap_or_default();
        Self::new(url.scheme(), url.host_str().unwrap_or_default(), port)
    }
    /// Whether a secret that this server got may go to that one without being typed anew: whoever may change an address
    /// need not know the secret, and must not be able to have it sent to a host of their own. Error:
    /// `connector.secret_elsewhere` at `field`.
    pub fn keeps(&self, now: &Self, field: &'static str) -> Result<()> {
        if self == now { Ok(()) } else { Err(Error::invalid("connector.secret_elsewhere").at(field)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    fn of(url: &str) -> Server {
        Server::of(&url.parse().unwrap())
    }
    #[test]
    fn a_secret_goes_on_to_the_same_scheme_host_and_port_alone() {
        let before = of("https://sms.example.cn/a?b=c");
        for same in
            ["https://sms.example.cn:443/", "https://SMS.example.cn./other", "https://sms.example.cn#x"]
        {
            before.keeps(&of(same), "secret").unwrap();
        }
        for other in [
            "http://sms.example.cn/a",
            "https://sms.example.cn:8443/a",
            "https://example.cn/a",
            "https://sms.example.cn.evil.example/a",
            "https://sms.example.cn@evil.example/a",
        ] {
            let error = before.keeps(&of(other), "secret").unwrap_err();
            assert_eq!((error.code, error.field), ("connector.secret_elsewhere", Some("secret")), "{other}");
        }
        let smpp = Server::new("smpp", "smsc.example.cn", 2775);
        smpp.keeps(&Server::new("smpp", "SMSC.example.cn", 2775), "password").unwrap();
        smpp.keeps(&Server::new("smpps", "smsc.example.cn", 2775), "password").unwrap_err();
    }
}
