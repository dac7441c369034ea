//! What the end-to-end tests share: the real binary on a free port with a fresh data folder and either store, a test
//! certificate authority, a browser, a relying party, and a reader of plain HTML forms.
//!
//! A tool that is missing skips a test with a word about it; under `FUJIE_TEST_STRICT=1` (as the test command sets it)
//! it fails instead.
pub mod agent;
pub mod apache;
pub mod browser;
pub mod database;
pub mod demo;
pub mod form;
pub mod party;
pub mod passkey;
pub mod process;
pub mod server;
pub mod tls;
pub mod webauthn;

pub use agent::{Agent, Reply};
pub use browser::{Browser, Look};
pub use database::Engine;
pub use demo::{Account, Client, Demo};
pub use form::Form;
pub use server::{Options, Server};

/// `full` runs the numbers that the documents state, `ci` as many as fit in some seconds.
pub fn full_proof() -> bool {
    std::env::var("FUJIE_PROOF").is_ok_and(|v| v == "full")
}

/// Whether a missing tool fails the test that needs it.
pub fn strict() -> bool {
    std::env::var("FUJIE_TEST_STRICT").is_ok_and(|v| v == "1")
}

/// Says why a test did nothing, or fails where nothing may be skipped.
pub fn skip(reason: &str) -> anyhow::Result<()> {
    if strict() {
        anyhow::bail!("{reason}");
    }
    eprintln!("skipped: {reason}");
    Ok(())
}

/// The folder of build output, which also takes screenshots and scratch files.
pub fn target() -> std::path::PathBuf {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| manifest.join("..").join("..").join("target"), std::path::PathBuf::from)
}
