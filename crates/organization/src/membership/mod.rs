//! Memberships: account × organization × role. The order of roles is the authority: nobody creates, edits, resets, ends
//! or approves at or above the own role; an organization touches the credentials of accounts that it owns alone.
mod again;
mod chain;
mod change_pages;
mod expiry;
mod extract;
mod managed;
mod model;
mod new_pages;
mod newcomer;
mod office;
mod pages;
#[cfg(test)]
mod period_tests;
mod role_choice;
mod service;
mod standing;
mod store;
mod telling;
mod terms;
#[cfg(test)]
mod tests;
pub mod timeline;

pub use chain::{Chain, ChainLink};
pub(crate) use chain::{list_chain, list_newest_agents};
pub use expiry::warn_expiring;
pub use managed::{
    ManagedMember, Managing, PhoneChange, PreparedMember, activation_in, create_managed_in,
    create_prepared_in, managing_in,
};
pub(crate) use model::Viewing;
pub use model::{Basis, Member, Membership, MembershipState, OrganizationAdministrator, Role};
pub use newcomer::{MemberInput, NewMember, Newcomer};
pub(crate) use pages::{basis_key, fresh, period_of, period_words, state_of};
pub(crate) use role_choice::{RoleChoice, role_choices};
pub use service::{Appointed, Appointment, HandedOut, MEMBERSHIPS};
pub(crate) use service::{NewMembership, admit_in, joinable};
pub(crate) use standing::{change_role_in, dismiss_in, end_in, must_have_room_in};
pub use store::{Filter, MemberRow};
pub(crate) use store::{
    MEMBERS, SPACES, find, find_acting_role, find_live_by_account, list_administrators, list_of_ids,
    list_spaces,
};
pub use terms::{REASON_MAX, SCOPE_MAX, Terms, TermsInput, end};

pub fn routes() -> web::Routes {
    new_pages::routes().merge(pages::routes()).merge(change_pages::routes())
}
