//! A person makes an account: data and consents, a captcha, an SMS code, done. Nobody learns whether a number has an
//! account: its holder does, by SMS.
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
