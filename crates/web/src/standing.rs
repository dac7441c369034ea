//! Public documents that say the same to everybody, answered before anything is made ready for a request: no context, no
//! language, no line in the log; only the host is compared, and they are counted. What is not at hand in memory, or asked for
//! in any other way than by a plain GET, goes to the route of the same path, whose answer has the same bytes and headers.
use crate::{App, frame};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use metrics::Counter;
use std::sync::Arc;

/// The bytes as they are now; None leaves the request to the route.
pub type Find = dyn Fn() -> Option<Bytes> + Send + Sync;

struct Document {
    path: &'static str,
    headers: HeaderMap,
    find: Box<Find>,
    asked: Counter,
}

/// The documents of one server.
pub struct Standing {
    app: Arc<App>,
    documents: Vec<Document>,
}
impl Standing {
    pub fn new(app: Arc<App>) -> Self {
        Self { app, documents: Vec::new() }
    }
    /// `headers` are those that the route gives besides the frame's.
    #[must_use]
    pub fn with(
        mut self,
        path: &'static str,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        find: impl Fn() -> Option<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let mut all: HeaderMap = headers.into_iter().collect();
        frame::fixed_headers(&self.app, &mut all);
        let asked = metrics::counter!(frame::REQUESTS, "method" => "GET", "route" => path, "status" => "200");
        self.documents.push(Document { path, headers: all, find: Box::new(find), asked });
        self
    }
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let uri = request.uri();
        let document = self.documents.iter().find(|document| document.path == uri.path())?;
        if request.method() != Method::GET
            || uri.query().is_some()
            || !frame::is_own_host(&self.app, uri, request.headers())
        {
            return None;
        }
        let bytes = (document.find)()?;
        document.asked.increment(1);
        let mut response = Response::new(Body::from(bytes));
        *response.headers_mut() = document.headers.clone();
        Some(response)
    }
}
