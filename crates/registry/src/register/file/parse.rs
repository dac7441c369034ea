//! The columns of a file. One line is one organization, or one more entry at a department of an organization named before.
use crate::{register::model::Record, registration};
use kernel::{Error, Result, Uscc, clock::Zone};
use organization::organization::RegistryState;
use std::collections::{BTreeMap, HashMap};

const MOST_ROWS: usize = 100_000;

/// Names of columns, either way of writing them.
const COLUMNS: [(&str, &str); 10] = [
    ("uscc", "统一社会信用代码"),
    ("name", "名称"),
    ("head_name", "负责人"),
    ("address", "地址"),
    ("state", "登记状态"),
    ("department", "部门"),
    ("kind", "种类"),
    ("number", "编号"),
    ("valid_from", "有效期起"),
    ("valid_until", "有效期至"),
];

/// Every organization of the file by its code. Errors at `document`: `registry.file_empty`, `registry.file_encoding`,
/// `registry.file_column`, `registry.file_row` with the number of the line, `registry.file_long`.
pub(super) fn records(bytes: &[u8], zone: &Zone) -> Result<BTreeMap<String, Record>> {
    let text = decoded(bytes)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let fault = |code| Error::invalid(code).at("document");
    let places = columns(reader.headers().map_err(|_| fault("registry.file_column"))?)?;
    let mut found: BTreeMap<String, Record> = BTreeMap::new();
    for (index, line) in reader.records().enumerate() {
        let number = (index + 2).to_string();
        let bad =
            |what: &'static str| fault("registry.file_row").arg("line", number.clone()).arg("what", what);
        let line = line.map_err(|_| bad("row"))?;
        let cell = |name: &str| places.get(name).and_then(|place| line.get(*place)).unwrap_or("").trim();
        if line.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let uscc = Uscc::parse(cell("uscc")).map_err(|_| bad("uscc"))?.as_str().to_owned();
        let entry = registration::Typed {
            department: cell("department").to_owned(),
            kind: cell("kind").to_owned(),
            number: cell("number").to_owned(),
            valid_from: cell("valid_from").to_owned(),
            valid_until: cell("valid_until").to_owned(),
        };
        let there = found.entry(uscc.clone()).or_insert_with(|| Record {
            uscc: uscc.clone(),
            name: cell("name").to_owned(),
            head_name: Some(cell("head_name").to_owned()).filter(|text| !text.is_empty()),
            head_document: None,
            address: Some(cell("address").to_owned()).filter(|text| !text.is_empty()),
            state: RegistryState::Unknown,
            registrations: Vec::new(),
        });
        if !cell("state").is_empty() {
            there.state = state(cell("state")).ok_or_else(|| bad("state"))?;
        } else if there.state == RegistryState::Unknown {
            there.state = RegistryState::Live;
        }
        if !cell("name").is_empty() && cell("name") != there.name {
            return Err(bad("name"));
        }
        if entry != registration::Typed::default() {
            entry.parse(zone).map_err(|_| bad("registration"))?;
            there.registrations.push(entry);
        }
        there.clone().checked(&uscc, zone).map_err(|_| bad("row"))?;
        if index >= MOST_ROWS {
            return Err(fault("registry.file_long").arg("most", MOST_ROWS.to_string()));
        }
    }
    if found.is_empty() { Err(fault("registry.file_empty")) } else { Ok(found) }
}
/// UTF-8, with or without its mark, else GB18030; bytes that are neither are refused rather than guessed at.
fn decoded(bytes: &[u8]) -> Result<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned),
    };
    decoded
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| Error::invalid("registry.file_encoding").at("document"))
}
fn columns(header: &csv::StringRecord) -> Result<HashMap<&'static str, usize>> {
    let mut places = HashMap::new();
    for (place, title) in header.iter().enumerate() {
        let title = title.trim();
        let known = COLUMNS.iter().find(|(name, zh)| title.eq_ignore_ascii_case(name) || title == *zh);
        if let Some((name, _)) = known {
            places.insert(*name, place);
        }
    }
    for wanted in ["uscc", "name"] {
        if !places.contains_key(wanted) {
            return Err(Error::invalid("registry.file_column").at("document"));
        }
    }
    Ok(places)
}
fn state(text: &str) -> Option<RegistryState> {
    Some(match text {
        "存续" | "在业" | "开业" | "live" => RegistryState::Live,
        "经营异常" | "abnormal" => RegistryState::Abnormal,
        "吊销" | "已吊销" | "revoked" => RegistryState::Revoked,
        "注销" | "已注销" | "cancelled" => RegistryState::Cancelled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "91990000MA0X7Q4H2";
    fn code() -> String {
        let check = kernel::uscc::check_character(CODE.as_bytes()).unwrap();
        format!("{CODE}{}", char::from(check))
    }
    fn file(rows: &str) -> String {
        format!("统一社会信用代码,名称,负责人,地址,登记状态,部门,种类,编号,有效期起,有效期至\n{rows}")
    }

    #[test]
    fn m27_a_file_is_read_in_utf8_and_gb18030() {
        let text = file(&format!(
            "{0},澄江证券股份有限公司,林知远,上海市,存续,海关,报关备案,3501,2026-01-01,2030-12-31\n{0},,,,,商务厅,经营者备案,77,,\n",
            code()
        ));
        let (gb, _, _) = encoding_rs::GB18030.encode(&text);
        let marked = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &marked, &gb] {
            let records = records(bytes, &Zone::default()).unwrap();
            let record = &records[&code()];
            assert_eq!(record.name, "澄江证券股份有限公司");
            assert_eq!((record.state, record.registrations.len()), (RegistryState::Live, 2));
        }
    }
    #[test]
    fn m27_a_bad_line_is_named_and_nothing_of_the_file_counts() {
        let fault = |text: &str| {
            let error = records(text.as_bytes(), &Zone::default()).unwrap_err();
            let what = |name| error.args.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
            (error.code, what("line"), what("what"))
        };
        let named =
            |line: &str, what: &str| ("registry.file_row", Some(line.to_owned()), Some(what.to_owned()));
        let good = format!("{},甲,,,存续,,,,,\n", code());
        assert_eq!(fault(&file(&format!("{good}123,乙,,,存续,,,,,\n"))), named("3", "uscc"));
        assert_eq!(fault(&file(&format!("{},甲,,,迁出,,,,,\n", code()))), named("2", "state"));
        assert_eq!(fault(&file(&format!("{good}{},乙,,,存续,,,,,\n", code()))), named("3", "name"));
        assert_eq!(fault(&file(&format!("{},甲,,,存续,海关,,3501,,\n", code()))), named("2", "registration"));
        assert_eq!(fault(&file("")).0, "registry.file_empty");
        assert_eq!(fault("a,b\n1,2\n").0, "registry.file_column");
        let bad = [b"uscc,name\n".as_slice(), b"\xFF\xFF\xFF"].concat();
        assert_eq!(records(&bad, &Zone::default()).unwrap_err().code, "registry.file_encoding");
    }
}
