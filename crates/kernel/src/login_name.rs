//! Login names: 4 to 32 characters, begin with a letter, then letters, digits, `.`, `_`, `-`. Compared without case.
//! The first letter keeps them apart from mobile and document numbers.
use crate::Error;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginName(String);
impl LoginName {
    /// Errors: `login_name.shape`; `login_name.document` for what parses as a document number (`H12345678`, `E12345678`).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let shape = (4..=32).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if !shape {
            return Err(Error::invalid("login_name.shape").at("login_name"));
        }
        let document = text.len() >= 8
            && text.chars().skip(1).filter(char::is_ascii_digit).count() >= text.len() - 2
            && text.chars().all(|c| c.is_ascii_alphanumeric());
        if document {
            return Err(Error::invalid("login_name.document").at("login_name"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
    /// Folded to lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn names_and_numbers_stay_apart() {
        for good in ["chensq", "Li.Wei-2", "a_b1", "agent2026"] {
            assert!(LoginName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "abc",
            "1abcd",
            "13800138000",
            "H12345678",
            "E12345678",
            "EA1234567",
            "陈思齐abc",
            "a b c d",
            "x@example",
        ] {
            assert!(LoginName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(LoginName::parse("ChenSQ").unwrap().as_str(), "chensq");
    }
}
