//! What a row would do, as it stands now: looked at before it is shown, and again before it is done.
use super::model::{BatchAction, Chosen, MOST_ROWS, NewRow, RowState};
use crate::admission::edit::{plan_in, product_in};
use crate::admission::roll;
use crate::admission::service::staff_must_edit;
use crate::admission::store;
use crate::admission::{Admission, AdmissionState};
use crate::product::Product;
use crate::{Operator, organization};
use db::Tx;
use kernel::{
    Error, Kind, Result, Timestamp,
    id::{AdmissionId, OrganizationId, ProductId},
};

/// Nobody's, or of somebody else's portfolio: which of the two is not told.
const NOT_HERE: &str = "admission.batch_not_here";

/// What would happen to the admission that is there.
pub(super) fn look(
    tx: &mut Tx<'_>,
    by: &Operator,
    (organization, product): (OrganizationId, &Product),
    (action, valid_until): (BatchAction, Timestamp),
    now: Timestamp,
) -> Result<(&'static str, Option<Admission>)> {
    let unknown = || Error::not_found("organization.unknown");
    let found = organization::find_in(tx, organization)?
        .filter(|found| found.state != organization::OrganizationState::Closed)
        .ok_or_else(unknown)?;
    staff_must_edit(tx, by, found.account_manager, product)?;
    let there = store::find_live(tx, organization, product.id)?;
    let plan = match (action, there.as_ref().map(|there| there.state)) {
        (BatchAction::Admit, _) => {
            let plan = plan_in(tx, organization, product, (None, valid_until), now)?;
            if plan.replaces.is_some() { "renew" } else { "admit" }
        }
        (_, None | Some(AdmissionState::Ended)) => return Err(Error::conflict("admission.none")),
        (BatchAction::Suspend, Some(AdmissionState::Suspended)) => {
            return Err(Error::conflict("admission.suspended"));
        }
        (BatchAction::Resume, Some(AdmissionState::Active)) => {
            return Err(Error::conflict("admission.active"));
        }
        (BatchAction::Suspend, _) => "suspend",
        (BatchAction::Resume, _) => "resume",
        (BatchAction::End, _) => "end",
    };
    Ok((plan, there))
}
/// What stands against a row is its own affair; anything else ends the whole.
pub(super) fn told(error: Error) -> Result<&'static str> {
    match error.kind {
        Kind::Conflict | Kind::Forbidden | Kind::NotFound | Kind::Invalid => Ok(error.code),
        _ => Err(error),
    }
}

/// Every pair that was chosen, each once and in the order in which organizations are locked.
pub(super) fn rows(
    tx: &mut Tx<'_>,
    by: &Operator,
    chosen: &Chosen,
    (action, valid_until): (BatchAction, Timestamp),
    mut draw: impl FnMut() -> AdmissionId,
    now: Timestamp,
) -> Result<Vec<NewRow>> {
    let (mut pairs, unknown) = pairs(tx, by, chosen)?;
    pairs.sort_unstable_by_key(|(organization, product, _)| (*organization, *product));
    pairs.dedup_by_key(|(organization, product, _)| (*organization, *product));
    if pairs.is_empty() && unknown.is_empty() {
        return Err(Error::invalid("admission.batch_empty").at("chosen"));
    }
    if pairs.len() + unknown.len() > MOST_ROWS {
        return Err(Error::invalid("admission.batch_large").at("chosen").arg("most", MOST_ROWS.to_string()));
    }
    let mut rows = Vec::with_capacity(pairs.len() + unknown.len());
    for (organization, product, typed) in pairs {
        let product = product_in(tx, product)?;
        let looked = look(tx, by, (organization, &product), (action, valid_until), now);
        // Another manager's organization is not theirs to know.
        let hidden = looked.as_ref().is_err_and(|error| error.code == "organization.unknown");
        let (plan, there, state) = match looked {
            Ok((plan, there)) => (plan, there, RowState::Waiting),
            Err(_) if hidden => (NOT_HERE, None, RowState::Idle),
            Err(error) => (told(error)?, None, RowState::Idle),
        };
        rows.push(NewRow {
            organization: (!hidden).then_some(organization),
            product: product.id,
            typed,
            plan,
            expected: Admission::seen(there.as_ref()),
            admission: draw(),
            state,
        });
    }
    if let Chosen::Organizations { product, .. } = chosen {
        rows.extend(unknown.into_iter().map(|typed| NewRow {
            organization: None,
            product: *product,
            typed: Some(typed),
            plan: NOT_HERE,
            expected: String::new(),
            admission: draw(),
            state: RowState::Idle,
        }));
    }
    Ok(rows)
}
type Pair = (OrganizationId, ProductId, Option<String>);
/// And what was pasted and fits none.
fn pairs(tx: &mut Tx<'_>, by: &Operator, chosen: &Chosen) -> Result<(Vec<Pair>, Vec<String>)> {
    match chosen {
        Chosen::Products { organization, products } => {
            Ok((products.iter().map(|product| (*organization, *product, None)).collect(), Vec::new()))
        }
        Chosen::Organizations { product, organizations, typed, matching } => {
            let mut pairs: Vec<Pair> = organizations.iter().map(|id| (*id, *product, None)).collect();
            if let Some(filter) = matching {
                let most = MOST_ROWS as i64 + 1;
                let found = roll::candidates_in(tx, by, *product, filter, most)?;
                pairs.extend(found.into_iter().map(|found| (found.id, *product, None)));
            }
            let mut unknown = Vec::new();
            for number in typed.iter().take(MOST_ROWS + 1) {
                match roll::find_by_number(tx, number)? {
                    Some(id) => pairs.push((id, *product, Some(number.clone()))),
                    None => unknown.push(number.clone()),
                }
            }
            Ok((pairs, unknown))
        }
    }
}
