//! A text as short messages: the default alphabet (GSM 03.38) if every letter is in it, else UCS-2; in parts with a header
//! if it does not fit into one.

pub struct Part {
    pub data_coding: u8,
    pub with_header: bool,
    pub octets: Vec<u8>,
}

const GSM: u8 = 0;
const UCS2: u8 = 8;
const MOST_PARTS: usize = 10;
/// `@` is zero; a blank stands for what has no place in the basic table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: [(char, u8); 9] = [
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

/// None if it is longer than ten messages. `reference` tells this text's parts from another's.
pub fn parts(text: &str, reference: i64) -> Option<Vec<Part>> {
    let (data_coding, letters, whole, each) = match text.chars().map(gsm).collect::<Option<Vec<_>>>() {
        Some(letters) => (GSM, letters, 160, 153),
        None => (UCS2, text.chars().map(ucs2).collect(), 140, 134),
    };
    let single: usize = letters.iter().map(Vec::len).sum();
    if single <= whole {
        return Some(vec![Part { data_coding, with_header: false, octets: letters.concat() }]);
    }
    let mut chunks: Vec<Vec<u8>> = vec![Vec::new()];
    // A letter is never split between two messages.
    for letter in letters {
        match chunks.last_mut() {
            Some(chunk) if chunk.len() + letter.len() <= each => chunk.extend(letter),
            _ => chunks.push(letter),
        }
    }
    let count = u8::try_from(chunks.len()).ok().filter(|count| usize::from(*count) <= MOST_PARTS)?;
    let reference = reference.to_be_bytes().last().copied().unwrap_or_default();
    let with_header = |(number, chunk): (u8, Vec<u8>)| Part {
        data_coding,
        with_header: true,
        octets: [vec![5, 0, 3, reference, count, number], chunk].concat(),
    };
    Some((1..).zip(chunks).map(with_header).collect())
}
fn gsm(letter: char) -> Option<Vec<u8>> {
    if letter == '\u{1b}' {
        return None;
    }
    if let Some(place) = BASIC.chars().position(|c| c == letter) {
        return Some(vec![u8::try_from(place).ok()?]);
    }
    EXTENDED.iter().find(|(c, _)| *c == letter).map(|(_, code)| vec![0x1B, *code])
}
fn ucs2(letter: char) -> Vec<u8> {
    let mut units = [0; 2];
    letter.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()).collect()
}
