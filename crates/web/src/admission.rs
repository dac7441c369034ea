//! How many requests are worked on at a time. Beyond that a request is refused at once, before anything is looked up, so
//! that those inside are as quick as ever. Readers, writers, uploads and programs have places of their own: a flood of one
//! leaves the others alone. A form is read to its end before it takes a place, so that slow senders hold none.
use crate::{Lang, assets, form::MAX_BODY};
use axum::body::{Body, HttpBody};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a form may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
const RETRY_SECONDS: &str = "2";

/// Places of each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    pub reading: usize,
    pub writing: usize,
    pub uploading: usize,
    pub programs: usize,
}
impl Default for Places {
    /// What a core works off within a few hundredths of a second; sign-ins wait for their hash besides.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { reading: cores * 128, writing: cores * 256, uploading: 64, programs: cores * 256 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Reading,
    Writing,
    /// A large body, or one of unknown length.
    Uploading,
    Programs,
}
impl Class {
    fn of(parts: &Parts, body: &Body) -> Self {
        let path = parts.uri.path();
        let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        match body.size_hint().exact() {
            None => Self::Uploading,
            Some(length) if length > MAX_BODY as u64 => Self::Uploading,
            _ if ["/oauth2/", "/api/", "/access/", "/.well-known/"]
                .iter()
                .any(|start| path.starts_with(start)) =>
            {
                Self::Programs
            }
            _ if reads => Self::Reading,
            _ => Self::Writing,
        }
    }
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Writing => "writing",
            Self::Uploading => "uploading",
            Self::Programs => "programs",
        }
    }
}

pub(crate) struct Admission {
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
    uploading: Arc<Semaphore>,
    programs: Arc<Semaphore>,
}
/// A request that may go on, with its place.
pub(crate) struct Admitted {
    pub body: Body,
    _place: Option<OwnedSemaphorePermit>,
}
impl Admission {
    pub fn new(places: Places) -> Self {
        let of = |places: usize| Arc::new(Semaphore::new(places));
        Self {
            reading: of(places.reading),
            writing: of(places.writing),
            uploading: of(places.uploading),
            programs: of(places.programs),
        }
    }
    /// None: there is no place. What costs nothing (files, probes) takes none.
    pub async fn admit(&self, parts: &Parts, body: Body, free: bool) -> Option<Admitted> {
        if free {
            return Some(Admitted { body, _place: None });
        }
        let class = Class::of(parts, &body);
        let places = match class {
            Class::Reading => &self.reading,
            Class::Writing => &self.writing,
            Class::Uploading => &self.uploading,
            Class::Programs => &self.programs,
        };
        // Whoever finds no place need not send the body to its end.
        let body = if class == Class::Uploading || places.available_permits() == 0 {
            body
        } else {
            arrived(body).await
        };
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            metrics::counter!("fujie_http_refused_total", "class" => class.as_str()).increment(1);
            return None;
        };
        Some(Admitted { body, _place: Some(place) })
    }
}
/// The body once all of it is here. One that is not in time or broken goes on as broken: the form's reader says so.
async fn arrived(body: Body) -> Body {
    if body.is_end_stream() {
        return body;
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(collected)) => Body::from(collected.to_bytes()),
        Ok(Err(_)) | Err(_) => Body::from_stream(futures_util::stream::iter([Err::<bytes::Bytes, _>(
            std::io::Error::from(std::io::ErrorKind::TimedOut),
        )])),
    }
}

/// The refusal: made once in each language, because it is sent when there is no time for anything.
pub(crate) fn refusal(headers: &HeaderMap, path: &str) -> Response<Body> {
    static PAGES: LazyLock<[(Lang, String); 2]> = LazyLock::new(|| Lang::ALL.map(|lang| (lang, page(lang))));
    let program = ["/oauth2/token", "/api/", "/access/"].iter().any(|start| path.starts_with(start))
        || headers.get(header::ACCEPT).is_some_and(|accept| {
            let accept = accept.as_bytes();
            accept.windows(4).any(|piece| piece == b"json")
                && !accept.windows(4).any(|piece| piece == b"html")
        });
    let (kind, body) = if program {
        let body = r#"{"type":"urn:fujie:error:server.busy","title":"Service Unavailable","status":503,"code":"server.busy"}"#;
        ("application/problem+json", body.to_owned())
    } else {
        let lang = crate::cookie::get(headers, "fujie-lang").and_then(Lang::from_tag);
        let lang = lang.or_else(|| Lang::accepted(headers)).unwrap_or(Lang::Zh);
        let page = PAGES.iter().find(|(known, _)| *known == lang).map(|(_, page)| page.clone());
        ("text/html; charset=utf-8", page.unwrap_or_default())
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::RETRY_AFTER, RETRY_SECONDS),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
fn page(lang: Lang) -> String {
    let (title, text) = (lang.t("web-error-title-unavailable"), lang.t("error-kind-overloaded"));
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"{}\"></head><body><main class=\"center\"><section class=\"card\">\
         <div class=\"in stack\"><h1>{title}</h1><p>{text}</p><p class=\"small soft\"><code id=\"error-code\">server.busy</code></p>\
         </div></section></main></body></html>",
        lang.tag(),
        assets::url("fujie.css"),
    )
}
