//! What may be handed in: JPEG, PNG or PDF by its first bytes, whatever its name says, and not too much of it.
use kernel::{Error, Result};

/// Bytes of one file.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Files of one case.
pub const MOST: usize = 3;

/// The media type. Errors at `document`: `verification.document_empty`, `verification.document_large`,
/// `verification.document_kind`.
pub fn kind_of(bytes: &[u8]) -> Result<&'static str> {
    let error = |code| Err(Error::invalid(code).at("document").arg("most", (MOST_BYTES >> 20).to_string()));
    if bytes.is_empty() {
        return error("verification.document_empty");
    }
    if bytes.len() > MOST_BYTES {
        return error("verification.document_large");
    }
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        Ok("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        Ok("image/png")
    } else if bytes.starts_with(b"%PDF-") {
        Ok("application/pdf")
    } else {
        error("verification.document_kind")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn files_are_known_by_their_first_bytes() {
        let code = |bytes: &[u8]| kind_of(bytes).map_err(|error| error.code);
        assert_eq!(code(b"\xFF\xD8\xFF\xE0rest"), Ok("image/jpeg"));
        assert_eq!(code(b"\x89PNG\r\n\x1A\nrest"), Ok("image/png"));
        assert_eq!(code(b"%PDF-1.7"), Ok("application/pdf"));
        for bad in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"\x89PNG\n", b"MZ", b" %PDF-1.7"] {
            assert_eq!(code(bad), Err("verification.document_kind"));
        }
        assert_eq!(code(b""), Err("verification.document_empty"));
        assert_eq!(code(&[0xFF; MOST_BYTES + 1]), Err("verification.document_large"));
    }
}
