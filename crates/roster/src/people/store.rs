use db::{Query, Tx, sql};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

/// Open accounts of these; with a manager only those who are in an organization of that portfolio.
pub(super) fn list_visible(
    tx: &mut Tx<'_>,
    accounts: &[AccountId],
    manager: Option<AccountId>,
) -> Result<Vec<AccountId>> {
    let query = Query::new("SELECT a.id FROM account a WHERE a.state <> 'closed'")
        .list(" AND a.id IN (?)", accounts)
        .opt(
            " AND EXISTS (SELECT 1 FROM membership m JOIN organization o ON o.id = m.organization_id
                WHERE m.account_id = a.id AND m.state <> 'ended' AND o.account_manager_id = ?)",
            &manager,
        );
    tx.all(query.sql(), query.params())
}
/// Where somebody is a member, the oldest membership first; with a manager in that portfolio alone.
pub(super) fn list_organizations(
    tx: &mut Tx<'_>,
    account: AccountId,
    manager: Option<AccountId>,
    limit: i64,
) -> Result<Vec<(OrganizationId, String)>> {
    tx.all(
        sql!(
            "SELECT o.id, o.name FROM membership m JOIN organization o ON o.id = m.organization_id
             WHERE m.account_id = $1 AND m.state <> 'ended' AND (o.account_manager_id = $2 OR $3)
             ORDER BY m.id LIMIT $4"
        ),
        &[&account, &manager, &manager.is_none(), &limit],
    )
}
