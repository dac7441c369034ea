use super::model::Question;
use db::{Tx, sql};
use kernel::{Result, Timestamp};

/// False if the question was answered before: its id is the primary key.
pub(super) fn insert_answered(
    tx: &mut Tx<'_>,
    question: &Question,
    browser: &[u8; 32],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let nothing: &[u8] = &[];
    let inserted = tx.run(
        sql!(
            "INSERT INTO challenge (id, kind, purpose, browser, answer, attempts, attempts_allowed, created_at, expires_at,
                consumed_at)
             VALUES ($1, 'captcha', $2, $3, $4, 1, 1, $5, $6, $7) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &question.id,
            &question.purpose.as_str(),
            browser,
            &nothing,
            &question.asked_at(),
            &expires_at,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
