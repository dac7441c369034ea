//! How many guesses a new password takes from somebody who knows its holder: names in characters and in pinyin, numbers and
//! birth dates. Pure.
use pinyin::ToPinyin;
use std::collections::BTreeSet;

/// Longer passwords are strong enough by what is looked at.
const LOOKED_AT: usize = 64;
/// Words of this length and more are told to the estimate; shorter ones are in every password.
const LEAST_WORD: usize = 3;

/// What the estimate found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 4.
    pub score: u32,
    /// Much of it is known of the holder.
    pub personal: bool,
}

/// Everything that whoever knows `own` (names, login name, phone, document number, organization) tries first.
pub fn words(own: &[&str]) -> Vec<String> {
    let mut words = BTreeSet::new();
    for text in own.iter().map(|text| text.trim().to_lowercase()) {
        if text.is_empty() {
            continue;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if text.chars().any(|c| c.to_pinyin().is_some()) {
            words.extend(pinyin_of(&text));
        } else if digits.len() >= 6 && digits.len() + 3 >= text.chars().count() {
            words.extend(numbers(&text, &digits));
        } else {
            words.extend(text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
        words.insert(text);
    }
    words.into_iter().filter(|word| word.chars().count() >= LEAST_WORD).collect()
}
/// 林知远: linzhiyuan, zhiyuanlin, zhiyuan, zhi, yuan, lin, lzy, linzy, zhiyuanl, and the same of parts of longer names.
fn pinyin_of(text: &str) -> Vec<String> {
    let syllables: Vec<String> = text
        .chars()
        .filter_map(|c| match c.to_pinyin() {
            Some(reading) => Some(reading.plain().to_owned()),
            None => c.is_alphanumeric().then(|| c.to_string()),
        })
        .collect();
    let join = |part: &[String]| part.concat();
    let initials = |part: &[String]| part.iter().filter_map(|word| word.chars().next()).collect::<String>();
    let mut words = vec![join(&syllables), initials(&syllables)];
    // Surnames have one character, a few two.
    for at in 1..syllables.len().min(3) {
        let Some((family, given)) = syllables.split_at_checked(at) else { continue };
        words.push(join(given));
        words.push(join(family));
        words.push(format!("{}{}", join(given), join(family)));
        words.push(format!("{}{}", join(family), initials(given)));
        words.push(format!("{}{}", initials(given), join(family)));
        words.push(format!("{}{}", initials(given), initials(family)));
    }
    words.extend(syllables);
    words
}
/// A phone or a document: the whole, its ends, and the birth date that an 18-digit number holds.
fn numbers(text: &str, digits: &str) -> Vec<String> {
    let last = |n: usize, of: &str| of.len().checked_sub(n).and_then(|at| of.get(at..)).map(str::to_owned);
    let mut words = vec![digits.to_owned()];
    for n in [4, 6, 8, 11] {
        words.extend(last(n, digits));
        words.extend(last(n, text));
    }
    let birth = if text.chars().count() == 18 { digits.get(6..14) } else { None };
    if let Some(birth) = birth {
        for (from, to) in [(0, 8), (0, 4), (2, 8), (4, 8), (0, 6)] {
            words.extend(birth.get(from..to).map(str::to_owned));
        }
    }
    words
}

/// Of a password for somebody of whom `words` are known.
pub fn of(password: &str, words: &[String]) -> Strength {
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(&looked_at, &known);
    let score = u32::from(u8::from(estimate.score()));
    let (told, all) = (told(&looked_at, words), looked_at.chars().count());
    // Many known words in a row look like a long phrase to the estimate; to whoever knows the holder they are none.
    let score = if 4 * told >= 3 * all { score.min(1) } else { score };
    Strength { score, personal: 2 * told >= all }
}
/// How many characters of the password are words that are known of the holder, longest first.
fn told(password: &str, words: &[String]) -> usize {
    let mut rest = password.to_lowercase();
    let whole = rest.chars().count();
    let mut words: Vec<&String> = words.iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    for word in words {
        rest = rest.replace(word.as_str(), "");
    }
    whole.saturating_sub(rest.chars().count())
}
/// Capital letters, small letters, digits and everything else: how many of the four there are.
pub fn classes(password: &str) -> u32 {
    let kinds: [fn(char) -> bool; 4] = [char::is_uppercase, char::is_lowercase, char::is_numeric, |c| {
        !c.is_uppercase() && !c.is_lowercase() && !c.is_numeric()
    }];
    let count = kinds.iter().filter(|kind| password.chars().any(**kind)).count();
    u32::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 5] = ["林知远", "linzy", "13800138000", "11010519491231002X", "华东期货有限公司"];

    #[test]
    fn names_become_pinyin_and_numbers_their_parts() {
        let words = words(&OWN);
        for word in [
            "linzhiyuan",
            "zhiyuanlin",
            "zhiyuan",
            "yuan",
            "lzy",
            "linzy",
            "13800138000",
            "8000",
            "138000",
            "11010519491231002x",
            "002x",
            "19491231",
            "491231",
            "1231",
            "1949",
            "huadongqihuo",
            "hdqhyxgs",
        ] {
            let found =
                words.iter().any(|known| known == word || (word.len() > 8 && known.starts_with(word)));
            assert!(found, "{word} is not among {words:?}");
        }
        assert!(words.iter().all(|word| word.chars().count() >= LEAST_WORD));
    }
    #[test]
    fn what_is_known_of_the_holder_makes_a_password_weak() {
        let known = words(&OWN);
        for weak in ["linzhiyuan1949", "zhiyuan8000", "Lzy19491231", "13800138000a", "yuanzhi1231lin"] {
            let with = of(weak, &known);
            assert!(with.score < 2, "{weak}: {with:?}");
            assert!(with.personal, "{weak}");
        }
        // The same words say nothing about somebody else.
        assert!(of("linzhiyuan1949", &[]).score > of("linzhiyuan1949", &known).score);
        for strong in ["correct horse 9", "两半相合方可通行", "Bamboo-lantern-7291", "kq7vhw2ntp4x"] {
            let found = of(strong, &known);
            assert!(found.score >= 2 && !found.personal, "{strong}: {found:?}");
        }
        for weak in ["aaaaaaaaaa", "abcdefgh", "qwertyuiop", "password1", "20261121"] {
            assert!(of(weak, &[]).score < 2, "{weak}");
        }
    }
    #[test]
    fn a_long_password_costs_a_bounded_estimate() {
        let began = std::time::Instant::now();
        assert!(of(&"x1!k".repeat(64), &words(&OWN)).score <= 4);
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    }
    #[test]
    fn classes_are_counted() {
        assert_eq!(classes("abc"), 1);
        assert_eq!(classes("abcD"), 2);
        assert_eq!(classes("abcD9"), 3);
        assert_eq!(classes("aD9!"), 4);
        assert_eq!(classes("两半"), 1);
    }
}
