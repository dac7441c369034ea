//! Telling people from programs. A captcha is a signed token: nothing is written until somebody answers, then exactly
//! one answer counts. Three ways, any accepted: letters in a picture, a question in words that can be read aloud, proof of
//! work by a script.
pub mod model;
pub mod pages;
mod picture;
mod riddle;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Input, Purpose, View, Way};
