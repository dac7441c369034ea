//! Row ids: a positive `i64` of 41 bits of milliseconds since 2026-01-01, 10 bits of node and a 12-bit counter.
//! Outside the process an id is a string of 13 Crockford base32 characters, never a JSON number.
use crate::{Clock, Error, Timestamp};
use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
    sync::atomic::{AtomicI64, Ordering},
};

/// 2026-01-01T00:00:00Z in Unix milliseconds.
const EPOCH_MS: i64 = 1_767_225_600_000;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 13;

/// The id of a row of the table that `T` names.
pub struct Id<T>(i64, PhantomData<fn() -> T>);

/// Marker types, one per table whose ids travel between rooms.
pub mod mark {
    macro_rules! marks { ($($name:ident),* $(,)?) => { $( #[derive(Debug)] pub enum $name {} )* } }
    marks!(
        Person,
        Account,
        IdentityProof,
        Organization,
        OrganizationType,
        Membership,
        Application,
        Product,
        ContractType,
        Contract,
        Admission,
        Grant,
        Session,
        Challenge,
        Client,
        AuthorizationRequest,
        SigningKey,
        Outbox,
        AuditEvent,
        Refusal,
        Request,
        Connector,
        MessageTemplate,
        Passkey,
        Authenticator,
        ExternalIdentity,
        Device,
        Address,
        Notice,
        Verification,
        Dispute,
        Document,
        Scan,
        Delivery,
        Invitation,
        Activation,
        Contact,
        Material,
        Registration,
        RegistrySync,
        ImportJob,
        FeedEntry,
        Item,
        LegacyAccount,
        Merge,
        ProductCategory,
        Succession,
        Webhook,
        WebhookDelivery,
    );
}

pub type PersonId = Id<mark::Person>;
pub type AccountId = Id<mark::Account>;
pub type OrganizationId = Id<mark::Organization>;
pub type OrganizationTypeId = Id<mark::OrganizationType>;
pub type MembershipId = Id<mark::Membership>;
pub type ApplicationId = Id<mark::Application>;
pub type ProductId = Id<mark::Product>;
pub type ContractTypeId = Id<mark::ContractType>;
pub type ContractId = Id<mark::Contract>;
pub type AdmissionId = Id<mark::Admission>;
pub type GrantId = Id<mark::Grant>;
pub type SessionId = Id<mark::Session>;
pub type ClientId = Id<mark::Client>;
pub type RefusalId = Id<mark::Refusal>;

impl<T> Id<T> {
    /// From the store, or for a fixture.
    pub const fn from_i64(value: i64) -> Self {
        Self(value, PhantomData)
    }
    pub const fn as_i64(self) -> i64 {
        self.0
    }
    /// No id that was drawn at this time or later is less: rows before a time are a range of their key.
    pub const fn earliest(at: Timestamp) -> Self {
        let since = at.as_millis().saturating_sub(EPOCH_MS);
        Self(if since < 0 { 0 } else { since << 22 }, PhantomData)
    }
    /// Milliseconds resolution; every id carries the time at which it was drawn.
    pub fn drawn_at(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> 22) + EPOCH_MS)
    }
}
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(LENGTH);
        for place in (0..LENGTH).rev() {
            let digit = (self.0 >> (place * 5)) & 31;
            out.push(char::from(ALPHABET.get(digit as usize).copied().unwrap_or(b'0')));
        }
        f.write_str(&out)
    }
}
impl<T> FromStr for Id<T> {
    type Err = Error;
    /// Crockford's leniency: lower case, `I` and `L` as 1, `O` as 0. Anything else is an unknown thing, not a syntax lesson.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() != LENGTH {
            return Err(Error::not_found("id.unknown"));
        }
        let mut value: i64 = 0;
        for byte in text.bytes() {
            let byte = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let digit =
                ALPHABET.iter().position(|c| *c == byte).ok_or_else(|| Error::not_found("id.unknown"))?;
            if value >> 58 != 0 {
                return Err(Error::not_found("id.unknown"));
            }
            value = (value << 5) | digit as i64;
        }
        if value <= 0 { Err(Error::not_found("id.unknown")) } else { Ok(Self::from_i64(value)) }
    }
}
impl<T> serde::Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, T> serde::Deserialize<'de> for Id<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not an id"))
    }
}

/// Draws ids, monotonic within the process. The node number is leased by the store; until then it is 0.
#[derive(Debug)]
pub struct IdSource {
    clock: Clock,
    node: AtomicI64,
    last: AtomicI64,
}
impl IdSource {
    pub fn new(clock: Clock) -> Self {
        Self { clock, node: AtomicI64::new(0), last: AtomicI64::new(0) }
    }
    /// `node` is below 1024.
    pub fn set_node(&self, node: u16) {
        self.node.store(i64::from(node & 0x3FF), Ordering::Relaxed);
    }
    pub fn draw<T>(&self) -> Id<T> {
        let node = self.node.load(Ordering::Relaxed);
        // `last` holds milliseconds and counter without the node, so that a burst runs into the next millisecond.
        let floor = (self.clock.now().as_millis() - EPOCH_MS).max(1) << 12;
        let previous =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(floor.max(last + 1)));
        let tick = floor.max(previous.unwrap_or(0) + 1);
        Id::from_i64(((tick >> 12) << 22) | (node << 12) | (tick & 0xFFF))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_form_round_trips(value in 1i64..) {
            let id = Id::<mark::Account>::from_i64(value);
            prop_assert_eq!(id.to_string().len(), LENGTH);
            prop_assert_eq!(id.to_string().parse::<Id<mark::Account>>().unwrap(), id);
        }
        #[test]
        fn any_text_is_an_id_or_an_error(text in "\\PC{0,20}") {
            drop(text.parse::<Id<mark::Account>>());
        }
    }
    #[test]
    fn ids_rise_within_one_millisecond_and_carry_their_time() {
        let now = Timestamp::from_millis(EPOCH_MS + 5);
        let source = IdSource::new(Clock::fixed(now));
        source.set_node(7);
        let ids: Vec<Id<mark::Account>> = (0..10_000).map(|_| source.draw()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(ids[0].drawn_at(), now);
    }
    #[test]
    fn overlong_and_zero_ids_are_unknown() {
        for text in ["", "0000000000000", "ZZZZZZZZZZZZZ", "00000000000U1", "00000000000000000001"] {
            assert!(text.parse::<Id<mark::Account>>().is_err(), "{text}");
        }
    }
}
