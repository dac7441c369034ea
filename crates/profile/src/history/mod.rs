//! `/me/history`: what happened to the own account, by whoever: sign-ins, failures of strangers, changes.
pub(crate) mod model;
pub(crate) mod pages;
#[cfg(test)]
mod tests;
