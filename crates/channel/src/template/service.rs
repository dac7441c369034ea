//! List, save, delete.
use super::{
    model::{Template, TemplateId},
    store,
};
use db::{Db, Tx};
use kernel::{Error, Event, Result, Timestamp};
use platform::{Channel, connector::ConnectorId, outbox::service::release_in, staff::PolicyEditor};
use serde_json::json;

pub fn list_in(tx: &mut Tx<'_>) -> Result<Vec<Template>> {
    store::list(tx)
}
/// Of one gateway.
pub async fn list(db: &Db, connector: ConnectorId) -> Result<Vec<Template>> {
    let mut templates = db.read(store::list).await?;
    templates.retain(|template| template.connector == connector);
    Ok(templates)
}
/// Error: `template.unknown`, also for a template of another gateway.
pub async fn find(db: &Db, connector: ConnectorId, id: TemplateId) -> Result<Template> {
    let found = db.read(move |tx| store::find(tx, id)).await?;
    found.filter(|t| t.connector == connector).ok_or_else(|| Error::not_found("template.unknown"))
}
/// A form sent twice makes one. Errors: `connector.unknown`, `template.exists` at `purpose`.
pub async fn create(db: &Db, editor: &PolicyEditor, template: Template, now: Timestamp) -> Result<()> {
    let (keyring, editor) = (std::sync::Arc::clone(db.keyring()), editor.clone());
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        platform::connector::service::find_in(tx, &keyring, template.connector)?
            .ok_or_else(|| Error::not_found("connector.unknown"))?;
        if !store::insert(tx, &template, now)? {
            return match store::find(tx, template.id)? {
                Some(_) => Ok(((), Vec::new())),
                None => Err(Error::conflict("template.exists").at("purpose")),
            };
        }
        release_in(tx, Channel::Sms)?;
        Ok(((), vec![event(&editor, "message_template.created", &template)]))
    })
    .await
}
/// Errors: `template.unknown`, `connector.changed_meanwhile`.
pub async fn change(db: &Db, editor: &PolicyEditor, template: Template, now: Timestamp) -> Result<()> {
    let editor = editor.clone();
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        store::find(tx, template.id)?.ok_or_else(|| Error::not_found("template.unknown"))?;
        if !store::update(tx, &template, now)? {
            return Err(Error::conflict("connector.changed_meanwhile"));
        }
        release_in(tx, Channel::Sms)?;
        Ok(((), vec![event(&editor, "message_template.changed", &template)]))
    })
    .await
}
/// One that is gone already is no fault.
pub async fn delete(db: &Db, editor: &PolicyEditor, id: TemplateId) -> Result<()> {
    let editor = editor.clone();
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let Some(template) = store::find(tx, id)? else { return Ok(((), Vec::new())) };
        store::delete(tx, id)?;
        Ok(((), vec![event(&editor, "message_template.deleted", &template)]))
    })
    .await
}
/// Those of deleted gateways.
pub async fn forget_gone(db: &Db) -> Result<()> {
    db.write_unaudited("templates of deleted gateways", store::delete_of_gone).await.map(drop)
}
fn event(editor: &PolicyEditor, action: &'static str, template: &Template) -> Event {
    Event::done(editor.actor(), action).on("connector", template.connector).with(json!({
        "purpose": template.purpose, "lang": template.lang, "code": template.code, "sign": template.sign,
        "parameters": template.parameters, "approval": template.approval.as_str(),
    }))
}
