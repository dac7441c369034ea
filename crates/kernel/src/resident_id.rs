//! Resident identity numbers 公民身份号码, GB 11643-1999, and the residence permits of the same form.
use crate::Error;
use crate::text::normalize;

/// 18 characters with upper-case `X`, check character proven.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId(String);

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
const REGIONS: [std::ops::RangeInclusive<u32>; 9] =
    [11..=15, 21..=23, 31..=37, 41..=46, 50..=54, 61..=65, 71..=71, 81..=83, 91..=91];

impl ResidentId {
    /// Full-width digits, blanks and hyphens are forgiven. `today` is `YYYYMMDD`: births after it are refused.
    /// Error: `resident_id.invalid`.
    pub fn parse(text: &str, today: u32) -> Result<Self, Error> {
        let text: String =
            normalize(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>().to_uppercase();
        if is_valid(text.as_bytes(), today) {
            Ok(Self(text))
        } else {
            Err(Error::invalid("resident_id.invalid").at("resident_id"))
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// First and last character alone.
    pub fn masked(&self) -> String {
        crate::mask::document(&self.0)
    }
}
impl std::fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The check character of the first 17 digits; None if they are no digits.
pub fn check_character(first17: &[u8]) -> Option<u8> {
    if first17.len() != WEIGHTS.len() || !first17.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = first17.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
    CHECKS.get((sum % 11) as usize).copied()
}

fn is_valid(text: &[u8], today: u32) -> bool {
    let (Some(first17), 18) = (text.get(..17), text.len()) else { return false };
    if check_character(first17) != text.last().copied() {
        return false;
    }
    let number = |range: std::ops::Range<usize>| -> u32 {
        text.get(range).unwrap_or_default().iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
    };
    let (region, year, month, day) = (number(0..2), number(6..10), number(10..12), number(12..14));
    let real_date = jiff::civil::Date::new(year as i16, month as i8, day as i8).is_ok() && year >= 1800;
    // 91 would be the newer permanent residence cards, which have rules of their own.
    region != 91 && REGIONS.iter().any(|r| r.contains(&region)) && real_date && number(6..14) <= today
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_standards_specimen_and_its_errors() {
        assert!(ResidentId::parse("440524188001010014", 20261121).is_ok());
        assert_eq!(
            ResidentId::parse(" 11010519491231002x ", 20261121).unwrap().as_str(),
            "11010519491231002X"
        );
        for bad in [
            "",
            "440524188001010015",
            "44052418800101001",
            "990524188001010014",
            "44052418800230001X",
            "11010520991231002X",
        ] {
            assert!(ResidentId::parse(bad, 20261121).is_err(), "{bad}");
        }
    }
}
