//! Memberships: account × organization × role. The order of roles is the authority: nobody creates, edits, resets, ends
//! or approves at or above the own role; an organization touches the credentials of accounts that it owns alone.
mod extract;
mod list_pages;
mod model;
mod newcomer;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Basis, Member, Membership, MembershipState, OrganizationAdministrator, Role};
pub use newcomer::{MemberInput, NewMember, Newcomer};
pub(crate) use list_pages::{encoded, search};
pub use service::{Appointed, Appointment, PhoneChange};
pub use store::{Filter, MemberRow};
pub(crate) use store::{find, find_acting_role, find_live_by_account, list_administrators};

pub fn routes() -> web::Routes {
    pages::routes().merge(list_pages::routes())
}
