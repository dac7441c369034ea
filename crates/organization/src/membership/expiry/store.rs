use crate::membership::Role;
use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};

/// A membership that ends soon and was not warned of at this distance.
pub(super) struct Ending {
    pub id: MembershipId,
    pub organization: OrganizationId,
    pub account: AccountId,
    pub role: Role,
    pub valid_until: Timestamp,
}
row!(Ending { id, organization, account, role, valid_until });
/// Those that end within so many days from `now`, the soonest first.
pub(super) fn list_ending(tx: &mut Tx<'_>, days: i64, now: Timestamp, limit: i64) -> Result<Vec<Ending>> {
    tx.all(
        sql!(
            "SELECT m.id, m.organization_id, m.account_id, m.role, m.valid_until FROM membership m
            JOIN organization o ON o.id = m.organization_id AND o.state = 'active'
            WHERE m.state = 'active' AND m.valid_until < 9223372036854775807 AND m.valid_until > $1
                AND m.valid_until <= $2 AND (m.warned_days IS NULL OR m.warned_days > $3)
            ORDER BY m.valid_until, m.id LIMIT $4"
        ),
        &[&now, &now.plus_days(days), &days, &limit],
    )
}
/// False if another node warned meanwhile, or the end was moved.
pub(super) fn mark_warned(tx: &mut Tx<'_>, ending: &Ending, days: i64) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE membership SET warned_days = $3 WHERE id = $1 AND state = 'active' AND valid_until = $2
                AND (warned_days IS NULL OR warned_days > $3)"
        ),
        &[&ending.id, &ending.valid_until, &days],
    )?;
    Ok(changed == 1)
}
