//! Certificates from files, read again when they change.
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};
use tokio_rustls::rustls::{
    CipherSuite, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// TLS by two PEM files: the chain, leaf first, and its key.
#[derive(Clone)]
pub struct Tls {
    files: Arc<Files>,
    config: Arc<ServerConfig>,
}
#[derive(Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<(Arc<CertifiedKey>, Option<SystemTime>)>,
}

impl Tls {
    pub fn from_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> std::io::Result<Self> {
        let (chain, key) = (chain.into(), key.into());
        let loaded = load(&chain, &key)?;
        let changed = changed_at(&chain, &key);
        let files = Arc::new(Files { chain, key, current: RwLock::new((loaded, changed)) });
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(std::io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&files) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, config: Arc::new(config) })
    }
    pub(crate) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        Arc::clone(&self.config).into()
    }
    /// Takes changed files into use for new connections; unreadable ones leave the old pair in place. True if it changed.
    pub fn reload(&self) -> std::io::Result<bool> {
        let changed = changed_at(&self.files.chain, &self.files.key);
        if self.files.current.read().unwrap_or_else(PoisonError::into_inner).1 == changed {
            return Ok(false);
        }
        let loaded = load(&self.files.chain, &self.files.key)?;
        *self.files.current.write().unwrap_or_else(PoisonError::into_inner) = (loaded, changed);
        Ok(true)
    }
}
impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}

/// For TLS 1.2 the four suites that BCP 195 recommends (RFC 9325 §4.2; FAPI 2.0 §5.2.2), for TLS 1.3 all.
fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| {
        suite.tls13().is_some()
            || matches!(
                suite.suite(),
                CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                    | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
                    | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                    | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
            )
    });
    provider
}
/// The later of the two files' times.
fn changed_at(chain: &PathBuf, key: &PathBuf) -> Option<SystemTime> {
    let at = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    at(chain).max(at(key))
}
fn load(chain: &PathBuf, key: &PathBuf) -> std::io::Result<Arc<CertifiedKey>> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(chain).and_then(Iterator::collect).map_err(std::io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(std::io::Error::other)?;
    let provider = aws_lc_rs::default_provider();
    // Refuses a key that does not belong to the certificate.
    CertifiedKey::from_der(chain, key, &provider).map(Arc::new).map_err(std::io::Error::other)
}
