//! A certificate authority for one test process and one certificate for all the hosts that journeys use.
use anyhow::{Context, Result};
use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData as _};
use sha2::{Digest as _, Sha256};
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

pub const HOSTS: [&str; 3] = ["op.test", "rp.test", "third.test"];

pub struct Authority {
    pub ca_pem: String,
    pub certificate_pem: String,
    pub key_pem: String,
    /// Base64 of SHA-256 over the certificate's public key: what Chromium is told to accept.
    pub spki_hash: String,
    folder: tempfile::TempDir,
}

/// The authority of this process.
pub fn authority() -> Result<&'static Authority> {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    if let Some(made) = AUTHORITY.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(AUTHORITY.get_or_init(|| made))
}

fn make() -> Result<Authority> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "Fujie test authority");
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    let names: Vec<String> =
        HOSTS.iter().copied().chain(["localhost", "127.0.0.1"]).map(String::from).collect();
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "op.test");
    leaf.use_authority_key_identifier_extension = true;
    let certificate = leaf.signed_by(&key, &issuer)?;

    let folder = tempfile::tempdir()?;
    let authority = Authority {
        ca_pem: ca_certificate.pem(),
        certificate_pem: certificate.pem(),
        key_pem: key.serialize_pem(),
        spki_hash: BASE64.encode(&Sha256::digest(key.subject_public_key_info())),
        folder,
    };
    std::fs::write(authority.ca_file(), &authority.ca_pem)?;
    std::fs::write(authority.certificate_file(), &authority.certificate_pem)?;
    std::fs::write(authority.key_file(), &authority.key_pem)?;
    Ok(authority)
}

impl Authority {
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
    /// For a server inside the test process.
    pub fn server_config(&self) -> Result<Arc<rustls::ServerConfig>> {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .context("certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).context("key")?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Arc::new(config))
    }
}
