//! `/me/security`: what the account is called, every way in and every way back at one glance, the browsers that are signed
//! in, and what happened last.
pub(crate) mod pages;
#[cfg(test)]
mod tests;
