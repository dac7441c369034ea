use super::model::{Contract, ContractState, ContractStep, NewContract, NewPeriod, PeriodRecord, Shown};
use super::{store, types};
use crate::organization::{self, Locked};
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, ContractId, OrganizationId},
    text,
};
use platform::document::{self, Upload};
use platform::staff::StaffRole;
use serde_json::json;

/// Words of a reason.
const REASON_MAX: usize = 200;

impl Organizations {
    pub async fn contracts(&self, organization: OrganizationId) -> Result<Vec<Contract>> {
        self.db().read(move |tx| store::list(tx, organization)).await
    }
    /// For the desk: a product manager sees those that cover a product of theirs.
    pub async fn desk_contracts(&self, by: &Operator, organization: OrganizationId) -> Result<Vec<Contract>> {
        let by = by.clone();
        self.db().read(move |tx| desk_list(tx, &by, organization)).await
    }
    /// For the desk. Error: `contract.unknown`, also for one that covers nothing of the product manager who asks.
    pub async fn desk_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
        now: Timestamp,
    ) -> Result<Shown> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let seen = desk_list(tx, &by, organization)?.into_iter().find(|contract| contract.id == id);
                let contract = seen.ok_or_else(unknown)?;
                let whole = amends(tx, &by, organization)?;
                Ok(Shown {
                    history: store::list_history(tx, id)?,
                    scans: match whole {
                        true => document::service::list_in(tx, Contract::scans(id))?,
                        false => Vec::new(),
                    },
                    resting: store::list_resting(tx, id, now)?,
                    contract,
                })
            })
            .await
    }
    /// Products of the contract class still need an admission that rests on it.
    pub async fn sign_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        new: NewContract,
        now: Timestamp,
    ) -> Result<ContractId> {
        self.sign_contract_with(by, organization, new, None, now).await
    }
    /// The same with the scan of the paper. Errors: `contract.period` at `valid_until`, `contract.type_unknown` at `type`,
    /// `contract.number_taken` at `number`, those of a file at `scan`.
    pub async fn sign_contract_with(
        &self,
        by: &Operator,
        organization: OrganizationId,
        new: NewContract,
        scan: Option<Upload>,
        now: Timestamp,
    ) -> Result<ContractId> {
        let new = NewContract { number: text::line("number", &new.number, 60)?, ..new };
        must_follow(new.valid_from, new.valid_until)?;
        let scan = self.prepared_scan(by, scan.as_ref())?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = managed(tx, &by, organization)?;
                if !types::lock_type(tx, new.type_id)? {
                    return Err(Error::invalid("contract.type_unknown").at("type"));
                }
                if !store::insert(tx, organization, &new, now)? {
                    return match store::find(tx, organization, new.id)? {
                        Some(_) => Ok((new.id, Vec::new())),
                        None => Err(Error::conflict("contract.number_taken").at("number")),
                    };
                }
                let step = PeriodRecord {
                    step: ContractStep::Signed,
                    valid_from: new.valid_from,
                    valid_until: new.valid_until,
                    reason: None,
                    by: by.account(),
                    at: now,
                };
                store::add_step(tx, new.id, &step)?;
                if let Some(scan) = &scan {
                    super::scan::add_in(tx, new.id, scan, now)?;
                }
                tx.changed("contract", new.id);
                let event = Event::done(by.actor(), ContractStep::Signed.action())
                    .on("contract", new.id)
                    .of(locked.id)
                    .with(json!({
                        "type": new.type_id, "number": new.number, "valid_from": new.valid_from,
                        "valid_until": new.valid_until,
                    }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// Another period; the ones before stay in the history. Admissions that rest on the contract hold as long as it does.
    /// Errors: `contract.changed` if somebody was faster, `contract.over` for a terminated one; at `valid_until`
    /// `contract.period`, `contract.period_over`, `contract.not_longer`; `contract.gap` at `valid_from`.
    pub async fn move_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
        new: NewPeriod,
        scan: Option<Upload>,
        now: Timestamp,
    ) -> Result<()> {
        let new = NewPeriod { reason: text::line("reason", &new.reason, REASON_MAX)?, ..new };
        must_follow(new.valid_from, new.valid_until)?;
        if new.valid_until <= now {
            return Err(Error::invalid("contract.period_over").at("valid_until"));
        }
        let scan = self.prepared_scan(by, scan.as_ref())?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                managed(tx, &by, organization)?;
                let there = acted_on(tx, organization, id, new.rev)?;
                let valid_from = beginning(&there, &new, now)?;
                if !store::set_period(tx, id, &new, valid_from)? {
                    return Err(changed());
                }
                let record = PeriodRecord {
                    step: new.step,
                    valid_from: new.valid_from,
                    valid_until: new.valid_until,
                    reason: Some(new.reason.clone()),
                    by: by.account(),
                    at: now,
                };
                store::add_step(tx, id, &record)?;
                if let Some(scan) = &scan {
                    super::scan::add_in(tx, id, scan, now)?;
                }
                tx.changed("contract", id);
                let event = Event::done(by.actor(), new.step.action())
                    .on("contract", id)
                    .of(organization)
                    .with(json!({
                        "number": there.number, "reason": new.reason,
                        "before": { "from": there.valid_from, "until": there.valid_until },
                        "after": { "from": valid_from, "until": new.valid_until },
                    }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Admissions that rest on it hold no longer, at once; they wake if another contract takes its place. Errors:
    /// `contract.changed` if it is not as the form showed it.
    pub async fn end_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
        rev: i64,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::line("reason", reason, REASON_MAX)?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                managed(tx, &by, organization)?;
                let there = acted_on(tx, organization, id, rev)?;
                let event = end_in(tx, &by, &there, Some(&reason), now)?;
                Ok(((), vec![event]))
            })
            .await
    }
    /// By the installation alone, whatever the contract was last: people say why, and of which state of it they speak. Twice
    /// is once. Error: `staff.role_required` for anybody who signed in.
    pub async fn terminate_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
    ) -> Result<()> {
        if by.account().is_some() {
            return Err(Error::forbidden("staff.role_required"));
        }
        let (by, now) = (by.clone(), self.db().clock().now());
        self.db()
            .write(move |tx| {
                managed(tx, &by, organization)?;
                let there = store::find(tx, organization, id)?.ok_or_else(unknown)?;
                if there.state == ContractState::Terminated {
                    return Ok(((), Vec::new()));
                }
                let event = end_in(tx, &by, &there, None, now)?;
                Ok(((), vec![event]))
            })
            .await
    }
}

fn end_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    there: &Contract,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Event> {
    let resting: i64 = store::list_resting(tx, there.id, now)?.len() as i64;
    if !store::terminate(tx, there.id, there.rev)? {
        return Err(changed());
    }
    let record = PeriodRecord {
        step: ContractStep::Terminated,
        valid_from: there.valid_from,
        valid_until: there.valid_until,
        reason: reason.map(str::to_owned),
        by: by.account(),
        at: now,
    };
    store::add_step(tx, there.id, &record)?;
    tx.changed("contract", there.id);
    Ok(Event::done(by.actor(), ContractStep::Terminated.action())
        .on("contract", there.id)
        .of(there.organization)
        .with(json!({ "number": there.number, "reason": reason, "admissions": resting })))
}

pub(super) fn unknown() -> Error {
    Error::not_found("contract.unknown")
}
fn changed() -> Error {
    Error::conflict("contract.changed")
}
fn must_follow(from: Timestamp, until: Timestamp) -> Result<()> {
    if until <= from { Err(Error::invalid("contract.period").at("valid_until")) } else { Ok(()) }
}
/// Holds the organization: changes of its contracts, admissions and grants follow one another.
pub(super) fn managed(tx: &mut Tx<'_>, by: &Operator, organization: OrganizationId) -> Result<Locked> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    by.must_manage(tx, &locked)?;
    Ok(locked)
}
/// The contract that somebody wants to change, if it is still as they saw it.
fn acted_on(tx: &mut Tx<'_>, organization: OrganizationId, id: ContractId, rev: i64) -> Result<Contract> {
    let there = store::find(tx, organization, id)?.ok_or_else(unknown)?;
    if there.state == ContractState::Terminated {
        return Err(Error::conflict("contract.over"));
    }
    if there.rev == rev { Ok(there) } else { Err(changed()) }
}
/// From when the contract counts. What is renewed while it runs goes on; what ran out begins anew.
fn beginning(there: &Contract, new: &NewPeriod, now: Timestamp) -> Result<Timestamp> {
    if new.step == ContractStep::Amended {
        return Ok(new.valid_from);
    }
    if new.valid_until <= there.valid_until {
        return Err(Error::invalid("contract.not_longer").at("valid_until"));
    }
    let ran_out = there.valid_until <= now;
    match (new.valid_from <= there.valid_until, ran_out) {
        (true, _) => Ok(there.valid_from.min(new.valid_from)),
        (false, true) => Ok(new.valid_from),
        // Between the two it would not count, and the period that runs would be lost.
        (false, false) => Err(Error::invalid("contract.gap").at("valid_from")),
    }
}
/// Scans are for whoever may amend the contract.
pub(super) fn amends(tx: &mut Tx<'_>, by: &Operator, organization: OrganizationId) -> Result<bool> {
    let Some(found) = organization::find_in(tx, organization)? else { return Ok(false) };
    Ok(match by.staff_role_in(tx)? {
        None | Some(StaffRole::SystemAdministrator) => true,
        Some(StaffRole::AccountManager) => found.account_manager == by.account(),
        Some(_) => false,
    })
}
fn desk_list(tx: &mut Tx<'_>, by: &Operator, organization: OrganizationId) -> Result<Vec<Contract>> {
    match (by.staff_role_in(tx)?, by.account()) {
        (Some(StaffRole::ProductManager), Some(manager)) => store::list_of_manager(tx, organization, manager),
        _ if amends(tx, by, organization)? => store::list(tx, organization),
        _ => Err(Error::not_found("organization.unknown")),
    }
}
/// Whose name stands beside the steps of a history.
impl Shown {
    pub fn people(&self) -> Vec<AccountId> {
        self.history.iter().filter_map(|step| step.by).collect()
    }
}
