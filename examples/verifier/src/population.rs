//! People who do not exist: drawn from a seed, so that whoever knows the seed knows them all.
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// GB 11643-1999, with its check character.
    pub number: String,
    /// E.164.
    pub mobile: String,
    pub bank_card: String,
    /// Born 2020: too young for most platforms.
    pub child: bool,
}

const SURNAMES: [&str; 12] = ["林", "苏", "顾", "温", "江", "陆", "周", "程", "沈", "叶", "许", "何"];
const FIRST: [&str; 12] = ["知", "予", "景", "如", "明", "文", "思", "清", "以", "若", "望", "书"];
const SECOND: [&str; 12] = ["远", "桐", "行", "初", "哲", "笙", "齐", "和", "安", "宁", "舒", "言"];

/// The person of that place in the population of that seed. Every hundredth is a child.
pub fn person(seed: u64, place: u64) -> Person {
    let draw = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(place.to_be_bytes()).finalize();
    let mut bytes = draw.into_iter().map(u32::from);
    let mut below = |bound: u32| (bytes.next().unwrap_or(0) * 256 + bytes.next().unwrap_or(0)) % bound;
    let mut pick = |from: &[&'static str; 12]| from.get(below(12) as usize).copied().unwrap_or("某");
    let name = format!("{}{}{}", pick(&SURNAMES), pick(&FIRST), pick(&SECOND));
    let child = place % 100 == 99;
    let year = if child { 2020 } else { 1950 + below(50) };
    // Sequence numbers 900 and above are given to nobody living: these people cannot be mistaken for real ones.
    let head = format!("110105{year}{:02}{:02}{:03}", 1 + below(12), 1 + below(28), 900 + place % 100);
    let number = format!("{head}{}", check_character(&head));
    let mobile = format!("+86199{:08}", (place * 7919 + u64::from(below(10_000))) % 100_000_000);
    let card = format!("621700{:09}", place % 1_000_000_000);
    let bank_card = format!("{card}{}", luhn_digit(&card));
    Person { name, number, mobile, bank_card, child }
}

/// ISO 7064 MOD 11-2.
fn check_character(head: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = head.chars().filter_map(|c| c.to_digit(10)).zip(WEIGHTS).map(|(d, w)| d * w).sum();
    "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('0')
}
/// ISO/IEC 7812-1.
fn luhn_digit(head: &str) -> u32 {
    let doubled = |d: u32| if d > 4 { d * 2 - 9 } else { d * 2 };
    let digits = head.chars().rev().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits.enumerate().map(|(i, d)| if i % 2 == 0 { doubled(d) } else { d }).sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn people_are_the_same_each_time_and_their_numbers_keep_the_rules() {
        assert_eq!(person(7, 3), person(7, 3));
        assert_ne!(person(7, 3).number, person(8, 3).number);
        assert!(person(7, 99).child && !person(7, 98).child);
        assert_eq!(check_character("44052418800101001"), '4');
        assert_eq!(check_character("11010519491231002"), 'X');
        assert_eq!(luhn_digit("411111111111111"), 1);
        for place in 0..200 {
            assert_eq!(person(1, place).number.len(), 18);
        }
    }
}
