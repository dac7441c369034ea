//! The second step: whoever has a second factor proves it after the first one, whichever that was. It waits for ten minutes
//! in the browser that took the first step, its tries are counted apart from passwords, and nothing stands in for it but a
//! recovery code or a browser that the holder remembered at an earlier second step.
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;

pub(super) const PURPOSE: &str = "sign_in.second";
