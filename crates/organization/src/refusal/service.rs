use super::model::{KEPT_DAYS, MOST, RecordedLayer, Refusal, RefusalId, Refused, SAME_SECONDS, Wanted};
use super::store::{self, New, Sight};
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{Actor, Error, Event, Result, Timestamp, TokenHash, id::OrganizationId};
use platform::counter::{Limit, service as counter};
use platform::staff::StaffRole;
use serde_json::json;

const REFUSALS: Limit = Limit { scope: "decision.refusal", most: MOST, seconds: SAME_SECONDS };

/// Number by which staff find the refusal again, with its event if it is a new one. None for an account that made too many.
/// `id` was drawn before the transaction; `member` says that the account belongs to the space's organization: a stranger's
/// attempt is none of that organization's record, which would show them a name.
pub fn note_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: RefusalId,
    refused: Refused<'_>,
    member: bool,
    now: Timestamp,
) -> Result<(Option<String>, Vec<Event>)> {
    let digest = TokenHash::of(&refused.words(now));
    if let Some(number) = store::count_again(tx, &digest, now)? {
        return Ok((Some(number), Vec::new()));
    }
    let account = refused.account.as_i64().to_be_bytes();
    if !counter::hit_in(tx, REFUSALS, &account, now)?.allowed() {
        return Ok((None, Vec::new()));
    }
    let decision = refused.decision;
    let layers: Vec<RecordedLayer> = decision.layers.iter().map(RecordedLayer::from).collect();
    let layers = serde_json::to_string(&layers).map_err(|e| Error::internal("internal").because(e))?;
    let organization = refused.space.organization();
    // The number of the request stands on every page; what no request asked for goes by its id.
    let number = if actor.request_id.is_empty() { id.to_string() } else { actor.request_id.clone() };
    let new = New {
        id,
        number: &number,
        digest: &digest,
        account: refused.account,
        product: refused.product,
        organization,
        code: decision.code(),
        layers: &layers,
        session: refused.session,
        now,
    };
    let (number, made) = store::insert(tx, &new)?;
    if !made {
        return Ok((Some(number), Vec::new()));
    }
    let space = organization.map_or_else(|| "person".to_owned(), |id: OrganizationId| id.to_string());
    let detail =
        json!({ "number": number, "space": space, "code": decision.code(), "layers": decision.layers });
    let event = Event::refused(actor, "decision.refused").on("product", refused.product).with(detail);
    let event = match organization.filter(|_| member) {
        Some(organization) => event.of(organization),
        None => Event { organization: None, ..event },
    };
    Ok((Some(number), vec![event]))
}

/// Removes a slice of what nobody comes back to.
pub fn forget_old_in(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64> {
    store::delete_before(tx, now.plus_days(-KEPT_DAYS))
}

impl Organizations {
    /// As [`note_in`], in a transaction of its own.
    pub async fn note_refusal(
        &self,
        actor: &Actor,
        refused: Refused<'_>,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let (actor, id) = (actor.clone(), self.db().draw());
        let (session, decision) = (refused.session.clone(), refused.decision.clone());
        let (account, space, product) = (refused.account, refused.space, refused.product);
        self.db()
            .write(move |tx| {
                let refused = Refused { account, space, product, session: &session, decision: &decision };
                note_in(tx, &actor, id, refused, true, now)
            })
            .await
    }
    /// Newest first. An account manager sees the own portfolio, a product manager the own products; those who oversee the
    /// platform see everything. Error `staff.role_required` for other roles.
    pub async fn refusals(&self, by: &Operator, wanted: Wanted, limit: i64) -> Result<Vec<Refusal>> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let sight = sight_in(tx, &by)?;
                store::list(tx, sight, &wanted.number, &wanted.before, limit.clamp(1, 200))
            })
            .await
    }
    /// Error `refusal.unknown`, also for one that the role does not see.
    pub async fn refusal(&self, by: &Operator, id: RefusalId) -> Result<Refusal> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let sight = sight_in(tx, &by)?;
                store::find(tx, sight, id)?.ok_or_else(|| Error::not_found("refusal.unknown"))
            })
            .await
    }
}

fn sight_in(tx: &mut Tx<'_>, by: &Operator) -> Result<Sight> {
    let refused = || Error::forbidden("staff.role_required");
    match (by.staff_role_in(tx)?, by.account()) {
        (None, _) | (Some(StaffRole::Auditor | StaffRole::SecurityAdministrator), _) => Ok(Sight::Everything),
        (Some(StaffRole::AccountManager), Some(account)) => Ok(Sight::Portfolio(account)),
        (Some(StaffRole::ProductManager), Some(account)) => Ok(Sight::Products(account)),
        _ => Err(refused()),
    }
}
