//! What the earlier system recorded of an account: brought in as CSV, kept with the login, shown to its holder and to staff.
use crate::{
    Legacy,
    claim::may_decide_in,
    file::decoded,
    model::{ImportId, LegacyAccountId},
    store::{self, HistoryRow},
};
use identity::{SignedIn, former};
use kernel::{Error, Event, Result, Timestamp, clock::Zone, id::AccountId, text};
use organization::Operator;
use platform::staff::StaffRole;
use serde_json::json;
use std::sync::Arc;

const TEXT: &str = "legacy_history.text";
const MOST_LINES: usize = 200_000;
const SLICE: usize = 200;

/// A line of it.
#[derive(Clone, Debug)]
pub struct Happened {
    pub id: LegacyAccountId,
    pub at: Timestamp,
    pub kind: String,
    pub text: String,
}

struct Line {
    login_name: String,
    at: Timestamp,
    kind: String,
    text: String,
}
/// `login_name,time,kind,text` (登录名,时间,类别,内容); the time is `YYYY-MM-DD HH:MM` or a day. Errors at `file`:
/// `legacy.encoding`, `legacy.header`, `legacy.history_line` with its number.
fn read(bytes: &[u8], zone: &Zone) -> Result<Vec<Line>> {
    let whole = decoded(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(whole.as_bytes());
    let header = reader.headers().map_err(|e| Error::invalid("legacy.empty").at("file").because(e))?.clone();
    let place = |en: &str, zh: &str| header.iter().position(|name| name.trim() == en || name.trim() == zh);
    let columns = [("login_name", "登录名"), ("time", "时间"), ("kind", "类别"), ("text", "内容")];
    let places = columns.map(|(en, zh)| place(en, zh));
    let [Some(login), Some(time), Some(kind), Some(what)] = places else {
        let named = columns.map(|(_, zh)| zh).join("、");
        return Err(Error::invalid("legacy.header").at("file").arg("columns", named));
    };
    let mut lines = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let wrong = || Error::invalid("legacy.history_line").at("file").arg("line", (at + 2).to_string());
        if at >= MOST_LINES {
            return Err(Error::invalid("legacy.too_long").at("file").arg("most", MOST_LINES.to_string()));
        }
        let record = record.map_err(|_| wrong())?;
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        lines.push(Line {
            login_name: former::folded(cell(login)),
            at: zone.minute_of(cell(time)).ok_or_else(wrong)?,
            kind: text::line("kind", cell(kind), 20).map_err(|_| wrong())?,
            text: text::line("text", cell(what), 300).map_err(|_| wrong())?,
        });
    }
    Ok(lines)
}

impl Legacy {
    /// Lines of accounts that the import brought. Answers how many were kept and how many named no account of it. A file that
    /// comes twice is kept twice: whoever brings it is told how much there is already.
    pub async fn import_history(
        &self,
        by: &Operator,
        import: ImportId,
        bytes: &[u8],
        zone: &Zone,
        now: Timestamp,
    ) -> Result<(usize, usize)> {
        let lines = read(bytes, zone)?;
        let (operator, total) = (by.clone(), lines.len());
        self.db()
            .write(move |tx| {
                operator.must_be(tx, &[StaffRole::SystemAdministrator])?;
                store::find_import(tx, import)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                let detail = json!({ "lines": total, "at": now });
                let event = Event::done(operator.actor(), "legacy.history_imported");
                Ok(((), vec![event.on("legacy_import", import).with(detail)]))
            })
            .await?;
        let mut kept = 0;
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let slice: Vec<(LegacyAccountId, Line)> =
                lines.by_ref().take(SLICE).map(|line| (self.db().draw(), line)).collect();
            let (slice, keyring) = (Arc::new(slice), self.keyring());
            kept += self
                .db()
                .write_unaudited("lines of an import, which is an event itself", move |tx| {
                    let mut kept = 0;
                    for (id, line) in slice.iter() {
                        let Some(legacy) = store::find_by_login(tx, import, &line.login_name)? else {
                            continue;
                        };
                        let text = keyring.seal(TEXT, id.as_i64(), &line.text);
                        let row = HistoryRow { id: *id, happened_at: line.at, kind: line.kind.clone(), text };
                        store::insert_history(tx, legacy, &row)?;
                        kept += 1;
                    }
                    Ok(kept)
                })
                .await?;
        }
        Ok((kept, total - kept))
    }
    /// For whoever holds the login now.
    pub async fn own_history(
        &self,
        by: &SignedIn,
        former: LegacyAccountId,
        before: Option<(Timestamp, LegacyAccountId)>,
        limit: i64,
    ) -> Result<Vec<Happened>> {
        let (account, keyring) = (by.account, self.keyring());
        self.db()
            .read(move |tx| {
                let held = store::list_merges(tx, former)?
                    .iter()
                    .any(|merge| merge.undone_at.is_none() && merge.account == account);
                if !held {
                    return Err(Error::not_found("legacy.unknown"));
                }
                list_in(tx, &keyring, former, before, limit)
            })
            .await
    }
    /// For staff.
    pub async fn history(
        &self,
        by: &Operator,
        legacy: LegacyAccountId,
        before: Option<(Timestamp, LegacyAccountId)>,
        limit: i64,
    ) -> Result<Vec<Happened>> {
        let (by, keyring) = (by.clone(), self.keyring());
        self.db()
            .read(move |tx| {
                let row = store::find(tx, legacy)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                may_decide_in(tx, &by, &row)?;
                list_in(tx, &keyring, legacy, before, limit)
            })
            .await
    }
}
/// What earlier systems recorded of the accounts that are this person's now, each line with its login name; newest first.
pub fn history_of_in(
    tx: &mut db::Tx<'_>,
    keyring: &db::Keyring,
    account: AccountId,
    limit: i64,
) -> Result<Vec<(String, Happened)>> {
    let mut out = Vec::new();
    for row in store::list_history_of(tx, account, limit)? {
        let text = keyring.open(TEXT, row.id.as_i64(), &row.text)?;
        out.push((row.login_name, Happened { id: row.id, at: row.happened_at, kind: row.kind, text }));
    }
    Ok(out)
}
fn list_in(
    tx: &mut db::Tx<'_>,
    keyring: &db::Keyring,
    legacy: LegacyAccountId,
    before: Option<(Timestamp, LegacyAccountId)>,
    limit: i64,
) -> Result<Vec<Happened>> {
    let mut out = Vec::new();
    for row in store::list_history(tx, legacy, before, limit)? {
        let text = keyring.open(TEXT, row.id.as_i64(), &row.text)?;
        out.push(Happened { id: row.id, at: row.happened_at, kind: row.kind, text });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn m42_history_is_read_by_line() {
        let zone = Zone::default();
        let text = "登录名,时间,类别,内容\nHQ01,2017-03-05 14:30,办件,办结：进口许可申请\nhq01,2016-01-02,登录,首次登录\n";
        let lines = read(text.as_bytes(), &zone).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].login_name, "hq01");
        assert_eq!(lines[0].at.local_minute(&zone), "2017-03-05 14:30");
        for (text, code) in [
            ("登录名,时间\n", "legacy.header"),
            ("登录名,时间,类别,内容\nHQ01,soon,办件,x\n", "legacy.history_line"),
            ("登录名,时间,类别,内容\nHQ01,2016-01-02,,x\n", "legacy.history_line"),
        ] {
            assert_eq!(read(text.as_bytes(), &zone).map(|_| ()).unwrap_err().code, code);
        }
    }
}
