//! M35: who is proven to be the head receives the authority, of an organization that is here or of a new one. Proven means
//! that name and document are those of the register's record; where no register says so, staff decide on what was handed
//! in. The answer to the claimant is the same whatever is here: the claim waits.
mod model;
mod pages;
mod registry;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{ClaimData, ClaimInput, NewClaim, RegistryAnswer};
pub use pages::routes;
pub use registry::{HeadDocument, LookUp, Record, RegistryLookup};
pub use service::{ClaimVerdict, Claimed};
