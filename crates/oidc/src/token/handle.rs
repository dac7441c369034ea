//! The text of a code or of a token: the id of its row, then a secret whose hash stands in the row. The id finds the row where
//! the newest rows are, so that no index of random hashes is written for each; the secret has to fit.
use super::store::TokenId;
use db::Db;
use kernel::TokenHash;

/// Characters of an id.
const ID: usize = 13;

/// What somebody brought, as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    pub id: TokenId,
    pub hash: TokenHash,
}
impl Handle {
    /// None for a text that cannot be one of ours.
    pub fn of(text: &str) -> Option<Self> {
        Some(Self { id: id_of(text)?, hash: TokenHash::of(text) })
    }
}
/// The row that a text names, whether or not its secret fits.
pub fn id_of(text: &str) -> Option<TokenId> {
    text.get(..ID)?.parse().ok()
}
/// A new text, with the id of its row.
pub fn draw(db: &Db) -> (TokenId, String) {
    let id: TokenId = db.draw();
    (id, format!("{id}{}", db.rng().token()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_its_row_and_nothing_else_does() {
        let id = TokenId::from_i64(4711);
        let text = format!("{id}secret");
        assert_eq!(Handle::of(&text), Some(Handle { id, hash: TokenHash::of(&text) }));
        // Another spelling of the id is another text, whose hash fits no row.
        let lower = text.to_lowercase();
        assert!(Handle::of(&lower).is_none_or(|handle| handle.hash != TokenHash::of(&text)));
        for bad in ["", "0", "000000000000", "0000000000000", "ZZZZZZZZZZZZZsecret", "日本語日本語", "a.b.c"]
        {
            assert_eq!(Handle::of(bad), None, "{bad}");
        }
    }
}
