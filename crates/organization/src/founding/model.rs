//! A claim to be the head of an organization.
use super::registry::Record;
use crate::application::TypedOrganization;
use crate::organization::{Faults, NewOrganization, folded};
use crate::organization_type::{Identifier, OrganizationType};
use kernel::{
    Error, Result, Uscc,
    id::{AccountId, ApplicationId, OrganizationId, OrganizationTypeId},
    text,
};
use serde::{Deserialize, Serialize};

db::text_enum! {
    /// What the register said of a claim.
    pub enum RegistryAnswer {
        /// No register is set up, or none answered.
        NotAsked = "not_asked",
        Unknown = "unknown",
        /// Revoked or cancelled.
        StruckOff = "struck_off",
        OtherName = "other_name",
        OtherHead = "other_head",
        /// The name is the head's, the document is not in the register: likeness is no proof.
        NameAlone = "name_alone",
        OtherDocument = "other_document",
        Match = "match",
    }
}
impl RegistryAnswer {
    /// Key of what staff read.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotAsked => "organization-register-not-asked",
            Self::Unknown => "organization-register-unknown",
            Self::StruckOff => "organization-register-struck-off",
            Self::OtherName => "organization-register-other-name",
            Self::OtherHead => "organization-register-other-head",
            Self::NameAlone => "organization-register-name-alone",
            Self::OtherDocument => "organization-register-other-document",
            Self::Match => "organization-register-match",
        }
    }
    /// Of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Match => "ok",
            Self::NotAsked | Self::Unknown | Self::NameAlone => "wait",
            Self::StruckOff | Self::OtherName | Self::OtherHead | Self::OtherDocument => "bad",
        }
    }
    /// All but the document, which the caller compares where it lies open.
    pub(super) fn of(record: Option<&Record>, claim: &TypedOrganization, document: Option<bool>) -> Self {
        let Some(record) = record else { return Self::Unknown };
        if record.uscc != claim.code {
            Self::Unknown
        } else if record.state.holds_admissions() {
            Self::StruckOff
        } else if folded(&record.name) != folded(&claim.name) {
            Self::OtherName
        } else if folded(&record.head_name) != folded(&claim.head_name) {
            Self::OtherHead
        } else {
            match document {
                None => Self::NameAlone,
                Some(false) => Self::OtherDocument,
                Some(true) => Self::Match,
            }
        }
    }
}

/// What the engine keeps sealed of a claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimData {
    /// Its head's name is the claimant's proven name.
    pub organization: TypedOrganization,
    pub type_id: OrganizationTypeId,
    pub address: Option<String>,
    pub register: RegistryAnswer,
}

/// What a form holds.
#[derive(Clone, Debug, Default)]
pub struct ClaimInput {
    pub type_id: String,
    pub name: String,
    pub code: String,
    pub address: String,
    pub reason: String,
}
#[derive(Clone, Debug)]
pub struct NewClaim {
    pub id: ApplicationId,
    pub organization: TypedOrganization,
    pub type_id: OrganizationTypeId,
    pub address: Option<String>,
    pub reason: Option<String>,
}
impl ClaimInput {
    /// All faults at once, each at its field: `type`, `name`, `code`, `address`, `reason`. `head_name` is proven.
    pub fn parse(
        &self,
        id: ApplicationId,
        head_name: &str,
        types: &[OrganizationType],
    ) -> Result<NewClaim, Vec<Error>> {
        let mut faults = Faults::default();
        let kind = types.iter().find(|kind| kind.id.to_string() == self.type_id);
        let kind = faults.take(kind.ok_or_else(|| Error::invalid("organization.type_unknown").at("type")));
        let typed = match TypedOrganization::parse(&self.name, &self.code, head_name) {
            Ok(typed) => Some(typed),
            Err(found) => {
                faults.0.extend(found);
                None
            }
        };
        if let (Some(kind), Some(typed)) = (kind, &typed) {
            let fits = Number::of(typed, kind).map(drop);
            faults.take(fits);
        }
        let address = faults.take(text::optional_line("address", &self.address, 200));
        let reason = faults.take(text::paragraph("reason", &self.reason, 500));
        match (kind, typed, address, reason) {
            (Some(kind), Some(organization), Some(address), Some(reason)) if faults.0.is_empty() => {
                Ok(NewClaim { id, organization, type_id: kind.id, address, reason })
            }
            _ => Err(faults.0),
        }
    }
}

/// Which of the type's identifiers a code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Uscc(Uscc),
    Registration(String),
    /// Given by the platform, so it leads to an organization that is here alone.
    Member(String),
}
impl Number {
    /// Error `founding.code_kind` at `code` if the type has none such.
    pub fn of(typed: &TypedOrganization, kind: &OrganizationType) -> Result<Self> {
        let code = &typed.code;
        let policy = &kind.policy;
        if policy.has(Identifier::Uscc)
            && let Ok(uscc) = Uscc::parse(code)
        {
            return Ok(Self::Uscc(uscc));
        }
        if policy.has(Identifier::RegistrationNumber) {
            return Ok(Self::Registration(code.clone()));
        }
        if policy.has(Identifier::MemberNumber) {
            return Ok(Self::Member(code.clone()));
        }
        Err(Error::invalid("founding.code_kind").at("code"))
    }
}
impl ClaimData {
    /// The organization that a claim makes. Error `founding.member_number`: nobody gives themselves one.
    pub(super) fn organization(
        &self,
        id: OrganizationId,
        kind: &OrganizationType,
        account_manager: Option<AccountId>,
    ) -> Result<NewOrganization> {
        let (uscc, registration_number) = match Number::of(&self.organization, kind)? {
            Number::Uscc(uscc) => (Some(uscc), None),
            Number::Registration(number) => (None, Some(number)),
            Number::Member(_) => return Err(Error::conflict("founding.member_number")),
        };
        Ok(NewOrganization {
            id,
            type_id: kind.id,
            name: self.organization.name.clone(),
            short_name: self.organization.name.chars().take(30).collect(),
            uscc,
            member_number: None,
            registration_number,
            head_name: Some(self.organization.head_name.clone()),
            address: self.address.clone(),
            account_manager,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::RegistryState;

    fn record(name: &str, head: &str, state: RegistryState) -> Record {
        Record {
            name: name.to_owned(),
            uscc: "CJ-1024".into(),
            head_name: head.to_owned(),
            head_document: None,
            state,
            address: None,
        }
    }
    #[test]
    fn m35_only_name_head_and_document_together_are_a_proof() {
        let typed = TypedOrganization::parse("澄江（上海）有限公司", "CJ-1024", "沈砚秋").unwrap();
        let answer = |record: &Record, document| RegistryAnswer::of(Some(record), &typed, document);
        let live = record("澄江(上海)有限公司", " 沈砚秋", RegistryState::Live);
        assert_eq!(answer(&live, Some(true)), RegistryAnswer::Match);
        assert_eq!(answer(&live, None), RegistryAnswer::NameAlone);
        assert_eq!(answer(&live, Some(false)), RegistryAnswer::OtherDocument);
        let other = record("澄江(上海)有限公司", "沈砚", RegistryState::Live);
        assert_eq!(answer(&other, Some(true)), RegistryAnswer::OtherHead);
        let renamed = record("清江有限公司", "沈砚秋", RegistryState::Live);
        assert_eq!(answer(&renamed, Some(true)), RegistryAnswer::OtherName);
        for state in [RegistryState::Revoked, RegistryState::Cancelled] {
            let gone = record("澄江(上海)有限公司", "沈砚秋", state);
            assert_eq!(answer(&gone, Some(true)), RegistryAnswer::StruckOff);
        }
        assert_eq!(RegistryAnswer::of(None, &typed, Some(true)), RegistryAnswer::Unknown);
    }
}
