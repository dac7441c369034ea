//! State of one gateway.
use crate::gateway::Reason;
use kernel::Timestamp;
use platform::connector::ConnectorId;

/// So many failures in a row open the circuit.
pub const FAILURES: i64 = 5;
/// How long it stays open before one message is tried.
pub const REST_SECONDS: i64 = 60;
/// While that one is under way the others wait.
pub const PROBE_SECONDS: i64 = 15;

#[derive(Clone, Debug)]
pub struct State {
    pub connector_id: ConnectorId,
    /// The date that `taken` and `failed` count, in the platform's zone.
    pub day: String,
    pub taken: i64,
    pub failed: i64,
    pub failures: i64,
    pub open_until: Timestamp,
    pub succeeded_at: Option<Timestamp>,
    pub failed_at: Option<Timestamp>,
    pub reason: Option<Reason>,
    pub said: Option<String>,
}
db::row!(State {
    connector_id,
    day,
    taken,
    failed,
    failures,
    open_until,
    succeeded_at,
    failed_at,
    reason,
    said
});
impl State {
    pub fn is_open(&self) -> bool {
        self.failures >= FAILURES
    }
    pub fn taken_on(&self, day: &str) -> i64 {
        if self.day == day { self.taken } else { 0 }
    }
    pub fn failed_on(&self, day: &str) -> i64 {
        if self.day == day { self.failed } else { 0 }
    }
}

/// Whether a message may be handed over now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// As the so manieth of today.
    Go(i64),
    Capped,
    Open,
}

/// From this many on staff is told that the cap is near.
pub fn near(cap: i64) -> i64 {
    (cap * 4 / 5).max(1)
}
