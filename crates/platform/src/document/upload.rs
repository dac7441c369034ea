//! A form with a file: the token first, the file whole, nothing else believed.
use super::model::{MOST_BYTES, too_large};
use axum::extract::{
    DefaultBodyLimit, Multipart,
    multipart::{Field, MultipartError, MultipartRejection},
};
use bytes::Bytes;
use kernel::{Error, Id};
use std::collections::BTreeMap;
use web::{Ctx, Failure};

/// Bytes of the whole form. More than one file may have, so that a file that is too large comes back to its form with words.
const MOST_BODY: usize = 2 * MOST_BYTES;
/// Bytes of what is typed into one field.
const MOST_TEXT: usize = 8 * 1024;
const MOST_FIELDS: usize = 64;

/// For the handler of such a form.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MOST_BODY)
}
/// For a form whose file is a table of many lines: bytes of the whole form.
pub fn limit_of(bytes: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(bytes)
}

/// A form that may not be one with a file at all: for handlers that refuse a wrong role before they look at what was sent.
pub type Sent = Result<Multipart, MultipartRejection>;
/// As [`read`]. Error besides: `request.body`.
pub async fn read_sent(ctx: &Ctx, form: Sent, file: &'static str) -> Result<Received, Failure> {
    let form = form.map_err(|error| {
        let error = Error::invalid("request.body").because(error);
        Failure::with_status(error, http::StatusCode::BAD_REQUEST)
    })?;
    read(ctx, form, file).await
}

/// What a form brought.
#[derive(Debug, Default)]
pub struct Received {
    texts: BTreeMap<String, String>,
    /// None if no file was chosen.
    pub file: Option<Bytes>,
    /// The file was larger than the whole form may be.
    pub too_large: Option<Error>,
}
impl Received {
    /// Empty for a field that the form did not bring.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
    /// The signed id of a create form. Error: `form.id_stale`.
    pub fn id<T>(&self, ctx: &Ctx, name: &str) -> kernel::Result<Id<T>> {
        ctx.check_form_id(self.text(name))
    }
}

/// Reads a form whose file stands in `file`, after the token. Errors: `form.stale`, `request.body`, `request.too_large`.
pub async fn read(ctx: &Ctx, mut form: Multipart, file: &'static str) -> Result<Received, Failure> {
    let (mut proven, mut read, mut fields) = (false, Received::default(), 0);
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) if is_large(&error) && proven => {
                read.too_large = Some(too_large(file));
                break;
            }
            Err(error) => return Err(unreadable(error)),
        };
        fields += 1;
        if fields > MOST_FIELDS {
            return Err(Error::invalid("request.too_large").into());
        }
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if name == "csrf" {
            let token = text(field).await?;
            proven = kernel::secret::equal(token.as_bytes(), ctx.csrf.as_bytes());
        } else if !proven {
            // The token stands before the rest: a stranger's file is not even read.
            break;
        } else if name == file {
            match field.bytes().await {
                Ok(bytes) => read.file = Some(bytes).filter(|bytes| !bytes.is_empty()),
                Err(error) if is_large(&error) => {
                    read.too_large = Some(too_large(file));
                    break;
                }
                Err(error) => return Err(unreadable(error)),
            }
        } else {
            let value = text(field).await?;
            read.texts.insert(name, value);
        }
    }
    if proven { Ok(read) } else { Err(Error::forbidden("form.stale").into()) }
}
async fn text(mut field: Field<'_>) -> Result<String, Failure> {
    let mut read = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        if read.len() + chunk.len() > MOST_TEXT {
            return Err(Error::invalid("request.too_large").into());
        }
        read.extend_from_slice(&chunk);
    }
    String::from_utf8(read).map_err(|_| Error::invalid("request.encoding").into())
}
fn is_large(error: &MultipartError) -> bool {
    error.status() == http::StatusCode::PAYLOAD_TOO_LARGE
}
fn unreadable(error: MultipartError) -> Failure {
    if is_large(&error) {
        return Error::invalid("request.too_large").into();
    }
    Failure::with_status(Error::invalid("request.body").because(error), http::StatusCode::BAD_REQUEST)
}
