//! The form of a type. Rows of materials are added and removed by buttons that post the form and show it again.
use ::organization::application::ApplicationKind;
use ::organization::organization_type::{
    EditedType, Format, Identifier, MaterialInput, Registration, TypeInput, TypePolicy, Words,
};
use identity::realname::RealNameLevel;
use serde::Deserialize;

pub const MOST_ROWS: usize = 20;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Members {
    pub id: String,
    pub rev: i64,
    /// `add`, `remove-3`; anything else saves.
    step: String,
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub registration: String,
    pub head_zh: String,
    pub head_en: String,
    #[serde(rename = "identifiers[]")]
    identifiers: Vec<String>,
    #[serde(rename = "material_key[]")]
    keys: Vec<String>,
    #[serde(rename = "material_zh[]")]
    names_zh: Vec<String>,
    #[serde(rename = "material_en[]")]
    names_en: Vec<String>,
    /// Numbers of rows, since a box that is not ticked sends nothing.
    #[serde(rename = "material_required[]")]
    required: Vec<String>,
    #[serde(rename = "material_expiry[]")]
    expiry: Vec<String>,
    /// `3-pdf`.
    #[serde(rename = "material_format[]")]
    formats: Vec<String>,
    pub administrators: String,
    pub administrators_do_business: bool,
    pub representative_zh: String,
    pub representative_en: String,
    pub administrator_zh: String,
    pub administrator_en: String,
    pub agent_zh: String,
    pub agent_en: String,
    pub network_zones: String,
    pub head_level: String,
    pub agent_level: String,
    pub sync_days: String,
    #[serde(rename = "approved_by_two[]")]
    approved_by_two: Vec<String>,
}
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub chosen: bool,
}
/// One material as the form shows it; `place` counts from 0, `number` from 1.
pub struct Row {
    pub place: usize,
    pub number: usize,
    pub material: MaterialInput,
    pub formats: Vec<Choice>,
}

impl Members {
    /// What a new type begins with: the defaults, and nothing named.
    pub fn fresh(id: String) -> Self {
        let mut form = Self::filled(TypeInput::of("", &Words::new("", ""), &TypePolicy::default()));
        form.push(&MaterialInput { required: true, formats: every_format(), ..MaterialInput::default() });
        form.id = id;
        form
    }
    pub fn of(found: &EditedType) -> Self {
        let kind = &found.kind;
        let input = TypeInput::of(&kind.code, &kind.name, &kind.policy);
        Self { rev: found.rev, ..Self::filled(input) }
    }
    fn filled(input: TypeInput) -> Self {
        let mut form = Self {
            code: input.code,
            name_zh: input.name_zh,
            name_en: input.name_en,
            registration: input.registration,
            head_zh: input.head_zh,
            head_en: input.head_en,
            identifiers: input.identifiers,
            administrators: input.administrators,
            administrators_do_business: input.administrators_do_business,
            representative_zh: input.representative_zh,
            representative_en: input.representative_en,
            administrator_zh: input.administrator_zh,
            administrator_en: input.administrator_en,
            agent_zh: input.agent_zh,
            agent_en: input.agent_en,
            network_zones: input.network_zones,
            head_level: input.head_level,
            agent_level: input.agent_level,
            sync_days: input.sync_days,
            approved_by_two: input.approved_by_two,
            ..Self::default()
        };
        for material in &input.materials {
            form.push(material);
        }
        form
    }
    fn push(&mut self, material: &MaterialInput) {
        let place = self.keys.len().to_string();
        self.keys.push(material.key.clone());
        self.names_zh.push(material.zh.clone());
        self.names_en.push(material.en.clone());
        if material.required {
            self.required.push(place.clone());
        }
        if material.needs_expiry {
            self.expiry.push(place.clone());
        }
        self.formats.extend(material.formats.iter().map(|format| format!("{place}-{format}")));
    }
    /// True if a row was to be added or removed: the form is shown again and nothing is saved.
    pub fn turn(&mut self) -> bool {
        let mut materials = self.materials();
        if self.step == "add" {
            if materials.len() < MOST_ROWS {
                let formats = every_format();
                materials.push(MaterialInput { required: true, formats, ..MaterialInput::default() });
            }
        } else if let Some(place) = self.step.strip_prefix("remove-").and_then(|n| n.parse::<usize>().ok()) {
            if place < materials.len() {
                materials.remove(place);
            }
        } else {
            return false;
        }
        self.keys.clear();
        self.names_zh.clear();
        self.names_en.clear();
        self.required.clear();
        self.expiry.clear();
        self.formats.clear();
        for material in &materials {
            self.push(material);
        }
        true
    }
    fn materials(&self) -> Vec<MaterialInput> {
        let text = |list: &[String], place: usize| list.get(place).cloned().unwrap_or_default();
        (0..self.keys.len().min(2 * MOST_ROWS))
            .map(|place| {
                let number = place.to_string();
                let prefix = format!("{place}-");
                MaterialInput {
                    key: text(&self.keys, place),
                    zh: text(&self.names_zh, place),
                    en: text(&self.names_en, place),
                    required: self.required.contains(&number),
                    needs_expiry: self.expiry.contains(&number),
                    formats: self
                        .formats
                        .iter()
                        .filter_map(|format| format.strip_prefix(&prefix))
                        .map(str::to_owned)
                        .collect(),
                }
            })
            .collect()
    }
    pub fn input(&self) -> TypeInput {
        TypeInput {
            code: self.code.clone(),
            name_zh: self.name_zh.clone(),
            name_en: self.name_en.clone(),
            registration: self.registration.clone(),
            head_zh: self.head_zh.clone(),
            head_en: self.head_en.clone(),
            identifiers: self.identifiers.clone(),
            materials: self.materials(),
            administrators: self.administrators.clone(),
            administrators_do_business: self.administrators_do_business,
            representative_zh: self.representative_zh.clone(),
            representative_en: self.representative_en.clone(),
            administrator_zh: self.administrator_zh.clone(),
            administrator_en: self.administrator_en.clone(),
            agent_zh: self.agent_zh.clone(),
            agent_en: self.agent_en.clone(),
            network_zones: self.network_zones.clone(),
            head_level: self.head_level.clone(),
            agent_level: self.agent_level.clone(),
            sync_days: self.sync_days.clone(),
            approved_by_two: self.approved_by_two.clone(),
        }
    }
    pub fn rows(&self) -> Vec<Row> {
        let row = |(place, material): (usize, MaterialInput)| Row {
            place,
            number: place + 1,
            formats: Format::ALL
                .iter()
                .map(|format| Choice {
                    value: format.as_str(),
                    label: format_label(*format),
                    hint: "",
                    chosen: material.formats.iter().any(|chosen| chosen == format.as_str()),
                })
                .collect(),
            material,
        };
        self.materials().into_iter().enumerate().map(row).collect()
    }
    pub fn registrations(&self) -> Vec<Choice> {
        let choice = |registration: &Registration| Choice {
            value: registration.as_str(),
            label: super::registration_key(*registration),
            hint: match registration {
                Registration::Platform => "portal-type-registration-platform-hint",
                Registration::Head => "portal-type-registration-head-hint",
            },
            chosen: self.registration == registration.as_str(),
        };
        Registration::ALL.iter().map(choice).collect()
    }
    /// Kinds that somebody decides at a page with a verdict.
    pub fn kinds(&self) -> Vec<Choice> {
        let choice = |kind: &ApplicationKind| Choice {
            value: kind.as_str(),
            label: kind.key(),
            hint: "",
            chosen: self.approved_by_two.iter().any(|chosen| chosen == kind.as_str()),
        };
        ApplicationKind::ALL.iter().map(choice).collect()
    }
    pub fn identifier_choices(&self) -> Vec<Choice> {
        let choice = |identifier: &Identifier| Choice {
            value: identifier.as_str(),
            label: match identifier {
                Identifier::Uscc => "portal-type-identifier-uscc",
                Identifier::MemberNumber => "portal-type-identifier-member-number",
                Identifier::RegistrationNumber => "portal-type-identifier-registration-number",
            },
            hint: "",
            chosen: self.identifiers.iter().any(|chosen| chosen == identifier.as_str()),
        };
        Identifier::ALL.iter().map(choice).collect()
    }
}
fn every_format() -> Vec<String> {
    Format::ALL.iter().map(|format| format.as_str().to_owned()).collect()
}
/// Names of formats are the same in every language.
const fn format_label(format: Format) -> &'static str {
    match format {
        Format::Pdf => "PDF",
        Format::Jpeg => "JPEG",
        Format::Png => "PNG",
    }
}
pub fn levels(chosen: &str) -> Vec<Choice> {
    let choice = |level: &RealNameLevel| Choice {
        value: level.as_str(),
        label: level.key(),
        hint: "",
        chosen: chosen == level.as_str(),
    };
    RealNameLevel::ALL.iter().map(choice).collect()
}
