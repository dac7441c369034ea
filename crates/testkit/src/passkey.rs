//! An authenticator in software: makes keys and signs as a browser's script would send it, for tests without a browser.
use anyhow::{Context, Result};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// One key of one site.
pub struct SoftPasskey {
    origin: String,
    rp_id: String,
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub user_handle: Vec<u8>,
    /// What the next signature says; 0 and `counts` false for an authenticator that keeps none.
    pub count: u32,
    pub counts: bool,
    pub verifies: bool,
    pub synced: bool,
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in {value}"))
}
fn bytes(value: &Value, pointer: &str) -> Result<Vec<u8>> {
    Ok(BASE64URL_NOPAD.decode(text(value, pointer)?.as_bytes())?)
}

impl SoftPasskey {
    /// Answers `navigator.credentials.create`: the key, and the credential as JSON.
    pub fn create(origin: &str, public_key: &Value, synced: bool) -> Result<(Self, String)> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
            .map_err(|_| anyhow::anyhow!("no key"))?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref())?;
        let id = Sha256::digest(key.public_key().as_ref()).to_vec();
        let mut made = Self {
            origin: origin.to_owned(),
            rp_id: text(public_key, "/rp/id")?.to_owned(),
            user_handle: bytes(public_key, "/user/id")?,
            key,
            id,
            count: 0,
            counts: !synced,
            verifies: true,
            synced,
        };
        let client = made.client_data("webauthn.create", text(public_key, "/challenge")?);
        let data = made.data(ATTESTED)?;
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend_from_slice(b"fmt");
        attestation.push(0x64);
        attestation.extend_from_slice(b"none");
        attestation.push(0x67);
        attestation.extend_from_slice(b"attStmt");
        attestation.push(0xa0);
        attestation.push(0x68);
        attestation.extend_from_slice(b"authData");
        attestation.push(0x58);
        attestation.push(u8::try_from(data.len())?);
        attestation.extend_from_slice(&data);
        let credential = json!({
            "id": BASE64URL_NOPAD.encode(&made.id),
            "rawId": BASE64URL_NOPAD.encode(&made.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
                "attestationObject": BASE64URL_NOPAD.encode(&attestation),
                "transports": ["internal"],
            },
        });
        Ok((made, credential.to_string()))
    }
    /// Answers `navigator.credentials.get`.
    pub fn sign(&mut self, public_key: &Value) -> Result<String> {
        let client = self.client_data("webauthn.get", text(public_key, "/challenge")?);
        let data = self.data(0)?;
        let mut message = data.clone();
        message.extend_from_slice(&Sha256::digest(client.as_bytes()));
        let signature =
            self.key.sign(&SystemRandom::new(), &message).map_err(|_| anyhow::anyhow!("no signature"))?;
        Ok(json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "rawId": BASE64URL_NOPAD.encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
                "userHandle": BASE64URL_NOPAD.encode(&self.user_handle),
            },
        })
        .to_string())
    }
    fn client_data(&self, kind: &str, challenge: &str) -> String {
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }
    fn data(&mut self, flags: u8) -> Result<Vec<u8>> {
        if self.counts {
            self.count += 1;
        }
        let mut flags = flags | PRESENT;
        if self.verifies {
            flags |= VERIFIED;
        }
        if self.synced {
            flags |= BACKUP_ELIGIBLE | BACKED_UP;
        }
        let mut out = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        out.push(flags);
        out.extend_from_slice(&self.count.to_be_bytes());
        if flags & ATTESTED != 0 {
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(&u16::try_from(self.id.len())?.to_be_bytes());
            out.extend_from_slice(&self.id);
            out.extend_from_slice(&self.cose()?);
        }
        Ok(out)
    }
    /// CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    fn cose(&self) -> Result<Vec<u8>> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point.get(1..33).zip(point.get(33..65)).context("an uncompressed point")?;
        let mut out = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        out.extend_from_slice(x);
        out.extend_from_slice(&[0x22, 0x58, 0x20]);
        out.extend_from_slice(y);
        Ok(out)
    }
}
