//! `/me/consents`: what applications may learn without asking again, and taking it back.
pub(crate) mod pages;
