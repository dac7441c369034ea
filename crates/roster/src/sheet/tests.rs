use super::*;
use std::io::Write as _;

fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|(_, row)| row.iter().map(Cell::text).collect()).collect()
}
fn code(bytes: &[u8]) -> &'static str {
    let error = read(bytes).unwrap_err();
    assert_eq!(error.field, Some("file"));
    error.code
}
const LINES: &str = "姓名,登录名,证件号码\r\n陈思齐,chensq,110101199003077774\r\n\r\n\"王,慧\",wanghui,\n";

#[test]
fn csv_is_read_in_the_encodings_that_spreadsheets_write() {
    let (gb, ..) = encoding_rs::GB18030.encode(LINES);
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(LINES.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend_from_slice(LINES.as_bytes());
    for bytes in [LINES.as_bytes(), &marked, &gb, &utf16, LINES.replace(',', "\t").as_bytes()] {
        let table = read(bytes).unwrap();
        assert_eq!(table.header, ["姓名", "登录名", "证件号码"]);
        assert_eq!(texts(&table)[0], ["陈思齐", "chensq", "110101199003077774"]);
        assert_eq!(texts(&table).len(), 2);
    }
    assert_eq!(read(LINES.as_bytes()).unwrap().rows[1].0, 4, "a row is known by its line");
}
#[test]
fn what_protects_numbers_is_taken_off() {
    let table = read("a,b,c,d\n='x',\"=\"\"0012\"\"\",'0012,\t0012 \n".as_bytes()).unwrap();
    assert_eq!(texts(&table)[0], ["='x'", "0012", "0012", "0012"]);
}
#[test]
fn what_is_no_table_is_refused() {
    assert_eq!(code(b""), "roster.file_empty");
    assert_eq!(code(b"\n \n"), "roster.file_empty");
    assert_eq!(code(&[0xD0, 0xCF, 0x11, 0xE0, 1]), "roster.file_old");
    assert_eq!(code(b"PK\x03\x04 cut off"), "roster.file_broken");
    assert_eq!(code(b"a,b\0c"), "roster.file_unknown");
    assert_eq!(code(&[b'a', 0xFF, 0xFF, b'\n']), "roster.file_encoding");
    let wide = vec!["x"; MOST_COLUMNS + 1].join(",");
    assert_eq!(code(format!("{wide}\n").as_bytes()), "roster.file_columns");
    assert_eq!(code(format!("a\n{}\n", "x".repeat(MOST_CELL + 1)).as_bytes()), "roster.file_cell");
    let long = "a\n".repeat(MOST_ROWS + 2);
    assert_eq!(code(long.as_bytes()), "roster.file_rows");
}
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}
#[test]
fn macros_bombs_and_other_archives_are_refused() {
    assert_eq!(code(&zipped(&[("word/document.xml", b"<x/>")])), "roster.file_unknown");
    let with_macro = zipped(&[("xl/workbook.xml", b"<x/>"), ("xl/vbaProject.bin", b"x")]);
    assert_eq!(code(&with_macro), "roster.file_macro");
    let zeros = vec![b' '; 8 << 20];
    let parts: Vec<(String, &[u8])> = (0..25).map(|n| (format!("xl/{n}.xml"), zeros.as_slice())).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(code(&zipped(&parts)), "roster.file_bomb");
    assert_eq!(code(&zipped(&[("xl/workbook.xml", b"<not a workbook")])), "roster.file_broken");
}
#[test]
fn a_workbook_keeps_texts_numbers_and_dates_apart() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    sheet.write_string(0, 1, "证件号码").unwrap();
    sheet.write_string(0, 2, "有效期至").unwrap();
    sheet.write_string(2, 0, "陈思齐").unwrap();
    sheet.write_number(2, 1, 110_101_199_003_077_774_f64).unwrap();
    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2027, 12, 31).unwrap();
    let style = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_datetime_with_format(2, 2, &date, &style).unwrap();
    let table = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(table.header, ["姓名", "证件号码", "有效期至"]);
    let (line, row) = &table.rows[0];
    assert_eq!(*line, 3);
    assert_eq!(row[0], Cell::Text("陈思齐".into()));
    assert!(matches!(row[1], Cell::Number(_)));
    assert_eq!(row[2], Cell::Date("2027-12-31".into()));
}
#[test]
fn a_lone_cell_far_away_costs_nothing() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "姓名").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    assert_eq!(code(&book.save_to_buffer().unwrap()), "roster.file_columns");
}
#[test]
fn what_goes_out_comes_back_and_holds_no_formula() {
    let header = vec!["姓名".to_owned(), "备注".to_owned()];
    let evil = ["=1+1", "+8613800138000", "-x", "@SUM(A1)", "＝1", "a,\"b\"\nc"];
    for format in [Format::Csv, Format::Xlsx] {
        let rows: Vec<Vec<String>> =
            evil.iter().map(|text| vec!["陈".to_owned(), (*text).to_owned()]).collect();
        let bytes = workbook(format, &header, &rows).unwrap();
        let table = read(&bytes).unwrap();
        let back: Vec<String> = table.rows.iter().map(|(_, row)| row[1].text()).collect();
        assert_eq!(back, evil);
        if format == Format::Csv {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.lines().all(|line| !line.contains(",=") && !line.contains(",\"=")), "{text}");
        }
    }
}
