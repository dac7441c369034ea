//! Terms of an account, and what a typed text asks for. Pure.
use crate::account::Identifier;
use db::Keyring;
use kernel::{Mobile, ResidentId, Timestamp};

/// The scope of the platform's own search.
pub const EVERYBODY: i64 = 0;

/// What was typed into a search field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing.
    Everybody,
    Phone(Mobile),
    Document(ResidentId),
    /// The last four of a phone or a document.
    Tail(String),
    /// Part of a name, its initials, or the beginning of a login name; in lower case.
    Text(String),
}
impl Wanted {
    pub fn parse(typed: &str, now: Timestamp) -> Self {
        let typed: String = kernel::text::normalize(typed).chars().take(60).collect();
        let compact: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if compact.is_empty() {
            return Self::Everybody;
        }
        match Identifier::parse(&compact, now) {
            Some(Identifier::Phone(phone)) => return Self::Phone(phone),
            Some(Identifier::Document(document)) => return Self::Document(document),
            _ => {}
        }
        let bytes = compact.as_bytes();
        let digits = bytes.iter().take(3).all(u8::is_ascii_digit);
        if bytes.len() == 4 && digits && bytes.last().is_some_and(|b| matches!(b, b'0'..=b'9' | b'x' | b'X'))
        {
            return Self::Tail(compact.to_uppercase());
        }
        Self::Text(typed.to_lowercase())
    }
    /// Terms that every match has, the rarest kind alone; empty if the text is too short to ask.
    pub fn terms(&self, keyring: &Keyring, scope: i64) -> Vec<i64> {
        match self {
            Self::Everybody => Vec::new(),
            Self::Phone(phone) => vec![tail(keyring, scope, phone.as_str())],
            Self::Document(document) => vec![tail(keyring, scope, document.as_str())],
            Self::Tail(digits) => vec![tail(keyring, scope, digits)],
            Self::Text(typed) => {
                let letters = letters(typed);
                if letters.len() < 2 {
                    return Vec::new();
                }
                let three = trigrams(keyring, scope, &letters);
                // Mixed scripts have bigrams alone where they meet.
                if three.is_empty() { keyring.grams(scope, typed) } else { three }
            }
        }
    }
    /// Whether one term says it all, so that nothing needs to be opened. (Numbers do: their term
    /// has the last four alone.)
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Text(typed) => {
                let plain = typed.chars().all(char::is_alphanumeric);
                let letters = letters(typed);
                plain && (letters.len() == 2 || letters.len() == 3 && letters.iter().all(char::is_ascii))
            }
            _ => false,
        }
    }
    /// Text that a login name could begin with.
    pub fn login_prefix(&self) -> Option<&str> {
        match self {
            Self::Text(typed) if typed.is_ascii() && typed.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                Some(typed)
            }
            _ => None,
        }
    }
    /// Whether an opened account is meant.
    pub fn fits(&self, name: &str, phone: Option<&str>, document: Option<&str>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Phone(wanted) => phone == Some(wanted.as_str()),
            Self::Document(wanted) => document == Some(wanted.as_str()),
            Self::Tail(wanted) => {
                [phone, document].into_iter().flatten().any(|number| number.ends_with(wanted.as_str()))
            }
            Self::Text(typed) => name_fits(name, typed),
        }
    }
}

/// Terms of an account within a scope, each once.
pub fn terms(
    keyring: &Keyring,
    scope: i64,
    name: &str,
    phone: Option<&str>,
    document: Option<&str>,
) -> Vec<i64> {
    terms_within(keyring, scope, &[name.to_owned(), initials(name)], [phone, document])
}
fn terms_within(keyring: &Keyring, scope: i64, texts: &[String], numbers: [Option<&str>; 2]) -> Vec<i64> {
    let mut terms = Vec::with_capacity(12);
    for text in texts {
        let letters = letters(text);
        terms.extend(keyring.grams_of(scope, &letters));
        terms.extend(trigrams(keyring, scope, &letters));
    }
    terms.extend(numbers.into_iter().flatten().map(|number| tail(keyring, scope, number)));
    terms.sort_unstable();
    terms.dedup();
    terms
}
/// Terms in every scope that the account is found in.
pub fn terms_of(
    keyring: &Keyring,
    owner: Option<i64>,
    name: &str,
    phone: Option<&str>,
    document: Option<&str>,
) -> Vec<(i64, i64)> {
    let texts = [name.to_owned(), initials(name)];
    let scopes = [Some(EVERYBODY), owner].into_iter().flatten();
    let within = |scope| terms_within(keyring, scope, &texts, [phone, document]);
    scopes.flat_map(|scope| within(scope).into_iter().map(move |term| (scope, term))).collect()
}

/// As `Keyring::grams` reads a text.
fn letters(text: &str) -> Vec<char> {
    kernel::text::normalize(text).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}
/// Latin letters alone: there are few of them, and bigrams would be shared by a tenth of all people.
fn trigrams(keyring: &Keyring, scope: i64, letters: &[char]) -> Vec<i64> {
    let latin = letters.windows(3).filter(|three| three.iter().all(char::is_ascii));
    latin.map(|three| term(keyring, "gram.3", scope, &three.iter().collect::<String>())).collect()
}
fn tail(keyring: &Keyring, scope: i64, number: &str) -> i64 {
    let digits: Vec<char> = number.chars().rev().take(4).collect();
    term(keyring, "tail.4", scope, &digits.into_iter().rev().collect::<String>())
}
fn term(keyring: &Keyring, kind: &'static str, scope: i64, text: &str) -> i64 {
    let bytes = keyring.blind(kind, &format!("{scope}|{text}"));
    bytes.first_chunk::<8>().map_or(0, |head| i64::from_be_bytes(*head))
}

/// Family names that are read otherwise than the same character elsewhere.
const FAMILY: [(char, char); 22] = [
    ('曾', 'z'),
    ('单', 's'),
    ('解', 'x'),
    ('仇', 'q'),
    ('区', 'o'),
    ('查', 'z'),
    ('朴', 'p'),
    ('尉', 'y'),
    ('覃', 'q'),
    ('盖', 'g'),
    ('缪', 'm'),
    ('翟', 'z'),
    ('乐', 'y'),
    ('折', 's'),
    ('秘', 'b'),
    ('冼', 'x'),
    ('种', 'c'),
    ('召', 's'),
    ('万', 'w'),
    ('任', 'r'),
    ('宁', 'n'),
    ('长', 'z'),
];
/// Pinyin initials: 陈思齐 is found by `csq`. Characters of other scripts stand for themselves.
pub fn initials(name: &str) -> String {
    use pinyin::ToPinyin;
    let mut out = String::with_capacity(name.len());
    for (place, c) in name.chars().enumerate() {
        let family = FAMILY.iter().find(|(written, _)| place == 0 && *written == c).map(|(_, read)| *read);
        let read = || c.to_pinyin().and_then(|reading| reading.plain().chars().next());
        match family.or_else(read) {
            Some(letter) => out.push(letter),
            None if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            None => {}
        }
    }
    out
}
/// Whether a name contains what was typed, by its characters or its initials. `typed` is in lower case.
pub fn name_fits(name: &str, typed: &str) -> bool {
    name.to_lowercase().contains(typed) || initials(name).contains(typed)
}
