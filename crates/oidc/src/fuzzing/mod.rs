//! What must hold whatever strangers send: functions over raw bytes, called by a fuzzer (`fuzz/`) with inputs of its own and by
//! a test here with those that are kept in `fuzz/corpus`. Each states what an accepted input is, in words of its own: it reads
//! the input once more by other means and compares. A broken promise is a panic.
//!
//! Inputs are text, so that they can be read and written by hand: some leading characters choose, lines are parts.
mod assertion;
mod authorize;
mod dpop;
mod jose;
mod object;
mod redirect;
#[cfg(test)]
mod tests;

use crate::{
    client::{Algorithm, Client, ClientState, GrantType, Keeping, Profile, Settings},
    keys::model::{SigningKey, Stored, generate},
};
use kernel::{Id, Timestamp};
use serde_json::Value;
use std::sync::LazyLock;

pub use assertion::client_assertion;
pub use authorize::authorize_query;
pub use dpop::dpop_proof;
pub use jose::jose;
pub use object::request_object;
pub use redirect::redirect;

/// Tells whether the input was taken for what the target is about, so that the promises are about something.
pub type Target = fn(&[u8]) -> bool;

/// Every target under the name of its folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 6] = [
    ("authorize_query", authorize_query),
    ("redirect", redirect),
    ("jose", jose),
    ("dpop_proof", dpop_proof),
    ("client_assertion", client_assertion),
    ("request_object", request_object),
];

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ISSUER: &str = "https://op.test";
const CALLBACK: &str = "https://rp.test/callback";

/// Keys of this run, one of each algorithm: what an input holds was never signed by one of them.
static STORED: LazyLock<Vec<Stored>> = LazyLock::new(|| {
    let key = |algorithm: &Algorithm| {
        let made = generate(*algorithm).unwrap();
        Stored {
            kid: made.kid,
            algorithm: *algorithm,
            private_key: made.private_key,
            public_jwk: made.public_jwk,
            signs_from: Timestamp::from_millis(0),
            signs_until: Timestamp::FOREVER,
            believed_until: Timestamp::FOREVER,
            published_until: Timestamp::FOREVER,
        }
    };
    Algorithm::ALL.iter().map(key).collect()
});
fn keys() -> Vec<SigningKey> {
    STORED.iter().map(|key| SigningKey::decode(key).unwrap()).collect()
}
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(keys);

/// One of the keys; those that sign slowly come seldom.
fn key(choice: u8) -> &'static SigningKey {
    let wanted = match choice % 16 {
        0 => Algorithm::Rs256,
        1 => Algorithm::Ps256,
        even if even % 2 == 0 => Algorithm::Es256,
        _ => Algorithm::EdDsa,
    };
    KEYS.iter().find(|key| key.algorithm == wanted).unwrap()
}

/// The leading bytes of an input, taken one by one.
struct Choices<'a>(&'a [u8]);
impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }
    fn place(&mut self) -> usize {
        usize::from(self.byte()) * 256 + usize::from(self.byte())
    }
    /// What is left, if it is text.
    fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }
}

/// The text with one of its characters another one, or cut off there: never what it was. Tokens are ASCII.
fn altered(token: &str, place: usize, value: u8) -> Option<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    let mut bytes = token.as_bytes().to_vec();
    let place = place.checked_rem(bytes.len())?;
    if value >= 200 {
        bytes.truncate(place);
    } else {
        let other = ALPHABET[usize::from(value) % ALPHABET.len()];
        bytes[place] = if bytes[place] == other { b'~' } else { other };
    }
    String::from_utf8(bytes).ok()
}

/// Read once more as JSON and nothing else; None for a number beyond what this reader can hold, which others pass over.
fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// A client of one of several kinds.
fn client(choice: u8) -> Client {
    let settings = match choice % 4 {
        0 => Settings::default(),
        1 => Settings::public(),
        2 => Settings { profile: Profile::Basic, ..Settings::default() },
        _ => Settings {
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            resources: vec!["https://a.test/".into(), "urn:example:b".into()],
            ..Settings::default()
        },
    };
    Client {
        id: Id::from_i64(1),
        client_id: "c".into(),
        product: Id::from_i64(2),
        name: "Client".into(),
        secret_mac: None,
        secret_sealed: None,
        redirect_uris: CALLBACK.into(),
        post_logout_redirect_uris: String::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        state: ClientState::Active,
        service: false,
        owner: None,
        settings,
        keeping: Keeping::default(),
    }
}
