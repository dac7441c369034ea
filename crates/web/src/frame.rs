//! What every request passes, in one place and order: request id, Host, context, time limit, panic guard, error page,
//! cookies, headers, log line, metrics.
use crate::{
    App, Ctx, Failure,
    admission::{self, Admission, Places},
    assets,
    context::Fresh,
    cookie,
    flash::Flash,
    help, preferences,
    probe::{self, Probes},
    problem::{self, Problem},
    response::{InFlow, KeepBrowser},
    routes,
};
use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, header, request::Parts, uri::Authority,
};
use kernel::Error;
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

/// Requests by method, route and status.
pub(crate) const REQUESTS: &str = "fujie_http_requests_total";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a handler may take, reading the body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// No route reads more than this from a request.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// Puts the frame around the rooms: probes, static files, preferences, fallback pages and the middleware.
pub fn frame(rooms: Router, app: &Arc<App>, probes: Probes) -> Router {
    frame_with(rooms, app, probes, Places::default())
}
/// With so many places for requests that are worked on.
pub fn frame_with(rooms: Router, app: &Arc<App>, probes: Probes, places: Places) -> Router {
    let outer = (Arc::clone(app), Arc::new(Admission::new(places)));
    rooms
        .merge(probe::router(probes))
        .merge(assets::router())
        .merge(preferences::routes().into_router())
        .merge(help::routes().into_router())
        .fallback(routes::unknown)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(middleware::from_fn_with_state(outer, pass))
}

async fn pass(
    State((app, admission)): State<(Arc<App>, Arc<Admission>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let free = probe::is_probe(parts.uri.path()) || parts.uri.path().starts_with("/a/");
    let named = named_by_caller(&parts);
    let Some(admitted) = admission.admit(&parts, body, free).await else {
        return named_so(named, admission::refusal(&parts.headers, parts.uri.path()));
    };
    let started = Instant::now();
    let (ctx, fresh) = Ctx::new(&app, &parts);
    let (method, version) = (parts.method.clone(), parts.version);
    let route = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let had_flash = ctx.flash.is_some();
    let refused = refuse(&app, &parts);
    let mut response = match refused {
        Some(failure) => failure.into_response(),
        None => {
            parts.extensions.insert(ctx.clone());
            let body = Body::new(http_body_util::Limited::new(admitted.body, LARGEST_BODY));
            run(Request::from_parts(parts, body), next).await
        }
    };
    let code = finish_error(&ctx, &mut response);
    cookies(&app, &mut response, &fresh, had_flash);
    headers(&app, &ctx, &mut response);
    let mut response = named_so(named, response);
    let status = response.status().as_u16();
    if matches!(status, 413 | 415) && version < Version::HTTP_2 {
        // The body was not read to its end, so the connection cannot carry another request: said, not sprung on the client.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let route = route.unwrap_or_else(|| "-".to_owned());
    let elapsed = started.elapsed();
    if !route.starts_with("/a/") && !probe::is_probe(&route) {
        // The route's pattern, not the path: ids and names stay out of the log.
        tracing::info!(
            request.id = %ctx.request_id,
            http.method = %method,
            http.route = %route,
            http.status = status,
            duration_ms = elapsed.as_secs_f64() * 1000.0,
            error.code = code,
            "request"
        );
    }
    metrics::counter!(REQUESTS, "method" => method_label(&method), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("fujie_http_request_seconds", "route" => route).record(elapsed.as_secs_f64());
    response
}

/// The Authorization API's callers name their requests, and look for that name in the answer; our own stays in the log.
fn named_by_caller(parts: &Parts) -> Option<HeaderValue> {
    let programs = parts.uri.path().starts_with("/access/");
    programs.then(|| parts.headers.get(REQUEST_ID).cloned()).flatten()
}
fn named_so(name: Option<HeaderValue>, mut response: Response) -> Response {
    if let Some(name) = name {
        response.headers_mut().insert(REQUEST_ID, name);
    }
    response
}

/// A stranger's method must not make new series.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Whether a request is for this server, as it says in one place alone: of two Hosts (RFC 9112 §3.2) this check, a proxy, or
/// the layer that compares Origin could read different ones.
pub(crate) fn is_own_host(app: &App, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    let (first, single) = (named.next(), named.next().is_none());
    let host = uri.authority().map(Authority::as_str).or_else(|| first.and_then(|value| value.to_str().ok()));
    single && host.is_some_and(|host| host.eq_ignore_ascii_case(app.authority()))
}
/// A request for another host, or one whose body is declared too large, is not looked at further.
fn refuse(app: &App, parts: &Parts) -> Option<Failure> {
    if !is_own_host(app, &parts.uri, &parts.headers) && !probe::is_probe(parts.uri.path()) {
        let error = Error::invalid("request.host").arg("host", app.authority().to_owned());
        return Some(Failure::with_status(error, StatusCode::MISDIRECTED_REQUEST));
    }
    let declared =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    (declared.unwrap_or(0) > LARGEST_BODY as u64).then(crate::form::too_large)
}

async fn run(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Failure::from(Error::internal("internal").because(format!("panic: {text}"))).into_response()
        }
        Err(_) => Failure::from(Error::unavailable("request.time")).into_response(),
    }
}

/// Gives a failed response its page; also one that axum itself made. Returns the code for the log.
fn finish_error(ctx: &Ctx, response: &mut Response) -> Option<&'static str> {
    if let Some(problem) = response.extensions_mut().remove::<Arc<Problem>>() {
        replace(response, problem::render(ctx, &problem));
        return Some(problem.error.code);
    }
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return None;
    }
    let error = match status {
        StatusCode::NOT_FOUND => Error::not_found("page.unknown"),
        StatusCode::METHOD_NOT_ALLOWED => Error::invalid("request.method"),
        StatusCode::PAYLOAD_TOO_LARGE => Error::invalid("request.too_large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::invalid("request.media_type"),
        other if other.is_server_error() => Error::internal("internal"),
        _ => Error::invalid("request.body"),
    };
    let code = error.code;
    replace(response, problem::render(ctx, &Problem { error, status, retry: None }));
    Some(code)
}
/// Keeps headers that say more than the page does: `Allow`, `Retry-After`, cookies.
fn replace(response: &mut Response, page: Response) {
    let kept: HeaderMap = std::mem::take(response.headers_mut());
    *response = page;
    for (name, value) in &kept {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            response.headers_mut().append(name, value.clone());
        }
    }
}

fn is_html(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn cookies(app: &App, response: &mut Response, fresh: &Fresh, had_flash: bool) {
    let page = is_html(response);
    let status = response.status();
    let flash = response.extensions_mut().remove::<Flash>();
    let kept = response.extensions_mut().remove::<KeepBrowser>().is_some();
    let session =
        response.headers().get_all(header::SET_COOKIE).iter().any(|value| cookie::is_session(app, value));
    let headers = response.headers_mut();
    match &fresh.token {
        // A page holds the form token of this pre-session, so the browser must bring it back.
        Some(token) if page || kept => {
            headers.append(header::SET_COOKIE, cookie::set_pre_session(app, token));
        }
        _ if session => {
            headers.append(header::SET_COOKIE, cookie::clear_pre_session(app));
        }
        _ => {}
    }
    if let Some(lang) = fresh.lang.filter(|_| page || status.is_redirection()) {
        headers.append(header::SET_COOKIE, cookie::set_preference(app, "fujie-lang", lang.tag()));
    }
    if let Some(flash) = flash {
        headers.append(header::SET_COOKIE, cookie::set_flash(app, &flash.write(app)));
    } else if had_flash && page {
        headers.append(header::SET_COOKIE, cookie::clear_flash(app));
    }
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    worker-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const CSP_FORMS_HOME: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// Whether a form of this page may end on another site: Chromium checks `form-action` on every redirect after a POST.
fn in_flow(path: &str) -> bool {
    matches!(path, "/login" | "/register" | "/consent" | "/logout" | "/me/password")
        || ["/login/", "/register/", "/consent/", "/logout/", "/oauth2/"].iter().any(|p| path.starts_with(p))
}

/// What a handler set itself stays.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
/// Headers of every answer that is no page.
pub(crate) fn fixed_headers(app: &App, headers: &mut HeaderMap) {
    set(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    common_headers(app, headers);
}
fn common_headers(app: &App, headers: &mut HeaderMap) {
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "same-origin");
    set(headers, header::CACHE_CONTROL, "no-store");
    if app.secure() {
        set(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
}
fn headers(app: &App, ctx: &Ctx, response: &mut Response) {
    let flow = response.extensions_mut().remove::<InFlow>().is_some() || in_flow(ctx.path_only());
    let page = is_html(response);
    let headers = response.headers_mut();
    if page {
        set(headers, header::CONTENT_SECURITY_POLICY, if flow { CSP } else { CSP_FORMS_HOME });
        set(headers, header::X_FRAME_OPTIONS, "DENY");
        set(
            headers,
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=()",
        );
        set(headers, header::VARY, "Cookie, Accept-Language");
        if !flow {
            set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        }
        common_headers(app, headers);
    } else {
        fixed_headers(app, headers);
    }
    if let Ok(id) = HeaderValue::from_str(&ctx.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
