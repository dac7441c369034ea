//! Signing in with a code by SMS to a proven number. Invariants: a captcha before every message; a number without an account
//! gets the same answer after the same work, and no message; the code opens the account that had the number when it was
//! asked for, and only while it still has it; a number that nobody confirmed for long opens no verified account.
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;

platform::purpose!(pub(super) const PURPOSE = "sign_in", Code by Sms);
