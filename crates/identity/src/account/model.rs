//! Accounts, their owners and states, and what people type to name one.
use crate::search;
use db::Keyring;
use kernel::{
    Error, LoginName, Mobile, ResidentId, Result, Timestamp,
    clock::Zone,
    id::{AccountId, OrganizationId, PersonId},
};

/// Document type of resident identity cards.
pub const RESIDENT_ID: &str = "resident_id";

db::text_enum!(
    pub enum OwnerKind {
        SelfOwned = "self_owned",
        Managed = "managed",
    }
);
db::text_enum!(
    pub enum AccountState {
        /// Made from a card, without a password yet; usable inside the card's own session.
        Unactivated = "unactivated",
        Active = "active",
        Disabled = "disabled",
        Closed = "closed",
    }
);
impl AccountState {
    /// `unactivated ⇄ disabled`, `active ⇄ disabled`, anything open `→ closed`.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Unactivated | Self::Active, Self::Disabled | Self::Closed)
                | (Self::Disabled, Self::Active | Self::Unactivated | Self::Closed)
                | (Self::Unactivated, Self::Active)
        )
    }
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    SelfOwned,
    Managed(OrganizationId),
}
impl Owner {
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::SelfOwned => None,
            Self::Managed(organization) => Some(organization),
        }
    }
    pub fn kind(self) -> OwnerKind {
        match self {
            Self::SelfOwned => OwnerKind::SelfOwned,
            Self::Managed(_) => OwnerKind::Managed,
        }
    }
    pub(crate) fn of(kind: OwnerKind, organization: Option<OrganizationId>) -> Self {
        match (kind, organization) {
            (OwnerKind::Managed, Some(organization)) => Self::Managed(organization),
            _ => Self::SelfOwned,
        }
    }
}

/// An account that an administrator makes and hands out. `sub` and `id` are drawn before the transaction.
#[derive(Clone, Debug)]
pub struct NewManaged {
    pub id: AccountId,
    pub sub: String,
    pub organization: OrganizationId,
    pub login_name: LoginName,
    pub name: String,
    /// Counts for signing in once its holder proves it.
    pub phone: Option<Mobile>,
    /// Not proven: it reserves nothing.
    pub document: Option<ResidentId>,
    /// None makes an account that nobody signs in to before its holder activates it.
    pub temporary_password_hash: Option<String>,
    pub now: Timestamp,
}
impl NewManaged {
    /// What the account is found by: in its owner's scope and in everybody's.
    pub fn terms(&self, keyring: &Keyring) -> Vec<(i64, i64, AccountId)> {
        let phone = self.phone.as_ref().map(Mobile::as_str);
        let document = self.document.as_ref().map(ResidentId::as_str);
        let terms = search::terms_of(keyring, Some(self.organization.as_i64()), &self.name, phone, document);
        terms.into_iter().map(|(scope, term)| (scope, term, self.id)).collect()
    }
}
/// An account that a person makes.
#[derive(Clone, Debug)]
pub struct NewSelfOwned {
    pub id: AccountId,
    pub sub: String,
    pub login_name: LoginName,
    pub name: String,
    /// Proven already.
    pub phone: Option<Mobile>,
    /// Not proven: it reserves nothing.
    pub document: Option<ResidentId>,
    pub password_hash: String,
    pub now: Timestamp,
}
impl NewSelfOwned {
    /// What the account is found by.
    pub fn terms(&self, keyring: &Keyring) -> Vec<(i64, i64, AccountId)> {
        let phone = self.phone.as_ref().map(Mobile::as_str);
        let document = self.document.as_ref().map(ResidentId::as_str);
        let terms = search::terms_of(keyring, None, &self.name, phone, document);
        terms.into_iter().map(|(scope, term)| (scope, term, self.id)).collect()
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    Created,
    /// The form came twice: the account exists already under this id.
    Replayed,
}

/// An account as lists show it.
#[derive(Clone, Debug)]
pub struct AccountCard {
    pub id: AccountId,
    pub login_name: String,
    pub name: String,
    pub phone_masked: Option<String>,
    pub phone_proven: bool,
    pub state: AccountState,
    pub owner: Owner,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}
/// How to reach an account's holder; E.164, proven.
#[derive(Clone, Debug)]
pub struct Contact {
    pub login_name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
}
/// An account found by an identifier, without personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRef {
    pub id: AccountId,
    pub owner: Owner,
    pub state: AccountState,
    pub person: Option<PersonId>,
}

/// What was typed at sign-in: a login name, a mobile number or a resident identity number; never two at once.
#[derive(Clone, PartialEq, Eq)]
pub enum Identifier {
    LoginName(LoginName),
    Phone(Mobile),
    Document(ResidentId),
}
impl Identifier {
    /// None for text that can name no account. Longest input looked at: 64 characters.
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        if text.chars().count() > 64 {
            return None;
        }
        let text = &kernel::text::normalize(text);
        let name = || LoginName::parse(text).map(Self::LoginName);
        let phone = |_| Mobile::parse(text).map(Self::Phone);
        let document = |_| ResidentId::parse(text, today(now)).map(Self::Document);
        name().or_else(phone).or_else(document).ok()
    }
    /// One spelling for all that mean the same, for counters.
    pub fn normalized(&self) -> &str {
        match self {
            Self::LoginName(name) => name.as_str(),
            Self::Phone(phone) => phone.as_str(),
            Self::Document(document) => document.as_str(),
        }
    }
}

/// `YYYYMMDD` in the platform's default zone, for the check of birth dates.
pub fn today(now: Timestamp) -> u32 {
    now.local_date(&Zone::default())
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(0)
}

/// The name of a person: 2 to 60 characters. Errors at `name`.
pub fn parse_name(text: &str) -> Result<String> {
    let name = kernel::text::line("name", text, 60)?;
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let allowed = |c: char| c.is_alphabetic() || matches!(c, ' ' | '·' | '•' | '-' | '\'' | '’' | '.' | '・');
    if letters < 2 || !name.chars().all(allowed) {
        return Err(Error::invalid("account.name_shape").at("name"));
    }
    Ok(name)
}
