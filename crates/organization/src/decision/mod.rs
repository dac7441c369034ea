//! Who may use which product for whom, now: `decide`, its facts in one statement, and the explanation of a refusal.
//! The answer is never cached; whoever issues a token or opens a page asks again.
mod explain;
mod facts;
mod model;
#[cfg(test)]
mod oracle_tests;
mod page;
mod pages;
mod service;
#[cfg(test)]
mod space_tests;
mod store;
#[cfg(test)]
mod tests;
mod why;

pub use explain::{Contact, Explanation};
pub use model::*;
pub use page::{Back, Typed, Verify, Ways};
pub use pages::{layer_key, tally_class};
pub use service::{InSpace, Named, SPACES_SHOWN, decide_few_in, decide_in};
pub(crate) use service::{decide_members_in, decide_persons_in, decide_products_in, facts_in};
pub use why::routes;
