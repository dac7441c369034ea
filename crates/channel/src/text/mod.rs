//! Mail texts that staff wrote: subject and body per purpose and language. Without one, what the program says is sent.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::MailText;
