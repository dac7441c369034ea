//! `/me/authenticator`: apps that show codes. Adding wants a fresh proof and a first right code; the first one brings
//! recovery codes along. Every change is told to the holder by every proven channel.
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
