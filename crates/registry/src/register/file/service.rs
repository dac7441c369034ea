use super::{FileCard, FileId, parse, store};
use crate::{
    Registry,
    register::model::{Answer, Fault, Record},
};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use platform::{connector::ConnectorId, staff::PolicyEditor};
use serde_json::json;
use std::sync::Arc;

const RECORD: &str = "registry_row.record";
/// Rows of one transaction.
const SLICE: usize = 500;

impl Registry {
    pub async fn register_file(&self, connector: ConnectorId) -> Result<Option<FileCard>> {
        self.db().read(move |tx| store::find_current(tx, connector)).await
    }
    /// Reads the whole file first, then takes it over in slices; until the last one the former file answers. How many
    /// organizations it holds. Errors at `document`.
    pub async fn upload_register_file(
        &self,
        editor: &PolicyEditor,
        (connector, id): (ConnectorId, FileId),
        by: Option<AccountId>,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<usize> {
        if bytes.is_empty() {
            return Err(Error::invalid("document.empty").at("document"));
        }
        let records: Vec<Record> = parse::records(bytes, self.zone())?.into_values().collect();
        let count = records.len();
        let new = self
            .db()
            .write_unaudited("a file of a register begins", move |tx| {
                store::insert(tx, id, connector, count as i64, by, now)
            })
            .await?;
        if !new {
            return Ok(count);
        }
        let keyring = Arc::clone(self.db().keyring());
        for slice in records.chunks(SLICE) {
            let mut rows = Vec::with_capacity(slice.len());
            for record in slice {
                let text =
                    serde_json::to_string(record).map_err(|e| Error::internal("registry.json").because(e))?;
                rows.push((record.uscc.clone(), keyring.seal(RECORD, id.as_i64(), &text)));
            }
            self.db()
                .write_unaudited("rows of a file of a register", move |tx| {
                    for (uscc, sealed) in &rows {
                        store::insert_row(tx, id, uscc, sealed)?;
                    }
                    Ok(())
                })
                .await?;
        }
        let editor = editor.clone();
        self.db()
            .write(move |tx| {
                editor.recheck_in(tx)?;
                let events = if store::set_current(tx, id)? {
                    vec![
                        Event::done(editor.actor(), "registry.file_uploaded")
                            .on("connector", connector)
                            .with(json!({ "organizations": count })),
                    ]
                } else {
                    Vec::new()
                };
                Ok(((), events))
            })
            .await?;
        while self
            .db()
            .write_unaudited("a former file of a register", move |tx| {
                store::delete_old(tx, connector, id, SLICE as i64)
            })
            .await?
        {}
        Ok(count)
    }
    /// As a register over HTTP answers.
    pub(in crate::register) async fn look_up_in_file(
        &self,
        connector: ConnectorId,
        uscc: &str,
    ) -> Result<Answer> {
        let asked = uscc.to_owned();
        let found = self.db().read(move |tx| store::find_row(tx, connector, &asked)).await?;
        let Some((file, sealed)) = found else {
            let there = self.register_file(connector).await?.is_some();
            return Ok(if there { Answer::NotFound } else { Answer::Fault(Fault::None) });
        };
        let text = self.db().keyring().open(RECORD, file.as_i64(), &sealed)?;
        let record: Record =
            serde_json::from_str(&text).map_err(|e| Error::internal("registry.json").because(e))?;
        Ok(Answer::Found(Box::new(record)))
    }
}
