//! `/me/profile`, `/me/login-name`: the own account, and what of it the holder may change.
pub(crate) mod pages;
#[cfg(test)]
mod tests;
