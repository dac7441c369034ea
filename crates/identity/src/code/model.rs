//! To whom, what is sent, and what became of it.
use kernel::{Mobile, email::Email};
use platform::{Channel, challenge::ChallengeId};
use serde::{Deserialize, Serialize};

/// Where a code goes.
#[derive(Clone, PartialEq, Eq)]
pub enum To {
    Sms(Mobile),
    Mail(Email),
}
impl To {
    pub fn channel(&self) -> Channel {
        match self {
            Self::Sms(_) => Channel::Sms,
            Self::Mail(_) => Channel::Mail,
        }
    }
    /// E.164 or the mail address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sms(phone) => phone.as_str(),
            Self::Mail(email) => email.as_str(),
        }
    }
    /// As pages may show it.
    pub fn masked(&self) -> String {
        match self {
            Self::Sms(phone) => crate::account::service::masked_phone(phone.as_str()),
            Self::Mail(email) => kernel::mask::email(email.as_str()),
        }
    }
    /// One spelling for counters and blind indexes: mailboxes are not told apart by case.
    pub(super) fn counted(&self) -> String {
        self.as_str().to_lowercase()
    }
}

/// What the recipient gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deal {
    Code,
    /// This text instead; no code will be right.
    Instead(String),
    /// Nothing is sent and no code will be right. Whoever asked sees the same page.
    Silence,
}

/// Of asking for a code and of "send again".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Sent(ChallengeId),
    /// The pause between two messages to one recipient.
    Wait {
        seconds: i64,
    },
    /// A limit of the recipient or of the source.
    TooMany {
        minutes: i64,
    },
    /// Used, expired or of another browser.
    Gone,
}

/// What the page of the code shows.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub to_masked: String,
    pub channel: Channel,
    /// Until "send again" works.
    pub seconds: i64,
    pub exhausted: bool,
    /// What the asker kept.
    pub data: String,
}

/// Kept sealed in the challenge: enough to send another code without asking anybody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub channel: Channel,
    pub to: String,
    pub text: String,
    pub instead: Option<String>,
    pub silent: bool,
    /// Wrong codes a day, over all codes.
    pub wrong_allowed: i64,
    /// From where it was asked for.
    pub source: String,
    /// The recipient gave a right code from there before: counted apart from strangers.
    pub known: bool,
    pub data: String,
}
impl Envelope {
    pub fn recipient(&self) -> kernel::Result<To> {
        Ok(match self.channel {
            Channel::Sms => To::Sms(Mobile::parse(&self.to)?),
            Channel::Mail => To::Mail(Email::parse(&self.to)?),
        })
    }
}
