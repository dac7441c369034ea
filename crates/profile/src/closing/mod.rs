//! `/me/close`: what stands in the way, what will be lost, the days to take it back, and the last step, which a worker
//! makes: once, whatever runs beside it. Whoever signs in meanwhile on the way to a product is asked first.
pub(crate) mod pages;
pub(crate) mod service;
#[cfg(test)]
mod stays_tests;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;
