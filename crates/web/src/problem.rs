//! One mapping from errors to HTTP: a styled page with `#error-code`, or problem+json for programs.
use crate::{Ctx, Page, form::Retry, response::html_status};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Error, Kind};
use std::sync::Arc;

/// Why a handler did not answer as asked. `?` makes one of any `kernel::Error` or of a ready response.
pub enum Failure {
    Error(Box<Problem>),
    /// An early answer, for example a redirect to the sign-in page.
    Response(Box<Response>),
}
/// An error on its way to the frame, which knows language and form of the answer.
pub struct Problem {
    pub error: Error,
    pub status: StatusCode,
    /// What was typed into a form whose token was stale.
    pub(crate) retry: Option<Retry>,
}

/// The status of a kind.
pub const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Overloaded | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Failure {
    /// With a status other than its kind's, for faults of the request itself.
    pub fn with_status(error: Error, status: StatusCode) -> Self {
        Self::Error(Box::new(Problem { error, status, retry: None }))
    }
    pub(crate) fn stale_form(retry: Option<Retry>) -> Self {
        Self::Error(Box::new(Problem {
            error: Error::forbidden("form.stale"),
            status: StatusCode::FORBIDDEN,
            retry,
        }))
    }
    /// The error inside, unless it is a ready response.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Error(problem) => Some(&problem.error),
            Self::Response(_) => None,
        }
    }
}
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = status(error.kind);
        Self::with_status(error, status)
    }
}
impl From<Response> for Failure {
    fn from(response: Response) -> Self {
        Self::Response(Box::new(response))
    }
}
impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(problem) => write!(f, "{} {:?}", problem.status, problem.error),
            Self::Response(response) => write!(f, "{}", response.status()),
        }
    }
}
impl IntoResponse for Failure {
    /// The body follows in the frame.
    fn into_response(self) -> Response {
        match self {
            Self::Response(response) => *response,
            Self::Error(problem) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = problem.status;
                response.extensions_mut().insert(Arc::<Problem>::from(problem));
                response
            }
        }
    }
}

#[derive(askama::Template)]
#[template(path = "error/error.html")]
struct ErrorPage<'a> {
    page: Page,
    message: String,
    code: &'a str,
    retry: Option<&'a Retry>,
    /// Where "back" leads.
    back: &'a str,
    again: bool,
}

/// Renders the problem that a response carries.
pub(crate) fn render(ctx: &Ctx, problem: &Problem) -> Response {
    let error = &problem.error;
    if matches!(error.kind, Kind::Internal) {
        tracing::error!(request.id = %ctx.request_id, error.code = error.code, error = %error, "request failed");
    }
    let message = ctx.lang.error(error);
    let mut response = if ctx.wants_json {
        let body = serde_json::json!({
            "type": format!("urn:fujie:error:{}", error.code),
            "title": problem.status.canonical_reason().unwrap_or("Error"),
            "status": problem.status.as_u16(),
            "detail": message,
            "code": error.code,
            "field": error.field,
            "request_id": ctx.request_id,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = problem.status;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    } else {
        let title = ctx.lang.t(match problem.status.as_u16() {
            401 => "web-error-title-unauthenticated",
            403 if problem.retry.is_some() => "web-error-title-stale",
            403 => "web-error-title-forbidden",
            404 => "web-error-title-not-found",
            409 => "web-error-title-conflict",
            429 => "web-error-title-too-many",
            503 => "web-error-title-unavailable",
            500 => "web-error-title-internal",
            _ => "web-error-title-request",
        });
        let back = if problem.status == StatusCode::MISDIRECTED_REQUEST { ctx.app.origin() } else { "/" };
        html_status(
            problem.status,
            ErrorPage {
                page: Page::new(ctx, title),
                message,
                code: error.code,
                retry: problem.retry.as_ref(),
                back,
                again: matches!(error.kind, Kind::Overloaded | Kind::Unavailable | Kind::TooMany),
            },
        )
    };
    if matches!(error.kind, Kind::Overloaded | Kind::Unavailable) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
