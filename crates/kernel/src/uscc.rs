//! Unified social credit codes 统一社会信用代码, GB 32100-2015.
use crate::{Error, text::normalize};

/// 18 characters of the standard's alphabet, check character proven.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uscc(String);

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Uscc {
    /// Error: `uscc.invalid`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text: String =
            normalize(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>().to_uppercase();
        let bytes = text.as_bytes();
        let valid = bytes.len() == 18
            && bytes.get(2..8).is_some_and(|region| region.iter().all(u8::is_ascii_digit))
            && bytes.get(..17).and_then(check_character) == bytes.last().copied();
        if valid { Ok(Self(text)) } else { Err(Error::invalid("uscc.invalid").at("uscc")) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Weights 3^i mod 31; the value `(31 - sum mod 31) mod 31` indexes the alphabet.
pub fn check_character(first17: &[u8]) -> Option<u8> {
    if first17.len() != 17 {
        return None;
    }
    let (mut sum, mut weight) = (0usize, 1usize);
    for byte in first17 {
        sum += ALPHABET.iter().position(|c| c == byte)? * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.get((31 - sum % 31) % 31).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_alphabet_and_the_check_decide() {
        let mut code = b"91990000MA0X7Q4H2".to_vec();
        code.push(check_character(&code).unwrap());
        let code = String::from_utf8(code).unwrap();
        assert_eq!(Uscc::parse(&code.to_lowercase()).unwrap().as_str(), code);
        for bad in ["", "91990000MA0X7Q4H2", "91990000MA0X7Q4HIO", "9199000OMA0X7Q4H25"] {
            assert!(Uscc::parse(bad).is_err(), "{bad}");
        }
    }
}
