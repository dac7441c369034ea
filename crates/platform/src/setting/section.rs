//! What a section consists of, so that one form, one check and one comparison serve them all.
use super::model::Policies;
use kernel::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// One row of `setting`.
pub trait Section: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    const KEY: &'static str;
    const MEMBERS: &'static [Member];
    /// Errors: `setting.out_of_bounds`, `setting.not_offered`, `setting.text` at the member.
    fn check(&self) -> Result<()> {
        let values = values_of(self)?;
        Self::MEMBERS.iter().try_for_each(|member| member.check(values.get(member.name)))
    }
    fn put(self, policies: &mut Policies);
    fn of(policies: &Policies) -> &Self;
}

/// One value of a section, by its name in the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: &'static str,
    pub shape: Shape,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Both bounds included.
    Number {
        least: i64,
        most: i64,
    },
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Any of these, none included.
    Several(&'static [&'static str]),
    /// One line, not empty, at most so many characters.
    Text {
        most: usize,
    },
}
impl Member {
    fn check(&self, value: Option<&Value>) -> Result<()> {
        let value = value.unwrap_or(&Value::Null);
        let offered =
            |known: &[&str], value: &Value| value.as_str().is_some_and(|text| known.contains(&text));
        let fits = match self.shape {
            Shape::Number { least, most } => {
                if value.as_i64().is_some_and(|number| (least..=most).contains(&number)) {
                    return Ok(());
                }
                return Err(Error::invalid("setting.out_of_bounds")
                    .at(self.name)
                    .arg("least", least.to_string())
                    .arg("most", most.to_string()));
            }
            Shape::Text { most } => {
                let text = value.as_str().unwrap_or_default();
                let fits = !text.trim().is_empty()
                    && text.chars().count() <= most
                    && !text.chars().any(char::is_control);
                return if fits {
                    Ok(())
                } else {
                    Err(Error::invalid("setting.text").at(self.name).arg("most", most.to_string()))
                };
            }
            Shape::Flag => value.is_boolean(),
            Shape::Choice(known) => offered(known, value),
            Shape::Several(known) => {
                value.as_array().is_some_and(|list| list.iter().all(|value| offered(known, value)))
            }
        };
        if fits { Ok(()) } else { Err(Error::invalid("setting.not_offered").at(self.name)) }
    }
    /// A number that has one value alone is nothing to decide.
    pub fn is_open(&self) -> bool {
        !matches!(self.shape, Shape::Number { least, most } if least == most)
    }
}

/// A section as the desk lists it.
#[derive(Clone, Copy)]
pub struct SectionInfo {
    pub key: &'static str,
    pub members: &'static [Member],
    pub(super) values: fn(&Policies) -> Result<Map<String, Value>>,
    pub(super) read: fn(&mut Policies, Map<String, Value>) -> Result<()>,
}
impl SectionInfo {
    /// As they are in force.
    pub fn values(&self, policies: &Policies) -> Result<Map<String, Value>> {
        (self.values)(policies)
    }
    pub fn defaults(&self) -> Result<Map<String, Value>> {
        (self.values)(&Policies::default())
    }
    /// Checked, then taken over.
    pub fn set(&self, policies: &mut Policies, values: Map<String, Value>) -> Result<()> {
        (self.read)(policies, values)
    }
}
pub(super) fn values_of<S: Section>(section: &S) -> Result<Map<String, Value>> {
    match serde_json::to_value(section).map_err(json)? {
        Value::Object(map) => Ok(map),
        _ => Err(Error::internal("setting.json")),
    }
}
pub(super) fn set_section<S: Section>(policies: &mut Policies, values: Map<String, Value>) -> Result<()> {
    // Bounds are looked at before the types, so that a number that is far too large is told as such.
    S::MEMBERS.iter().try_for_each(|member| member.check(values.get(member.name)))?;
    let section: S = serde_json::from_value(Value::Object(values)).map_err(json)?;
    section.put(policies);
    Ok(())
}
pub(super) fn json(error: serde_json::Error) -> Error {
    Error::internal("setting.json").because(error)
}
/// For the lists of `sections!`.
pub(super) const fn number(least: i64, most: i64) -> Shape {
    Shape::Number { least, most }
}
