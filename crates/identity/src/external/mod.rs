//! Identities at other providers (Alipay, WeChat, DingTalk, OpenID Connect) that sign in to an account. Invariants: a link is
//! made only by whoever proved both sides in this browser, never by a matching name, phone or mail address; an identity
//! belongs to one account, an account has one identity of a connector; state, nonce and verifier live in a challenge bound
//! to the browser and are used up by the first answer that names them; only connectors that are switched on appear.
//!
//! For rooms above (step-up, recovery, real name): a round trip of its own and its result.
//! 1. `service::offered` lists the connectors (or `service::linked` those of an account).
//! 2. `flow::begin(identity, ctx, connector, purpose, signed_in, return_to)` is the answer of a POST handler: it leads to the
//!    provider. `return_to` is a path of this site; when all went well the browser comes back there with
//!    `external={id}` in the query, otherwise there without it and with a flash that says what happened.
//! 3. `service::take_result_in(tx, keyring, id, &purpose, &ctx.browser, now)` gives an [`ExternalProof`] exactly once, to the
//!    same browser, for the same purpose, for ten minutes. `proof.account` is the account that the identity is linked to;
//!    compare it with the account at hand. `proof.certified` is there only if the provider vouches for name and document.
pub mod flow;
pub mod model;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use model::icon as icon_of;
pub use model::{ExternalId, ExternalProof, Linked, Linking, Offer, Purpose, Ticket, Visit};
pub use upstream::Certified;
