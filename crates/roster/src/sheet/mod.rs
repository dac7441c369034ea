//! Tables as files: CSV in the encodings that spreadsheets write, and XLSX. Pure. What comes in is bounded before it is
//! unpacked; what goes out holds no formula.
mod csv;
mod model;
#[cfg(test)]
mod tests;
mod write;
mod xlsx;

pub use model::{Cell, MOST_BYTES, MOST_CELL, MOST_COLUMNS, MOST_ROWS, Table};
pub use write::{Format, Sink, workbook};

use kernel::{Error, Result};

/// Reads a file by its first bytes, whatever it is called. Errors: `roster.file_…`, each at `file`.
pub fn read(bytes: &[u8]) -> Result<Table> {
    let table = if bytes.starts_with(b"PK") {
        xlsx::read(bytes)
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        // Workbooks of before 2007, and newer ones under a password.
        Err(refused("roster.file_old"))
    } else {
        csv::read(bytes)
    }?;
    if table.header.iter().all(String::is_empty) {
        return Err(refused("roster.file_empty"));
    }
    Ok(table)
}
fn refused(code: &'static str) -> Error {
    Error::invalid(code).at("file")
}
