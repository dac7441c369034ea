//! Limits and what a hit found.
use kernel::Timestamp;

/// At most `most` hits of one key within `seconds` from its first.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Names the counter, for example `sms.phone.hour`.
    pub scope: &'static str,
    pub most: i64,
    pub seconds: i64,
}

/// The state of a counter after a hit, or as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub n: i64,
    pub most: i64,
    /// When the window ends and counting starts anew.
    pub until: Timestamp,
}
impl Hit {
    /// Whether this hit is still within the limit.
    pub fn allowed(&self) -> bool {
        self.n <= self.most
    }
    /// Whether no further hit would be allowed.
    pub fn exhausted(&self) -> bool {
        self.n >= self.most
    }
    /// Whole minutes until the window ends, at least one: for messages.
    pub fn minutes_left(&self, now: Timestamp) -> i64 {
        ((self.until.as_millis() - now.as_millis()).max(0) + 59_999) / 60_000
    }
    /// Whole seconds until the window ends.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        ((self.until.as_millis() - now.as_millis()).max(0) + 999) / 1000
    }
}
