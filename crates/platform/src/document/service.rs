//! Sealing, keeping, showing, erasing; each in the transaction of the room that asked for the file.
use super::{
    model::{Card, DocumentId, Prepared, Subject, Upload, kind_of},
    store,
};
use axum::response::{IntoResponse, Response};
use db::{Keyring, Tx};
use http::{HeaderValue, header};
use kernel::{Error, Result, Timestamp, id::AccountId};
use sha2::{Digest, Sha256};

const CONTENT: &str = "document.content";

/// Knows the file by its first bytes and seals it: before the transaction, since megabytes take their time. Errors as
/// [`kind_of`], at `field`.
pub fn prepare(
    keyring: &Keyring,
    field: &'static str,
    upload: &Upload,
    by: Option<AccountId>,
) -> Result<Prepared> {
    let kind = kind_of(field, &upload.bytes)?;
    Ok(Prepared {
        id: upload.id,
        kind,
        size: upload.bytes.len() as i64,
        sha256: Sha256::digest(&upload.bytes).to_vec(),
        content: keyring.seal_bytes(CONTENT, upload.id.as_i64(), &upload.bytes),
        by,
    })
}
/// False if the form came twice. Error `document.many` at `field` once the row has `most` files.
pub fn add_in(
    tx: &mut Tx<'_>,
    field: &'static str,
    subject: Subject,
    new: &Prepared,
    most: usize,
    now: Timestamp,
) -> Result<bool> {
    let there = store::list(tx, subject)?;
    if there.iter().any(|card| card.id == new.id) {
        return Ok(false);
    }
    if there.iter().filter(|card| card.erased_at.is_none()).count() >= most {
        return Err(Error::conflict("document.many").at(field).arg("most", most.to_string()));
    }
    store::insert(tx, subject, new, now)
}
pub fn list_in(tx: &mut Tx<'_>, subject: Subject) -> Result<Vec<Card>> {
    store::list(tx, subject)
}
/// Media type and content. Error `document.unknown` if it is another row's, or erased.
pub fn open_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    subject: Subject,
    id: DocumentId,
) -> Result<(String, Vec<u8>)> {
    let (kind, sealed) =
        store::find_content(tx, subject, id)?.ok_or_else(|| Error::not_found("document.unknown"))?;
    Ok((kind, keyring.open_bytes(CONTENT, id.as_i64(), &sealed)?))
}
/// False if it was not there.
pub fn remove_in(tx: &mut Tx<'_>, subject: Subject, id: DocumentId) -> Result<bool> {
    Ok(store::delete(tx, subject, id)? == 1)
}
/// The contents go, the rows stay.
pub fn erase_in(tx: &mut Tx<'_>, subject: Subject, now: Timestamp) -> Result<u64> {
    store::erase(tx, subject, now)
}
/// A file as an answer: pictures are shown, everything else is downloaded, and nothing in it runs.
pub fn respond(kind: &str, content: Vec<u8>) -> Response {
    let (kind, place) = match kind {
        "image/jpeg" => ("image/jpeg", "inline"),
        "image/png" => ("image/png", "inline"),
        _ => ("application/pdf", "attachment; filename=\"document.pdf\""),
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(place));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}
