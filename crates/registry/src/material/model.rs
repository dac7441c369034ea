//! A material and how it stands.
use kernel::{
    Id, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, mark},
};
use organization::application::ApplicationState;
use organization::organization_type::{MaterialRule, Words};

pub type MaterialId = Id<mark::Material>;

/// Days before the end at which a warning begins.
pub const WARNING_DAYS: i64 = 30;
/// Files of one material: the first, and one for each time that it came back.
pub const MOST_FILES: usize = 6;

#[derive(Clone, Debug)]
pub struct Material {
    pub id: MaterialId,
    pub organization: OrganizationId,
    pub rule_key: String,
    pub rule_name: Words,
    pub application: ApplicationId,
    pub valid_until: Option<Timestamp>,
    pub state: ApplicationState,
    /// What was said when it came back or was refused.
    pub note: Option<String>,
    pub submitted_by: AccountId,
    pub submitted_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}
impl Material {
    /// As its application stands now.
    pub fn state_at(&self, now: Timestamp) -> ApplicationState {
        if self.state.is_open() && self.expires_at <= now { ApplicationState::Expired } else { self.state }
    }
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == ApplicationState::Approved && self.valid_until.is_none_or(|until| now < until)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Missing,
    InReview,
    Returned,
    Accepted,
    Refused,
    Expiring,
    Expired,
}
impl Standing {
    /// By what was handed in for one rule, newest first.
    pub fn of(history: &[Material], now: Timestamp) -> Self {
        match history.first().map(|material| material.state_at(now)) {
            Some(state) if state.is_waiting() => return Self::InReview,
            Some(ApplicationState::Returned) => return Self::Returned,
            _ => {}
        }
        let accepted = history.iter().find(|material| material.state == ApplicationState::Approved);
        match accepted {
            Some(material) if !material.is_in_force(now) => Self::Expired,
            Some(material) if material.valid_until.is_some_and(|end| end <= now.plus_days(WARNING_DAYS)) => {
                Self::Expiring
            }
            Some(_) => Self::Accepted,
            None if history.first().is_some_and(|m| m.state == ApplicationState::Rejected) => Self::Refused,
            None => Self::Missing,
        }
    }
    pub const fn key(self) -> &'static str {
        match self {
            Self::Missing => "registry-material-missing",
            Self::InReview => "registry-material-in-review",
            Self::Returned => "registry-material-returned",
            Self::Accepted => "registry-material-accepted",
            Self::Refused => "registry-material-refused",
            Self::Expiring => "registry-material-expiring",
            Self::Expired => "registry-material-expired",
        }
    }
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Missing | Self::InReview | Self::Returned => "wait",
            Self::Accepted => "ok",
            Self::Expiring => "wait",
            Self::Refused | Self::Expired => "bad",
        }
    }
    /// Whether another one can be handed in.
    pub const fn may_submit(self) -> bool {
        !matches!(self, Self::InReview)
    }
}

/// One rule of the type with everything that was handed in for it.
#[derive(Clone, Debug)]
pub struct Line {
    pub rule: MaterialRule,
    pub standing: Standing,
    /// Newest first.
    pub history: Vec<Material>,
}
impl Line {
    pub fn in_force(&self, now: Timestamp) -> Option<&Material> {
        self.history.iter().find(|material| material.is_in_force(now))
    }
}
