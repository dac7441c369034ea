use super::refused;
use kernel::{Error, Result};

/// Bytes of a file.
pub const MOST_BYTES: usize = 7 * 1024 * 1024;
pub const MOST_ROWS: usize = 100_000;
pub const MOST_COLUMNS: usize = 30;
/// Characters of a cell.
pub const MOST_CELL: usize = 500;

/// A cell as the file says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    /// Spreadsheets keep fifteen digits of it.
    Number(f64),
    /// `YYYY-MM-DD`.
    Date(String),
}
impl Cell {
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
    /// As people would have typed it.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Date(text) => text.clone(),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                format!("{number:.0}")
            }
            Self::Number(number) => number.to_string(),
        }
    }
    /// Text without what protects numbers from spreadsheets: a leading apostrophe, `="…"`, a tab.
    pub(super) fn of_text(text: &str) -> Result<Self> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let text = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let text = text.strip_prefix('\'').unwrap_or(text).trim();
        if text.chars().count() > MOST_CELL {
            return Err(Error::invalid("roster.file_cell").at("file").arg("most", MOST_CELL.to_string()));
        }
        Ok(if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) })
    }
}

/// A header and the rows below it. Every row remembers its number in the file, where the header's is 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<(u32, Vec<Cell>)>,
}
impl Table {
    /// The first row that is not empty is the header.
    pub(super) fn push(&mut self, number: u32, mut cells: Vec<Cell>) -> Result<()> {
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > MOST_COLUMNS {
            return Err(Error::invalid("roster.file_columns")
                .at("file")
                .arg("most", MOST_COLUMNS.to_string()));
        }
        if self.header.is_empty() {
            self.header = cells.iter().map(Cell::text).collect();
            return Ok(());
        }
        if self.rows.len() == MOST_ROWS {
            return Err(refused("roster.file_rows").arg("most", MOST_ROWS.to_string()));
        }
        self.rows.push((number, cells));
        Ok(())
    }
}
