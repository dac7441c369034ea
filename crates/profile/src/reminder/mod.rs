//! `/me/reminders`: which reminders reach the holder by which channel, by the roles that they have.
pub(crate) mod pages;
#[cfg(test)]
mod tests;
