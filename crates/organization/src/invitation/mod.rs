//! A membership that is offered to whoever proves to hold a number. Invariants: bound to phone and organization, answered
//! once, within its days; the link alone shows nothing of the organization; whoever invited must still have the power when
//! it is accepted, and the number of administrators holds then, not when it was written.
mod join_pages;
pub mod leaving;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Answer, Draft, Invitation, InvitationId, Invite, Invited, Offer, Seen, Sent, State};
pub use pages::state_key;

pub fn routes() -> web::Routes {
    pages::routes().merge(join_pages::routes())
}
