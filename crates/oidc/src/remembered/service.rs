use super::store;
use crate::OpenId;
use identity::SignedIn;
use kernel::{
    Error, Event, Id, Result, Timestamp,
    id::{AccountId, ClientId, OrganizationId, ProductId},
};
use organization::organization_type::Words;
use serde_json::json;

/// One consent that a client would not ask for again.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub client: ClientId,
    pub client_name: String,
    pub product: Words,
    /// The space it was given for; None is the personal one.
    pub organization: Option<(OrganizationId, String)>,
    /// As words of the protocol: `profile phone`.
    pub scope: Vec<String>,
    pub at: Timestamp,
}

impl OpenId {
    pub async fn consents(&self, account: AccountId) -> Result<Vec<Remembered>> {
        let rows = self.db().read(move |tx| store::list(tx, account)).await?;
        Ok(rows
            .into_iter()
            .map(|row| Remembered {
                client: row.client,
                client_name: row.client_name,
                product: Words { zh: row.product_zh, en: row.product_en },
                organization: (row.organization != 0)
                    .then(|| (Id::from_i64(row.organization), row.organization_name.unwrap_or_default())),
                scope: row.scope.split_whitespace().map(str::to_owned).collect(),
                at: row.at,
            })
            .collect())
    }
    /// Takes back what the client was allowed in every space: it asks again, and what it holds is worth nothing from now on.
    /// Error: `consent.unknown`.
    pub async fn withdraw_consent(&self, by: &SignedIn, client: ClientId, now: Timestamp) -> Result<()> {
        let (account, actor) = (by.account, by.actor.clone());
        self.db()
            .write(move |tx| {
                if store::delete(tx, account, client)? == 0 {
                    return Err(Error::not_found("consent.unknown"));
                }
                store::delete_use(tx, account, client)?;
                store::consume_codes(tx, account, client, now)?;
                let tokens = store::revoke_tokens(tx, account, client, now)?;
                for token in &tokens {
                    tx.changed("token", *token);
                }
                let event = Event::done(&actor, "consent.withdrawn")
                    .on("client", client)
                    .with(json!({ "tokens": tokens.len() }));
                Ok(((), vec![event]))
            })
            .await
    }
}
impl OpenId {
    /// The account uses the product in this space, without a sign-in that says so: for the demonstration and for imports.
    pub async fn note_use(
        &self,
        account: AccountId,
        product: ProductId,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<()> {
        let organization = organization.map_or(0, |id| id.as_i64());
        self.db()
            .exec("product used", move |statement| {
                store::insert_use(statement, account, product, organization, now)
            })
            .await
            .map(drop)
    }
}
/// With an account go its consents; its tokens end with its sessions.
pub fn erase_in(tx: &mut db::Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all_uses(tx, account)?;
    store::delete_all(tx, account).map(drop)
}
