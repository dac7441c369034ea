//! The table of routes: each names who may call it, and whether it reads cookies at all.
use crate::{Failure, response};
use axum::{
    Router,
    extract::Request,
    handler::Handler,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, options, post},
};
use http::{
    HeaderName, Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use kernel::Error;
use std::{collections::BTreeSet, time::Duration};
use tower_http::{
    cors::CorsLayer,
    csrf::{CsrfLayer, ProtectionError},
};

/// Who may call a route. The handler's extractors enforce it; a test calls every route as everybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Public,
    SignedIn,
    /// A live membership in the organization of the path.
    Member,
    OrganizationAdministrator,
    /// Platform staff with this role.
    Staff(&'static str),
    /// An OAuth client with its own authentication or a bearer token.
    Client,
    /// Probes.
    Internal,
}

#[derive(Clone, Debug)]
pub struct RouteInfo {
    pub method: Method,
    pub path: &'static str,
    pub policy: Policy,
    /// Cookies are not read: neither a session nor the form token counts here.
    pub blind: bool,
}

/// Routes of a room.
#[derive(Default)]
pub struct Routes {
    router: Router,
    table: Vec<RouteInfo>,
}
impl Routes {
    pub fn new() -> Self {
        Self::default()
    }
    #[must_use]
    pub fn get<H: Handler<T, ()>, T: 'static>(self, path: &'static str, policy: Policy, handler: H) -> Self {
        self.add(Method::GET, path, policy, false, get(handler))
    }
    /// Protected twice: the browser's word on where the form came from, and the form token that `Form` verifies.
    #[must_use]
    pub fn post<H: Handler<T, ()>, T: 'static>(self, path: &'static str, policy: Policy, handler: H) -> Self {
        self.add(Method::POST, path, policy, false, post(handler).layer(cross_site_layer()))
    }
    /// Cookie-blind: token endpoint, bearer API, parameters posted by another site.
    #[must_use]
    pub fn post_blind<H: Handler<T, ()>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(
            Method::POST,
            path,
            policy,
            true,
            post(handler).layer(axum::middleware::from_fn(without_cookies)),
        )
    }
    /// Cookie-blind reading: userinfo and the bearer API.
    #[must_use]
    pub fn get_blind<H: Handler<T, ()>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.add(
            Method::GET,
            path,
            policy,
            true,
            get(handler).layer(axum::middleware::from_fn(without_cookies)),
        )
    }
    fn add(
        mut self,
        method: Method,
        path: &'static str,
        policy: Policy,
        blind: bool,
        handler: MethodRouter,
    ) -> Self {
        self.table.push(RouteInfo { method, path, policy, blind });
        self.router = self.router.route(path, handler);
        self
    }
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        self.router = self.router.merge(other.router);
        self
    }
    /// Answers that a page of any other site may read, as a product's own script needs them: cookies count for nothing at
    /// these routes, so such a page learns nothing that its server could not ask for (Fetch §3.3; OIDC Core §5.3).
    #[must_use]
    pub fn for_any_origin(mut self) -> Self {
        assert!(
            self.table.iter().all(|route| route.blind),
            "a route that reads cookies is for its own site alone"
        );
        let paths: BTreeSet<&str> = self.table.iter().map(|route| route.path).collect();
        for path in paths {
            // The layer answers in its place; without a handler the method would be none here.
            self.router = self.router.route(path, options(async || StatusCode::NO_CONTENT));
        }
        let nonce = HeaderName::from_static("dpop-nonce");
        self.router = self.router.route_layer(
            CorsLayer::new()
                .allow_origin(tower_http::cors::Any)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("dpop")])
                .expose_headers([nonce, WWW_AUTHENTICATE, RETRY_AFTER])
                .max_age(Duration::from_secs(3600)),
        );
        self
    }
    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }
    /// Without the frame: the binary adds its rooms as extensions and then calls [`crate::frame`].
    pub fn into_router(self) -> Router {
        self.router
    }
}

fn cross_site_layer() -> CsrfLayer<fn(ProtectionError) -> Response> {
    // A foreign Host never gets here, so an Origin that equals the Host is the base URL.
    CsrfLayer::new().with_rejection_response(refuse_cross_site as fn(ProtectionError) -> Response)
}
fn refuse_cross_site(_: ProtectionError) -> Response {
    Failure::with_status(Error::forbidden("request.cross_site"), StatusCode::FORBIDDEN).into_response()
}
async fn without_cookies(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(COOKIE);
    next.run(request).await
}
pub(crate) async fn unknown() -> response::Result {
    Err(Error::not_found("page.unknown").into())
}
pub(crate) async fn wrong_method() -> response::Result {
    Err(Failure::with_status(Error::invalid("request.method"), StatusCode::METHOD_NOT_ALLOWED))
}
