//! The list, own words, and what counts as the same answer. Pure.
use db::Keyring;
use identity::credential::Password;
use kernel::{Error, Result, id::AccountId};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use web::Lang;

/// Three together: one by one they are too easy to find out.
pub const COUNT: usize = 3;
const LONGEST: usize = 60;
/// Names of the form's members; the errors stand at them.
pub const QUESTION_FIELDS: [&str; COUNT] = ["question_1", "question_2", "question_3"];
pub const OWN_FIELDS: [&str; COUNT] = ["own_1", "own_2", "own_3"];
pub const ANSWER_FIELDS: [&str; COUNT] = ["answer_1", "answer_2", "answer_3"];

db::text_enum!(
    /// Questions whose answers stay the same for life and stand in no public record.
    pub enum Listed {
        FirstTeacher = "first_teacher",
        DeskMate = "desk_mate",
        FirstFriend = "first_friend",
        ChildhoodNickname = "childhood_nickname",
        ChildhoodStreet = "childhood_street",
        GrandmotherHome = "grandmother_home",
        ParentsMet = "parents_met",
        FirstSuperior = "first_superior",
        FirstJob = "first_job",
        FirstPet = "first_pet",
        FirstTrip = "first_trip",
        DearestBook = "dearest_book",
    }
);
impl Listed {
    pub const fn key(self) -> &'static str {
        match self {
            Self::FirstTeacher => "recovery-question-first-teacher",
            Self::DeskMate => "recovery-question-desk-mate",
            Self::FirstFriend => "recovery-question-first-friend",
            Self::ChildhoodNickname => "recovery-question-childhood-nickname",
            Self::ChildhoodStreet => "recovery-question-childhood-street",
            Self::GrandmotherHome => "recovery-question-grandmother-home",
            Self::ParentsMet => "recovery-question-parents-met",
            Self::FirstSuperior => "recovery-question-first-superior",
            Self::FirstJob => "recovery-question-first-job",
            Self::FirstPet => "recovery-question-first-pet",
            Self::FirstTrip => "recovery-question-first-trip",
            Self::DearestBook => "recovery-question-dearest-book",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    Listed(Listed),
    Own(String),
}
impl Question {
    /// As its holder reads it.
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Listed(listed) => lang.t(listed.key()),
            Self::Own(text) => text.clone(),
        }
    }
    /// As somebody reads it who has proven nothing yet: own words would say that the account exists.
    pub fn veiled(&self, lang: Lang) -> String {
        match self {
            Self::Listed(listed) => lang.t(listed.key()),
            Self::Own(_) => lang.t("recovery-question-own-veiled"),
        }
    }
    /// Three questions for an identifier that has none: always the same three, as if somebody had chosen them.
    pub fn decoys(keyring: &Keyring, counted: &[u8]) -> Vec<Self> {
        let drawn = draw(&keyring.mac("recovery.decoy", &[counted]));
        let question = |(listed, own)| if own < 24 { Self::Own(String::new()) } else { Self::Listed(listed) };
        drawn.into_iter().map(question).collect()
    }
}
/// Three of the list, each with a byte to decide by.
fn draw(mac: &[u8]) -> Vec<(Listed, u8)> {
    let mut left: Vec<Listed> = Listed::ALL.to_vec();
    mac.chunks(2)
        .take(COUNT)
        .map(|bytes| {
            let (pick, own) = (bytes.first().copied().unwrap_or(0), bytes.get(1).copied().unwrap_or(0));
            (left.remove(usize::from(pick) % left.len().max(1)), own)
        })
        .collect()
}
/// What the form of an account begins with, drawn as decoys are: many leave the questions as they stand, and three that are
/// the same for everybody would tell a stranger that this account is there and has some.
pub fn proposed(keyring: &Keyring, account: AccountId) -> Vec<Listed> {
    let mac = keyring.mac("recovery.proposed", &[&account.as_i64().to_be_bytes()]);
    draw(&mac).into_iter().map(|(listed, _)| listed).collect()
}

/// One spelling for all that mean the same: width, case and blanks do not count.
pub fn fold(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect();
    folded.nfkc().collect()
}

/// Folded; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Answers([String; COUNT]);
impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers(…)")
    }
}
impl Answers {
    /// As typed on the way back to a lost password. Errors: `question.answer_required`, `field.too_long`.
    pub fn parse(typed: &[String; COUNT]) -> Result<Self, Vec<Error>> {
        let errors: Vec<Error> = typed
            .iter()
            .zip(ANSWER_FIELDS)
            .filter_map(|(text, field)| {
                if fold(text).is_empty() {
                    Some(Error::invalid("question.answer_required").at(field))
                } else {
                    too_long(text, field)
                }
            })
            .collect();
        if errors.is_empty() { Ok(Self(typed.each_ref().map(|text| fold(text)))) } else { Err(errors) }
    }
    /// What is hashed slowly: a digest under a key that is not in the database, of this account alone. So a copy of the
    /// database alone gives nobody anything to guess against.
    pub fn secret(&self, keyring: &Keyring, account: AccountId) -> Result<Password> {
        let [one, two, three] = self.0.each_ref().map(|answer| answer.as_bytes());
        let mac = keyring.mac("recovery.answers", &[&account.as_i64().to_be_bytes(), one, two, three]);
        let text: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        Password::parse("answer_1", &text)
    }
}
fn too_long(text: &str, field: &'static str) -> Option<Error> {
    let long = text.chars().count() > LONGEST;
    long.then(|| Error::invalid("field.too_long").at(field).arg("max", LONGEST.to_string()))
}

/// The form as it was sent.
#[derive(Clone, Default)]
pub struct Typed {
    /// Names of the list, or `own`.
    pub questions: [String; COUNT],
    pub own: [String; COUNT],
    pub answers: [String; COUNT],
}
/// Ready to be stored.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub questions: Vec<Question>,
    pub answers: Answers,
}
impl Chosen {
    /// Everything that is wrong at once. `known` is what a stranger finds out first: name, login name, phone.
    /// Errors: `question.required`, `question.twice`, `question.answer_required`, `question.answer_short`,
    /// `question.answer_known`, `question.answer_in_question`, `question.answers_equal`, and of text.
    pub fn parse(typed: &Typed, known: &[String]) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        let mut questions: Vec<Question> = Vec::with_capacity(COUNT);
        for ((name, own), (field, own_field)) in
            typed.questions.iter().zip(&typed.own).zip(QUESTION_FIELDS.into_iter().zip(OWN_FIELDS))
        {
            let question = match name.as_str() {
                "own" => kernel::text::line(own_field, own, LONGEST).map(Question::Own),
                listed => listed
                    .parse()
                    .map(Question::Listed)
                    .map_err(|_| Error::invalid("question.required").at(field)),
            };
            match question {
                Ok(question) if questions.iter().any(|other| same(other, &question)) => {
                    let at = if name == "own" { own_field } else { field };
                    errors.push(Error::invalid("question.twice").at(at));
                }
                Ok(question) => questions.push(question),
                Err(error) => errors.push(error),
            }
        }
        let folded = typed.answers.each_ref().map(|text| fold(text));
        for (place, ((answer, text), field)) in
            folded.iter().zip(&typed.answers).zip(ANSWER_FIELDS).enumerate()
        {
            let code = if answer.is_empty() {
                "question.answer_required"
            } else if answer.chars().count() < 2 {
                "question.answer_short"
            } else if known.iter().any(|word| is_known(answer, &fold(word))) {
                "question.answer_known"
            } else if questions.iter().any(|question| is_in(answer, question)) {
                "question.answer_in_question"
            } else if folded.iter().take(place).any(|other| other == answer) {
                "question.answers_equal"
            } else {
                errors.extend(too_long(text, field));
                continue;
            };
            errors.push(Error::invalid(code).at(field));
        }
        if errors.is_empty() { Ok(Self { questions, answers: Answers(folded) }) } else { Err(errors) }
    }
}
fn same(one: &Question, other: &Question) -> bool {
    match (one, other) {
        (Question::Own(one), Question::Own(other)) => fold(one) == fold(other),
        _ => one == other,
    }
}
/// A long word counts wherever it stands, a short one only as the whole answer.
fn is_known(answer: &str, word: &str) -> bool {
    !word.is_empty() && (answer == word || (word.chars().count() >= 4 && answer.contains(word)))
}
fn is_in(answer: &str, question: &Question) -> bool {
    Lang::ALL.iter().any(|lang| fold(&question.words(*lang)).contains(answer))
}
