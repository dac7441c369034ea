//! XLSX: unpacked once against nothing, to see how large it is, then read cell by cell; a lone cell in the last row of the
//! last column costs as much as any other.
use super::model::{Cell, MOST_COLUMNS, MOST_ROWS, Table};
use super::refused;
use calamine::{DataRef, Reader as _, Xlsx};
use kernel::{Error, Result};
use std::io::{Cursor, Read as _};

/// Bytes of all parts, unpacked; a table of 100,000 rows takes a third of it.
const MOST_UNPACKED: u64 = 192 * 1024 * 1024;
const MOST_PARTS: usize = 400;

pub(super) fn read(bytes: &[u8]) -> Result<Table> {
    examine(bytes)?;
    let broken = |error: calamine::XlsxError| refused("roster.file_broken").because(error);
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let sheet = book.sheet_names().into_iter().next().ok_or_else(|| refused("roster.file_empty"))?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let (mut table, mut row, mut at) = (Table::default(), Vec::new(), None::<u32>);
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        if at != Some(line) {
            if let Some(before) = at {
                table.push(before + 1, std::mem::take(&mut row))?;
                if line < before {
                    return Err(refused("roster.file_broken"));
                }
            }
            at = Some(line);
        }
        let value = read_cell(cell.get_value())?;
        if value.is_empty() {
            continue;
        }
        let column = column as usize;
        if column >= MOST_COLUMNS {
            return Err(refused("roster.file_columns").arg("most", MOST_COLUMNS.to_string()));
        }
        if line as usize > MOST_ROWS * 2 {
            return Err(refused("roster.file_rows").arg("most", MOST_ROWS.to_string()));
        }
        if row.len() <= column {
            row.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = row.get_mut(column) {
            *place = value;
        }
    }
    if let Some(last) = at {
        table.push(last + 1, row)?;
    }
    Ok(table)
}
fn read_cell(value: &DataRef<'_>) -> Result<Cell> {
    Ok(match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::of_text(text)?,
        DataRef::SharedString(text) => Cell::of_text(text)?,
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(flag) => Cell::Text(flag.to_string()),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Cell::Date(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTime(date) => Cell::Number(date.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::of_text(text.split('T').next().unwrap_or(text))?
        }
        DataRef::Error(error) => Cell::Text(error.to_string()),
    })
}

/// Errors: `roster.file_broken`, `roster.file_macro`, `roster.file_bomb`.
fn examine(bytes: &[u8]) -> Result<()> {
    let broken = |error: zip::result::ZipError| refused("roster.file_broken").because(error);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut left = MOST_UNPACKED;
    let mut workbook = false;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        if name.ends_with("vbaproject.bin") || name.contains("macrosheets/") {
            return Err(refused("roster.file_macro"));
        }
        workbook |= name == "xl/workbook.xml";
        // What a part says about its own size is not believed.
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        left = left
            .checked_sub(read.map_err(|error| refused("roster.file_broken").because(error))?)
            .ok_or_else(too_large)?;
    }
    if workbook { Ok(()) } else { Err(refused("roster.file_unknown")) }
}
fn too_large() -> Error {
    refused("roster.file_bomb")
}
