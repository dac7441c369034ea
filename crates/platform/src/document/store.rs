use super::model::{Card, DocumentId, Prepared, Subject};
use db::{Tx, sql};
use kernel::{Result, Timestamp};

/// False if the form came twice.
pub(super) fn insert(tx: &mut Tx<'_>, subject: Subject, new: &Prepared, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO document (id, subject_kind, subject_id, account_id, kind, size, sha256, content, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &new.id,
            &subject.kind,
            &subject.id,
            &new.by,
            &new.kind,
            &new.size,
            &new.sha256,
            &new.content,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
db::row!(Card { id, kind, size, by, created_at, erased_at });
pub(super) fn list(tx: &mut Tx<'_>, subject: Subject) -> Result<Vec<Card>> {
    tx.all(
        sql!(
            "SELECT id, kind, size, account_id, created_at, erased_at FROM document
             WHERE subject_kind = $1 AND subject_id = $2 ORDER BY id"
        ),
        &[&subject.kind, &subject.id],
    )
}
/// Media type and sealed content, unless it was erased.
pub(super) fn find_content(
    tx: &mut Tx<'_>,
    subject: Subject,
    id: DocumentId,
) -> Result<Option<(String, Vec<u8>)>> {
    let row: Option<(String, Option<Vec<u8>>)> = tx.opt(
        sql!("SELECT kind, content FROM document WHERE id = $1 AND subject_kind = $2 AND subject_id = $3"),
        &[&id, &subject.kind, &subject.id],
    )?;
    Ok(row.and_then(|(kind, content)| content.map(|content| (kind, content))))
}
pub(super) fn delete(tx: &mut Tx<'_>, subject: Subject, id: DocumentId) -> Result<u64> {
    tx.run(
        sql!("DELETE FROM document WHERE id = $1 AND subject_kind = $2 AND subject_id = $3"),
        &[&id, &subject.kind, &subject.id],
    )
}
pub(super) fn erase(tx: &mut Tx<'_>, subject: Subject, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE document SET content = NULL, erased_at = $3
             WHERE subject_kind = $1 AND subject_id = $2 AND erased_at IS NULL"
        ),
        &[&subject.kind, &subject.id, &now],
    )
}
