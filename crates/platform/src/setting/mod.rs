//! Policies as data: one JSON row per section, sane defaults, audited changes, cached for a second.
//! A row that an older release wrote lacks members: they take their defaults. A new policy is a struct with its default, a
//! line in `sections!`, and its words (`portal-policy-…`): the desk draws its form, checks its bounds and shows its changes.
pub mod model;
mod network;
pub mod preset;
pub mod section;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{AloneUpTo, RecoveryPolicy, RecoveryWay, SessionPolicy, SignInPolicy};
pub use model::{ApplicationPolicy, KeyPolicy, ProofLevel, RealNamePolicy};
pub use model::{CaptchaPolicy, CaptchaStrategy, CodePolicy, PasswordPolicy, Policies, RegistrationPolicy};
pub use model::{ProfileField, ProfilePolicy, SecondFactorDemand, SecondFactorPolicy};
pub use network::NetworkPolicy;
pub use preset::Preset;
pub use section::{Member, Section, SectionInfo, Shape};
pub use service::Settings;
