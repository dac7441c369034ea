//! Digest and HMAC as both clouds use them, in lower-case hexadecimal.
use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;

pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_vec()
}
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
/// RFC 3986: everything but unreserved characters, a space as `%20`.
pub fn percent(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
