//! A template and the choice among them.
use crate::{gateway::Config, purpose};
use kernel::{Error, Id, Result, Timestamp, id::mark};
use platform::connector::ConnectorId;

pub type TemplateId = Id<mark::MessageTemplate>;

db::text_enum!(
    pub enum Approval {
        Draft = "draft",
        Submitted = "submitted",
        Approved = "approved",
        Refused = "refused",
    }
);

#[derive(Clone, Debug)]
pub struct Template {
    pub id: TemplateId,
    pub connector: ConnectorId,
    pub purpose: String,
    pub lang: String,
    /// None takes the gateway's.
    pub sign: Option<String>,
    /// What the provider calls it.
    pub code: String,
    pub parameters: Vec<String>,
    pub approval: Approval,
    pub rev: i64,
    pub updated_at: Timestamp,
}
impl Template {
    pub fn sign<'a>(&'a self, config: &'a Config) -> &'a str {
        self.sign.as_deref().unwrap_or(&config.sign)
    }
}

/// The one for exactly this purpose and language, else the one for any code or notice, else the same in Chinese: a text in
/// another language is better than none.
pub fn choose<'a>(
    templates: &'a [Template],
    connector: ConnectorId,
    wanted: (&str, &str, bool),
    approved_alone: bool,
) -> Option<&'a Template> {
    let (exact, lang, has_code) = wanted;
    let any = if has_code { purpose::ANY_CODE } else { purpose::ANY_NOTICE };
    let mut usable: Vec<&Template> = templates
        .iter()
        .filter(|t| t.connector == connector && (!approved_alone || t.approval == Approval::Approved))
        .collect();
    // Where drafts are looked at too, an approved one comes first.
    usable.sort_by_key(|template| template.approval != Approval::Approved);
    [(exact, lang), (any, lang), (exact, "zh-CN"), (any, "zh-CN")].into_iter().find_map(|(purpose, lang)| {
        usable.iter().find(|template| template.purpose == purpose && template.lang == lang).copied()
    })
}

/// Names separated by blanks or commas. Error: `template.parameter` at `parameters`.
pub fn parse_parameters(text: &str) -> Result<Vec<String>> {
    let names: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c == ',' || c == '，')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let good =
        |name: &String| name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if names.len() <= 20 && names.iter().all(good) {
        Ok(names)
    } else {
        Err(Error::invalid("template.parameter").at("parameters"))
    }
}
