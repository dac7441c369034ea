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
    pub head_name: Option<String>,
    pub address: Option<String>,
    pub account_manager: Option<AccountId>,
    pub state: OrganizationState,
    pub created_at: Timestamp,
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
        let head_name = faults.take(text::optional_line("head_name", &self.head_name, 60));
        let address = faults.take(text::optional_line("address", &self.address, 200));
        match (name, short_name, uscc, member_number, head_name, address) {
            (Some(name), Some(short), Some(uscc), Some(member_number), Some(head_name), Some(address)) => {
                let short_name = short.unwrap_or_else(|| name.chars().take(30).collect());
                Ok(NewOrganization {
                    id,
                    type_id,
                    name,
                    short_name,
                    uscc,
                    member_number,
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
