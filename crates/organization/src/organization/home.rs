//! What waits on an organization's home page. Rooms above know of things that this one does not (materials that run out),
//! so the binary gives a source of tasks, as it gives the look-up of registers.
use kernel::{Result, Timestamp};
use std::{future::Future, pin::Pin};

use super::model::Organization;

/// One thing to do, in words, and the page of the organization's space where it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// `warn` or `bad`.
    pub tone: &'static str,
    /// A text of the locales.
    pub key: &'static str,
    pub args: Vec<(&'static str, String)>,
    /// Below `/org/{organization}/`.
    pub page: String,
}
pub type Tasks<'a> = Pin<Box<dyn Future<Output = Result<Vec<Task>>> + Send + 'a>>;

/// Asked for whoever administers the organization, at every look at the home page: one short read.
pub trait TaskSource: Send + Sync {
    fn tasks<'a>(&'a self, organization: &'a Organization, now: Timestamp) -> Tasks<'a>;
}
