use super::model::MailText;
use db::{Tx, sql};
use kernel::{Result, Timestamp};

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<MailText>> {
    tx.all(
        sql!("SELECT purpose, lang, subject, body, rev, updated_at FROM mail_text ORDER BY purpose, lang"),
        &[],
    )
}
pub(super) fn find(tx: &mut Tx<'_>, purpose: &str, lang: &str) -> Result<Option<MailText>> {
    tx.opt(
        sql!(
            "SELECT purpose, lang, subject, body, rev, updated_at FROM mail_text WHERE purpose = $1 AND lang = $2"
        ),
        &[&purpose, &lang],
    )
}
/// False if another form was faster: there is one already although none was seen, or it was changed since.
pub(super) fn save(tx: &mut Tx<'_>, text: &MailText, now: Timestamp) -> Result<bool> {
    let saved = if text.rev == 0 {
        tx.run(
            sql!(
                "INSERT INTO mail_text (purpose, lang, subject, body, rev, updated_at) VALUES ($1, $2, $3, $4, 1, $5)
                 ON CONFLICT (purpose, lang) DO NOTHING"
            ),
            &[&text.purpose, &text.lang, &text.subject, &text.body, &now],
        )?
    } else {
        tx.run(
            sql!(
                "UPDATE mail_text SET subject = $3, body = $4, rev = rev + 1, updated_at = $5
                 WHERE purpose = $1 AND lang = $2 AND rev = $6"
            ),
            &[&text.purpose, &text.lang, &text.subject, &text.body, &now, &text.rev],
        )?
    };
    Ok(saved == 1)
}
pub(super) fn delete(tx: &mut Tx<'_>, purpose: &str, lang: &str) -> Result<u64> {
    tx.run(sql!("DELETE FROM mail_text WHERE purpose = $1 AND lang = $2"), &[&purpose, &lang])
}
