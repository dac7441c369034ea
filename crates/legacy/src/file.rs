//! The file: CSV with a header in Chinese or English, UTF-8 or GB18030. Every line is read or told what to mend; nothing is
//! guessed.
use crate::model::{Fault, Line};
use identity::{account, former::FormerHash};
use kernel::{Error, Mobile, ResidentId, Result, Timestamp, Uscc, text};

/// Lines of one file.
pub const MOST_LINES: usize = 100_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    LoginName,
    Scheme,
    Hash,
    Salt,
    Rounds,
    Organization,
    Code,
    Holder,
    Document,
    Phone,
    Role,
}
const COLUMNS: [(Column, &str, &str); 11] = [
    (Column::LoginName, "login_name", "登录名"),
    (Column::Scheme, "scheme", "密码算法"),
    (Column::Hash, "hash", "密码散列"),
    (Column::Salt, "salt", "盐"),
    (Column::Rounds, "rounds", "迭代次数"),
    (Column::Organization, "organization", "企业名称"),
    (Column::Code, "code", "统一社会信用代码"),
    (Column::Holder, "holder", "姓名"),
    (Column::Document, "document", "证件号码"),
    (Column::Phone, "phone", "手机号"),
    (Column::Role, "role", "角色"),
];
const NEEDED: [Column; 4] = [Column::LoginName, Column::Scheme, Column::Hash, Column::Organization];

/// The first line of a template.
pub fn header(english: bool) -> String {
    COLUMNS.iter().map(|(_, en, zh)| if english { *en } else { *zh }).collect::<Vec<_>>().join(",")
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Read {
    /// With the number of the line, the header being 1.
    pub lines: Vec<(i64, Line)>,
    pub faults: Vec<Fault>,
}

/// UTF-8, with or without its mark, or GB18030.
pub fn decoded(bytes: &[u8]) -> Result<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
    if broken {
        return Err(Error::invalid("legacy.encoding").at("file"));
    }
    Ok(text.into_owned())
}

/// Errors at `file`: `legacy.encoding`, `legacy.header` (with the missing columns), `legacy.empty`, `legacy.too_long`.
pub fn read(bytes: &[u8], now: Timestamp) -> Result<Read> {
    let text = decoded(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| Error::invalid("legacy.empty").at("file").because(e))?.clone();
    let place = |column: Column| {
        let (_, en, zh) = COLUMNS.iter().find(|(c, _, _)| *c == column)?;
        header.iter().position(|name| {
            let name = name.trim();
            name.eq_ignore_ascii_case(en) || name == *zh
        })
    };
    let missing: Vec<&str> = COLUMNS
        .iter()
        .filter(|(column, _, _)| NEEDED.contains(column) && place(*column).is_none())
        .map(|(_, _, zh)| *zh)
        .collect();
    if !missing.is_empty() {
        return Err(Error::invalid("legacy.header").at("file").arg("columns", missing.join("、")));
    }
    let places = COLUMNS.map(|(column, _, _)| (column, place(column)));
    let mut out = Read::default();
    let mut names = std::collections::HashSet::new();
    for (at, record) in reader.records().enumerate() {
        let number = at as i64 + 2;
        if at >= MOST_LINES {
            return Err(Error::invalid("legacy.too_long").at("file").arg("most", MOST_LINES.to_string()));
        }
        let Ok(record) = record else {
            out.faults.push(Fault { line: number, login_name: String::new(), code: "legacy.line_broken" });
            continue;
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |column: Column| {
            let at = places.iter().find(|(c, _)| *c == column).and_then(|(_, at)| *at);
            at.and_then(|at| record.get(at)).unwrap_or_default()
        };
        let login_name: String = cell(Column::LoginName).trim().chars().take(64).collect();
        match line(&cell, now) {
            Ok(line) if names.insert(identity::former::folded(&line.login_name)) => {
                out.lines.push((number, line));
            }
            Ok(_) => out.faults.push(Fault { line: number, login_name, code: "legacy.login_twice" }),
            Err(error) => out.faults.push(Fault { line: number, login_name, code: error.code }),
        }
    }
    if out.lines.is_empty() && out.faults.is_empty() {
        return Err(Error::invalid("legacy.empty").at("file"));
    }
    Ok(out)
}
fn line<'a>(cell: &impl Fn(Column) -> &'a str, now: Timestamp) -> Result<Line> {
    let login_name = text::line("login_name", cell(Column::LoginName), 64)
        .map_err(|_| Error::invalid("legacy.login_name"))?;
    let hash =
        FormerHash::new(cell(Column::Scheme), cell(Column::Hash), cell(Column::Salt), cell(Column::Rounds))?;
    let organization = text::line("organization", cell(Column::Organization), 120)
        .map_err(|_| Error::invalid("legacy.organization"))?;
    let typed = |column| Some(cell(column).trim()).filter(|text| !text.is_empty());
    let code = typed(Column::Code).map(Uscc::parse).transpose().map_err(|_| Error::invalid("legacy.code"))?;
    let holder = typed(Column::Holder)
        .map(account::model::parse_name)
        .transpose()
        .map_err(|_| Error::invalid("legacy.holder"))?;
    let document = typed(Column::Document)
        .map(|text| ResidentId::parse(text, account::model::today(now)))
        .transpose()
        .map_err(|_| Error::invalid("legacy.document"))?;
    let phone =
        typed(Column::Phone).map(Mobile::parse).transpose().map_err(|_| Error::invalid("legacy.phone"))?;
    let role =
        text::optional_line("role", cell(Column::Role), 40).map_err(|_| Error::invalid("legacy.role"))?;
    if document.is_some() && holder.is_none() {
        return Err(Error::invalid("legacy.holder"));
    }
    Ok(Line { login_name, hash: hash.to_string(), organization, code, holder, document, phone, role })
}

#[cfg(test)]
mod tests {
    use super::*;
    const HASH: &str = "6a98270d113c52ad220aa08358b25b75";
    fn now() -> Timestamp {
        Timestamp::from_millis(1_795_000_000_000)
    }
    fn codes(text: &str) -> Vec<(i64, &'static str)> {
        read(text.as_bytes(), now()).unwrap().faults.iter().map(|fault| (fault.line, fault.code)).collect()
    }
    #[test]
    fn m42_both_headers_and_both_encodings_are_read() {
        let zh = format!(
            "登录名,密码算法,密码散列,盐,迭代次数,企业名称,统一社会信用代码,姓名,证件号码,手机号,角色\n\
             HQ01,md5-salt-last,{HASH},pepper,,青岛海桥进出口有限公司,,林致远,,13800138000,业务员\n"
        );
        let en = format!(
            "organization,login_name,hash,salt,scheme\n青岛海桥进出口有限公司,HQ01,{HASH},pepper,md5-salt-last\n"
        );
        let (gb, _, _) = encoding_rs::GB18030.encode(&zh);
        let marked = format!("\u{feff}{zh}");
        for bytes in [zh.as_bytes(), &gb, marked.as_bytes()] {
            let read = read(bytes, now()).unwrap();
            assert!(read.faults.is_empty(), "{:?}", read.faults);
            let (number, line) = &read.lines[0];
            assert_eq!((*number, line.organization.as_str()), (2, "青岛海桥进出口有限公司"));
            assert_eq!(line.holder.as_deref(), Some("林致远"));
            assert_eq!(line.phone.as_ref().map(Mobile::as_str), Some("+8613800138000"));
        }
        assert_eq!(read(en.as_bytes(), now()).unwrap().lines[0].1.login_name, "HQ01");
    }
    #[test]
    fn m42_every_line_that_cannot_be_taken_says_why() {
        let head = "login_name,scheme,hash,salt,organization,code,holder,document,phone\n";
        let good = format!("HQ01,md5-salt-last,{HASH},pepper,海桥,,林致远,,\n");
        let broken = [
            ("HQ02,crypt,x,,海桥,,,,", "former.scheme"),
            (&format!(",md5-salt-last,{HASH},p,海桥,,,,"), "legacy.login_name"),
            (&format!("HQ03,md5-salt-last,{HASH},p,,,,,"), "legacy.organization"),
            (&format!("HQ04,md5-salt-last,{HASH},p,海桥,91370100MA3C00000,,,"), "legacy.code"),
            (&format!("HQ05,md5-salt-last,{HASH},p,海桥,,林致远,110105194912310021,"), "legacy.document"),
            (&format!("HQ06,md5-salt-last,{HASH},p,海桥,,,,123"), "legacy.phone"),
            (&format!("hq01,md5-salt-last,{HASH},p,海桥,,,,"), "legacy.login_twice"),
        ];
        let text = format!("{head}{good}\n{}", broken.map(|(line, _)| line).join("\n"));
        let expected: Vec<(i64, &str)> =
            broken.iter().zip(4..).map(|((_, code), line)| (line, *code)).collect();
        let found = codes(&text);
        assert_eq!(
            found.iter().map(|(_, code)| *code).collect::<Vec<_>>(),
            expected.iter().map(|(_, code)| *code).collect::<Vec<_>>()
        );
    }
    #[test]
    fn what_is_no_such_file_is_refused_whole() {
        for (bytes, code) in [
            (&b""[..], "legacy.header"),
            (b"a,b,c\n1,2,3\n", "legacy.header"),
            (b"login_name,scheme,hash,organization\n", "legacy.empty"),
            (b"\xFF\xFE\x00\x01\xFF", "legacy.encoding"),
        ] {
            assert_eq!(read(bytes, now()).unwrap_err().code, code);
        }
    }
}
