//! Static files: one hash for all of them in the address, so that they never change and refer to each other by name.
use crate::{
    Failure,
    embedded::{ASSETS, ASSETS_HASH},
    response,
};
use axum::{Router, extract::Path, response::IntoResponse, routing::get};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::Error;
use std::collections::HashMap;
use std::sync::LazyLock;

struct Asset {
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}
static BY_NAME: LazyLock<HashMap<&'static str, Asset>> = LazyLock::new(|| {
    let find = |name: &str| ASSETS.iter().find(|(found, _)| *found == name).map(|(_, bytes)| *bytes);
    ASSETS
        .iter()
        .filter(|(name, _)| !name.ends_with(".br") && !name.ends_with(".gz"))
        .map(|(name, plain)| {
            let brotli = find(&format!("{name}.br"));
            let gzip = find(&format!("{name}.gz"));
            (*name, Asset { plain, brotli, gzip })
        })
        .collect()
});

/// `/a/<hash>/fujie.css`.
pub fn url(name: &str) -> String {
    format!("/a/{ASSETS_HASH}/{name}")
}

/// Names of the scripts, in the order in which pages load them.
pub(crate) fn router() -> Router {
    Router::new().route("/a/{hash}/{name}", get(serve)).route("/favicon.ico", get(favicon))
}

/// Browsers ask for it whatever the page says.
async fn favicon() -> response::Result {
    Ok(response::see_other(&url("icon.svg")))
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> response::Result {
    let asset = BY_NAME.get(name.as_str()).ok_or_else(|| Failure::from(Error::not_found("page.unknown")))?;
    let etag = HeaderValue::from_static(ASSETS_HASH);
    let kind = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    // An address with another hash is of another release: right enough to serve, not to keep.
    let cache = if hash == ASSETS_HASH { "public, max-age=31536000, immutable" } else { "no-cache" };
    let quoted = HeaderValue::from_str(&format!("\"{ASSETS_HASH}\"")).unwrap_or(etag);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains(ASSETS_HASH));
    if known {
        return Ok((
            StatusCode::NOT_MODIFIED,
            [(header::ETAG, quoted), (header::CACHE_CONTROL, HeaderValue::from_static(cache))],
        )
            .into_response());
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let accepts = |coding: &str| {
        accepted.split(',').any(|part| part.split(';').next().is_some_and(|c| c.trim() == coding))
    };
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepts("br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts("gzip") => (bytes, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
            (header::ETAG, quoted),
            (header::VARY, HeaderValue::from_static("Accept-Encoding")),
        ],
        bytes,
    )
        .into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}
