//! Decisions from the store: the facts always in one statement, so that both halves are seen at the same instant.
use super::facts::{Found, found};
use super::model::{Decision, Facts, MachineFacts, SessionFacts, Space, Subject, decide};
use super::store;
use crate::Organizations;
use crate::membership::Role;
use crate::organization::containing;
use crate::organization_type::{TypePolicy, Words};
use db::Tx;
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// A person may be in a thousand organizations; nobody chooses among more than these.
pub const SPACES_SHOWN: usize = 50;
/// Memberships that are looked at for other spaces in which a product opens.
const CANDIDATES: i64 = 24;
/// Whoever is in no more organizations than these is decided about where a code is written.
pub(super) const FEW: usize = 8;

/// The organization of a space, as its member knows it.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub role: Option<Role>,
    pub policy: Arc<TypePolicy>,
}
impl Named {
    /// The member's role in the words of the organization's type.
    pub fn role_label(&self) -> Option<&Words> {
        self.role.map(|role| self.policy.role_label(role))
    }
}

/// A decision in one space, with the membership that a code or token is bound to.
#[derive(Clone, Debug)]
pub struct InSpace {
    pub space: Space,
    pub membership: Option<MembershipId>,
    /// None in the personal space.
    pub named: Option<Named>,
    pub decision: Decision,
}

impl Organizations {
    /// The personal space first, then organizations of the account: `wished`, those that may open the product, the last
    /// visited before others; at most [`SPACES_SHOWN`]. Empty if account or product is unknown.
    pub async fn decide_spaces(
        &self,
        account: AccountId,
        session: &SessionFacts,
        product: ProductId,
        wished: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Vec<InSpace>> {
        let session = session.clone();
        let most = SPACES_SHOWN as i64;
        let found = self
            .db()
            .read_few(move |tx| {
                let query = match store::is_in_more(tx, account, most)? {
                    true => store::first_spaces(&account, &product, &wished, &most, &now),
                    false => store::spaces(&account, &product, &wished, &None, &most, &now),
                };
                found(store::find_in(tx, &query)?, &session, now)
            })
            .await?;
        Ok(spaces(found))
    }
    /// Organizations of the account whose names contain what was typed, in the order of [`Self::decide_spaces`] and as many.
    pub async fn find_spaces(
        &self,
        account: AccountId,
        session: &SessionFacts,
        product: ProductId,
        typed: &str,
        now: Timestamp,
    ) -> Result<Vec<InSpace>> {
        let (session, named) = (session.clone(), Some(containing(typed)));
        let most = SPACES_SHOWN as i64;
        let found = self
            .db()
            .read_one(move |s| {
                let rows = store::find(s, &store::spaces(&account, &product, &None, &named, &most, &now))?;
                found(rows, &session, now)
            })
            .await?;
        let mut found = spaces(found);
        found.retain(|there| there.space != Space::Personal);
        Ok(found)
    }
    /// Some of the other spaces in which the product opens now, at most `most`, and whether there may be more.
    pub(super) async fn decide_elsewhere(
        &self,
        account: AccountId,
        session: &SessionFacts,
        product: ProductId,
        except: Space,
        most: usize,
        now: Timestamp,
    ) -> Result<(Vec<InSpace>, bool)> {
        let facts = session.clone();
        let except_id = except.organization().unwrap_or(OrganizationId::from_i64(0));
        let found = self
            .db()
            .read_one(move |s| {
                let query = store::elsewhere(&account, &product, &except_id, &CANDIDATES, &now);
                found(store::find(s, &query)?, &facts, now)
            })
            .await?;
        let mut open: Vec<InSpace> = Vec::new();
        if except != Space::Personal {
            open.extend(self.decide_one(account, session, Space::Personal, product, now).await?);
        }
        open.extend(found.into_iter().filter_map(|found| {
            let id = found.facts.organization.as_ref()?.id;
            in_space(Space::Organization(id), found)
        }));
        open.retain(|there| there.decision.allow);
        let more = open.len() > most;
        open.truncate(most);
        Ok((open, more))
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
                let rows = store::find(s, &store::one(&account, &organization, &product, &now))?;
                Ok(found(rows, &session, now)?.pop())
            })
            .await
            .map(|found| found.and_then(|found| in_space(space, found)))
    }
    /// Every product of the catalog in one space: one statement, however many there are.
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
                found(rows, &session, now)
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
    /// Each machine at its product: it acts for its owner alone, so there is one space to decide in. In the order of the
    /// machines; None where the product is unknown. From memory while that is sure to be fresh.
    pub async fn decide_machines(
        &self,
        machines: Vec<(MachineFacts, ProductId)>,
        zones: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<Option<Decision>>> {
        if machines.is_empty() {
            return Ok(Vec::new());
        }
        let session = SessionFacts { zones, ..SessionFacts::default() };
        match self.entitlements().recall_machines(&machines, &session, now) {
            Some(decisions) => Ok(decisions),
            None => self.look_up_machines(machines, session, now).await,
        }
    }
    /// As [`Self::decide_machines`], in the database: one statement for all.
    pub(crate) async fn look_up_machines(
        &self,
        machines: Vec<(MachineFacts, ProductId)>,
        session: SessionFacts,
        now: Timestamp,
    ) -> Result<Vec<Option<Decision>>> {
        let owners: BTreeSet<OrganizationId> =
            machines.iter().filter_map(|(machine, _)| machine.owner).collect();
        let products: BTreeSet<ProductId> = machines.iter().map(|(_, product)| *product).collect();
        let owners = few_lengths(owners.into_iter().collect());
        let products = few_lengths(products.into_iter().collect());
        let found = self
            .db()
            .read_one(move |s| {
                let rows = store::find(s, &store::machines(&owners, &products))?;
                found(rows, &session, now)
            })
            .await?;
        let decided = |(machine, product): (MachineFacts, ProductId)| {
            let mut of_product = found.iter().filter(|found| found.product == product);
            let any = of_product.clone().next()?;
            let own = of_product.find(|found| {
                machine.owner.is_some() && found.facts.organization.as_ref().map(|o| o.id) == machine.owner
            });
            let organization = own.and_then(|found| found.facts.organization.clone());
            let subject = Subject::Machine(machine);
            Some(decide(&Facts { subject, organization, ..any.facts.clone() }))
        };
        Ok(machines.into_iter().map(decided).collect())
    }
}

/// Few lengths of a list make few statements; the last of it stands again until there are enough.
fn few_lengths<T: Clone>(mut list: Vec<T>) -> Vec<T> {
    let places = [1, 4, 8, 16, 32, 64].into_iter().find(|places| *places >= list.len());
    if let Some(last) = list.last().cloned() {
        list.resize(places.unwrap_or_else(|| list.len().next_power_of_two()), last);
    }
    list
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
    let rows = store::find_in(tx, &store::one(&account, &organization, &product, &now))?;
    let found = found(rows, session, now)?.pop();
    Ok(found.and_then(|found| in_space(space, found)))
}

/// As [`Organizations::decide_spaces`] inside a transaction, in no order. None if the account is in more than a few
/// organizations: nobody else waits for those to be looked at.
pub fn decide_few_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: &SessionFacts,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Vec<InSpace>>> {
    let rows = store::find_in(tx, &store::few(&account, &product, &(FEW as i64 + 1), &now))?;
    if rows.len() > FEW {
        return Ok(None);
    }
    Ok(Some(spaces(found(rows, session, now)?)))
}

/// As `decide_one` for several accounts by their subjects, in the personal space. Whoever is not in the answer is unknown.
pub(crate) fn decide_persons_in(
    tx: &mut Tx<'_>,
    subjects: &[String],
    product: ProductId,
    now: Timestamp,
) -> Result<Vec<(String, Decision)>> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let subjects = few_lengths(subjects.to_vec());
    let rows = store::find_in(tx, &store::persons(&subjects, &product, &now))?;
    let mut decided = Vec::with_capacity(rows.len());
    for mut found in found(rows, &SessionFacts::default(), now)? {
        let subject = std::mem::take(&mut found.subject);
        decided.extend(in_space(Space::Personal, found).map(|there| (subject, there.decision)));
    }
    Ok(decided)
}
/// The same for members of organizations: every live membership of these accounts in these organizations, in one statement.
pub(crate) fn decide_members_in(
    tx: &mut Tx<'_>,
    subjects: &[String],
    organizations: &[OrganizationId],
    product: ProductId,
    now: Timestamp,
) -> Result<Vec<(OrganizationId, String, Decision)>> {
    if subjects.is_empty() || organizations.is_empty() {
        return Ok(Vec::new());
    }
    let (subjects, organizations) = (few_lengths(subjects.to_vec()), few_lengths(organizations.to_vec()));
    let rows = store::find_in(tx, &store::members(&subjects, &organizations, &product, &now))?;
    let mut decided = Vec::with_capacity(rows.len());
    for found in found(rows, &SessionFacts::default(), now)? {
        let Some(id) = found.facts.organization.as_ref().map(|organization| organization.id) else {
            continue;
        };
        let subject = found.subject.clone();
        decided.extend(in_space(Space::Organization(id), found).map(|there| (id, subject, there.decision)));
    }
    Ok(decided)
}

/// A handful of products in one space, in one statement.
pub(crate) fn decide_products_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: &SessionFacts,
    space: Space,
    products: Vec<ProductId>,
    now: Timestamp,
) -> Result<HashMap<ProductId, Decision>> {
    if products.is_empty() {
        return Ok(HashMap::new());
    }
    let products = few_lengths(products);
    let organization = space.organization();
    let rows = store::find_in(tx, &store::some(&account, &organization, &products, &now))?;
    let found = found(rows, session, now)?;
    Ok(found
        .into_iter()
        .filter_map(|found| {
            let product = found.product;
            in_space(space, found).map(|there| (product, there.decision))
        })
        .collect())
}

/// The bare facts of a member and a product, for a grant that is about to be made.
pub(crate) fn facts_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Facts>> {
    let rows = store::find_in(tx, &store::one(&account, &Some(organization), &product, &now))?;
    let found = found(rows, &SessionFacts::default(), now)?.pop();
    Ok(found.map(|found| found.facts).filter(|facts| facts.organization.is_some()))
}

/// An organization that is not there leaves facts of the personal space behind; those must never answer for it.
fn in_space(space: Space, found: Found) -> Option<InSpace> {
    match (space, &found.facts.organization) {
        (Space::Organization(id), Some(organization)) if organization.id == id => {}
        (Space::Personal, None) => {}
        _ => return None,
    }
    let decision = decide(&found.facts);
    Some(InSpace { space, membership: found.membership, named: found.named, decision })
}

fn spaces(found: Vec<Found>) -> Vec<InSpace> {
    let personal = found.first().map(|found| {
        let facts = Facts { organization: None, ..found.facts.clone() };
        InSpace { space: Space::Personal, membership: None, named: None, decision: decide(&facts) }
    });
    let organizations = found.into_iter().filter_map(|found| {
        let id = found.facts.organization.as_ref()?.id;
        in_space(Space::Organization(id), found)
    });
    personal.into_iter().chain(organizations).collect()
}
