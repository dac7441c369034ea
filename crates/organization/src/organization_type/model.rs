//! Policy as data: what differs between an exchange, a single window and a provincial platform.
use crate::membership::Role;
use serde::{Deserialize, Serialize};

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
    /// Names of the materials that an organization of the type hands in.
    pub materials: Vec<Words>,
    /// 法定代表人, 负责人, 经营者, 执行事务合伙人.
    pub head_title: Words,
    pub identifiers: Vec<Identifier>,
    pub administrators: u32,
    pub administrators_do_business: bool,
    pub role_labels: RoleLabels,
    /// Empty: from anywhere.
    pub network_zones: Vec<String>,
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
        }
    }
}
impl TypePolicy {
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
