//! What an entry is, what a product may send, and what became of it.
use kernel::{
    Error, Id, Result, Timestamp, Uscc,
    id::{AccountId, OrganizationId, ProductId, mark},
    text,
};
use organization::organization_type::Words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub type FeedEntryId = Id<mark::FeedEntry>;

pub const MOST_TITLE: usize = 120;
pub const MOST_TEXT: usize = 4000;
pub const MOST_EXTERNAL: usize = 64;
const MOST_LABEL: usize = 20;

db::text_enum! {
    pub enum Kind {
        Case = "case",
        Inquiry = "inquiry",
        Complaint = "complaint",
        Message = "message",
    }
}
impl Kind {
    /// The list of the personal space; its last part names the list of an organization too.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Case => "cases",
            Self::Inquiry => "inquiries",
            Self::Complaint => "complaints",
            Self::Message => "messages",
        }
    }
    /// An organization's space has lists of these.
    pub const fn for_organizations(self) -> bool {
        matches!(self, Self::Case | Self::Inquiry)
    }
}

db::text_enum! {
    /// How far it is, in the platform's words; the product may add its own.
    pub enum EntryState {
        Submitted = "submitted",
        Processing = "processing",
        /// The person or organization has something to do.
        ActionNeeded = "action_needed",
        Done = "done",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
}
impl EntryState {
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Submitted => "info",
            Self::Processing => "wait",
            Self::ActionNeeded | Self::Rejected => "bad",
            Self::Done => "ok",
            Self::Withdrawn => "",
        }
    }
    pub const fn key(self) -> &'static str {
        match self {
            Self::Submitted => "feed-state-submitted",
            Self::Processing => "feed-state-processing",
            Self::ActionNeeded => "feed-state-action-needed",
            Self::Done => "feed-state-done",
            Self::Rejected => "feed-state-rejected",
            Self::Withdrawn => "feed-state-withdrawn",
        }
    }
}

/// Whose list an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Person(AccountId),
    Organization(OrganizationId),
}
impl Subject {
    /// Both columns; the one that does not apply is 0.
    pub(crate) fn columns(self) -> (i64, i64) {
        match self {
            Self::Person(id) => (id.as_i64(), 0),
            Self::Organization(id) => (0, id.as_i64()),
        }
    }
    /// Ids are drawn from one source, so that one number names the subject among both kinds.
    pub(crate) fn scope(self) -> i64 {
        match self {
            Self::Person(id) => id.as_i64(),
            Self::Organization(id) => id.as_i64(),
        }
    }
}

/// What is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub title: String,
    pub text: String,
}

/// An entry as pages show it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: FeedEntryId,
    pub product: ProductId,
    pub product_name: Words,
    pub external_id: String,
    pub kind: Kind,
    pub agent: Option<AccountId>,
    pub state: EntryState,
    pub state_label: Option<String>,
    pub content: Content,
    pub link: Option<String>,
    pub occurred_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Newest first by (time, id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: Timestamp,
    pub id: FeedEntryId,
}
impl Cursor {
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        Some(Self { at: Timestamp::from_millis(at.parse().ok()?), id: id.parse().ok()? })
    }
}
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at.as_millis(), self.id)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub product: Option<ProductId>,
    pub state: Option<EntryState>,
    /// A part of the title, or of the product's own number.
    pub text: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Of an organization's entries: those that this member handled.
    pub agent: Option<AccountId>,
    pub before: Option<Cursor>,
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub entries: Vec<Entry>,
    pub next: Option<Cursor>,
    /// More fit the text than are looked at.
    pub refine: bool,
}

/// A person or an organization, as a product names it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectRow {
    /// `sub` of the person, in whose personal space the entry stands.
    #[schema(max_length = 64)]
    pub person: Option<String>,
    /// Id or unified social credit code of the organization.
    #[schema(max_length = 18)]
    pub organization: Option<String>,
    /// With an organization: `sub` of the member who acted for it.
    #[schema(max_length = 64)]
    pub agent: Option<String>,
}
/// One row of a batch.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryRow {
    /// The product's own number: 1 to 64 printable ASCII characters. The same number again is the same entry.
    #[schema(min_length = 1, max_length = 64)]
    pub external_id: String,
    /// When the product changed it (RFC 3339). Older news than what is kept is ignored.
    #[schema(value_type = String)]
    pub updated_at: String,
    /// True takes the entry away; then only `external_id` and `updated_at` are read.
    #[serde(default)]
    pub deleted: bool,
    /// `case`, `inquiry`, `complaint` or `message`.
    pub kind: Option<String>,
    pub subject: Option<SubjectRow>,
    #[schema(min_length = 1, max_length = 120)]
    pub title: Option<String>,
    #[schema(max_length = 4000)]
    pub text: Option<String>,
    /// `submitted`, `processing`, `action_needed`, `done`, `rejected` or `withdrawn`; a message needs none.
    pub state: Option<String>,
    /// The product's own word for the state.
    #[schema(max_length = 20)]
    pub state_label: Option<String>,
    /// https, on an origin that is registered for the product.
    #[schema(max_length = 1000)]
    pub link: Option<String>,
    /// When it happened (RFC 3339); the list is ordered by it.
    #[schema(value_type = Option<String>)]
    pub occurred_at: Option<String>,
}

/// A subject whose form was read; whether it is there is asked in the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Person(String),
    Organization { id: Option<OrganizationId>, uscc: Option<String>, agent: Option<String> },
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub external_id: String,
    pub kind: Kind,
    pub subject: Named,
    pub content: Content,
    pub state: EntryState,
    pub state_label: Option<String>,
    pub link: Option<String>,
    pub occurred_at: Timestamp,
    pub updated_at: Timestamp,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    Put(Box<Put>),
    Delete { external_id: String, updated_at: Timestamp },
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Created(FeedEntryId),
    Updated(FeedEntryId),
    Deleted,
    /// The same news again, or nothing to delete.
    Unchanged,
    /// Newer news is kept already.
    Stale,
}
impl Applied {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Updated(_) => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
        }
    }
}
/// Why a row was not taken; the others of its batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub field: Option<&'static str>,
    /// The limit that was passed, where the words name it.
    pub max: Option<i64>,
}
impl Refusal {
    pub const fn new(code: &'static str) -> Self {
        Self { code, field: None, max: None }
    }
    pub const fn at(code: &'static str, field: &'static str) -> Self {
        Self { code, field: Some(field), max: None }
    }
}
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let max =
            error.args.iter().find(|(name, _)| *name == "max").and_then(|(_, value)| value.parse().ok());
        Self { code: error.code, field: error.field, max }
    }
}

/// The product's own number. Errors: `feed.external_id` at `external_id`.
pub fn external_id(text: &str) -> Result<String> {
    let good = (1..=MOST_EXTERNAL).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if good { Ok(text.to_owned()) } else { Err(Error::invalid("feed.external_id").at("external_id")) }
}
/// RFC 3339, not in the future. Errors: `feed.time`, `feed.time_future` at the field.
pub fn time(field: &'static str, text: &str, now: Timestamp) -> Result<Timestamp> {
    let at = Timestamp::parse_rfc3339(text).ok_or(Error::invalid("feed.time").at(field))?;
    if at.as_millis() < 0 {
        return Err(Error::invalid("feed.time").at(field));
    }
    if crate::too_late(at, now) { Err(Error::invalid("feed.time_future").at(field)) } else { Ok(at) }
}
fn required<T>(field: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::invalid("field.required").at(field))
}
fn word<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::invalid("field.unknown_value").at(field))
}
fn sub(field: &'static str, text: String) -> Result<String> {
    if (1..=64).contains(&text.len()) {
        Ok(text)
    } else {
        Err(Error::invalid("feed.subject_malformed").at(field))
    }
}

impl EntryRow {
    /// The first fault is told at its field.
    pub fn parse(self, origins: &crate::link::Origins, now: Timestamp) -> Result<Push> {
        let external_id = external_id(&self.external_id)?;
        let updated_at = time("updated_at", &self.updated_at, now)?;
        if self.deleted {
            return Ok(Push::Delete { external_id, updated_at });
        }
        let kind: Kind = word("kind", &required("kind", self.kind)?)?;
        let subject = required("subject", self.subject)?.parse(kind)?;
        let title = text::line("title", &required("title", self.title)?, MOST_TITLE)?;
        let text = text::paragraph("text", &self.text.unwrap_or_default(), MOST_TEXT)?.unwrap_or_default();
        let state = match (self.state, kind) {
            (Some(state), _) => word("state", &state)?,
            (None, Kind::Message) => EntryState::Done,
            (None, _) => return Err(Error::invalid("field.required").at("state")),
        };
        let state_label =
            text::optional_line("state_label", &self.state_label.unwrap_or_default(), MOST_LABEL)?;
        let link = match self.link.as_deref() {
            None | Some("") => None,
            Some(link) => Some(origins.allow(link).ok_or(Error::invalid("feed.link_foreign").at("link"))?),
        };
        let occurred_at = match self.occurred_at {
            Some(at) => time("occurred_at", &at, now)?,
            None => updated_at,
        };
        Ok(Push::Put(Box::new(Put {
            external_id,
            kind,
            subject,
            content: Content { title, text },
            state,
            state_label,
            link,
            occurred_at,
            updated_at,
        })))
    }
}
impl SubjectRow {
    fn parse(self, kind: Kind) -> Result<Named> {
        let malformed = || Error::invalid("feed.subject_malformed").at("subject");
        match (self.person, self.organization, self.agent) {
            (Some(person), None, None) => sub("subject", person).map(Named::Person),
            (None, Some(organization), agent) => {
                if kind == Kind::Complaint {
                    return Err(Error::invalid("feed.kind_personal").at("kind"));
                }
                let agent = agent.map(|agent| sub("agent", agent)).transpose()?;
                match (organization.parse::<OrganizationId>(), Uscc::parse(&organization)) {
                    (Ok(id), _) => Ok(Named::Organization { id: Some(id), uscc: None, agent }),
                    (_, Ok(uscc)) => {
                        Ok(Named::Organization { id: None, uscc: Some(uscc.as_str().to_owned()), agent })
                    }
                    _ => Err(malformed()),
                }
            }
            _ => Err(malformed()),
        }
    }
}
