//! A person makes an account: data and consents, a captcha, an SMS code, done. Only whoever proves a number learns that an
//! account holds it, and may take it over: numbers are handed to other people after a while.
#[cfg(test)]
mod held_tests;
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
pub(crate) mod tests;
