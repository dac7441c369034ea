use crate::Organizations;
use kernel::{
    Id, Rng, Timestamp, TokenHash,
    id::{MembershipId, mark},
    text,
};
use platform::outbox::model::OutboxId;
use web::{Ctx, Lang};

pub type ActivationId = Id<mark::Activation>;

/// So long is what was handed out good for.
pub const HOURS: i64 = 72;

db::text_enum! {
    pub enum Way {
        /// To the number on the account: whoever opens it holds the number.
        Sms = "sms",
        /// On paper, with a code for whoever cannot scan.
        Print = "print",
    }
}
db::text_enum! {
    pub enum State {
        Open = "open",
        Used = "used",
        /// A newer one took its place, or the membership ended.
        Void = "void",
    }
}

/// How a link goes out, in whose language, and under which address of this site.
#[derive(Clone, Debug)]
pub struct Link {
    pub way: Way,
    pub lang: Lang,
    pub origin: String,
}
impl Link {
    pub fn of(ctx: &Ctx, way: Way) -> Self {
        Self { way, lang: ctx.lang, origin: ctx.app.origin().to_owned() }
    }
}
/// What a link is made of, drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) id: ActivationId,
    pub(super) message: OutboxId,
    pub(super) token: String,
    pub(super) code: String,
}
impl Draft {
    pub fn new(rooms: &Organizations) -> Self {
        let db = rooms.db();
        Self { id: db.draw(), message: db.draw(), token: db.rng().token(), code: draw_code(db.rng()) }
    }
}
/// What was handed out. Link and code of a slip are shown this once; of an SMS only where it went.
#[derive(Clone, Debug)]
pub struct Issued {
    pub way: Way,
    /// Empty for an SMS.
    pub link: String,
    pub code: String,
    /// Empty for a slip.
    pub phone_masked: String,
    pub expires_at: Timestamp,
}
/// What the page shows to whoever holds the link.
#[derive(Clone, Debug)]
pub struct Opening {
    pub organization: String,
    pub login_name: String,
    /// A password there was before is replaced.
    pub again: bool,
    pub expires_at: Timestamp,
}
/// The last link of an account as its administrators see it.
#[derive(Clone, Debug)]
pub struct Standing {
    pub membership: MembershipId,
    pub way: Way,
    pub state: State,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
db::row!(Standing { membership, way, state, created_at, expires_at });

/// Without characters that look like others; 16 of them are 79 bits.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const CODE_LENGTH: usize = 16;
fn draw_code(rng: &Rng) -> String {
    let pick = |_| {
        let at = rng.below(ALPHABET.len() as u32) as usize;
        char::from(ALPHABET.get(at).copied().unwrap_or(b'2'))
    };
    (0..CODE_LENGTH).map(pick).collect()
}
/// `ABCD-EFGH-JKMN-PQRS`, as the slip shows it.
pub(super) fn printed(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
/// What was typed from a slip, as it was drawn; None for text that can be no code.
pub(super) fn typed_code(typed: &str) -> Option<String> {
    let typed: String = text::normalize(typed)
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let known = typed.len() == CODE_LENGTH && typed.bytes().all(|byte| ALPHABET.contains(&byte));
    known.then_some(typed)
}
/// Of the token in the address: long, or the code of a slip.
pub(super) fn hash(token: &str) -> TokenHash {
    TokenHash::of(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_in_any_case_and_grouping() {
        let code = draw_code(&Rng::seeded(1));
        assert_eq!(code.len(), CODE_LENGTH);
        assert_eq!(typed_code(&printed(&code)).as_deref(), Some(code.as_str()));
        assert_eq!(typed_code(&code.to_lowercase()).as_deref(), Some(code.as_str()));
        for bad in ["", "ABCD", "ABCD-EFGH-JKMN-PQR0", "ABCD-EFGH-JKMN-PQRSX"] {
            assert_eq!(typed_code(bad), None, "{bad}");
        }
    }
}
