//! `/me/recovery-codes`: how many are left, a new set, and the one page that shows a set. Codes come with the first second
//! factor and go with the last: they stand in for one, they are none.
pub mod pages;
pub mod service;
