//! CSV: UTF-8 with or without a mark, UTF-16 with one, else GB18030; comma, semicolon or tab.
use super::model::{Cell, Table};
use super::refused;
use kernel::Result;

pub(super) fn read(bytes: &[u8]) -> Result<Table> {
    // One kind of line end, also behind the last line: else the reader's count of lines is one behind.
    let text = decoded(bytes)?.replace("\r\n", "\n") + "\n";
    if text.contains('\0') {
        return Err(refused("roster.file_unknown"));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: char| first.matches(delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| (count(char::from(*d)), *d == b','));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let (mut table, mut record) = (Table::default(), csv::StringRecord::new());
    while reader.read_record(&mut record).map_err(|error| refused("roster.file_broken").because(error))? {
        let line = reader.position().line() - 1;
        let cells = record.iter().map(Cell::of_text).collect::<Result<Vec<Cell>>>()?;
        table.push(u32::try_from(line).unwrap_or(u32::MAX), cells)?;
    }
    Ok(table)
}
/// Error `roster.file_encoding` for bytes that are text in none of the encodings.
fn decoded(bytes: &[u8]) -> Result<String> {
    let encoding = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => encoding_rs::UTF_8,
        None => encoding_rs::GB18030,
    };
    let (text, _, broken) = encoding.decode(bytes);
    if broken { Err(refused("roster.file_encoding")) } else { Ok(text.into_owned()) }
}
