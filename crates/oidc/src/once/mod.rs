//! What may be shown once: identifiers of client assertions, of DPoP proofs, of tokens without a row that were revoked. Each is
//! one guarded insert, so of parallel ones a single one wins, on every node; it is forgotten when it could not be shown anyway.
mod store;

use crate::OpenId;
use db::Tx;
use kernel::{Result, Timestamp};

pub(crate) use store::delete_expired;

/// What kind of identifier, so that none stands for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Assertion,
    Proof,
    Revoked,
}
impl Kind {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Assertion => b"assertion",
            Self::Proof => b"proof",
            Self::Revoked => b"revoked",
        }
    }
}

impl OpenId {
    fn identifier(&self, kind: Kind, owner: &str, identifier: &str) -> [u8; 32] {
        let parts = [kind.name(), owner.as_bytes(), identifier.as_bytes()];
        self.db().keyring().mac("oidc.once", &parts)
    }
    /// True for whoever shows it first.
    pub(crate) async fn use_once(
        &self,
        kind: Kind,
        owner: &str,
        identifier: &str,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let hash = self.identifier(kind, owner, identifier);
        self.db()
            .exec("an identifier that counts once", move |statement| {
                store::insert(statement, &hash, expires_at)
            })
            .await
    }
    /// Whether it was shown.
    pub(crate) async fn was_used(&self, kind: Kind, owner: &str, identifier: &str) -> Result<bool> {
        let hash = self.identifier(kind, owner, identifier);
        self.db().read_one(move |statement| store::exists(statement, &hash)).await
    }
    /// As [`Self::use_once`], inside a transaction.
    pub(crate) fn mark_in(
        &self,
        kind: Kind,
        owner: &str,
        identifier: &str,
    ) -> impl Fn(&mut Tx<'_>, Timestamp) -> Result<bool> + Send + Sync + 'static {
        let hash = self.identifier(kind, owner, identifier);
        move |tx, expires_at| store::insert(tx.statement(), &hash, expires_at)
    }
}
