//! Tables that go out. A cell that a spreadsheet would take for a formula begins with an apostrophe in CSV; in XLSX every
//! cell is text.
use kernel::{Error, Result};
use rust_xlsxwriter::{Format as Style, Workbook, XlsxError};

db::text_enum! {
    pub enum Format {
        Csv = "csv",
        Xlsx = "xlsx",
    }
}
impl Format {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Where the rows of a table go.
pub enum Sink {
    Csv(Vec<u8>),
    Xlsx { book: Box<Workbook>, next: u32 },
}
impl Sink {
    /// The header is part of the rows. A spreadsheet needs the mark to read UTF-8.
    pub fn new(format: Format, header: &[String]) -> Result<Self> {
        let mut sink = match format {
            Format::Csv => Self::Csv(b"\xEF\xBB\xBF".to_vec()),
            Format::Xlsx => Self::Xlsx { book: Box::new(begun(header).map_err(unwritten)?), next: 0 },
        };
        sink.row(header)?;
        Ok(sink)
    }
    pub fn row(&mut self, cells: &[String]) -> Result<()> {
        match self {
            Self::Csv(out) => {
                for (place, cell) in cells.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(quoted(cell).as_bytes());
                }
                out.extend_from_slice(b"\r\n");
                Ok(())
            }
            Self::Xlsx { book, next } => {
                let sheet = book.worksheet_from_index(0).map_err(unwritten)?;
                for (column, cell) in (0u16..).zip(cells) {
                    // Text whatever it looks like; bounded, since a cell holds 32,767 characters.
                    let cell: String = cell.chars().take(2000).collect();
                    if !cell.is_empty() {
                        sheet.write_string(*next, column, cell).map_err(unwritten)?;
                    }
                }
                *next += 1;
                Ok(())
            }
        }
    }
    /// What was written since the last call; of a workbook nothing before its end.
    pub fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Csv(out) => std::mem::take(out),
            Self::Xlsx { .. } => Vec::new(),
        }
    }
    pub fn finish(self) -> Result<Vec<u8>> {
        match self {
            Self::Csv(out) => Ok(out),
            Self::Xlsx { mut book, .. } => book.save_to_buffer().map_err(unwritten),
        }
    }
}
fn unwritten(error: XlsxError) -> Error {
    Error::internal("internal").because(error)
}
/// Columns are text, so that a spreadsheet keeps what is typed into them as it is.
fn begun(header: &[String]) -> std::result::Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    let text = Style::new().set_num_format("@");
    for (column, _) in (0u16..).zip(header) {
        sheet.set_column_format(column, &text)?;
        sheet.set_column_width(column, 22)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(book)
}
/// A whole table of a few rows.
pub fn workbook(format: Format, header: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut sink = Sink::new(format, header)?;
    for row in rows {
        sink.row(row)?;
    }
    sink.finish()
}
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    if cell.contains(['"', ',', '\n', '\r', ';', '\t']) || formula {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
