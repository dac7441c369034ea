//! The browsers that the account signed in from: known ones, and those that are remembered in place of the second step.
pub mod pages;
