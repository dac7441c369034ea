//! Decisions from the store: always in one statement, so that both halves are seen at the same instant.
use super::model::{Decision, Facts, SessionFacts, Space, decide};
use super::store::{self, Found};
use crate::Organizations;
use db::Tx;
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};

/// A decision in one space, with the membership that a code or token is bound to.
#[derive(Clone, Debug)]
pub struct InSpace {
    pub space: Space,
    pub membership: Option<MembershipId>,
    pub decision: Decision,
}

impl Organizations {
    /// The personal space first, then every organization of the account. Empty if account or product is unknown.
    pub async fn decide_spaces(
        &self,
        account: AccountId,
        session: &SessionFacts,
        product: ProductId,
        now: Timestamp,
    ) -> Result<Vec<InSpace>> {
        let session = session.clone();
        let found = self
            .db()
            .read_one(move |s| {
                let rows = store::find(s, &store::spaces(&account, &product, &now))?;
                rows.into_iter().map(|row| row.into_found(&session, now)).collect::<Result<Vec<_>>>()
            })
            .await?;
        Ok(spaces(found))
    }
    /// None if account, product or organization is unknown.
    pub async fn decide_one(
        &self,
        account: AccountId,
        session: &SessionFacts,
        space: Space,
        product: ProductId,
        now: Timestamp,
    ) -> Result<Option<InSpace>> {
        let session = session.clone();
        self.db()
            .read_one(move |s| {
                let organization = space.organization();
                let mut rows = store::find(s, &store::one(&account, &organization, &product, &now))?;
                rows.pop().map(|row| row.into_found(&session, now)).transpose()
            })
            .await
            .map(|found| found.and_then(|found| in_space(space, found)))
    }
    /// Every product of the catalog in one space.
    pub async fn decide_catalog(
        &self,
        account: AccountId,
        session: &SessionFacts,
        space: Space,
        now: Timestamp,
    ) -> Result<Vec<(ProductId, Decision)>> {
        let session = session.clone();
        let found = self
            .db()
            .read_one(move |s| {
                let organization = space.organization();
                let rows = store::find(s, &store::catalog(&account, &organization, &now))?;
                rows.into_iter().map(|row| row.into_found(&session, now)).collect::<Result<Vec<_>>>()
            })
            .await?;
        Ok(found
            .into_iter()
            .filter_map(|found| {
                let product = found.product;
                in_space(space, found).map(|in_space| (product, in_space.decision))
            })
            .collect())
    }
}

/// As `decide_one` inside a transaction: when a code is exchanged or a token refreshed.
pub fn decide_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: &SessionFacts,
    space: Space,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<InSpace>> {
    let organization: Option<OrganizationId> = space.organization();
    let mut rows = store::find_in(tx, &store::one(&account, &organization, &product, &now))?;
    let found = rows.pop().map(|row| row.into_found(session, now)).transpose()?;
    Ok(found.and_then(|found| in_space(space, found)))
}

/// The bare facts of a member and a product, for a grant that is about to be made.
pub(crate) fn facts_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Facts>> {
    let mut rows = store::find_in(tx, &store::one(&account, &Some(organization), &product, &now))?;
    let found = rows.pop().map(|row| row.into_found(&SessionFacts::default(), now)).transpose()?;
    Ok(found.map(|found| found.facts).filter(|facts| facts.organization.is_some()))
}

/// An organization that is not there leaves facts of the personal space behind; those must never answer for it.
fn in_space(space: Space, found: Found) -> Option<InSpace> {
    match (space, &found.facts.organization) {
        (Space::Organization(id), Some(organization)) if organization.id == id => {}
        (Space::Personal, None) => {}
        _ => return None,
    }
    Some(InSpace { space, membership: found.membership, decision: decide(&found.facts) })
}

fn spaces(found: Vec<Found>) -> Vec<InSpace> {
    let personal = found.first().map(|found| {
        let facts = Facts { organization: None, ..found.facts.clone() };
        InSpace { space: Space::Personal, membership: None, decision: decide(&facts) }
    });
    let organizations = found.into_iter().filter_map(|found| {
        let id = found.facts.organization.as_ref()?.id;
        in_space(Space::Organization(id), found)
    });
    personal.into_iter().chain(organizations).collect()
}
