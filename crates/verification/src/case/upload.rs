//! A file in a multipart form: the token first, the file whole, nothing else believed.
use super::{counter::Upload, document};
use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError},
};
use kernel::{Error, id::mark};
use web::{Ctx, Failure};

/// Bytes of the whole form. More than one file may have, so that a file that is too large comes back to its form with words.
pub(super) const MOST_BODY: usize = 8 * 1024 * 1024;

/// Errors: `form.stale`, `form.id_stale`; `verification.document_empty`, `verification.document_large` at `document`.
pub(super) async fn read(ctx: &Ctx, mut form: Multipart) -> Result<Upload, Failure> {
    let (mut proven, mut id, mut bytes) = (false, None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("csrf") => {
                let token = text(field).await?;
                proven = kernel::secret::equal(token.as_bytes(), ctx.csrf.as_bytes());
            }
            Some("id") => id = Some(ctx.check_form_id::<mark::Document>(&text(field).await?)?),
            // The token stands before the file: a stranger's file is not even read.
            Some("document") if proven => bytes = Some(field.bytes().await.map_err(unreadable)?),
            _ => {}
        }
    }
    if !proven {
        return Err(Error::forbidden("form.stale").into());
    }
    let id = id.ok_or_else(|| Error::invalid("form.id_stale"))?;
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or_else(|| Error::invalid("verification.document_empty").at("document"))?;
    Ok(Upload { id, bytes })
}
/// A short member.
async fn text(mut field: Field<'_>) -> Result<String, Failure> {
    let mut read = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        if read.len() + chunk.len() > 512 {
            return Err(Error::invalid("request.too_large").into());
        }
        read.extend_from_slice(&chunk);
    }
    String::from_utf8(read).map_err(|_| Error::invalid("request.encoding").into())
}
fn unreadable(error: MultipartError) -> Failure {
    if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
        return document_large().into();
    }
    Failure::with_status(Error::invalid("request.body").because(error), http::StatusCode::BAD_REQUEST)
}
fn document_large() -> Error {
    Error::invalid("verification.document_large")
        .at("document")
        .arg("most", (document::MOST_BYTES >> 20).to_string())
}
