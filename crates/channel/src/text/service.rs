//! List, find, save, take back.
use super::{model::MailText, store};
use db::{Db, Tx};
use kernel::{Error, Event, Result, Timestamp};
use platform::staff::PolicyEditor;
use serde_json::json;

pub async fn list(db: &Db) -> Result<Vec<MailText>> {
    db.read(store::list).await
}
pub fn find_in(tx: &mut Tx<'_>, purpose: &str, lang: &str) -> Result<Option<MailText>> {
    store::find(tx, purpose, lang)
}
pub async fn find(db: &Db, purpose: &str, lang: &str) -> Result<Option<MailText>> {
    let (purpose, lang) = (purpose.to_owned(), lang.to_owned());
    db.read(move |tx| store::find(tx, &purpose, &lang)).await
}
/// `text` was tried out before. The record keeps what was said before. Error: `connector.changed_meanwhile`.
pub async fn save(db: &Db, editor: &PolicyEditor, text: MailText, now: Timestamp) -> Result<()> {
    let editor = editor.clone();
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let before = store::find(tx, &text.purpose, &text.lang)?;
        if !store::save(tx, &text, now)? {
            return Err(Error::conflict("connector.changed_meanwhile"));
        }
        let detail = json!({
            "purpose": text.purpose, "lang": text.lang,
            "before": before.map(|before| json!({ "subject": before.subject, "body": before.body })),
            "after": { "subject": text.subject, "body": text.body },
        });
        Ok(((), vec![Event::done(editor.actor(), "mail_text.changed").with(detail)]))
    })
    .await
}
/// Back to the program's own words; once more is no fault.
pub async fn reset(db: &Db, editor: &PolicyEditor, purpose: &str, lang: &str) -> Result<()> {
    let (editor, purpose, lang) = (editor.clone(), purpose.to_owned(), lang.to_owned());
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        if store::delete(tx, &purpose, &lang)? == 0 {
            return Ok(((), Vec::new()));
        }
        let detail = json!({ "purpose": purpose, "lang": lang });
        Ok(((), vec![Event::done(editor.actor(), "mail_text.reset").with(detail)]))
    })
    .await
}
