//! Refusals that somebody was shown, by the number on their page: the layers as they were. The same refusal within ten
//! minutes is one record and one event, and an account makes only so many: a client that asks in a loop floods nothing.
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{RecordedLayer, Refusal, RefusalId, Refused, Wanted};
pub use service::{forget_old_in, note_in};
