//! Scan to sign in: a desktop shows a code, a phone that is signed in approves, the desktop goes on. Invariants: only the
//! browser that asked can go on, once; one approval makes one session; nothing happens without a form that the holder sent
//! after reading who asks; the approving session must still live, and be as strong as its account demands.
pub mod model;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
