//! Bounds and cleaning of what people type.
use crate::Error;
use unicode_normalization::UnicodeNormalization;

/// NFKC, trimmed, inner runs of blanks as one: for identifiers and look-ups.
pub fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.nfkc().collect::<String>().split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A line of free text of `1..=max` characters: NFC, trimmed, no control characters.
/// Errors: `field.required`, `field.too_long`, `field.control_character`, each at `field`.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, Error> {
    let text = optional_line(field, text, max)?;
    text.ok_or_else(|| Error::invalid("field.required").at(field))
}

/// As [`line`], with nothing typed as `None`.
pub fn optional_line(field: &'static str, text: &str, max: usize) -> Result<Option<String>, Error> {
    let text: String = text.trim().nfc().collect();
    check(field, &text, max, |c| c.is_control())?;
    Ok((!text.is_empty()).then_some(text))
}

/// Several lines: line feeds and tabs are welcome, other control characters are not.
pub fn paragraph(field: &'static str, text: &str, max: usize) -> Result<Option<String>, Error> {
    let text: String = text.trim().replace("\r\n", "\n").nfc().collect();
    check(field, &text, max, |c| c.is_control() && c != '\n' && c != '\t')?;
    Ok((!text.is_empty()).then_some(text))
}

fn check(field: &'static str, text: &str, max: usize, refused: impl Fn(char) -> bool) -> Result<(), Error> {
    if text.chars().count() > max {
        return Err(Error::invalid("field.too_long").at(field).arg("max", max.to_string()));
    }
    // U+2028 and bidirectional overrides would let one name pass for another on a page.
    if text.chars().any(|c| {
        refused(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    }) {
        return Err(Error::invalid("field.control_character").at(field));
    }
    Ok(())
}
