//! RSA2: RSASSA-PKCS1-v1_5 with SHA-256 over `k=v&k=v` with raw values, names in order.
use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use data_encoding::BASE64;
use kernel::{Error, Result};
use std::collections::BTreeMap;

/// Signs requests as the application.
pub struct Signer(KeyPair);
/// Verifies answers of the platform.
pub struct Verifier {
    key: ParsedPublicKey,
    der: Vec<u8>,
}

/// The text that is signed: every parameter but `sign`, none of them empty.
pub fn content(parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
    pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The bytes inside: a PEM block, or the bare Base64 that the vendor's tools hand out.
fn der(text: &str) -> Option<Vec<u8>> {
    let body: String = text.lines().filter(|line| !line.trim_start().starts_with("-----")).collect();
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    if body.is_empty() || body.len() > 16_384 {
        return None;
    }
    BASE64.decode(body.as_bytes()).ok()
}

impl Signer {
    /// PKCS#8 or PKCS#1, 2048 to 8192 bits. Error: `upstream.private_key` at `private_key`.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::invalid("upstream.private_key").at("private_key");
        let der = der(text).ok_or_else(bad)?;
        let pair = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)).map_err(|_| bad())?;
        if pair.public_modulus_len() < 256 {
            return Err(bad());
        }
        Ok(Self(pair))
    }
    pub fn bits(&self) -> usize {
        self.0.public_modulus_len() * 8
    }
    /// Base64 of the signature. Error: `upstream.signing`.
    pub fn sign(&self, text: &str) -> Result<String> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| Error::internal("upstream.signing"))?;
        Ok(BASE64.encode(&signature))
    }
    /// The other half, for showing staff what to upload.
    pub fn public_key(&self) -> Option<String> {
        Some(BASE64.encode(self.0.public_key().as_der().ok()?.as_ref()))
    }
}
impl Verifier {
    /// SubjectPublicKeyInfo. Error: `upstream.public_key` at `public_key`.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::invalid("upstream.public_key").at("public_key");
        let der = der(text).ok_or_else(bad)?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).map_err(|_| bad())?;
        Ok(Self { key, der })
    }
    /// Base64 of the key as it was given: whoever compares two of them sees whether they are one.
    pub fn as_text(&self) -> String {
        BASE64.encode(&self.der)
    }
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature.as_bytes()) else { return false };
        self.key.verify_sig(text.as_bytes(), &signature).is_ok()
    }
}
