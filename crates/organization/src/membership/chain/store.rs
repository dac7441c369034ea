use crate::membership::store::{MEMBERS, MemberRow};
use db::{Query, Tx, sql};
use kernel::{Result, Timestamp, id::OrganizationId};

/// Everybody above the agents who did not leave, in force or not; the highest role first.
pub(crate) fn list_chain(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<MemberRow>> {
    let query = Query::new(MEMBERS).bind(
        " WHERE m.organization_id = ? AND m.state <> 'ended' AND m.role <> 'agent'
            AND m.role IN ('administrator', 'legal_representative') ORDER BY CASE m.role WHEN 'legal_representative' THEN 0 ELSE 1 END, m.id LIMIT 100",
        &organization,
    );
    tx.all(query.sql(), query.params())
}
/// Agents who may act now, to 1000: nobody waits for all to be counted.
pub(super) fn count_agents(tx: &mut Tx<'_>, organization: OrganizationId, now: Timestamp) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM membership WHERE organization_id = $1 AND state <> 'ended' AND role = 'agent'
                AND state = 'active' AND valid_from <= $2 AND valid_until > $2 LIMIT 1000) a"
        ),
        &[&organization, &now],
    )
}
/// Agents who may act now, the newest first.
pub(crate) fn list_newest_agents(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let query = Query::new(MEMBERS)
        .bind(
            " WHERE m.organization_id = ? AND m.state <> 'ended' AND m.state = 'active' AND m.role = 'agent'",
            &organization,
        )
        .bind(" AND m.valid_from <= ?", &now)
        .bind(" AND m.valid_until > ?", &now)
        .bind(" ORDER BY m.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// Agents who hold a live membership: whom the powers of an administrator can pass to.
pub(super) fn list_agents(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let query = Query::new(MEMBERS)
        .bind(
            " WHERE m.organization_id = ? AND m.state <> 'ended' AND m.state = 'active' AND m.role = 'agent'",
            &organization,
        )
        .bind(" ORDER BY m.id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
