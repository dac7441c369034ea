//! A type as somebody typed it at the desk. All faults are told at once, each at its field.
use super::model::{
    BothAt, Format, Identifier, LONGEST_NAME, MaterialRule, NAMES, Registration, RoleLabels, TypePolicy,
    Words,
};
use crate::application::ApplicationKind;
use crate::organization::Faults;
use identity::realname::RealNameLevel;
use kernel::{Error, Result, text};
use std::str::FromStr;

/// More would be a form that nobody fills in.
pub const MOST_MATERIALS: usize = 20;
const MOST_ZONES: usize = 20;
const MOST_ADMINISTRATORS: u32 = 50;
const MOST_SYNC_DAYS: u32 = 365;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaterialInput {
    pub key: String,
    pub zh: String,
    pub en: String,
    pub required: bool,
    pub needs_expiry: bool,
    pub formats: Vec<String>,
}
impl MaterialInput {
    pub fn is_blank(&self) -> bool {
        [&self.key, &self.zh, &self.en].iter().all(|typed| typed.trim().is_empty())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeInput {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub registration: String,
    pub head_zh: String,
    pub head_en: String,
    pub identifiers: Vec<String>,
    pub materials: Vec<MaterialInput>,
    pub administrators: String,
    pub administrators_do_business: bool,
    pub representative_zh: String,
    pub representative_en: String,
    pub administrator_zh: String,
    pub administrator_en: String,
    pub agent_zh: String,
    pub agent_en: String,
    /// One name a line.
    pub network_zones: String,
    pub head_level: String,
    pub agent_level: String,
    pub sync_days: String,
    /// Kinds of applications that two persons approve.
    pub approved_by_two: Vec<String>,
}

/// What [`TypeInput::parse`] makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedType {
    pub code: String,
    pub name: Words,
    pub policy: TypePolicy,
}

impl TypeInput {
    /// The form of a type that exists.
    pub fn of(code: &str, name: &Words, policy: &TypePolicy) -> Self {
        let labels = &policy.role_labels;
        Self {
            code: code.to_owned(),
            name_zh: name.zh.clone(),
            name_en: name.en.clone(),
            registration: policy.registration.as_str().to_owned(),
            head_zh: policy.head_title.zh.clone(),
            head_en: policy.head_title.en.clone(),
            identifiers: policy.identifiers.iter().map(|i| i.as_str().to_owned()).collect(),
            materials: policy.materials.iter().map(MaterialInput::of).collect(),
            administrators: policy.administrators.to_string(),
            administrators_do_business: policy.administrators_do_business,
            representative_zh: labels.legal_representative.zh.clone(),
            representative_en: labels.legal_representative.en.clone(),
            administrator_zh: labels.administrator.zh.clone(),
            administrator_en: labels.administrator.en.clone(),
            agent_zh: labels.agent.zh.clone(),
            agent_en: labels.agent.en.clone(),
            network_zones: policy.network_zones.join("\n"),
            head_level: policy.head_level.as_str().to_owned(),
            agent_level: policy.agent_level.as_str().to_owned(),
            sync_days: policy.sync_days.to_string(),
            approved_by_two: policy.approved_by_two.iter().map(|kind| kind.as_str().to_owned()).collect(),
        }
    }
    pub fn parse(&self) -> Result<ParsedType, Vec<Error>> {
        let mut faults = Faults::default();
        let code = faults.take(code(&self.code));
        let name = words(&mut faults, NAMES, &self.name_zh, &self.name_en);
        let registration = faults.take(one::<Registration>("registration", &self.registration));
        let head_title = words(&mut faults, ("head_zh", "head_en"), &self.head_zh, &self.head_en);
        let identifiers = faults.take(self.identifiers());
        let materials = faults.take(self.materials());
        let administrators =
            faults.take(number("administrators", &self.administrators, 1, MOST_ADMINISTRATORS));
        let representative = words(
            &mut faults,
            ("representative_zh", "representative_en"),
            &self.representative_zh,
            &self.representative_en,
        );
        let administrator = words(
            &mut faults,
            ("administrator_zh", "administrator_en"),
            &self.administrator_zh,
            &self.administrator_en,
        );
        let agent = words(&mut faults, ("agent_zh", "agent_en"), &self.agent_zh, &self.agent_en);
        let network_zones = faults.take(self.zones());
        let head_level = faults.take(one::<RealNameLevel>("head_level", &self.head_level));
        let agent_level = faults.take(one::<RealNameLevel>("agent_level", &self.agent_level));
        let sync_days = faults.take(number("sync_days", &self.sync_days, 0, MOST_SYNC_DAYS));
        let approved_by_two = faults.take(self.approved_by_two());
        // Each `?` below is a fault that was noted above.
        let parsed = (|| {
            Some(ParsedType {
                code: code?,
                name: name?,
                policy: TypePolicy {
                    registration: registration?,
                    materials: materials?,
                    head_title: head_title?,
                    identifiers: identifiers?,
                    administrators: administrators?,
                    administrators_do_business: self.administrators_do_business,
                    role_labels: RoleLabels {
                        legal_representative: representative?,
                        administrator: administrator?,
                        agent: agent?,
                    },
                    network_zones: network_zones?,
                    head_level: head_level?,
                    agent_level: agent_level?,
                    sync_days: sync_days?,
                    approved_by_two: approved_by_two?,
                },
            })
        })();
        parsed.filter(|_| faults.0.is_empty()).ok_or(faults.0)
    }
    /// In the order of the enumeration, each once; none at all is a type without identifiers.
    fn identifiers(&self) -> Result<Vec<Identifier>> {
        let mut chosen = Vec::new();
        for typed in &self.identifiers {
            let identifier = one::<Identifier>("identifiers", typed)?;
            if !chosen.contains(&identifier) {
                chosen.push(identifier);
            }
        }
        Ok(chosen)
    }
    fn approved_by_two(&self) -> Result<Vec<ApplicationKind>> {
        let mut chosen = Vec::new();
        for typed in &self.approved_by_two {
            let kind = one::<ApplicationKind>("approved_by_two", typed)?;
            if !chosen.contains(&kind) {
                chosen.push(kind);
            }
        }
        Ok(chosen)
    }
    /// Rows in which nothing was typed are no rows.
    fn materials(&self) -> Result<Vec<MaterialRule>> {
        let typed: Vec<&MaterialInput> = self.materials.iter().filter(|row| !row.is_blank()).collect();
        if typed.len() > MOST_MATERIALS {
            let error = Error::invalid("organization_type.materials_many").at("materials");
            return Err(error.arg("most", MOST_MATERIALS.to_string()));
        }
        let mut rules: Vec<MaterialRule> = Vec::with_capacity(typed.len());
        for (place, row) in typed.into_iter().enumerate() {
            let fault = |code| Error::invalid(code).at("materials").arg("row", (place + 1).to_string());
            let key = code(&row.key).map_err(|_| fault("organization_type.material_key"))?;
            let line = |text: &str| {
                text::line("materials", text, 60).map_err(|_| fault("organization_type.material_name"))
            };
            let formats: Vec<Format> =
                Format::ALL.iter().copied().filter(|f| row.formats.iter().any(|t| t == f.as_str())).collect();
            if formats.is_empty() {
                return Err(fault("organization_type.material_formats"));
            }
            if rules.iter().any(|rule| rule.key == key) {
                return Err(fault("organization_type.material_twice"));
            }
            rules.push(MaterialRule {
                key,
                name: Words { zh: line(&row.zh)?, en: line(&row.en)? },
                required: row.required,
                needs_expiry: row.needs_expiry,
                formats,
            });
        }
        Ok(rules)
    }
    fn zones(&self) -> Result<Vec<String>> {
        let mut zones = Vec::new();
        for typed in self.network_zones.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let zone = text::line("network_zones", typed, 60)?;
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        if zones.len() > MOST_ZONES {
            return Err(Error::invalid("field.too_long")
                .at("network_zones")
                .arg("max", MOST_ZONES.to_string()));
        }
        Ok(zones)
    }
}
impl MaterialInput {
    fn of(rule: &MaterialRule) -> Self {
        Self {
            key: rule.key.clone(),
            zh: rule.name.zh.clone(),
            en: rule.name.en.clone(),
            required: rule.required,
            needs_expiry: rule.needs_expiry,
            formats: rule.formats.iter().map(|format| format.as_str().to_owned()).collect(),
        }
    }
}

/// Lower-case words for programs: `exchange_member`, `business-licence`.
fn code(text: &str) -> Result<String> {
    let text = text::line("code", text, 40)?;
    let good = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if good { Ok(text) } else { Err(Error::invalid("organization_type.code").at("code")) }
}
fn words(faults: &mut Faults, at: BothAt, zh: &str, en: &str) -> Option<Words> {
    let (zh, en) = Words::new(zh, en).lines(at, LONGEST_NAME);
    let (zh, en) = (faults.take(zh), faults.take(en));
    Some(Words { zh: zh?, en: en? })
}
fn one<T: FromStr>(field: &'static str, typed: &str) -> Result<T> {
    typed.parse().map_err(|_| Error::invalid("field.unknown_value").at(field))
}
fn number(field: &'static str, typed: &str, least: u32, most: u32) -> Result<u32> {
    let parsed = typed.trim().parse().ok().filter(|number| (least..=most).contains(number));
    parsed.ok_or_else(|| {
        Error::invalid("field.number").at(field).arg("least", least.to_string()).arg("most", most.to_string())
    })
}
