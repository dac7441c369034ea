use kernel::{
    Actor, Error, Id, LoginName, Mobile, ResidentId, Result, Timestamp,
    actor::ActorKind,
    id::{AccountId, MembershipId, OrganizationId, SessionId, mark},
};
use organization::membership::ManagedMember;
use serde::{Deserialize, Serialize};

pub type ImportJobId = Id<mark::ImportJob>;

db::text_enum! {
    pub enum JobState {
        /// Its rows are being put down.
        Receiving = "receiving",
        /// Waits for a yes.
        Checked = "checked",
        /// Accounts are made.
        Creating = "creating",
        /// They are made searchable.
        Indexing = "indexing",
        /// Links go out.
        Notifying = "notifying",
        Done = "done",
        /// Whoever confirmed lost the power, or somebody stopped it; what was made stays.
        Stopped = "stopped",
        Discarded = "discarded",
    }
}
impl JobState {
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Creating | Self::Indexing | Self::Notifying)
    }
}
/// A job as its pages show it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: ImportJobId,
    pub organization: OrganizationId,
    pub account: AccountId,
    pub staff: bool,
    pub state: JobState,
    /// The slice that comes next in this state.
    pub next: i64,
    pub notify: bool,
    pub lang: String,
    pub origin: String,
    pub session: Option<SessionId>,
    pub address: Option<String>,
    pub rows_valid: i64,
    pub rows_faulty: i64,
    pub with_phone: i64,
    pub created: i64,
    pub failed: i64,
    pub notified: i64,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub erased_at: Option<Timestamp>,
}
db::row!(Job {
    id,
    organization,
    account,
    staff,
    state,
    next,
    notify,
    lang,
    origin,
    session,
    address,
    rows_valid,
    rows_faulty,
    with_phone,
    created,
    failed,
    notified,
    reason,
    created_at,
    ended_at,
    erased_at,
});
impl Job {
    /// Whoever confirmed, for the record of what the worker does in their name.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            kind: if self.staff { ActorKind::Staff } else { ActorKind::Account },
            account: Some(self.account),
            session: self.session,
            address: self.address.as_ref().and_then(|address| address.parse().ok()),
            request_id: format!("import-{}", self.id),
            ..Actor::system()
        }
        .acting_for(self.organization)
    }
}

/// A row that will be an account; ids are drawn when the file is checked, so that a second try makes the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Draft {
    #[serde(rename = "r")]
    pub row: u32,
    #[serde(rename = "m")]
    pub membership: i64,
    #[serde(rename = "a")]
    pub account: i64,
    #[serde(rename = "s")]
    pub sub: String,
    #[serde(rename = "l")]
    pub login_name: String,
    #[serde(rename = "n")]
    pub name: String,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}
impl Draft {
    pub fn account(&self) -> AccountId {
        AccountId::from_i64(self.account)
    }
    pub fn membership(&self) -> MembershipId {
        MembershipId::from_i64(self.membership)
    }
    pub fn member(&self, today: u32) -> Result<ManagedMember> {
        Ok(ManagedMember {
            membership: self.membership(),
            account: self.account(),
            sub: self.sub.clone(),
            login_name: LoginName::parse(&self.login_name)?,
            name: self.name.clone(),
            phone: self.phone.as_deref().map(Mobile::parse).transpose()?,
            document: self.document.as_deref().map(|text| ResidentId::parse(text, today)).transpose()?,
            valid_from: None,
            valid_until: self.until.map(Timestamp::from_millis),
            scope: None,
            reason: None,
        })
    }
}

/// A row that cannot be imported, with what the file said and why, in the language of whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub row: u32,
    pub cells: Vec<String>,
    pub problems: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    LoginName,
    Phone,
    Document,
    Until,
    Role,
    /// What our own files say beside the rows.
    Remark,
}
impl Column {
    /// In the order of the template.
    pub const TEMPLATE: [Self; 5] = [Self::Name, Self::LoginName, Self::Phone, Self::Document, Self::Until];
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "roster-column-name",
            Self::LoginName => "roster-column-login-name",
            Self::Phone => "roster-column-phone",
            Self::Document => "roster-column-document",
            Self::Until => "roster-column-until",
            Self::Role => "roster-column-role",
            Self::Remark => "roster-column-problems",
        }
    }
    /// Both languages, and what such columns are called elsewhere.
    fn named(text: &str) -> Option<Self> {
        let text: String = kernel::text::normalize(text).to_lowercase();
        let text = text.trim_end_matches(['*', '（', '(', '必', '填', '）', ')', ' ', ':']);
        Some(match text {
            "姓名" | "名字" | "name" | "full name" => Self::Name,
            "登录名" | "用户名" | "账号" | "login name" | "login" | "username" | "user name" => {
                Self::LoginName
            }
            "手机号" | "手机" | "手机号码" | "mobile" | "mobile number" | "phone" | "phone number" => {
                Self::Phone
            }
            "证件号码" | "证件号" | "身份证号" | "身份证号码" | "居民身份证号" | "id number" | "id card"
            | "identity number" => Self::Document,
            "有效期至" | "到期日期" | "截止日期" | "valid until" | "expires" | "end date" => {
                Self::Until
            }
            "角色" | "role" => Self::Role,
            "问题" | "行号" | "problems" | "row" => Self::Remark,
            _ => return None,
        })
    }
    /// Errors: `roster.header_unknown`, `roster.header_twice`, `roster.header_missing`, at `file`.
    pub fn of_header(header: &[String]) -> Result<Vec<Option<Self>>> {
        let mut columns: Vec<Option<Self>> = Vec::with_capacity(header.len());
        for title in header {
            if title.is_empty() {
                columns.push(None);
                continue;
            }
            let shown: String = title.chars().take(40).collect();
            let column = Self::named(title).ok_or_else(|| {
                Error::invalid("roster.header_unknown").at("file").arg("column", shown.clone())
            })?;
            if column != Self::Remark && columns.contains(&Some(column)) {
                return Err(Error::invalid("roster.header_twice").at("file").arg("column", shown));
            }
            columns.push(Some(column));
        }
        for wanted in [Self::Name, Self::LoginName] {
            if !columns.contains(&Some(wanted)) {
                return Err(Error::invalid("roster.header_missing").at("file"));
            }
        }
        Ok(columns)
    }
}
