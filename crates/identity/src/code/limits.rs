//! What one recipient may be sent, and how often somebody may be wrong.
use super::model::To;
use crate::Identity;
use platform::{Channel, counter::Limit, setting::CodePolicy};

pub(super) type Counter = (Limit, [u8; 32]);
/// Who gave a right code to a recipient is known at that source for so long.
const KNOWN_DAYS: i64 = 90;

/// The counters of one lane. Strangers who ask for codes to a foreign number, and type wrong ones, use up what strangers
/// have; a source where its holder once gave a right code has counters of its own, which nobody elsewhere reaches.
///
/// Nothing gives wrong codes back, not even a right one: of a million codes all strangers together try
/// `wrong_per_target` (30) a day, a chance of 3 in 100,000 a day for one number, and whoever shares a network with its
/// holder as many again.
#[derive(Clone)]
pub(super) struct Limits {
    /// A pause, whoever asks; an hour and a day; an hour of the purpose; an hour of the source.
    pub sending: [Counter; 5],
    pub wrong: Counter,
}
impl Limits {
    pub fn of(
        identity: &Identity,
        source: &str,
        policy: &CodePolicy,
        purpose: &str,
        to: &To,
        known_at: Option<&str>,
    ) -> Self {
        let pause = key(identity, "counter.phone", to, None, "");
        let recipient = key(identity, "counter.phone", to, known_at, "");
        let purposed = key(identity, "counter.purpose", to, known_at, purpose);
        let source = identity.db().keyring().mac("counter.address", &[source.as_bytes()]);
        let limit = |scope, most, seconds| Limit { scope, most, seconds };
        let sending = match to.channel() {
            Channel::Sms => [
                (limit("sms.phone.pause", 1, policy.resend_seconds), pause),
                (limit("sms.purpose.hour", policy.per_phone_hour, 3600), purposed),
                (limit("sms.phone.hour", policy.per_phone_hour, 3600), recipient),
                (limit("sms.phone.day", policy.per_phone_day, 86_400), recipient),
                (limit("sms.address.hour", policy.per_address_hour, 3600), source),
            ],
            Channel::Mail => [
                (limit("mail.to.pause", 1, policy.resend_seconds), pause),
                (limit("mail.purpose.hour", policy.per_phone_hour, 3600), purposed),
                (limit("mail.to.hour", policy.per_phone_hour, 3600), recipient),
                (limit("mail.to.day", policy.per_phone_day, 86_400), recipient),
                (limit("mail.address.hour", policy.per_address_hour, 3600), source),
            ],
        };
        Self { sending, wrong: wrong(identity, to, known_at, policy.wrong_per_target) }
    }
}
/// Wrong codes a day, whatever they were for and however many codes were sent.
pub(super) fn wrong(identity: &Identity, to: &To, known_at: Option<&str>, most: i64) -> Counter {
    let limit = Limit { scope: "code.wrong", most, seconds: 86_400 };
    (limit, key(identity, "counter.phone", to, known_at, ""))
}
/// Counted once a right code came from there.
pub(super) fn known(identity: &Identity, to: &To, source: &str) -> Counter {
    let limit = Limit { scope: "code.known", most: 1, seconds: KNOWN_DAYS * 86_400 };
    (limit, key(identity, "counter.phone", to, Some(source), ""))
}
fn key(identity: &Identity, name: &'static str, to: &To, known_at: Option<&str>, more: &str) -> [u8; 32] {
    let counted = to.counted();
    let parts = [counted.as_bytes(), known_at.unwrap_or_default().as_bytes(), more.as_bytes()];
    identity.db().keyring().mac(name, &parts)
}
