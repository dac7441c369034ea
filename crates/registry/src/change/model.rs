//! What is asked for; sealed while it is decided.
use crate::registration::{Entry, Typed};
use kernel::{Error, Result, clock::Zone, text};
use organization::application::ApplicationKind;
use serde::{Deserialize, Serialize};

/// Files of one application: the first, and one for each time that it came back.
pub const MOST_FILES: usize = 6;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Wanted {
    Name { name: String },
    Registration { entry: Typed },
}
impl Wanted {
    pub const fn kind(&self) -> ApplicationKind {
        match self {
            Self::Name { .. } => ApplicationKind::NameChange,
            Self::Registration { .. } => ApplicationKind::RegistrationChange,
        }
    }
    /// As our own rules have it. All faults at once, each at its field.
    pub fn checked(self, zone: &Zone) -> Result<Self, Vec<Error>> {
        match self {
            Self::Name { name } => match text::line("name", &name, 120) {
                Ok(name) => Ok(Self::Name { name }),
                Err(fault) => Err(vec![fault]),
            },
            Self::Registration { entry } => {
                let parsed: Entry = entry.parse(zone)?;
                Ok(Self::Registration { entry: Typed::of(&parsed, zone) })
            }
        }
    }
}
