//! Pieces that every page of an application shows: its timeline and its files.
use super::model::StepRecord;
use kernel::id::AccountId;
use platform::document::Card;
use web::Page;

/// One step, in words.
pub struct TimeLine {
    pub tone: &'static str,
    pub who: String,
    pub what: String,
    pub note: Option<String>,
    pub at: String,
}
/// `who` names whoever took a step; it is asked for steps that happened by themselves, too.
pub fn timeline(
    page: &Page,
    records: &[StepRecord],
    who: impl Fn(Option<AccountId>) -> String,
) -> Vec<TimeLine> {
    records
        .iter()
        .map(|record| TimeLine {
            tone: record.step.tone(),
            who: who(record.by),
            what: page.t(record.step.key()),
            note: record.note.clone(),
            at: page.minute(&record.at),
        })
        .collect()
}

/// A file that was handed in.
pub struct FileLine {
    /// None once its content was erased.
    pub href: Option<String>,
    pub place: usize,
    pub kind: &'static str,
    pub size: i64,
    pub at: String,
}
/// `base` is the application's own address. Erased ones are left out unless nothing else is there.
pub fn files(page: &Page, base: &str, cards: &[Card]) -> Vec<FileLine> {
    let all_gone = cards.iter().all(|card| card.erased_at.is_some());
    cards
        .iter()
        .filter(|card| all_gone || card.erased_at.is_none())
        .enumerate()
        .map(|(place, card)| FileLine {
            href: card.erased_at.is_none().then(|| format!("{base}/documents/{}", card.id)),
            place: place + 1,
            kind: card.key(),
            size: card.kilobytes(),
            at: page.minute(&card.created_at),
        })
        .collect()
}
