//! Mobile numbers: stored as E.164. Mainland, Hong Kong, Macau, Taiwan.
use crate::{Error, text::normalize};

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);
impl Mobile {
    /// Accepts blanks, hyphens, `+86`, `0086`, `86`. Error: `mobile.invalid`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text: String = normalize(text).chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(&text);
        let invalid = || Error::invalid("mobile.invalid").at("phone");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        let mainland =
            |n: &str| n.len() == 11 && n.starts_with('1') && matches!(n.as_bytes().get(1), Some(b'3'..=b'9'));
        let international = digits.len() != text.len();
        if !international && mainland(digits) {
            return Ok(Self(format!("+86{digits}")));
        }
        let known = digits.strip_prefix("86").is_some_and(mainland)
            || international
                && (digits.strip_prefix("852").is_some_and(|n| n.len() == 8)
                    || digits.strip_prefix("853").is_some_and(|n| n.len() == 8 && n.starts_with('6'))
                    || digits.strip_prefix("886").is_some_and(|n| n.len() == 9 && n.starts_with('9')));
        if known { Ok(Self(format!("+{digits}"))) } else { Err(invalid()) }
    }
    /// E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Mainland numbers without the prefix, as people write them.
    pub fn national(&self) -> &str {
        self.0.strip_prefix("+86").unwrap_or(&self.0)
    }
    pub fn masked(&self) -> String {
        crate::mask::mobile(self.national())
    }
}
impl std::fmt::Debug for Mobile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn forms_that_people_type() {
        for good in
            ["13800138000", "+86 138-0013-8000", "008613800138000", "8613800138000", "１３８００１３８０００"]
        {
            assert_eq!(Mobile::parse(good).unwrap().as_str(), "+8613800138000", "{good}");
        }
        assert_eq!(Mobile::parse("+852 5123 4567").unwrap().as_str(), "+85251234567");
        for bad in ["", "12800138000", "1380013800", "138001380000", "+1 202 555 0100", "abc"] {
            assert!(Mobile::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Mobile::parse("13800138000").unwrap().masked(), "138****8000");
    }
}
