//! The way out as the operator set it up.
use crate::config::Config;
use anyhow::{Context as _, Result, anyhow};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use web::{Outbound, OutboundOptions};

pub fn build(config: &Config) -> Result<Outbound> {
    let roots = match &config.outbound_roots {
        None => Vec::new(),
        Some(path) => {
            let named = || format!("outbound.roots: {} is no PEM file of certificates", path.display());
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let roots: Vec<CertificateDer<'static>> = read.with_context(named)?;
            if roots.is_empty() {
                return Err(anyhow!(named()));
            }
            roots
        }
    };
    Outbound::new(OutboundOptions { allow: config.outbound_allow.clone(), roots })
        .map_err(|error| crate::opening::plain(error, config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("fujie.toml"), "[outbound]\nroots = 'ca.pem'\n").unwrap();
        std::fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
        let flags = Flags { config: Some(folder.path().join("fujie.toml")), ..Flags::default() };
        let config = Config::resolve(&flags, None, &|_| None).unwrap();
        let message = format!("{:#}", build(&config).err().unwrap());
        assert!(message.contains("outbound.roots") && message.contains("ca.pem"), "{message}");
    }
}
