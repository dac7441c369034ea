//! Policies as data: one JSON row per section, sane defaults, audited changes, cached for a second.
//! A row that an older release wrote lacks members: they take their defaults.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{CaptchaPolicy, CaptchaStrategy, CodePolicy, PasswordPolicy, Policies, RegistrationPolicy};
pub use model::{Section, SessionPolicy, SignInPolicy};
pub use service::Settings;
