//! Signed tokens of programs cost no write, which is what makes them quick. The record still says that a program was given
//! some: with the first at once, and from then on once a minute, with how many they were.
use kernel::{Timestamp, id::ClientId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

const EVERY_SECONDS: i64 = 60;
/// More than anybody registers; beyond this the record is written anew.
const MOST: usize = 10_000;

/// When the record said it last, and how many were given since; by program.
#[derive(Clone, Default)]
pub struct Issued(Arc<Mutex<HashMap<ClientId, (Timestamp, i64)>>>);

impl Issued {
    /// One more. If the record is to say it: how many there were since it last did.
    pub fn count(&self, client: ClientId, now: Timestamp) -> Option<i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, count)) = all.get_mut(&client) {
            *count += 1;
            if now < since.plus_seconds(EVERY_SECONDS) {
                return None;
            }
            let told = *count;
            (*since, *count) = (now, 0);
            return Some(told);
        }
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(client, (now, 0));
        Some(1)
    }
    /// It could not be written: the next one tries again.
    pub fn forget(&self, client: ClientId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
    }
}
