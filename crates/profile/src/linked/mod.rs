//! The own identities at other providers: what is linked, linking another, unlinking. The rules are
//! `identity::external`'s; both ways of change ask for a fresh proof first.
pub mod pages;
