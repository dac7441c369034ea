use super::store;
use crate::OpenId;
use identity::SignedIn;
use kernel::{
    Error, Event, Id, Result, Timestamp,
    id::{AccountId, ClientId, OrganizationId, ProductId},
};
use organization::organization_type::Words;
use serde_json::json;

/// What one client was allowed in one space, or holds there.
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
    /// Until when at most the client stays connected while the person is away; later if it renews that.
    pub away_until: Option<Timestamp>,
}
impl Remembered {
    fn of(row: store::Row) -> Self {
        Self {
            client: row.client,
            client_name: row.client_name,
            product: Words { zh: row.product_zh, en: row.product_en },
            organization: (row.organization != 0)
                .then(|| (Id::from_i64(row.organization), row.organization_name.unwrap_or_default())),
            scope: row.scope.split_whitespace().map(str::to_owned).collect(),
            at: row.at,
            away_until: row.away_until,
        }
    }
    fn is_of(&self, other: &Self) -> bool {
        let space = |one: &Self| one.organization.as_ref().map(|(id, _)| *id);
        self.client == other.client && space(self) == space(other)
    }
}
/// One line for each client and space: what was agreed to last, and how long the client stays connected.
fn merged(rows: impl Iterator<Item = Remembered>) -> Vec<Remembered> {
    let mut lines: Vec<Remembered> = Vec::new();
    for row in rows {
        match lines.iter_mut().find(|line| line.is_of(&row)) {
            Some(line) => line.away_until = line.away_until.max(row.away_until),
            None => lines.push(row),
        }
    }
    lines
}

impl OpenId {
    /// What clients were allowed, and what they hold while the person is away.
    pub async fn consents(&self, account: AccountId) -> Result<Vec<Remembered>> {
        let now = self.db().clock().now();
        let rows = self
            .db()
            .read_few(move |tx| {
                let mut rows = store::list(tx, account, now)?;
                rows.extend(store::list_away(tx, account, now)?);
                Ok(rows)
            })
            .await?;
        Ok(merged(rows.into_iter().map(Remembered::of)))
    }
    /// Whether some client stays connected while the person is away.
    pub async fn stays_connected(&self, account: AccountId) -> Result<bool> {
        let now = self.db().clock().now();
        self.db().read_few(move |tx| Ok(!store::list_away(tx, account, now)?.is_empty())).await
    }
    /// Takes back what the client was allowed in every space: it asks again, and what it holds is worth nothing from now on.
    /// Error: `consent.unknown`.
    pub async fn withdraw_consent(&self, by: &SignedIn, client: ClientId, now: Timestamp) -> Result<()> {
        let (account, actor) = (by.account, by.actor.clone());
        self.db()
            .write(move |tx| {
                let agreed = store::delete(tx, account, client)?;
                store::delete_use(tx, account, client)?;
                store::consume_codes(tx, account, client, now)?;
                let tokens = store::revoke_tokens(tx, account, client, now)?;
                if agreed == 0 && tokens.is_empty() {
                    return Err(Error::not_found("consent.unknown"));
                }
                for token in &tokens {
                    tx.changed("token", *token);
                }
                let event = Event::done(&actor, "consent.withdrawn")
                    .on("account", account)
                    .with(json!({ "client": client, "tokens": tokens.len() }));
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
