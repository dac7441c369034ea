//! What an account is told: a message in its own box, and a copy by SMS or mail as its holder wishes. Invariants: words
//! are chosen when read, in the reader's language; arguments are sealed; what concerns security reaches at least one proven
//! channel whatever the holder set. Rooms above tell through `service::tell_in` inside the transaction of the change.
pub mod model;
pub mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use model::{From, Group, Kind, Message, MessageFilter, Notice, NoticeId, Reminder, Wishes};
pub use service::{tell_all_in, tell_in, tell_number_in, tell_old_in};
