use super::model::{Counts, Ending, EndingKind};
use crate::organization_type::Words;
use db::{Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};

row!(Counts { returned, activations, succession });

/// For an administrator.
pub(super) fn count_for_administrator(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> Result<Counts> {
    tx.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM application WHERE applicant_id = $2 AND organization_id = $1
                    AND state = 'returned' AND expires_at > $3 LIMIT 100) r),
                (SELECT COUNT(*) FROM (SELECT id FROM activation WHERE organization_id = $1 AND state = 'open'
                    LIMIT 100) w),
                (SELECT COUNT(*) FROM succession_member s JOIN succession c ON c.id = s.succession_id
                    JOIN membership m ON m.id = s.membership_id
                    WHERE c.organization_id = $1 AND c.closed_at IS NULL AND s.state = 'waiting'
                        AND m.state <> 'ended' AND m.role = 'administrator')"
        ),
        &[&organization, &account, &now],
    )
}
/// For a member who administers nothing.
pub(super) fn count_for_member(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT id FROM application WHERE applicant_id = $2 AND organization_id = $1
                AND state = 'returned' AND expires_at > $3 LIMIT 100) r"
        ),
        &[&organization, &account, &now],
    )
}
/// In the personal space: wherever they were made.
pub(super) fn count_returned(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT id FROM application WHERE applicant_id = $1 AND state = 'returned'
                AND expires_at > $2 LIMIT 100) r"
        ),
        &[&account, &now],
    )
}

struct EndingRow {
    kind: EndingKind,
    name_zh: String,
    name_en: String,
    until: Timestamp,
}
row!(EndingRow { kind, name_zh, name_en, until });
fn endings(rows: Vec<EndingRow>) -> Vec<Ending> {
    let ending = |row: EndingRow| Ending {
        kind: row.kind,
        name: Words { zh: row.name_zh, en: row.name_en },
        until: row.until,
    };
    rows.into_iter().map(ending).collect()
}
/// The organization's admissions and contracts, the own membership, and own grants where administrators do business.
pub(super) fn list_ending_for_administrator(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
    soon: Timestamp,
) -> Result<Vec<Ending>> {
    let rows = tx.all::<EndingRow>(
        sql!(
            "SELECT 'admission', p.name_zh, p.name_en, a.valid_until FROM admission a JOIN product p ON p.id = a.product_id
                WHERE a.organization_id = $1 AND a.state <> 'ended' AND a.state = 'active'
                    AND a.valid_until < 9223372036854775807 AND a.valid_until > $3 AND a.valid_until <= $4
            UNION ALL
            SELECT 'contract', c.number, c.number, c.valid_until FROM contract c
                WHERE c.organization_id = $1 AND c.state = 'active' AND c.valid_until > $3 AND c.valid_until <= $4
            UNION ALL
            SELECT 'membership', '', '', m.valid_until FROM membership m
                WHERE m.organization_id = $1 AND m.account_id = $2 AND m.state <> 'ended' AND m.state = 'active'
                    AND m.valid_until > $3 AND m.valid_until <= $4
            UNION ALL
            SELECT 'grant', p.name_zh, p.name_en, g.valid_until
                FROM membership m JOIN product_grant g ON g.membership_id = m.id JOIN product p ON p.id = g.product_id
                WHERE m.organization_id = $1 AND m.account_id = $2 AND m.state <> 'ended' AND m.state = 'active' AND g.state = 'active'
                    AND g.valid_until > $3 AND g.valid_until <= $4
            ORDER BY 4 LIMIT 8"
        ),
        &[&organization, &account, &now, &soon],
    )?;
    Ok(endings(rows))
}
/// The own membership and grants.
pub(super) fn list_ending_for_member(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
    soon: Timestamp,
) -> Result<Vec<Ending>> {
    let rows = tx.all::<EndingRow>(
        sql!(
            "SELECT 'grant', p.name_zh, p.name_en, g.valid_until
                FROM membership m JOIN product_grant g ON g.membership_id = m.id JOIN product p ON p.id = g.product_id
                WHERE m.organization_id = $1 AND m.account_id = $2 AND m.state <> 'ended' AND m.state = 'active' AND g.state = 'active'
                    AND g.valid_until > $3 AND g.valid_until <= $4
            UNION ALL
            SELECT 'membership', '', '', m.valid_until FROM membership m
                WHERE m.organization_id = $1 AND m.account_id = $2 AND m.state <> 'ended' AND m.state = 'active'
                    AND m.valid_until > $3 AND m.valid_until <= $4
            ORDER BY 4 LIMIT 8"
        ),
        &[&organization, &account, &now, &soon],
    )?;
    Ok(endings(rows))
}
/// Memberships of the person, and proofs of the name that no later one of the same level follows.
pub(super) fn list_ending_of_person(
    tx: &mut Tx<'_>,
    account: AccountId,
    now: Timestamp,
    soon: Timestamp,
) -> Result<Vec<Ending>> {
    let rows = tx.all::<EndingRow>(
        sql!(
            "SELECT 'membership', o.name, o.name, m.valid_until
                FROM membership m JOIN organization o ON o.id = m.organization_id AND o.state <> 'closed'
                WHERE m.account_id = $1 AND m.state = 'active' AND m.valid_until > $2 AND m.valid_until <= $3
            UNION ALL
            SELECT 'proof', '', '', i.expires_at FROM identity_proof i
                WHERE i.account_id = $1 AND i.revoked_at IS NULL AND i.expires_at > $2 AND i.expires_at <= $3
                    AND NOT EXISTS (SELECT 1 FROM identity_proof j WHERE j.account_id = $1 AND j.revoked_at IS NULL
                        AND j.level = i.level AND j.expires_at > i.expires_at)
            ORDER BY 4 LIMIT 8"
        ),
        &[&account, &now, &soon],
    )?;
    Ok(endings(rows))
}
