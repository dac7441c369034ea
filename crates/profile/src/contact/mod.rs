//! `/me/phone`, `/me/email`: another number or address, by a code to the new one after the person proved to be there.
pub(crate) mod pages;
