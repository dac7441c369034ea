//! Rows before anything is made: each by itself, then against one another. What is there already is asked by the service.
use super::model::{Column, Draft, Fault};
use crate::sheet::{Cell, Table};
use identity::account::model::{parse_name, today};
use kernel::{Error, LoginName, Mobile, ResidentId, Result, Rng, Timestamp, clock::Zone};
use std::collections::HashMap;
use web::Lang;

/// What the file is read with.
#[derive(Clone)]
pub(super) struct Reading {
    pub lang: Lang,
    pub zone: Zone,
    pub now: Timestamp,
    /// Words for the one role that an import gives.
    pub agent: Vec<String>,
    pub rng: Rng,
}
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub drafts: Vec<Draft>,
    pub faults: Vec<Fault>,
}
impl Checked {
    /// Moves the drafts that the other side refuses among the faults.
    pub fn refuse(&mut self, reading: (Lang, &Zone), refused: impl Fn(&Draft) -> Option<(Column, Error)>) {
        let ((lang, zone), faults) = (reading, &mut self.faults);
        self.drafts.retain(|draft| match refused(draft) {
            None => true,
            Some((column, error)) => {
                let problems = vec![told(lang, column, &error)];
                faults.push(Fault { row: draft.row, cells: cells_of(draft, zone), problems });
                false
            }
        });
        self.faults.sort_by_key(|fault| fault.row);
    }
}
/// The row again in the order of the template, for the file of faults: what comes back mended is read as it was meant.
pub(super) fn cells_of(draft: &Draft, zone: &Zone) -> Vec<String> {
    let national = |phone: &String| phone.strip_prefix("+86").unwrap_or(phone).to_owned();
    let until = |until| Timestamp::from_millis(until).last_day(zone);
    vec![
        draft.name.clone(),
        draft.login_name.clone(),
        draft.phone.as_ref().map(national).unwrap_or_default(),
        draft.document.clone().unwrap_or_default(),
        draft.until.map(until).unwrap_or_default(),
    ]
}
/// As the file had them, the role behind the columns of the template if there was one.
fn arranged(cells: &[Cell], columns: &[Option<Column>]) -> Vec<String> {
    let text = |wanted: Column| {
        let place = columns.iter().position(|column| *column == Some(wanted));
        place.map(|place| cells.get(place).map(Cell::text).unwrap_or_default())
    };
    let template = Column::TEMPLATE.iter().map(|column| text(*column).unwrap_or_default());
    template.chain(text(Column::Role)).collect()
}
/// `手机号：…`
pub(super) fn told(lang: Lang, column: Column, error: &Error) -> String {
    let label = lang.t(column.key());
    lang.ta("web-errors-named", &[("field", &label)]) + &lang.error(error)
}

/// Ids are drawn for the rows that pass. Errors of the header alone.
pub(super) fn check(table: &Table, reading: &Reading, ids: &dyn Fn() -> (i64, i64)) -> Result<Checked> {
    let columns = Column::of_header(&table.header)?;
    let mut checked = Checked::default();
    let mut first: [HashMap<String, u32>; 3] = Default::default();
    for (row, cells) in &table.rows {
        match parse(*row, cells, &columns, reading) {
            Err(problems) => {
                let cells = arranged(cells, &columns);
                checked.faults.push(Fault { row: *row, cells, problems });
            }
            Ok(mut draft) => {
                let keys = [
                    (Column::LoginName, Some(&draft.login_name)),
                    (Column::Phone, draft.phone.as_ref()),
                    (Column::Document, draft.document.as_ref()),
                ];
                let mut problems = Vec::new();
                for ((column, key), seen) in keys.into_iter().zip(first.iter_mut()) {
                    let Some(key) = key else { continue };
                    let before = *seen.entry(key.clone()).or_insert(*row);
                    if before != *row {
                        let error = Error::conflict("roster.row_twice").arg("row", before.to_string());
                        problems.push(told(reading.lang, column, &error));
                    }
                }
                if problems.is_empty() {
                    (draft.account, draft.membership) = ids();
                    checked.drafts.push(draft);
                } else {
                    let cells = cells_of(&draft, &reading.zone);
                    checked.faults.push(Fault { row: *row, cells, problems });
                }
            }
        }
    }
    // In their own order, so that a slice is put beside itself in the index of them; each is as random as before.
    let mut subs: Vec<String> = checked.drafts.iter().map(|_| reading.rng.short_token()).collect();
    subs.sort_unstable();
    for (draft, sub) in checked.drafts.iter_mut().zip(subs) {
        draft.sub = sub;
    }
    Ok(checked)
}
fn parse(
    row: u32,
    cells: &[Cell],
    columns: &[Option<Column>],
    reading: &Reading,
) -> std::result::Result<Draft, Vec<String>> {
    let mut draft = Draft {
        row,
        membership: 0,
        account: 0,
        sub: String::new(),
        login_name: String::new(),
        name: String::new(),
        phone: None,
        document: None,
        until: None,
    };
    let mut problems = Vec::new();
    let empty = Cell::Empty;
    for (place, column) in columns.iter().enumerate() {
        let (Some(column), cell) = (column, cells.get(place).unwrap_or(&empty)) else { continue };
        let read = match column {
            Column::Name => parse_name(&cell.text()).map(|name| draft.name = name),
            Column::LoginName => {
                LoginName::parse(&cell.text()).map(|name| draft.login_name = name.as_str().to_owned())
            }
            Column::Phone => phone(cell).map(|phone| draft.phone = phone),
            Column::Document => document(cell, reading.now).map(|document| draft.document = document),
            Column::Until => until(cell, reading).map(|until| draft.until = until),
            Column::Role => role(cell, &reading.agent),
            Column::Remark => Ok(()),
        };
        if let Err(error) = read {
            problems.push(told(reading.lang, *column, &error));
        }
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}
/// Eleven digits survive as a number, and are taken as one.
fn phone(cell: &Cell) -> Result<Option<String>> {
    if cell.is_empty() {
        return Ok(None);
    }
    ruined(cell)?;
    Mobile::parse(&cell.text()).map(|phone| Some(phone.as_str().to_owned()))
}
/// Eighteen do not: spreadsheets round them, and the number that is left belongs to nobody or to somebody else.
fn document(cell: &Cell, now: Timestamp) -> Result<Option<String>> {
    if cell.is_empty() {
        return Ok(None);
    }
    if matches!(cell, Cell::Number(_)) {
        return Err(Error::invalid("roster.document_number"));
    }
    ruined(cell)?;
    ResidentId::parse(&cell.text(), today(now)).map(|document| Some(document.as_str().to_owned()))
}
/// `1.10101E+17`, as a spreadsheet writes into CSV.
fn ruined(cell: &Cell) -> Result<()> {
    let text = cell.text().to_ascii_uppercase();
    let exponent = text.split_once("E+").is_some_and(|(mantissa, exponent)| {
        !mantissa.is_empty()
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && exponent.bytes().all(|b| b.is_ascii_digit())
    });
    if exponent { Err(Error::invalid("roster.document_number")) } else { Ok(()) }
}
/// The day is included.
fn until(cell: &Cell, reading: &Reading) -> Result<Option<i64>> {
    let text = match cell {
        Cell::Empty => return Ok(None),
        Cell::Number(_) => return Err(Error::invalid("roster.date_number")),
        cell => cell.text(),
    };
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).take(4).collect();
    let date = match *parts.as_slice() {
        [year, month, day] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        [compact] if compact.len() == 8 => {
            let part = |from, to| compact.get(from..to).unwrap_or_default();
            format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8))
        }
        _ => return Err(Error::invalid("roster.date")),
    };
    let end = reading.zone.end_of(&date).ok_or_else(|| Error::invalid("roster.date"))?;
    if end <= reading.now { Err(Error::invalid("roster.date_past")) } else { Ok(Some(end.as_millis())) }
}
/// Nobody gets more than the lowest role from a file.
fn role(cell: &Cell, agent: &[String]) -> Result<()> {
    let text = cell.text().to_lowercase();
    if text.is_empty() || agent.iter().any(|word| word.to_lowercase() == text) {
        Ok(())
    } else {
        Err(Error::forbidden("roster.role"))
    }
}
