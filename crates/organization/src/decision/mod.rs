//! Who may use which product for whom, now: `decide`, its facts in one statement, and the explanation of a refusal.
//! The answer is never cached; whoever issues a token or opens a page asks again.
mod explain;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use explain::{Contact, Explanation};
pub use model::*;
pub use pages::{layer_key, tally_class};
pub(crate) use service::{decide_subjects_in, facts_in};
pub use service::{InSpace, Named, SPACES_SHOWN, decide_in};
