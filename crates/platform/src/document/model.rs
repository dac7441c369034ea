//! What may be handed in, and what is known of a file.
use kernel::{
    Error, Id, Result, Timestamp,
    id::{AccountId, mark},
};

pub type DocumentId = Id<mark::Document>;

/// Bytes of one file.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The row that files belong to: its kind and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: &'static str,
    pub id: i64,
}
impl Subject {
    pub fn of<T>(kind: &'static str, id: Id<T>) -> Self {
        Self { kind, id: id.as_i64() }
    }
}

/// A file as it was received.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: DocumentId,
    pub bytes: bytes::Bytes,
}

/// A file that is known and sealed, ready to be kept.
#[derive(Clone)]
pub struct Prepared {
    pub id: DocumentId,
    pub kind: &'static str,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub by: Option<AccountId>,
}

/// A file without its content.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: DocumentId,
    /// Media type.
    pub kind: String,
    pub size: i64,
    pub by: Option<AccountId>,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
}
impl Card {
    /// Key of the sort of file.
    pub fn key(&self) -> &'static str {
        if self.kind == "application/pdf" { "platform-document-pdf" } else { "platform-document-image" }
    }
    pub fn kilobytes(&self) -> i64 {
        (self.size + 1023) / 1024
    }
}

/// The media type. Errors at `field`: `document.empty`, `document.large`, `document.kind`.
pub fn kind_of(field: &'static str, bytes: &[u8]) -> Result<&'static str> {
    if bytes.is_empty() {
        return Err(Error::invalid("document.empty").at(field));
    }
    if bytes.len() > MOST_BYTES {
        return Err(too_large(field));
    }
    if bytes.starts_with(b"\xFF\xD8\xFF") {
        Ok("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        Ok("image/png")
    } else if bytes.starts_with(b"%PDF-") {
        Ok("application/pdf")
    } else {
        Err(Error::invalid("document.kind").at(field))
    }
}
pub(super) fn too_large(field: &'static str) -> Error {
    Error::invalid("document.large").at(field).arg("most", (MOST_BYTES >> 20).to_string())
}
