//! Taking a merge back: the membership that it made ends, the old login belongs to nobody again and asks at its next sign-in.
//! Nothing is deleted: an account that the merge made is disabled, and its password goes back with the login.
use crate::{
    Legacy,
    claim::may_decide_in,
    merge::add_login_in,
    model::{LegacyAccountId, LegacyState, Merge},
    store,
};
use identity::{
    account::{self, AccountState},
    credential, former,
    notice::{self, Kind, Notice},
    session,
};
use kernel::{Error, Event, Result, Timestamp};
use organization::Operator;
use serde_json::json;

impl Legacy {
    pub async fn merges(&self, id: LegacyAccountId) -> Result<Vec<Merge>> {
        self.db().read(move |tx| store::list_merges(tx, id)).await
    }
    /// Within [`crate::UNDO_DAYS`]. Errors: `legacy.undo_over`, `legacy.settled`.
    pub async fn undo(&self, by: &Operator, id: LegacyAccountId, reason: &str, now: Timestamp) -> Result<()> {
        let reason = kernel::text::line("reason", reason, 200)?;
        let (room, by) = (self.clone(), by.clone());
        self.db()
            .write(move |tx| {
                let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                may_decide_in(tx, &by, &row)?;
                let settled = || Error::conflict("legacy.settled");
                let merge = store::list_merges(tx, id)?
                    .into_iter()
                    .find(|merge| merge.undone_at.is_none())
                    .ok_or_else(settled)?;
                if !merge.may_undo(now) {
                    return Err(Error::conflict("legacy.undo_over"));
                }
                let organization = row.organization.ok_or_else(settled)?;
                // Whose account was closed has nothing left that could be parted from it.
                if account::service::require_in(tx, merge.account)?.state == AccountState::Closed {
                    return Err(settled());
                }
                if !store::undo(tx, merge.id, by.account(), &reason, now)?
                    || !store::set_state(tx, id, LegacyState::Merged, LegacyState::Asks, None)?
                {
                    return Err(settled());
                }
                let mut events = Vec::new();
                if merge.made_membership {
                    events.extend(room.organizations().part_merged_in(
                        tx,
                        by.actor(),
                        organization,
                        merge.membership,
                        &reason,
                        now,
                    )?);
                }
                if merge.made_account {
                    let hash = credential::service::hash_in(tx, merge.account)?;
                    account::service::set_state_in(tx, merge.account, AccountState::Disabled, now)?;
                    if let (None, Some(hash)) = (row.former_login, &hash) {
                        add_login_in(tx, (id, &row.login_name), hash, None, now)?;
                    }
                } else {
                    // Whoever came in by the old login is not to stay.
                    session::service::end_all_in(tx, merge.account, None, now)?;
                    let told = Notice::new(Kind::FormerParted).arg("former", row.login_name.as_str());
                    notice::tell_in(tx, room.identity(), merge.account, &told, now)?;
                }
                former::service::release_in(tx, id)?;
                let detail =
                    json!({ "legacy": id, "reason": reason, "account_disabled": merge.made_account });
                events.push(
                    Event::done(by.actor(), "legacy.parted")
                        .on("account", merge.account)
                        .of(organization)
                        .with(detail),
                );
                Ok(((), events))
            })
            .await
    }
}
