//! Cases, their states, and what is typed to open one.
use crate::{Method, method::model::Lane};
use identity::realname::{Document, DocumentType};
use kernel::{
    Error, Id, Mobile, Result, Timestamp,
    id::{AccountId, mark},
};
use serde::{Deserialize, Serialize};

pub type CaseId = Id<mark::Verification>;
pub type DocumentId = Id<mark::Document>;

/// A draft or a returned case that nobody completes ends by itself.
pub const OPEN_DAYS: i64 = 30;
pub const NOTE_MAX: usize = 500;
pub const REASON_MAX: usize = 500;

db::text_enum!(
    pub enum CaseState {
        /// Waits for the worker and its verifiers.
        Queued = "queued",
        /// At the counter, not handed in yet.
        Draft = "draft",
        /// Waits for the first reviewer.
        Submitted = "submitted",
        /// Waits for the second reviewer, who is another person.
        FirstApproved = "first_approved",
        /// 退回补正: the holder completes it and hands it in again.
        Returned = "returned",
        /// Proven, but another account holds the person.
        Disputed = "disputed",
        Approved = "approved",
        Refused = "refused",
        /// No verifier gave an answer that counts.
        Failed = "failed",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
);
impl CaseState {
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Queued
                | Self::Draft
                | Self::Submitted
                | Self::FirstApproved
                | Self::Returned
                | Self::Disputed
        )
    }
    /// Whether documents and note can still be changed by the holder.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
    /// Whether a reviewer has something to do.
    pub const fn is_reviewed(self) -> bool {
        matches!(self, Self::Submitted | Self::FirstApproved)
    }
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Approved | Self::Disputed | Self::Refused | Self::Failed),
            Self::Draft | Self::Returned => matches!(next, Self::Submitted | Self::Withdrawn | Self::Expired),
            Self::Submitted => {
                matches!(next, Self::FirstApproved | Self::Returned | Self::Refused | Self::Withdrawn)
            }
            Self::FirstApproved => matches!(
                next,
                Self::Approved | Self::Disputed | Self::Returned | Self::Refused | Self::Withdrawn
            ),
            Self::Disputed => matches!(next, Self::Approved | Self::Refused | Self::Withdrawn),
            Self::Approved | Self::Refused | Self::Failed | Self::Withdrawn | Self::Expired => false,
        }
    }
    /// Key of the state's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Queued => "verification-state-queued",
            Self::Draft => "verification-state-draft",
            Self::Submitted => "verification-state-submitted",
            Self::FirstApproved => "verification-state-first-approved",
            Self::Returned => "verification-state-returned",
            Self::Disputed => "verification-state-disputed",
            Self::Approved => "verification-state-approved",
            Self::Refused => "verification-state-refused",
            Self::Failed => "verification-state-failed",
            Self::Withdrawn => "verification-state-withdrawn",
            Self::Expired => "verification-state-expired",
        }
    }
    /// Of the state's tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Approved => "ok",
            Self::Refused | Self::Failed => "bad",
            Self::Queued | Self::Submitted | Self::FirstApproved => "info",
            Self::Draft | Self::Returned | Self::Disputed => "wait",
            Self::Withdrawn | Self::Expired => "",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Case {
    pub id: CaseId,
    pub account: AccountId,
    pub lane: Lane,
    pub method: Method,
    pub state: CaseState,
    /// Who answered, by name; empty while nobody did.
    pub provider: String,
    pub document_type: DocumentType,
    pub document_masked: String,
    /// `match`, `mismatch`, `too_young` … once there is one.
    pub result: Option<String>,
    pub response_hash: Option<Vec<u8>>,
    pub attempts: i64,
    /// What a reviewer told the holder.
    pub reason: Option<String>,
    pub first_by: Option<AccountId>,
    pub first_at: Option<Timestamp>,
    pub decided_by: Option<AccountId>,
    pub created_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}
impl Case {
    /// Expiry of what the holder has to complete is evaluated when read.
    pub fn state_at(&self, now: Timestamp) -> CaseState {
        if self.state.is_editable() && self.expires_at <= now { CaseState::Expired } else { self.state }
    }
}

/// Whom the holder claims to be: sealed, and erased once the case is decided.
#[derive(Clone, Serialize, Deserialize)]
pub struct Subject {
    pub name: String,
    pub document_type: DocumentType,
    pub document_number: String,
    #[serde(default)]
    pub country: String,
    #[serde(default)]
    pub mobile: Option<String>,
    #[serde(default)]
    pub bank_card: Option<String>,
    /// When and where the holder can come to the counter.
    #[serde(default)]
    pub note: Option<String>,
}
impl Subject {
    pub fn document(&self, today: u32) -> Result<Document> {
        Document::parse(self.document_type, &self.document_number, &self.country, today)
    }
}

/// What a form holds. Errors stand at its fields.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub document_type: String,
    pub number: String,
    pub country: String,
    pub mobile: String,
    pub bank_card: String,
    pub note: String,
    pub consent: bool,
}
impl Typed {
    /// Every part by itself, so that a form tells all of its errors at once.
    pub fn kind(&self) -> Result<DocumentType> {
        self.document_type.parse().map_err(|_| Error::invalid("field.unknown_value").at("document_type"))
    }
    pub fn document(&self, today: u32) -> Result<Document> {
        Document::parse(self.kind()?, &self.number, &self.country, today)
    }
    pub fn name(&self) -> Result<String> {
        identity::account::model::parse_name(&self.name)
    }
    pub fn mobile(&self, method: Method) -> Result<Option<String>> {
        if !method.wants_mobile() {
            return Ok(None);
        }
        Mobile::parse(&self.mobile).map(|mobile| Some(mobile.as_str().to_owned())).map_err(|e| e.at("mobile"))
    }
    pub fn card(&self, method: Method) -> Result<Option<String>> {
        if method.wants_card() { parse_card(&self.bank_card).map(Some) } else { Ok(None) }
    }
    pub fn note(&self) -> Result<Option<String>> {
        kernel::text::paragraph("note", &self.note, NOTE_MAX)
    }
    /// A document number is sensitive personal data: it is taken with a consent of its own alone.
    pub fn consented(&self) -> Result<()> {
        if self.consent { Ok(()) } else { Err(Error::invalid("verification.consent").at("consent")) }
    }
    pub fn subject(&self, method: Method, today: u32) -> Result<(Subject, Document)> {
        self.consented()?;
        let document = self.document(today)?;
        let subject = Subject {
            name: self.name()?,
            document_type: document.kind(),
            document_number: document.number().to_owned(),
            country: document.country().unwrap_or("").to_owned(),
            mobile: self.mobile(method)?,
            bank_card: self.card(method)?,
            note: self.note()?,
        };
        Ok((subject, document))
    }
}
/// 12 to 19 digits whose last is the check digit of the others (ISO/IEC 7812-1). Error at `bank_card`.
fn parse_card(text: &str) -> Result<String> {
    let card: String = kernel::text::normalize(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits: Option<Vec<u32>> = card.chars().map(|c| c.to_digit(10)).collect();
    let sum = |digits: &[u32]| -> u32 {
        let doubled = |d: u32| if d > 4 { d * 2 - 9 } else { d * 2 };
        digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d }).sum()
    };
    match digits {
        Some(digits) if (12..=19).contains(&digits.len()) && sum(&digits) % 10 == 0 => Ok(card),
        _ => Err(Error::invalid("verification.bank_card").at("bank_card")),
    }
}

/// An image or scan of a document, without its content.
#[derive(Clone, Debug)]
pub struct DocumentCard {
    pub id: DocumentId,
    /// Media type.
    pub kind: String,
    pub size: i64,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_stays_decided_and_nothing_skips_a_reviewer() {
        for state in CaseState::ALL {
            let leads = CaseState::ALL.iter().any(|next| state.may_become(*next));
            assert_eq!(leads, state.is_open(), "{state}");
        }
        assert!(!CaseState::Submitted.may_become(CaseState::Approved));
        assert!(!CaseState::Draft.may_become(CaseState::FirstApproved));
    }
    #[test]
    fn card_numbers_have_a_check_digit() {
        assert_eq!(
            parse_card("6222 0200-0000 0000 00").map_err(|e| e.code).err(),
            Some("verification.bank_card")
        );
        assert_eq!(parse_card("4111 1111-1111 1111").unwrap(), "4111111111111111");
        for bad in ["", "4111111111111112", "0000000000", "41111111x1111111", "00000000000000000000"] {
            assert!(parse_card(bad).is_err(), "{bad}");
        }
    }
}
