//! `/me/messages`: what the account was told, newest first.
pub(crate) mod pages;
