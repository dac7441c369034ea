//! What an organization's administrators are told of its admissions and contracts, in the transaction of what happened.
use super::model::AdmissionChange;
use crate::organization::Locked;
use crate::product::{AdmissionEditor, Product};
use crate::{Organizations, membership};
use db::Tx;
use identity::notice::{self, Kind, Notice};
use kernel::{Result, Timestamp, id::AccountId};

fn about(kind: Kind, locked: &Locked, product: &Product) -> Notice {
    Notice::new(kind)
        .arg("organization", locked.name.as_str())
        .words("product", &product.name.zh, &product.name.en)
        .leads_to(&format!("/org/{}/admissions", locked.id))
}

impl Organizations {
    pub(super) fn tell_admitted_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        product: &Product,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        let told = about(Kind::AdmissionGiven, locked, product);
        self.tell_administrators_in(tx, locked, &told, by, now)
    }
    pub(super) fn tell_admission_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        product: &Product,
        (change, reason): (AdmissionChange, Option<&str>),
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        let kind = match change {
            AdmissionChange::Suspend => Kind::AdmissionSuspended,
            AdmissionChange::Resume => Kind::AdmissionResumed,
            AdmissionChange::End => Kind::AdmissionEnded,
        };
        let told = about(kind, locked, product);
        let told = match reason {
            Some(reason) => told.arg("reason", reason),
            None => told.key("reason", "organization-no-reason"),
        };
        self.tell_administrators_in(tx, locked, &told, by, now)
    }
    /// Administrators, the account manager, and the product's manager where it is they who renew it.
    pub(super) fn tell_admission_ending_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        product: &Product,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let told = about(Kind::AdmissionExpiring, locked, product).last_day("until", until);
        self.tell_ending_in(tx, locked, &told, now)?;
        match (product.admission_editor, product.manager) {
            (AdmissionEditor::ProductManager, Some(manager)) if locked.account_manager != Some(manager) => {
                let told = told.leads_to(&format!("/desk/organizations/{}", locked.id));
                notice::tell_in(tx, self.identity(), manager, &told, now)
            }
            _ => Ok(()),
        }
    }
    pub(super) fn tell_contract_ending_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        number: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let told = Notice::new(Kind::ContractExpiring)
            .arg("organization", locked.name.as_str())
            .arg("number", number)
            .last_day("until", until)
            .leads_to(&format!("/org/{}/admissions", locked.id));
        self.tell_ending_in(tx, locked, &told, now)
    }
    fn tell_ending_in(&self, tx: &mut Tx<'_>, locked: &Locked, told: &Notice, now: Timestamp) -> Result<()> {
        self.tell_administrators_in(tx, locked, told, None, now)?;
        let Some(manager) = locked.account_manager else { return Ok(()) };
        let told = told.clone().leads_to(&format!("/desk/organizations/{}", locked.id));
        notice::tell_in(tx, self.identity(), manager, &told, now)
    }
    /// Whoever did it needs no word of it.
    fn tell_administrators_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        told: &Notice,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        for administrator in membership::list_administrators(tx, locked.id, now)? {
            if by != Some(administrator.account) {
                notice::tell_in(tx, self.identity(), administrator.account, told, now)?;
            }
        }
        Ok(())
    }
}
