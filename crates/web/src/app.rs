//! What every page knows about the installation.
use db::Keyring;
use kernel::{Clock, Error, Rng, clock::Zone};
use std::{net::IpAddr, str::FromStr, sync::Arc};
use url::{Host, Url};

/// Name and footer of the installation.
#[derive(Clone, Debug)]
pub struct Brand {
    pub name_zh: String,
    pub name_en: String,
    /// Shown in the footer where the law asks for it.
    pub icp: Option<String>,
}
impl Default for Brand {
    fn default() -> Self {
        Self { name_zh: "符节".to_owned(), name_en: "Fujie".to_owned(), icp: None }
    }
}

/// The installation: made once by the binary, read by every request.
pub struct App {
    pub base_url: Url,
    pub brand: Brand,
    pub zone: Zone,
    /// Fictional data and the outbox page; only ever with a loopback listener.
    pub demo: bool,
    pub clock: Clock,
    pub rng: Rng,
    pub keyring: Arc<Keyring>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    origin: String,
    authority: String,
}

impl App {
    /// `base_url` is an origin: https, or http on a loopback host.
    pub fn new(base_url: &str, keyring: Arc<Keyring>, clock: Clock, rng: Rng) -> kernel::Result<Self> {
        let base_url = Url::parse(base_url).map_err(|e| Error::invalid("config.base_url").because(e))?;
        let secure = base_url.scheme() == "https";
        let loopback = match base_url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let bare = base_url.path() == "/"
            && base_url.query().is_none()
            && base_url.fragment().is_none()
            && base_url.username().is_empty();
        if !bare || !(secure || (base_url.scheme() == "http" && loopback)) {
            return Err(Error::invalid("config.base_url"));
        }
        let origin = base_url.origin().ascii_serialization();
        let authority = origin.split_once("://").map(|(_, host)| host.to_owned()).unwrap_or_default();
        Ok(Self {
            base_url,
            brand: Brand::default(),
            zone: Zone::default(),
            demo: false,
            clock,
            rng,
            keyring,
            trusted_proxies: Vec::new(),
            origin,
            authority,
        })
    }
    /// `https://id.example`, as browsers write it in `Origin`: also the OpenID issuer.
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// Host and, unless it is the scheme's own, port.
    pub fn authority(&self) -> &str {
        &self.authority
    }
    /// Whether browsers reach this installation over TLS.
    pub fn secure(&self) -> bool {
        self.base_url.scheme() == "https"
    }
    /// An absolute address of a local path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
    /// The port of the base URL: ports of one loopback host share cookies.
    pub fn port(&self) -> u16 {
        self.base_url.port_or_known_default().unwrap_or(0)
    }
}

/// A range of addresses: `10.0.0.0/8`, `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}
impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = |width: u8| u32::from(width - self.bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u32::from(own) ^ u32::from(other)).checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (u128::from(own) ^ u128::from(other)).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}
impl FromStr for Network {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::invalid("config.network");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().ok().filter(|bits| *bits <= width).ok_or_else(bad)?,
            None => width,
        };
        Ok(Self { address, bits })
    }
}
