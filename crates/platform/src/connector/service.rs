//! Listing for those who use connectors, changing for those who may edit policies.
use super::{
    model::{Connector, ConnectorId, Kind, NewConnector},
    store::{self, Row},
};
use crate::{
    outbox::{self, Channel},
    staff::PolicyEditor,
};
use db::{Db, Keyring, Tx};
use kernel::{Error, Event, Result, Timestamp};
use serde_json::json;
use std::sync::Arc;

const CONFIG: &str = "connector.config";

fn opened(keyring: &Keyring, row: Row) -> Result<Connector> {
    let config = keyring.open(CONFIG, row.id.as_i64(), &row.config)?;
    Ok(Connector {
        id: row.id,
        kind: row.kind,
        provider: row.provider,
        name: row.name,
        position: row.position,
        enabled: row.enabled,
        config,
        rev: row.rev,
        updated_at: row.updated_at,
    })
}
/// In their order, disabled ones included.
pub fn list_in(tx: &mut Tx<'_>, keyring: &Keyring, kind: Kind) -> Result<Vec<Connector>> {
    store::list(tx.statement(), kind)?.into_iter().map(|row| opened(keyring, row)).collect()
}
pub async fn list(db: &Db, kind: Kind) -> Result<Vec<Connector>> {
    let rows = db.read_one(move |statement| store::list(statement, kind)).await?;
    rows.into_iter().map(|row| opened(db.keyring(), row)).collect()
}
/// Those that are switched on, in their order.
pub async fn enabled(db: &Db, kind: Kind) -> Result<Vec<Connector>> {
    Ok(list(db, kind).await?.into_iter().filter(|connector| connector.enabled).collect())
}
pub fn find_in(tx: &mut Tx<'_>, keyring: &Keyring, id: ConnectorId) -> Result<Option<Connector>> {
    store::find(tx, id)?.map(|row| opened(keyring, row)).transpose()
}
pub async fn find(db: &Db, id: ConnectorId) -> Result<Option<Connector>> {
    let keyring = Arc::clone(db.keyring());
    db.read(move |tx| find_in(tx, &keyring, id)).await
}
/// Messages that no gateway could be given may be given to one now.
fn release_in(tx: &mut Tx<'_>, kind: Kind) -> Result<()> {
    match kind {
        Kind::Sms => outbox::service::release_in(tx, Channel::Sms),
        Kind::Mail => outbox::service::release_in(tx, Channel::Mail),
        _ => Ok(()),
    }
}
/// Appends it to its kind. A form that comes twice changes nothing. The event names no secret.
pub async fn create(db: &Db, editor: &PolicyEditor, new: NewConnector, now: Timestamp) -> Result<()> {
    let (keyring, editor) = (Arc::clone(db.keyring()), editor.clone());
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let sealed = keyring.seal(CONFIG, new.id.as_i64(), &new.config);
        if !store::insert(tx, &new, &sealed, now)? {
            return Ok(((), Vec::new()));
        }
        tx.changed("connector", new.id);
        release_in(tx, new.kind)?;
        let detail = json!({ "kind": new.kind.as_str(), "provider": new.provider, "name": new.name });
        Ok(((), vec![Event::done(editor.actor(), "connector.created").on("connector", new.id).with(detail)]))
    })
    .await
}
/// Replaces name, configuration and switch. Errors: `connector.unknown`, `connector.changed_meanwhile`.
#[expect(clippy::too_many_arguments, reason = "what one form says")]
pub async fn change(
    db: &Db,
    editor: &PolicyEditor,
    id: ConnectorId,
    rev: i64,
    name: &str,
    enabled: bool,
    config: &str,
    now: Timestamp,
) -> Result<()> {
    let (keyring, editor) = (Arc::clone(db.keyring()), editor.clone());
    let (name, config) = (name.to_owned(), config.to_owned());
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let before = store::find(tx, id)?.ok_or_else(|| Error::not_found("connector.unknown"))?;
        let sealed = keyring.seal(CONFIG, id.as_i64(), &config);
        if !store::update(tx, id, rev, &name, enabled, &sealed, now)? {
            return Err(Error::conflict("connector.changed_meanwhile"));
        }
        tx.changed("connector", id);
        release_in(tx, before.kind)?;
        let detail = json!({
            "kind": before.kind.as_str(), "name": { "before": before.name, "after": name },
            "enabled": { "before": before.enabled, "after": enabled },
            "config_changed": keyring.open(CONFIG, id.as_i64(), &before.config)? != config,
        });
        Ok(((), vec![Event::done(editor.actor(), "connector.changed").on("connector", id).with(detail)]))
    })
    .await
}
/// Puts it one place earlier in its kind. Error: `connector.unknown`.
pub async fn move_up(db: &Db, editor: &PolicyEditor, id: ConnectorId, now: Timestamp) -> Result<()> {
    let editor = editor.clone();
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("connector.unknown"))?;
        let rows = store::list(tx.statement(), row.kind)?;
        let mut order: Vec<ConnectorId> = rows.iter().map(|row| row.id).collect();
        if let Some(place) = order.iter().position(|other| *other == id).filter(|place| *place > 0) {
            order.swap(place, place - 1);
        }
        for (place, id) in (1_i64..).zip(&order) {
            store::update_position(tx, *id, place, now)?;
        }
        tx.changed("connector", id);
        let detail = json!({ "kind": row.kind.as_str(), "order": order.iter().map(ToString::to_string).collect::<Vec<_>>() });
        Ok(((), vec![Event::done(editor.actor(), "connector.moved").on("connector", id).with(detail)]))
    })
    .await
}
/// Removes it for good. Whether anything still depends on it is for the caller to ask first. Error: `connector.unknown`.
pub async fn delete(db: &Db, editor: &PolicyEditor, id: ConnectorId) -> Result<()> {
    let editor = editor.clone();
    db.write(move |tx| {
        editor.recheck_in(tx)?;
        let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("connector.unknown"))?;
        store::delete(tx, id)?;
        tx.changed("connector", id);
        let detail = json!({ "kind": row.kind.as_str(), "provider": row.provider, "name": row.name });
        Ok(((), vec![Event::done(editor.actor(), "connector.deleted").on("connector", id).with(detail)]))
    })
    .await
}
