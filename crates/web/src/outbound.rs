//! The one way out over HTTP. Addresses that staff, organizations or strangers typed are reached only if they lie in the
//! public internet, or in a network that the operator opened: the resolver drops all others, and what it returns is what is
//! connected to. No redirects, no proxies, a limit of time and of size.
mod guard;
#[cfg(test)]
mod names_tests;
#[cfg(test)]
mod tests;

use crate::Network;
use bytes::{Bytes, BytesMut};
use guard::{Guard, Machine, Names, Resolver};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use kernel::Error;
use rustls_pki_types::CertificateDer;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use url::{Host, Url};

const TIMEOUT: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 256 * 1024;
const IDLE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Default)]
pub struct OutboundOptions {
    /// Private networks that may be reached, by plain HTTP too.
    pub allow: Vec<Network>,
    /// Authorities trusted besides the public ones.
    pub roots: Vec<CertificateDer<'static>>,
}

#[derive(Clone)]
pub struct Outbound(Arc<Inner>);
struct Inner {
    guard: Arc<Guard>,
    tls: Arc<ClientConfig>,
    roots: Vec<CertificateDer<'static>>,
    https: reqwest::Client,
    /// Its resolver yields opened networks alone: plain text never crosses the internet.
    http: reqwest::Client,
}

/// One request. `timeout` is for the whole of it, the answer's body included.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
    pub most_bytes: usize,
}
impl Call {
    pub fn new(method: Method, url: Url, body: impl Into<Bytes>) -> Self {
        let (headers, body) = (HeaderMap::new(), body.into());
        Self { method, url, headers, body, timeout: TIMEOUT, most_bytes: MOST_BYTES }
    }
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url, Bytes::new())
    }
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url, body)
    }
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboundError {
    /// Scheme, port or address: nothing was sent.
    Refused(&'static str),
    Timeout,
    TooLarge,
    /// In words of the libraries; holds neither secret nor address.
    Failed(String),
}
impl std::fmt::Display for OutboundError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
impl std::error::Error for OutboundError {}

impl Outbound {
    /// Public authorities come with the program, so that a machine without a store of its own can call out.
    /// Error: `outbound.roots`.
    pub fn new(options: OutboundOptions) -> kernel::Result<Self> {
        Self::asking(options, Arc::new(Machine))
    }
    fn asking(options: OutboundOptions, names: Arc<dyn Names>) -> kernel::Result<Self> {
        let bad = |e: &dyn std::fmt::Display| Error::internal("outbound.roots").because(e.to_string());
        let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in &options.roots {
            store.add(root.clone()).map_err(|e| bad(&e))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(&e))?
            .with_root_certificates(store)
            .with_no_client_auth();
        let guard = Arc::new(Guard { allow: options.allow, names });
        let client = |plain: bool| {
            let mut tls = tls.clone();
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .dns_resolver(Arc::new(Resolver { guard: Arc::clone(&guard), plain }))
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .pool_idle_timeout(IDLE)
                .user_agent(concat!("Fujie/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|e| bad(&e))
        };
        let (https, http) = (client(false)?, client(true)?);
        Ok(Self(Arc::new(Inner { guard, tls: Arc::new(tls), roots: options.roots, https, http })))
    }

    pub async fn send(&self, call: Call) -> Result<Answer, OutboundError> {
        let client = self.client(&call.url)?;
        let request = client
            .request(call.method, call.url)
            .headers(call.headers)
            .body(call.body)
            .build()
            .map_err(failed)?;
        let exchange = async {
            let mut response = client.execute(request).await.map_err(failed)?;
            let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
            let mut body = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if body.len() + chunk.len() > call.most_bytes {
                    return Err(OutboundError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status, headers, body: body.freeze() })
        };
        tokio::time::timeout(call.timeout, exchange).await.unwrap_or(Err(OutboundError::Timeout))
    }

    /// Everything about the address that can be told before its name is looked up.
    fn client(&self, url: &Url) -> Result<&reqwest::Client, OutboundError> {
        let (client, plain) = match url.scheme() {
            "https" => (&self.0.https, false),
            "http" => (&self.0.http, true),
            _ => return Err(OutboundError::Refused("the address begins with https://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Refused("an address holds no password"));
        }
        // Services below 1024 other than the web's are never meant.
        if !matches!(url.port_or_known_default(), Some(80 | 443 | 1024..)) {
            return Err(OutboundError::Refused("the port is not one of the web"));
        }
        // The resolver is not asked about numbers.
        let number = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(OutboundError::Refused("the address names no host")),
        };
        number.map_or(Ok(()), |address| self.0.guard.check(address, plain)).map(|()| client)
    }

    /// For protocols other than HTTP (mail, SMPP): where `host` may be reached. `plain` asks for opened networks alone.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        plain: bool,
    ) -> Result<Vec<SocketAddr>, OutboundError> {
        self.0.guard.resolve(host, port, plain).await
    }
    /// Trust for protocols other than HTTP; it negotiates none of its own.
    pub fn tls(&self) -> &Arc<ClientConfig> {
        &self.0.tls
    }
    /// The authorities that the operator added.
    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.0.roots
    }
}

/// The innermost reason without the address; a refusal of the resolver stays one.
fn failed(error: reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        return OutboundError::Timeout;
    }
    let error = error.without_url();
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        if let Some(refused) = cause.downcast_ref::<OutboundError>() {
            return refused.clone();
        }
        match cause.source() {
            Some(inner) => cause = inner,
            None => return OutboundError::Failed(cause.to_string()),
        }
    }
}
