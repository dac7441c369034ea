//! What staff decide: claims of heads, kinds of rooms above, and agents of organizations where nobody can. An account
//! manager sees the own portfolio and claims that belong to none yet; SQL says which.
use super::model::{Application, ApplicationKind};
use super::store;
use crate::{Operator, Organizations, membership, organization};
use db::Tx;
use kernel::{Result, Timestamp, id::ApplicationId};
use platform::staff::StaffRole;

/// What the inbox shows.
#[derive(Clone, Debug, Default)]
pub struct DeskFilter {
    pub kind: Option<ApplicationKind>,
    /// Decided and returned ones, too.
    pub all: bool,
    pub after: Option<ApplicationId>,
}

impl Organizations {
    /// Oldest first, in the portfolio of whoever asks. Error: `staff.role_required`.
    pub async fn desk_applications(
        &self,
        by: &Operator,
        filter: DeskFilter,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Application>> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let kinds: Vec<ApplicationKind> = match filter.kind {
                    Some(kind) => vec![kind],
                    None => inbox_kinds(),
                };
                let of_products = match by.staff_role_in(tx)? {
                    Some(StaffRole::ProductManager) => by.account(),
                    _ => None,
                };
                let manager = if of_products.is_some() { None } else { by.portfolio_in(tx)? };
                let waiting = (!filter.all).then_some(now);
                store::list_desk(tx, (manager, of_products), &kinds, waiting, (filter.after, now), limit)
            })
            .await
    }
}
/// Kinds that come to the desk's inbox.
pub fn inbox_kinds() -> Vec<ApplicationKind> {
    let agents = [ApplicationKind::AgentAuthorization];
    ApplicationKind::BY_STAFF.into_iter().chain(agents).collect()
}
pub(super) fn may_see_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    application: &Application,
    now: Timestamp,
) -> Result<bool> {
    let role = by.staff_role_in(tx)?;
    let manages = matches!(role, None | Some(StaffRole::SystemAdministrator | StaffRole::AccountManager));
    let whole = role != Some(StaffRole::AccountManager);
    if !manages {
        return Ok(false);
    }
    let Some(organization) = application.organization else {
        return Ok(application.kind == ApplicationKind::Head);
    };
    let portfolio = organization::find_in(tx, organization)?.and_then(|found| found.account_manager);
    if !whole && portfolio != by.account() {
        return Ok(false);
    }
    match application.kind {
        ApplicationKind::ProductAccess => Ok(false),
        // What is the organization's own to decide is not the platform's to read.
        ApplicationKind::AgentAuthorization => {
            Ok(membership::list_administrators(tx, organization, now)?.is_empty())
        }
        _ => Ok(true),
    }
}
