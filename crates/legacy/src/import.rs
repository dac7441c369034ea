//! Bringing a file in: every line becomes a row, those that cannot be taken over with what to mend.
use crate::{
    Legacy, file,
    model::{Import, ImportId, Known, LegacyAccount, LegacyAccountId, LegacyState},
    store::{self, NewLegacy},
};
use db::Keyring;
use kernel::{Error, Event, Result, Timestamp, id::OrganizationTypeId, text};
use organization::Operator;
use platform::staff::StaffRole;
use serde_json::json;

const DATA: &str = "legacy_account.data";
/// Rows of one transaction: the writer is held for a few milliseconds.
const SLICE: usize = 100;

/// What a page shows of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    pub import: Import,
    pub waiting: i64,
    pub merged: i64,
    pub asks: i64,
    pub several: i64,
    pub refused: i64,
}
impl Imported {
    pub fn done(&self) -> i64 {
        self.merged + self.asks + self.several + self.refused
    }
    /// Whether every line has been brought in and tried.
    pub fn is_over(&self) -> bool {
        self.done() >= self.import.total
    }
}

impl Legacy {
    /// The same id again leads to the import that exists. A file that was cut off goes on where it stopped: lines have
    /// their place in it. Errors: those of [`file::read`], `organization.type_unknown`.
    pub async fn import(
        &self,
        by: &Operator,
        id: ImportId,
        (source, type_id): (&str, OrganizationTypeId),
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<ImportId> {
        let source = text::line("source", source, 60)?;
        let read = file::read(bytes, now)?;
        let total = (read.lines.len() + read.faults.len()) as i64;
        let import = Import { id, source, type_id, made_by: by.account(), total, created_at: now };
        let (by, kept) = (by.clone(), import.clone());
        let types = self.organizations().organization_types().await?;
        if types.iter().all(|kind| kind.id != type_id) {
            return Err(Error::invalid("organization.type_unknown").at("type"));
        }
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::SystemAdministrator])?;
                let mut events = Vec::new();
                if store::insert_import(tx, &kept)? {
                    let detail = json!({ "source": kept.source, "lines": kept.total });
                    events.push(
                        Event::done(by.actor(), "legacy.imported").on("legacy_import", kept.id).with(detail),
                    );
                }
                Ok(((), events))
            })
            .await?;
        let mut rows = Vec::with_capacity(read.lines.len() + read.faults.len());
        for (line, one) in &read.lines {
            let row: LegacyAccountId = self.db().draw();
            rows.push(NewLegacy {
                id: row,
                import: id,
                line: *line,
                login_name: identity::former::folded(&one.login_name),
                hash: one.hash.clone(),
                data: sealed(self.db().keyring(), row, &one.known())?,
                state: LegacyState::Waiting,
                why: None,
                now,
            });
        }
        for fault in &read.faults {
            let row: LegacyAccountId = self.db().draw();
            rows.push(NewLegacy {
                id: row,
                import: id,
                line: fault.line,
                login_name: fault.login_name.clone(),
                hash: String::new(),
                data: sealed(self.db().keyring(), row, &Known::default())?,
                state: LegacyState::Refused,
                why: Some(fault.code),
                now,
            });
        }
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let slice: std::sync::Arc<Vec<NewLegacy>> =
                std::sync::Arc::new(rows.by_ref().take(SLICE).collect());
            self.db()
                .write_unaudited("lines of an import, which is an event itself", move |tx| {
                    for row in slice.iter() {
                        store::insert(tx, row)?;
                    }
                    Ok(())
                })
                .await?;
        }
        self.wake().notify_one();
        Ok(id)
    }
    /// The newest imports.
    pub async fn imports(&self) -> Result<Vec<Imported>> {
        self.db()
            .read(|tx| {
                let mut out = Vec::new();
                for import in store::list_imports(tx, 50)? {
                    out.push(counted(tx, import)?);
                }
                Ok(out)
            })
            .await
    }
    pub async fn imported(&self, id: ImportId) -> Result<Imported> {
        self.db()
            .read(move |tx| {
                let import = store::find_import(tx, id)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                counted(tx, import)
            })
            .await
    }
    /// Lines with what is on record of each, in the order of the file.
    pub async fn lines(
        &self,
        import: Option<ImportId>,
        state: Option<LegacyState>,
        manager: Option<kernel::id::AccountId>,
        after: Option<LegacyAccountId>,
        limit: i64,
    ) -> Result<Vec<(LegacyAccount, Known)>> {
        let keyring = self.keyring();
        self.db()
            .read(move |tx| {
                let mut out = Vec::new();
                for row in store::list(tx, import, state, manager, after, limit)? {
                    let known = known_in(tx, &keyring, row.id)?;
                    out.push((row, known));
                }
                Ok(out)
            })
            .await
    }
}
fn counted(tx: &mut db::Tx<'_>, import: Import) -> Result<Imported> {
    let counts = store::counts(tx, import.id)?;
    let of = |state| counts.iter().find(|(found, _)| *found == state).map_or(0, |(_, n)| *n);
    Ok(Imported {
        waiting: of(LegacyState::Waiting),
        merged: of(LegacyState::Merged),
        asks: of(LegacyState::Asks),
        several: of(LegacyState::Several),
        refused: of(LegacyState::Refused),
        import,
    })
}
pub(crate) fn sealed(keyring: &Keyring, id: LegacyAccountId, known: &Known) -> Result<Vec<u8>> {
    let json = serde_json::to_string(known).map_err(|e| Error::internal("legacy.json").because(e))?;
    Ok(keyring.seal(DATA, id.as_i64(), &json))
}
pub(crate) fn known_in(tx: &mut db::Tx<'_>, keyring: &Keyring, id: LegacyAccountId) -> Result<Known> {
    let (_, data) = store::secrets(tx, id)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
    let json = keyring.open(DATA, id.as_i64(), &data)?;
    serde_json::from_str(&json).map_err(|e| Error::internal("legacy.json").because(e))
}
