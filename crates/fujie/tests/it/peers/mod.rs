//! Relying parties that nobody here wrote, driven by a browser.
mod apache;
mod openid_client;
pub mod upstream;
