//! Who keeps clients: the platform's staff those of every product that they look after; an organization's developers those that
//! are theirs, of the products that are entrusted to it. What is above them stays with the platform.
use super::{
    Settings,
    model::{Client, ClientState},
    narrowing, resources, store,
};
use crate::OpenId;
use db::{Db, Tx};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{ClientId, OrganizationId, ProductId},
};
use organization::{
    Operator,
    developer::{self, Developer, Entrusted},
    product::recheck_manager_in,
};
use serde_json::json;

/// Clients that one page lists.
const MOST: i64 = 500;

#[derive(Clone, Debug)]
pub enum Keeper {
    Desk(Operator),
    Developer(Developer),
}
impl From<&Operator> for Keeper {
    fn from(operator: &Operator) -> Self {
        Self::Desk(operator.clone())
    }
}
impl From<&Developer> for Keeper {
    fn from(developer: &Developer) -> Self {
        Self::Developer(developer.clone())
    }
}
impl Keeper {
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Desk(operator) => operator.actor(),
            Self::Developer(developer) => developer.actor(),
        }
    }
    /// Whose clients these are alone; None for staff.
    pub fn developer(&self) -> Option<OrganizationId> {
        match self {
            Self::Desk(_) => None,
            Self::Developer(developer) => Some(developer.organization()),
        }
    }
    /// Asked first in each transaction. Errors: those of [`recheck_manager_in`]; of developers `organization.suspended`,
    /// `developer.required`, `product.unknown`.
    pub(super) fn recheck_in(&self, tx: &mut Tx<'_>, product: ProductId, now: Timestamp) -> Result<()> {
        match self {
            Self::Desk(operator) => recheck_manager_in(tx, operator, product),
            Self::Developer(by) => {
                developer::lock_in(tx, by, now)?;
                developer::must_develop_in(tx, by, product)
            }
        }
    }
    /// The client, if it is theirs to keep. Error `client.unknown`.
    pub(super) fn find_in(&self, tx: &mut Tx<'_>, product: ProductId, id: ClientId) -> Result<Client> {
        store::find_of_product(tx, id, product, self.developer())?
            .ok_or_else(|| Error::not_found("client.unknown"))
    }
    /// What the platform decides of a product stays as it was set: how strict its clients are, and by which names they know
    /// people. Error `client.platform_decides`.
    pub fn may_set(&self, new: &Settings, before: &Settings) -> Result<()> {
        let fault = |field| Err(Error::invalid("client.platform_decides").at(field));
        match self {
            Self::Desk(_) => Ok(()),
            Self::Developer(_) if new.profile.is_laxer_than(before.profile) => fault("profile"),
            Self::Developer(_) if new.subject_type != before.subject_type => fault("subject_type"),
            Self::Developer(_) if new.sector_identifier_uri != before.sector_identifier_uri => {
                fault("sector_identifier_uri")
            }
            Self::Developer(_) => Ok(()),
        }
    }
    /// What the platform switched off, the platform switches on. Error `client.disabled_by_platform`.
    pub(super) fn may_switch(&self, from: ClientState, to: ClientState) -> Result<ClientState> {
        match (self, from, to) {
            (Self::Desk(_), _, to) => Ok(to),
            (Self::Developer(_), ClientState::Disabled, _) => {
                Err(Error::forbidden("client.disabled_by_platform"))
            }
            (Self::Developer(_), _, ClientState::Disabled) => Ok(ClientState::Paused),
            (Self::Developer(_), _, to) => Ok(to),
        }
    }
}

/// In the record of everybody whom it concerns.
pub(super) fn told(event: Event, client: &Client) -> Event {
    match client.owner.or(client.keeping.developer) {
        Some(organization) => event.of(organization),
        None => event,
    }
}

/// A client that signs people in, if it is theirs to keep. Errors: `client.unknown`, `product.unknown`.
pub async fn find_kept(db: &Db, by: &Keeper, product: ProductId, id: ClientId) -> Result<Client> {
    let by = by.clone();
    db.read(move |tx| by.find_in(tx, product, id).map(|client| (!client.service).then_some(client)))
        .await?
        .ok_or_else(|| Error::not_found("client.unknown"))
}

/// Entrusts a product to an organization, whose developers register and keep clients of it from now on, or takes it back. What
/// the developers before kept goes on under the platform's staff. Errors: those of [`developer::entrust_in`].
pub async fn entrust(
    db: &Db,
    by: &Operator,
    product: ProductId,
    shown_and_new: (Option<OrganizationId>, Option<OrganizationId>),
) -> Result<()> {
    let (by, now) = (by.clone(), db.clock().now());
    db.write(move |tx| {
        let entrusted = developer::entrust_in(tx, &by, product, shown_and_new)?;
        let Some(Entrusted { before, after }) = entrusted else {
            return Ok(((), Vec::new()));
        };
        let clients = store::release_of_product(tx, product)?;
        for client in &clients {
            narrowing::begin_anew_in(tx, *client, now)?;
        }
        let released = clients.len();
        let detail = json!({ "before": before, "after": after, "product": product, "clients": released });
        let event = || {
            Event::done(by.actor(), "product.developer_changed").on("product", product).with(detail.clone())
        };
        // Both read of it in their own record.
        let mut events: Vec<Event> =
            before.into_iter().chain(after).map(|organization| event().of(organization)).collect();
        if events.is_empty() {
            events.push(event());
        }
        Ok(((), events))
    })
    .await
}

/// Hands one client to the developers of its product, or takes it to the desk. `rev` is what whoever hands it on saw. Errors:
/// `client.unknown`, `client.changed_meanwhile`, `client.no_developer`, `client.resource_foreign`, those of
/// [`recheck_manager_in`]. Its tokens end, and people are asked again.
pub async fn hand_over(
    db: &Db,
    by: &Operator,
    (product, id, rev): (ProductId, ClientId, i64),
    to_developer: bool,
) -> Result<()> {
    let (by, now) = (by.clone(), db.clock().now());
    db.write(move |tx| {
        recheck_manager_in(tx, &by, product)?;
        let entrusted = developer::entrusted_to_in(tx, product)?;
        let to = match to_developer {
            true => Some(entrusted.ok_or_else(|| Error::conflict("client.no_developer"))?),
            false => None,
        };
        // Whoever is at work on it meanwhile goes first, or is told.
        if let Some(organization) = entrusted {
            organization::organization::record::lock_for_worker_in(tx, organization).map(drop).or_else(
                |error| match error.code {
                    // Closed: nobody is at work there.
                    "organization.unknown" if to.is_none() => Ok(()),
                    _ => Err(error),
                },
            )?;
        }
        // It may have been entrusted to others while this waited.
        if developer::entrusted_to_in(tx, product)? != entrusted {
            return Err(Error::conflict("client.changed_meanwhile"));
        }
        let client = Keeper::Desk(by.clone()).find_in(tx, product, id)?;
        if client.service {
            return Err(Error::not_found("client.unknown"));
        }
        let before = client.keeping.developer;
        if before == to {
            return Ok(((), Vec::new()));
        }
        if client.keeping.rev != rev || !store::set_developer(tx, id, rev, to)? {
            return Err(Error::conflict("client.changed_meanwhile"));
        }
        if to.is_some() {
            // What the system administrator alone may allow does not pass to others with it.
            resources::must_be_own_in(tx, &client)?;
        }
        let ended = narrowing::begin_anew_in(tx, id, now)?;
        let detail = json!({ "before": before, "after": to, "product": product, "tokens_ended": ended });
        let event = Event::done(by.actor(), "client.developer_changed").on("client", id).with(detail);
        let event = match before.or(to) {
            Some(organization) => event.of(organization),
            None => event,
        };
        Ok(((), vec![event]))
    })
    .await
}

impl OpenId {
    /// What the developers of an organization keep, oldest first.
    pub async fn kept_clients(&self, by: &Developer) -> Result<Vec<Client>> {
        let organization = by.organization();
        self.db().read_one(move |statement| store::list_of_developer(statement, organization, MOST)).await
    }
}

/// Nothing was written because somebody was faster.
pub(super) fn must_be_seen(client: &Client, seen: Option<i64>) -> Result<()> {
    match seen {
        Some(rev) if rev != client.keeping.rev => Err(Error::conflict("client.changed_meanwhile")),
        _ => Ok(()),
    }
}
