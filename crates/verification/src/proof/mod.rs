//! The own level: what it rests on, how to reach the next, and taking a proof off again, after being told what is lost.
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
