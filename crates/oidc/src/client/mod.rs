//! Clients: the applications of a product that may ask who signed in. Redirect addresses are compared as exact strings, but
//! for the port of an app on loopback; secrets are 256 random bits kept as a keyed hash. `authorize`, `token`, `logout` and
//! the decision API call `service`; the command line and the desk register clients.
pub mod cap;
#[cfg(test)]
mod cap_tests;
mod changes;
#[cfg(test)]
mod edit_tests;
pub mod keeper;
#[cfg(test)]
mod keeper_tests;
pub mod model;
mod narrowing;
mod native;
#[cfg(test)]
mod native_tests;
pub mod published;
pub(crate) mod resources;
pub mod service;
pub mod settings;
pub(crate) mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod update_tests;

pub use keeper::Keeper;
pub use model::{Algorithm, Client, ClientState, Keeping, RedirectUri};
pub use service::{ClientEdit, NewClient};
pub use settings::{AuthMethod, Demands, GrantType, Profile, Settings, SubjectType, TokenFormat};
