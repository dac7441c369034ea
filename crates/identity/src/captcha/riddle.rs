//! Questions that can be read aloud and answered without seeing: many kinds, each worded in several ways, the same question
//! in both languages. What is asked follows from the question's MAC alone, so nothing is stored.
use kernel::{Rng, text::normalize};
use web::Lang;

/// Lists of words in the locale files; no word belongs to two.
const GROUPS: [&str; 5] = [
    "identity-riddle-animals",
    "identity-riddle-fruits",
    "identity-riddle-colors",
    "identity-riddle-vehicles",
    "identity-riddle-clothes",
];
/// What one of a list is called, in the same order.
const KINDS: [&str; 5] = [
    "identity-riddle-animal",
    "identity-riddle-fruit",
    "identity-riddle-color",
    "identity-riddle-vehicle",
    "identity-riddle-garment",
];
/// Words of each list.
pub(super) const WORDS: u32 = 10;
const WORDINGS: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Plus(u32, u32),
    Minus(u32, u32),
    /// The largest of three, or the smallest.
    Largest([u32; 3]),
    Smallest([u32; 3]),
    /// Which of these is an animal?
    Which {
        group: usize,
        among: Vec<Word>,
        right: usize,
    },
    /// Which of these is no animal?
    Other {
        group: usize,
        among: Vec<Word>,
        right: usize,
    },
    /// How many of these are animals?
    HowMany {
        group: usize,
        among: Vec<Word>,
        right: u32,
    },
    /// The second of these.
    Place {
        among: Vec<Word>,
        right: usize,
    },
    /// The first character of a word.
    First(Word),
    Last(Word),
    /// The day after a weekday, 0 is Monday.
    After(u32),
    Before(u32),
}
/// Group and place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word(usize, u32);
impl Word {
    fn text(self, lang: Lang) -> String {
        GROUPS.get(self.0).map_or_else(String::new, |group| nth(lang, group, self.1))
    }
}
fn nth(lang: Lang, list: &str, n: u32) -> String {
    lang.t(list).split_whitespace().nth(n as usize).unwrap_or_default().to_owned()
}
/// 0 to 40 in words.
pub(super) fn number_word(lang: Lang, n: u32) -> String {
    nth(lang, "identity-number-words", n)
}

/// A question and its wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Riddle {
    kind: Kind,
    wording: u32,
    /// Bits that choose between digits and words, number by number.
    digits: u32,
}
impl Riddle {
    pub fn drawn(rng: &Rng) -> Self {
        let kind = match rng.below(12) {
            0 => Kind::Plus(2 + rng.below(19), 2 + rng.below(19)),
            1 => {
                let (a, b) = (2 + rng.below(19), 2 + rng.below(19));
                Kind::Minus(a.max(b), a.min(b))
            }
            2 => Kind::Largest(three(rng)),
            3 => Kind::Smallest(three(rng)),
            4 | 5 => which(rng),
            6 => other(rng),
            7 => how_many(rng),
            8 => {
                let among = words(rng, 4, None);
                let right = rng.below(4) as usize;
                Kind::Place { among, right }
            }
            9 => Kind::First(word(rng)),
            10 => Kind::Last(word(rng)),
            _ if rng.below(2) == 0 => Kind::After(rng.below(7)),
            _ => Kind::Before(rng.below(7)),
        };
        Self { kind, wording: 1 + rng.below(WORDINGS), digits: rng.below(8) }
    }
    /// A number as digits or as a word.
    fn number(&self, lang: Lang, n: u32, place: u32) -> String {
        if self.digits >> place & 1 == 1 { n.to_string() } else { number_word(lang, n) }
    }
    pub fn words(&self, lang: Lang) -> String {
        let ask = |what: &str, args: &[(&str, &str)]| {
            lang.ta(&format!("identity-riddle-{what}-{}", self.wording), args)
        };
        let list = |among: &[Word]| {
            let separator = lang.t("identity-riddle-separator");
            among.iter().map(|word| word.text(lang)).collect::<Vec<_>>().join(&separator)
        };
        let kind = |group: usize| KINDS.get(group).map_or_else(String::new, |key| lang.t(key));
        let numbers = |all: &[u32; 3]| {
            let separator = lang.t("identity-riddle-separator");
            let words = all.iter().zip(0..).map(|(n, place)| self.number(lang, *n, place));
            words.collect::<Vec<_>>().join(&separator)
        };
        match &self.kind {
            Kind::Plus(a, b) => {
                ask("plus", &[("a", &self.number(lang, *a, 0)), ("b", &self.number(lang, *b, 1))])
            }
            Kind::Minus(a, b) => {
                ask("minus", &[("a", &self.number(lang, *a, 0)), ("b", &self.number(lang, *b, 1))])
            }
            Kind::Largest(all) => ask("largest", &[("list", &numbers(all))]),
            Kind::Smallest(all) => ask("smallest", &[("list", &numbers(all))]),
            Kind::Which { group, among, .. } => {
                ask("which", &[("list", &list(among)), ("kind", &kind(*group))])
            }
            Kind::Other { group, among, .. } => {
                ask("other", &[("list", &list(among)), ("kind", &kind(*group))])
            }
            Kind::HowMany { group, among, .. } => {
                ask("many", &[("list", &list(among)), ("kind", &kind(*group))])
            }
            Kind::Place { among, right } => {
                let place = nth(lang, "identity-riddle-places", u32::try_from(*right).unwrap_or(0));
                ask("place", &[("list", &list(among)), ("place", &place)])
            }
            Kind::First(word) => ask("first", &[("word", &word.text(lang))]),
            Kind::Last(word) => ask("last", &[("word", &word.text(lang))]),
            Kind::After(day) => ask("after", &[("day", &nth(lang, "identity-riddle-days", *day))]),
            Kind::Before(day) => ask("before", &[("day", &nth(lang, "identity-riddle-days", *day))]),
        }
    }
    /// Everything that is right, in one language.
    fn answers(&self, lang: Lang) -> Vec<String> {
        let number = |n: u32| vec![n.to_string(), number_word(lang, n)];
        let among = |list: &[Word], at: usize| list.get(at).map(|word| word.text(lang)).into_iter().collect();
        let letter = |c: Option<char>| c.map(String::from).into_iter().collect();
        match &self.kind {
            Kind::Plus(a, b) => number(a + b),
            Kind::Minus(a, b) => number(a - b),
            Kind::Largest(all) => number(all.iter().copied().max().unwrap_or(0)),
            Kind::Smallest(all) => number(all.iter().copied().min().unwrap_or(0)),
            Kind::Which { among: list, right, .. }
            | Kind::Other { among: list, right, .. }
            | Kind::Place { among: list, right } => among(list, *right),
            Kind::HowMany { right, .. } => number(*right),
            Kind::First(word) => letter(word.text(lang).chars().next()),
            Kind::Last(word) => letter(word.text(lang).chars().last()),
            Kind::After(day) => days(lang, (day + 1) % 7),
            Kind::Before(day) => days(lang, (day + 6) % 7),
        }
    }
    /// In either language, however it is spelled.
    pub fn is_answer(&self, typed: &str) -> bool {
        let typed = plain(typed);
        !typed.is_empty()
            && Lang::ALL.iter().any(|lang| self.answers(*lang).iter().any(|answer| plain(answer) == typed))
    }
    /// For tests and programs that answer on purpose.
    pub fn answer(&self, lang: Lang) -> String {
        self.answers(lang).pop().unwrap_or_default()
    }
}
/// 星期三, 周三.
fn days(lang: Lang, day: u32) -> Vec<String> {
    ["identity-riddle-days", "identity-riddle-days-short"].map(|list| nth(lang, list, day)).to_vec()
}
/// Letters and digits alone, in lower case, without an article.
fn plain(text: &str) -> String {
    let text = normalize(text).to_lowercase();
    let text = ["the ", "a ", "an "].iter().find_map(|article| text.strip_prefix(article)).unwrap_or(&text);
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn three(rng: &Rng) -> [u32; 3] {
    let first = rng.below(38);
    let second = (first + 1 + rng.below(12)) % 41;
    let mut third = (first + 14 + rng.below(12)) % 41;
    while third == first || third == second {
        third = (third + 1) % 41;
    }
    [first, second, third]
}
fn word(rng: &Rng) -> Word {
    Word(rng.below(GROUPS.len() as u32) as usize, rng.below(WORDS))
}
/// Different words; none of `without`.
fn words(rng: &Rng, count: usize, without: Option<usize>) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::with_capacity(count);
    while found.len() < count {
        let word = word(rng);
        if Some(word.0) != without && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}
fn group(rng: &Rng) -> usize {
    rng.below(GROUPS.len() as u32) as usize
}
fn which(rng: &Rng) -> Kind {
    let group = group(rng);
    let mut among = words(rng, 3, Some(group));
    let right = rng.below(4) as usize;
    among.insert(right, Word(group, rng.below(WORDS)));
    Kind::Which { group, among, right }
}
fn other(rng: &Rng) -> Kind {
    let group = group(rng);
    let first = rng.below(WORDS);
    let mut among: Vec<Word> = (0..3).map(|n| Word(group, (first + 1 + n * 3) % WORDS)).collect();
    let right = rng.below(4) as usize;
    among.extend(words(rng, 1, Some(group)));
    let last = among.len().saturating_sub(1);
    among.swap(right, last);
    Kind::Other { group, among, right }
}
fn how_many(rng: &Rng) -> Kind {
    let group = group(rng);
    let right = 1 + rng.below(3);
    let first = rng.below(WORDS);
    let mut among: Vec<Word> = (0..right).map(|n| Word(group, (first + n * 3) % WORDS)).collect();
    for word in words(rng, 5 - right as usize, Some(group)) {
        among.insert(rng.below(among.len() as u32 + 1) as usize, word);
    }
    Kind::HowMany { group, among, right }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn riddles() -> impl Iterator<Item = Riddle> {
        (0..3000).map(|seed| Riddle::drawn(&Rng::seeded(seed)))
    }
    #[test]
    fn every_list_has_its_words_in_both_languages_and_none_twice() {
        for lang in Lang::ALL {
            let mut seen = BTreeSet::new();
            for group in GROUPS {
                assert_eq!(lang.t(group).split_whitespace().count(), WORDS as usize, "{group}");
                for word in lang.t(group).split_whitespace() {
                    assert!(seen.insert(word.to_owned()), "{word} is in two lists");
                }
            }
            assert_eq!(lang.t("identity-number-words").split_whitespace().count(), 41);
            assert_eq!(lang.t("identity-riddle-places").split_whitespace().count(), 4);
            for list in ["identity-riddle-days", "identity-riddle-days-short"] {
                assert_eq!(lang.t(list).split_whitespace().count(), 7, "{list}");
            }
        }
    }
    #[test]
    fn every_question_is_worded_and_its_answer_right_in_both_languages() {
        for riddle in riddles() {
            for lang in Lang::ALL {
                let words = riddle.words(lang);
                assert!(!words.contains("identity-riddle") && words.chars().count() > 6, "{words}");
                for answer in riddle.answers(lang) {
                    assert!(!answer.is_empty(), "{words}");
                    assert!(riddle.is_answer(&format!(" {} ", answer.to_uppercase())), "{words}: {answer}");
                }
                assert!(!riddle.is_answer("") && !riddle.is_answer("?") && !riddle.is_answer("99"));
            }
        }
        let number = Riddle { kind: Kind::Plus(20, 1), wording: 1, digits: 0 };
        for typed in ["21", "２１", "twenty-one", "Twenty one", "二十一"] {
            assert!(number.is_answer(typed), "{typed}");
        }
        let word = Riddle { kind: Kind::Place { among: vec![Word(0, 0)], right: 0 }, wording: 1, digits: 0 };
        assert!(word.is_answer("The cat") && word.is_answer("猫") && !word.is_answer("dog"));
    }
    #[test]
    fn no_answer_fits_many_questions() {
        // Whoever always says the same is right at most now and then.
        let all: Vec<Riddle> = riddles().collect();
        for guess in ["1", "2", "3", "7", "20", "cat", "red", "c", "s", "Monday", "one"] {
            let right = all.iter().filter(|riddle| riddle.is_answer(guess)).count();
            assert!(right * 20 < all.len(), "{guess} fits {right} of {}", all.len());
        }
        let asked: BTreeSet<String> = all.iter().map(|riddle| riddle.words(Lang::En)).collect();
        assert!(asked.len() > 2000, "{} of 3000 are different", asked.len());
    }
    #[test]
    fn the_odd_one_and_the_counted_ones_are_what_they_are_said_to_be() {
        for riddle in riddles() {
            match riddle.kind {
                Kind::Which { group, ref among, right } => {
                    assert_eq!(among.iter().filter(|word| word.0 == group).count(), 1);
                    assert_eq!(among.get(right).unwrap().0, group);
                }
                Kind::Other { group, ref among, right } => {
                    assert_eq!(among.iter().filter(|word| word.0 != group).count(), 1);
                    assert_ne!(among.get(right).unwrap().0, group);
                }
                Kind::HowMany { group, ref among, right } => {
                    assert_eq!(among.iter().filter(|word| word.0 == group).count() as u32, right);
                }
                Kind::Largest(all) | Kind::Smallest(all) => {
                    assert_eq!(BTreeSet::from(all).len(), 3, "one is the largest");
                }
                _ => {}
            }
        }
    }
}
