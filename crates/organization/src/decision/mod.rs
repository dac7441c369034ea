//! Who may use which product for whom, now: `decide`, its facts in one statement, and the explanation of a refusal.
//! The answer is never cached; whoever issues a token or opens a page asks again.
mod explain;
mod model;
mod page;
mod pages;
mod service;
mod store;
mod why;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;

pub use explain::{Contact, Explanation};
pub use model::*;
pub use page::{Back, Typed, Verify, Ways};
pub use pages::{layer_key, tally_class};
pub(crate) use service::{decide_subjects_in, facts_in};
pub use why::routes;
pub use service::{InSpace, Named, SPACES_SHOWN, decide_in};
