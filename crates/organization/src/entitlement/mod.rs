//! Who may use what, in memory: the same facts as `decision` reads, kept up by the change log, for programs that ask often.
//! The database stays the truth. The index answers only while nothing that it heard of is unread and its last complete poll
//! of the log began at most 900 ms ago; else the database is asked, and where that is out of reach nobody answers.
//! Periods are kept as they are and judged when asked, so nothing has to happen at the moment in which something ends.
mod accounts;
mod index;
mod loading;
mod model;
mod organizations;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use service::{Answer, Entitlements, Question, Size};
