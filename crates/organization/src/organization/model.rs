use crate::decision::Standing;
use crate::organization_type::{Identifier, TypePolicy, Words};
use kernel::{
    Error, Result, Timestamp, Uscc,
    id::{AccountId, OrganizationId, OrganizationTypeId},
    text,
};

db::text_enum! {
    pub enum OrganizationState {
        Active = "active",
        Suspended = "suspended",
        Closed = "closed",
    }
}

db::text_enum! {
    /// What the register said last.
    pub enum RegistryState {
        /// Never asked, or it does not know the organization.
        Unknown = "unknown",
        Live = "live",
        /// 经营异常: noted, nothing follows.
        Abnormal = "abnormal",
        /// 吊销.
        Revoked = "revoked",
        /// 注销.
        Cancelled = "cancelled",
    }
}
impl RegistryState {
    /// Nobody does business for an organization that the authority struck off.
    pub const fn holds_admissions(self) -> bool {
        matches!(self, Self::Revoked | Self::Cancelled)
    }
    /// Key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unknown => "organization-registry-unknown",
            Self::Live => "organization-registry-live",
            Self::Abnormal => "organization-registry-abnormal",
            Self::Revoked => "organization-registry-revoked",
            Self::Cancelled => "organization-registry-cancelled",
        }
    }
}
db::text_enum! {
    /// A field of the record whose origin is kept.
    pub enum Field {
        Name = "name",
        ShortName = "short_name",
        Uscc = "uscc",
        MemberNumber = "member_number",
        RegistrationNumber = "registration_number",
        HeadName = "head_name",
        Address = "address",
        Phone = "phone",
        RegistryState = "registry_state",
    }
}
db::text_enum! {
    pub enum FieldSource {
        /// Typed at the desk.
        Platform = "platform",
        /// Typed by an administrator of the organization.
        Own = "own",
        /// Taken over from a register.
        Registry = "registry",
        /// An application that the platform approved.
        Application = "application",
    }
}
/// Where a field's value came from last.
#[derive(Clone, Debug)]
pub struct FieldOrigin {
    pub field: Field,
    pub source: FieldSource,
    /// What the register is called.
    pub source_name: Option<String>,
    pub changed_by: Option<AccountId>,
    pub changed_at: Timestamp,
}

/// The whole record.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: OrganizationId,
    pub type_id: OrganizationTypeId,
    pub type_name: Words,
    pub policy: TypePolicy,
    pub name: String,
    pub short_name: String,
    pub uscc: Option<String>,
    pub member_number: Option<String>,
    pub registration_number: Option<String>,
    pub head_name: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub account_manager: Option<AccountId>,
    pub state: OrganizationState,
    pub registry_state: RegistryState,
    /// When the register was asked last.
    pub registry_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Organization {
    /// What every admission of it rests on.
    pub fn standing(&self) -> Standing {
        Standing { has_member_number: self.member_number.is_some(), registry_state: self.registry_state }
    }
}

/// What the desk or the demonstration fills in.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: OrganizationId,
    pub type_id: OrganizationTypeId,
    pub name: String,
    pub short_name: String,
    pub uscc: Option<Uscc>,
    pub member_number: Option<String>,
    pub registration_number: Option<String>,
    pub head_name: Option<String>,
    pub address: Option<String>,
    pub account_manager: Option<AccountId>,
}

/// The same as typed in a form.
#[derive(Clone, Debug, Default)]
pub struct OrganizationInput {
    pub name: String,
    pub short_name: String,
    pub uscc: String,
    pub member_number: String,
    pub registration_number: String,
    pub head_name: String,
    pub address: String,
}
impl OrganizationInput {
    /// All faults at once, each at its field.
    pub fn parse(
        &self,
        id: OrganizationId,
        type_id: OrganizationTypeId,
        account_manager: Option<AccountId>,
    ) -> Result<NewOrganization, Vec<Error>> {
        let mut faults = Faults::default();
        let name = faults.take(text::line("name", &self.name, 120));
        let short_name = faults.take(text::optional_line("short_name", &self.short_name, 30));
        let uscc = faults.take(
            text::optional_line("uscc", &self.uscc, 40)
                .and_then(|typed| typed.map(|typed| Uscc::parse(&typed)).transpose()),
        );
        let member_number = faults.take(text::optional_line("member_number", &self.member_number, 32));
        let registration_number =
            faults.take(text::optional_line("registration_number", &self.registration_number, 40));
        let head_name = faults.take(text::optional_line("head_name", &self.head_name, 60));
        let address = faults.take(text::optional_line("address", &self.address, 200));
        match (name, short_name, uscc, member_number, registration_number, head_name, address) {
            (
                Some(name),
                Some(short),
                Some(uscc),
                Some(member_number),
                Some(registration_number),
                Some(head_name),
                Some(address),
            ) => {
                let short_name = short.unwrap_or_else(|| name.chars().take(30).collect());
                Ok(NewOrganization {
                    id,
                    type_id,
                    name,
                    short_name,
                    uscc,
                    member_number,
                    registration_number,
                    head_name,
                    address,
                    account_manager,
                })
            }
            _ => Err(faults.0),
        }
    }
}
impl NewOrganization {
    /// An identifier that the type does not know would never be looked for again.
    pub fn fits(&self, policy: &TypePolicy) -> Result<()> {
        if self.uscc.is_some() && !policy.has(Identifier::Uscc) {
            return Err(Error::invalid("organization.identifier_unknown").at("uscc"));
        }
        if self.member_number.is_some() && !policy.has(Identifier::MemberNumber) {
            return Err(Error::invalid("organization.identifier_unknown").at("member_number"));
        }
        if self.registration_number.is_some() && !policy.has(Identifier::RegistrationNumber) {
            return Err(Error::invalid("organization.identifier_unknown").at("registration_number"));
        }
        Ok(())
    }
}

/// Collects the faults of several fields, so that a form shows all of them at once.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<Error>);
impl Faults {
    pub fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }
}

/// Names are found again whatever the width, case or blanks that were typed.
pub fn folded(name: &str) -> String {
    text::normalize(name).chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
/// For `name_folded LIKE … ESCAPE '\'`: names that contain what was typed, which is no pattern itself.
pub fn containing(typed: &str) -> String {
    let plain = folded(typed).replace('\\', "\\\\").replace('%', "\\%");
    format!("%{}%", plain.replace('_', "\\_"))
}
