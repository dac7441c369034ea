//! Many people at once: import from spreadsheets, export, the staff's search of people.
pub mod export;
pub mod import;
pub mod people;
pub mod sheet;
#[cfg(test)]
mod testing;

use axum::{body::Body, response::Response};
use db::Db;
use http::{HeaderValue, header};
use organization::Organizations;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// Files that are read at the same time.
const READING: usize = 2;

/// The room: cheap to clone, travels as an extension of every request.
#[derive(Clone)]
pub struct Roster(Arc<Inner>);
struct Inner {
    organizations: Organizations,
    reading: Semaphore,
    /// Rung when a job waits for the worker.
    wake: Notify,
}
impl Roster {
    pub fn new(organizations: Organizations) -> Self {
        Self(Arc::new(Inner { organizations, reading: Semaphore::new(READING), wake: Notify::new() }))
    }
    pub fn db(&self) -> &Db {
        self.0.organizations.db()
    }
    pub fn organizations(&self) -> &Organizations {
        &self.0.organizations
    }
    fn reading(&self) -> &Semaphore {
        &self.0.reading
    }
    fn wake(&self) -> &Notify {
        &self.0.wake
    }
}

/// Every page of the room.
pub fn routes() -> web::Routes {
    import::routes().merge(export::routes())
}
/// A file that the browser keeps; its contents are nobody else's.
fn download(format: sheet::Format, name: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(place) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{format}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, place);
    }
    response
}
