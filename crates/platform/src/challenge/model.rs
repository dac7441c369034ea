//! A challenge before it is stored and what became of an attempt.
use kernel::{Id, Timestamp, id::mark};

pub type ChallengeId = Id<mark::Challenge>;

#[derive(Clone, Debug)]
pub struct NewChallenge {
    pub id: ChallengeId,
    /// `sms`, `choice` …
    pub kind: &'static str,
    pub purpose: &'static str,
    /// `Ctx::browser`: another browser cannot answer.
    pub browser: [u8; 32],
    /// Blind index of what it is about, for example a phone number.
    pub target: Option<Vec<u8>>,
    /// None: no answer will be right, so that a stranger cannot tell it from one that has an answer.
    pub code: Option<String>,
    /// Kept sealed until the challenge is answered.
    pub data: String,
    pub attempts_allowed: i64,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Consumed by this very attempt; the data that was kept.
    Right(String),
    Wrong {
        left: i64,
    },
    /// Too many wrong answers: not even the right one counts.
    Exhausted,
    /// Consumed, expired, of another browser or never there.
    Gone,
}

/// An attempt that was counted; whether it is right is for the caller to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    Open { data: String, left: i64 },
    Exhausted,
    Gone,
}

/// A challenge that waits for its answer.
#[derive(Clone, Debug)]
pub struct Open {
    pub data: String,
    /// When the code was last sent.
    pub sent_at: Timestamp,
    pub exhausted: bool,
}
