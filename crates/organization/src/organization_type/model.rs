//! Policy as data: what differs between an exchange, a single window and a provincial platform.
use crate::application::ApplicationKind;
use crate::membership::Role;
use identity::realname::RealNameLevel;
use kernel::{Result, text};
use serde::{Deserialize, Serialize};

/// Fields of a form for the two languages of a word.
pub type BothAt = (&'static str, &'static str);
/// As forms call the fields of a name.
pub const NAMES: BothAt = ("name_zh", "name_en");
/// The longest name of most things.
pub const LONGEST_NAME: (usize, usize) = (60, 100);

/// A word in both languages of the pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub zh: String,
    pub en: String,
}
impl Words {
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
    pub fn of(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
    /// One line in each language, of at most so many characters; the errors stand at these fields.
    pub fn lines(&self, at: BothAt, most: (usize, usize)) -> (Result<String>, Result<String>) {
        (text::line(at.0, &self.zh, most.0), text::line(at.1, &self.en, most.1))
    }
    /// As [`Self::lines`], for whoever tells one error.
    pub fn checked(&self, at: BothAt, most: (usize, usize)) -> Result<Self> {
        let (zh, en) = self.lines(at, most);
        Ok(Self { zh: zh?, en: en? })
    }
}

db::text_enum! {
    pub enum Registration {
        /// Only the platform's staff create organizations of this type.
        Platform = "platform",
        /// Whoever is proven to be its head may register it.
        Head = "head",
    }
}
db::text_enum! {
    pub enum Identifier {
        Uscc = "uscc",
        MemberNumber = "member_number",
        /// What a branch, a partnership or an overseas firm has in place of the code.
        RegistrationNumber = "registration_number",
    }
}
db::text_enum! {
    /// What a file may be, by its first bytes.
    pub enum Format {
        Pdf = "pdf",
        Jpeg = "jpeg",
        Png = "png",
    }
}
impl Format {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// One material that an organization of the type hands in. The key names it in rows; a rule that goes leaves them readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaterialRule {
    pub key: String,
    pub name: Words,
    pub required: bool,
    /// It is valid until a date, which is asked for.
    pub needs_expiry: bool,
    pub formats: Vec<Format>,
}
impl Default for MaterialRule {
    fn default() -> Self {
        Self {
            key: String::new(),
            name: Words::new("", ""),
            required: true,
            needs_expiry: false,
            formats: vec![Format::Pdf, Format::Jpeg, Format::Png],
        }
    }
}
impl MaterialRule {
    pub fn new(key: &str, zh: &str, en: &str, needs_expiry: bool) -> Self {
        Self { key: key.to_owned(), name: Words::new(zh, en), needs_expiry, ..Self::default() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleLabels {
    pub legal_representative: Words,
    pub administrator: Words,
    pub agent: Words,
}

/// Stored as JSON in `organization_type.policy`. Every member has a default, so that older rows stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypePolicy {
    pub registration: Registration,
    pub materials: Vec<MaterialRule>,
    /// 法定代表人, 负责人, 经营者, 执行事务合伙人.
    pub head_title: Words,
    pub identifiers: Vec<Identifier>,
    pub administrators: u32,
    pub administrators_do_business: bool,
    pub role_labels: RoleLabels,
    /// Empty: from anywhere.
    pub network_zones: Vec<String>,
    /// Real-name level without which nobody is made its head.
    pub head_level: RealNameLevel,
    /// The same for agents who apply themselves.
    pub agent_level: RealNameLevel,
    /// Days between two questions to the register; 0 asks by hand alone.
    pub sync_days: u32,
    /// Kinds of applications that two persons approve, one after the other.
    pub approved_by_two: Vec<ApplicationKind>,
}
impl Default for TypePolicy {
    fn default() -> Self {
        Self {
            registration: Registration::Platform,
            materials: Vec::new(),
            head_title: Words::new("法定代表人", "Legal representative"),
            identifiers: vec![Identifier::Uscc],
            administrators: 1,
            administrators_do_business: true,
            role_labels: RoleLabels {
                legal_representative: Words::new("法定代表人", "Legal representative"),
                administrator: Words::new("管理员", "Administrator"),
                agent: Words::new("经办人", "Agent"),
            },
            network_zones: Vec::new(),
            head_level: RealNameLevel::Intermediate,
            agent_level: RealNameLevel::Primary,
            sync_days: 0,
            approved_by_two: Vec::new(),
        }
    }
}
impl TypePolicy {
    pub fn material(&self, key: &str) -> Option<&MaterialRule> {
        self.materials.iter().find(|rule| rule.key == key)
    }
    pub fn role_label(&self, role: Role) -> &Words {
        match role {
            Role::LegalRepresentative => &self.role_labels.legal_representative,
            Role::Administrator => &self.role_labels.administrator,
            Role::Agent => &self.role_labels.agent,
        }
    }
    pub fn has(&self, identifier: Identifier) -> bool {
        self.identifiers.contains(&identifier)
    }
    /// A policy that cannot be read would decide by guesswork, so it is an error of the installation.
    pub fn parse(json: &str) -> kernel::Result<Self> {
        serde_json::from_str(json).map_err(|e| kernel::Error::internal("organization_type.policy").because(e))
    }
    pub fn to_json(&self) -> kernel::Result<String> {
        serde_json::to_string(self)
            .map_err(|e| kernel::Error::internal("organization_type.policy").because(e))
    }
}

#[derive(Clone, Debug)]
pub struct OrganizationType {
    pub id: kernel::id::OrganizationTypeId,
    pub code: String,
    pub name: Words,
    pub policy: TypePolicy,
}

/// A type as the desk edits it: with the number that every change raises.
#[derive(Clone, Debug)]
pub struct EditedType {
    pub kind: OrganizationType,
    pub rev: i64,
}
