//! The way back to an account whose holder lost every factor. They made a new account, came to the counter with it, and two
//! reviewers saw the person and the document: so it is known whose both accounts are. Two members of staff then take the
//! factors of the old one off. It keeps its identity, and is opened with its password, or by the ways of recovery.
use super::{
    model::{Dispute, Verdict},
    service::{Step, keep_in, not_possible_in},
};
use crate::{
    Method, Reviewer,
    case::{self, Case, settle::Settling},
};
use db::Tx;
use identity::{
    account::{self, AccountState, Owner},
    device,
    notice::{self, Kind, Notice},
    session,
};
use kernel::{Event, Result};
use serde_json::json;

/// The claim was made at the counter, and the holder is a person's own account with factors.
pub(super) fn possible_in(tx: &mut Tx<'_>, dispute: &Dispute) -> Result<bool> {
    let at_counter = case::store::find(tx, dispute.case)?.is_some_and(|case| case.method == Method::Counter);
    if !at_counter {
        return Ok(false);
    }
    let holder = account::service::require_in(tx, dispute.holder)?;
    Ok(holder.state == AccountState::Active
        && holder.owner == Owner::SelfOwned
        && holder.person == Some(dispute.person)
        && factor::has_second_factor_in(tx, dispute.holder)?)
}
/// Confirmed by the second member of staff.
pub(super) fn restore_in(
    tx: &mut Tx<'_>,
    settling: &Settling,
    dispute: &Dispute,
    case: &Case,
    by: &Reviewer,
) -> Result<(Step, Vec<Event>)> {
    let (holder, identity) = (dispute.holder, settling.room.identity());
    account::service::touch_in(tx, holder)?;
    if !possible_in(tx, dispute)? {
        return not_possible_in(tx, dispute, by);
    }
    let factors = factor::summary_in(tx, holder)?;
    factor::overview::service::erase_in(tx, holder)?;
    device::service::distrust_all_in(tx, holder)?;
    session::service::end_all_in(tx, holder, None, settling.now)?;
    let told = Notice::new(Kind::FactorRemoved).key("factor", "organization-all-factors");
    notice::service::tell_all_in(tx, identity, holder, &told, settling.now)?;
    let (step, mut events) = keep_in(tx, settling, dispute, case, by, Verdict::Restore)?;
    let detail = json!({
        "dispute": dispute.id, "first_by": dispute.first_by, "reason": dispute.reason, "apps": factors.totp,
        "passkeys": factors.passkeys,
    });
    events.push(Event::done(by.actor(), "account.factors_removed").on("account", holder).with(detail));
    Ok((step, events))
}
