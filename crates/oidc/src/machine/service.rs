use super::store;
use crate::OpenId;
use crate::client::{
    Algorithm, Client, ClientState, Keeper, Keeping, Settings, resources,
    service::{Registered, new_secret},
    store as clients,
};
use db::Db;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ClientId, OrganizationId, ProductId},
    text,
};
use organization::{
    Operator,
    decision::{Decision, MachineFacts},
    entitlement::Answer,
    organization_type::Words,
    product::recheck_manager_in,
};
use serde_json::json;

/// Machines of one organization that a page shows.
pub const PAGE: i64 = 50;

#[derive(Clone, Debug)]
pub struct NewMachine {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: ClientId,
    pub product: ProductId,
    pub name: String,
    /// None: of the platform.
    pub owner: Option<OrganizationId>,
    /// [`Settings::machine`], or more than that.
    pub settings: Settings,
    /// What signs its tokens, if they are signed.
    pub algorithm: Algorithm,
}

/// As its owner's administrators see it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub id: ClientId,
    pub client_id: String,
    pub name: String,
    pub state: ClientState,
    pub product: Words,
    pub since: Timestamp,
    /// Whether it may act now, and what is missing; from where it calls is judged when it calls. None where there is no such
    /// product.
    pub may: Option<Answer>,
}

/// The secret is shown once. Errors: `organization.unknown`, `client.resource_foreign`, `field.*` at `name`, those of
/// [`Settings::checked`] and of [`recheck_manager_in`].
pub async fn create(db: &Db, by: &Operator, new: NewMachine) -> Result<Registered> {
    let client_id = db.rng().short_token();
    let settings = new.settings.checked(new.algorithm, &[], true)?;
    let secret = new_secret(db, new.id, &client_id, settings.auth_method);
    let client = Client {
        id: new.id,
        product: new.product,
        name: text::line("name", &new.name, 100)?,
        secret_mac: secret.mac,
        secret_sealed: secret.sealed,
        redirect_uris: String::new(),
        post_logout_redirect_uris: String::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: new.algorithm,
        state: ClientState::Active,
        service: true,
        owner: new.owner,
        settings,
        keeping: Keeping::default(),
        client_id: client_id.clone(),
    };
    let (id, now, by) = (client.id, db.clock().now(), by.clone());
    db.write(move |tx| {
        recheck_manager_in(tx, &by, client.product)?;
        must_exist(tx, client.owner)?;
        resources::recheck_in(tx, &Keeper::from(&by), &client, &[])?;
        clients::insert(tx, &client, now)?;
        let detail = json!({ "client_id": client.client_id, "product": client.product, "service": true,
            "resources": client.settings.resources });
        let event = Event::done(by.actor(), "client.created").on("client", client.id).with(detail);
        Ok(((), vec![of_owner(event, client.owner)]))
    })
    .await?;
    Ok(Registered { id, client_id, secret: secret.shown })
}

/// From the owner that the form showed to another: whoever it acted for, it acts for nobody else from this moment on. Errors:
/// `client.unknown`, `organization.unknown`, `client.owner_changed` if somebody handed it on meanwhile.
pub async fn set_owner(
    db: &Db,
    by: &Operator,
    product: ProductId,
    id: ClientId,
    (shown, owner): (Option<OrganizationId>, Option<OrganizationId>),
) -> Result<()> {
    let by = by.clone();
    db.write(move |tx| {
        recheck_manager_in(tx, &by, product)?;
        let there = store::find(tx, id)?
            .filter(|there| there.product == product)
            .ok_or_else(|| Error::not_found("client.unknown"))?;
        if there.owner == owner {
            return Ok(((), Vec::new()));
        }
        must_exist(tx, owner)?;
        // One statement looks and writes: of two forms that showed the same owner, one is applied.
        if there.owner != shown || !store::set_owner(tx, id, (shown, owner))? {
            return Err(Error::conflict("client.owner_changed"));
        }
        let detail = json!({ "before": there.owner, "after": owner });
        let event = || Event::done(by.actor(), "client.owner_changed").on("client", id).with(detail.clone());
        // Both organizations read of it in their own record.
        let mut events = vec![of_owner(event(), there.owner)];
        if owner.is_some() {
            events.push(of_owner(event(), owner));
        }
        Ok(((), events))
    })
    .await
}
fn must_exist(tx: &mut db::Tx<'_>, owner: Option<OrganizationId>) -> Result<()> {
    match owner {
        None => Ok(()),
        Some(id) => organization::organization::record::lock_for_worker_in(tx, id).map(drop),
    }
}
fn of_owner(event: Event, owner: Option<OrganizationId>) -> Event {
    match owner {
        Some(owner) => event.of(owner),
        None => event,
    }
}

impl OpenId {
    /// The machines that act for an organization, oldest first, each with what it may do now: one statement for the list and
    /// one for all decisions.
    pub async fn machines(
        &self,
        organization: OrganizationId,
        after: Option<ClientId>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Machine>> {
        let rows = self.db().read(move |tx| store::list_of(tx, organization, after, limit)).await?;
        let facts = rows
            .iter()
            .map(|row| {
                let active = row.state == ClientState::Active;
                (MachineFacts { active, owner: Some(organization), registered: true }, row.product)
            })
            .collect();
        let decisions = self.organizations().decide_machines(facts, Vec::new(), now).await?;
        let machine = |(row, decision): (store::MachineRow, Option<Decision>)| Machine {
            id: row.id,
            client_id: row.client_id,
            name: row.name,
            state: row.state,
            product: Words { zh: row.product_zh, en: row.product_en },
            since: row.since,
            may: decision.map(Answer::of),
        };
        Ok(rows.into_iter().zip(decisions).map(machine).collect())
    }
    /// Active machines of a product for one owner, an organization or the platform: key and public identifier, oldest first.
    pub async fn machines_at(
        &self,
        product: ProductId,
        owner: Option<OrganizationId>,
        after: Option<ClientId>,
        limit: i64,
    ) -> Result<Vec<(ClientId, String)>> {
        self.db().read(move |tx| store::list_at(tx, product, owner, after, limit)).await
    }
}
