//! `/me/passkeys`: keys that sign in by themselves. Adding and removing want a fresh proof, the last way in cannot be
//! removed, and every change is told to the holder by every proven channel.
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
