//! What members and those above them are told about a membership, in the transaction of what happened.
use super::model::Role;
use super::store;
use crate::Organizations;
use crate::organization::Locked;
use db::Tx;
use identity::account;
use identity::notice::{self, Kind, Notice};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId},
};

impl Organizations {
    /// None: without an end.
    pub(super) fn tell_renewed_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        account: AccountId,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let told = Notice::new(Kind::MembershipRenewed).arg("organization", locked.name.as_str());
        let told = match until {
            Some(until) => told.last_day("until", until),
            None => told.key("until", "organization-no-end"),
        };
        notice::tell_in(tx, self.identity(), account, &told, now)
    }
    /// The member, and everybody who can renew it.
    pub(super) fn tell_expiring_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        (id, account, role): (MembershipId, AccountId, Role),
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let told = Notice::new(Kind::MembershipExpiring)
            .arg("organization", locked.name.as_str())
            .last_day("until", until);
        notice::tell_in(tx, self.identity(), account, &told, now)?;
        let name = self.name_in(tx, account)?;
        let told = Notice::new(Kind::MemberExpiring)
            .arg("organization", locked.name.as_str())
            .arg("name", name)
            .last_day("until", until)
            .leads_to(&format!("/org/{}/members/{id}", locked.id));
        for administrator in store::list_administrators(tx, locked.id, now)? {
            if administrator.account != account && administrator.role.may_touch(role) {
                notice::tell_in(tx, self.identity(), administrator.account, &told, now)?;
            }
        }
        Ok(())
    }
    /// A member has another role now; it is called as the type calls it.
    pub(crate) fn tell_role_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        account: AccountId,
        role: Role,
        now: Timestamp,
    ) -> Result<()> {
        let label = locked.policy.role_label(role);
        let told = Notice::new(Kind::RoleChanged)
            .arg("organization", locked.name.as_str())
            .words("role", &label.zh, &label.en)
            .leads_to(&format!("/org/{}/", locked.id));
        notice::tell_in(tx, self.identity(), account, &told, now)
    }
    pub(crate) fn name_in(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<String> {
        let mut cards = account::service::cards_in(tx, self.db().keyring(), &[account])?;
        Ok(cards.pop().map(|card| card.name).unwrap_or_default())
    }
}
