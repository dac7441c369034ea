//! A message's way: gateways in their order, each for a short time, until one takes it.
mod scrub;
pub mod service;
mod trial;
mod unsent;
mod verdict;
