//! An organization as somebody types it who may not browse them: name, code, head. Whether it is here, and whether all of
//! it fits, is found out apart from the request, by the worker alone.
use super::engine;
use super::model::{Application, ApplicationKind};
use crate::organization::{Faults, Organization, folded};
use db::{Keyring, Tx};
use kernel::{Error, Result, Uscc, text};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedOrganization {
    pub name: String,
    pub code: String,
    pub head_name: String,
}
impl TypedOrganization {
    /// All faults at once, each at its field: `name`, `code`, `head_name`.
    pub fn parse(name: &str, code: &str, head_name: &str) -> Result<Self, Vec<Error>> {
        let mut faults = Faults::default();
        let name = faults.take(text::line("name", name, 120));
        let code = faults.take(parse_code(code));
        let head_name = faults.take(text::line("head_name", head_name, 60));
        match (name, code, head_name) {
            (Some(name), Some(code), Some(head_name)) => Ok(Self { name, code, head_name }),
            _ => Err(faults.0),
        }
    }
    /// Stands for what was typed where one open application an organization is allowed; says nothing about it.
    pub(crate) fn key(&self, keyring: &Keyring) -> i64 {
        let mac = keyring.mac(
            "application.organization",
            &[self.code.as_bytes(), folded(&self.name).as_bytes(), folded(&self.head_name).as_bytes()],
        );
        let mut first = [0_u8; 8];
        for (to, from) in first.iter_mut().zip(mac) {
            *to = from;
        }
        (i64::from_be_bytes(first) & i64::MAX).max(1)
    }
    pub fn has_code_of(&self, organization: &Organization) -> bool {
        [&organization.uscc, &organization.member_number, &organization.registration_number]
            .into_iter()
            .any(|own| own.as_deref() == Some(self.code.as_str()))
    }
    /// Code, name and head are all the organization's own.
    pub fn fits(&self, organization: &Organization) -> bool {
        let head = organization.head_name.as_deref().map(folded);
        self.has_code_of(organization)
            && folded(&self.name) == folded(&organization.name)
            && head.is_some_and(|head| head == folded(&self.head_name))
    }
}

/// A code of 18 characters is a unified social credit code and has to be right; any other is the type's own identifier.
/// Errors at `code`.
pub(crate) fn parse_code(typed: &str) -> Result<String> {
    let line = text::line("code", typed, 40)?;
    let bare: String = line.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if bare.chars().count() == 18 {
        return Uscc::parse(&bare).map(|code| code.as_str().to_owned()).map_err(|error| error.at("code"));
    }
    if line.chars().count() < 4 {
        return Err(Error::invalid("application.code").at("code"));
    }
    Ok(line)
}

/// Whether an application waits for this organization. An agent's fits in all it says; a head's claim in the code alone,
/// since staff decide it and the head may be the new one.
pub(super) fn fits_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    application: &Application,
    organization: &Organization,
) -> Result<bool> {
    #[derive(Deserialize)]
    struct Typed {
        organization: TypedOrganization,
    }
    let Some(data) = engine::data_in::<Typed>(tx, keyring, application.id)? else { return Ok(false) };
    Ok(match application.kind {
        ApplicationKind::AgentAuthorization => data.organization.fits(organization),
        ApplicationKind::Head => data.organization.has_code_of(organization),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m38_codes_of_18_characters_are_checked_and_others_are_the_types_own() {
        assert_eq!(parse_code(" 91350211m000100y43 ").is_ok(), Uscc::parse("91350211M000100Y43").is_ok());
        let wrong = parse_code("91350211M000100Y44").and(parse_code("91350211M000100Y45")).unwrap_err();
        assert_eq!(wrong.field, Some("code"));
        assert_eq!(parse_code("CJ-1024").unwrap(), "CJ-1024");
        assert_eq!(parse_code("abc").unwrap_err().code, "application.code");
        assert!(parse_code("").is_err());
    }
    #[test]
    fn m38_every_fault_is_told_at_its_field() {
        let faults = TypedOrganization::parse("", "1", " ").unwrap_err();
        let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "code", "head_name"]);
    }
}
