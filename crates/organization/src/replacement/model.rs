use crate::application::{Application, StepRecord};
use crate::membership::MemberRow;
use kernel::{
    LoginName, Mobile,
    id::{ApplicationId, MembershipId},
};
use platform::document::Card;
use serde::{Deserialize, Serialize};

db::text_enum! {
    /// What becomes of the administrator who goes.
    pub enum Outgoing {
        Agent = "agent",
        End = "end",
    }
}
/// Who is administrator afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incoming {
    /// An agent of the organization.
    Member(MembershipId),
    /// Somebody who is not here yet: gets an account of the organization. The desk alone names them.
    New { login_name: String, name: String, phone: Option<String> },
}
impl Incoming {
    pub fn new(login_name: &LoginName, name: &str, phone: Option<&Mobile>) -> Self {
        Self::New {
            login_name: login_name.as_str().to_owned(),
            name: name.to_owned(),
            phone: phone.map(|phone| phone.as_str().to_owned()),
        }
    }
}
/// What is asked for; sealed with the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    pub outgoing: MembershipId,
    pub incoming: Incoming,
    pub becomes: Outgoing,
}
#[derive(Clone, Debug)]
pub struct NewReplacement {
    /// Drawn when the form was rendered.
    pub id: ApplicationId,
    pub what: Replacement,
    pub reason: String,
}
/// A request with everything that whoever decides looks at.
#[derive(Clone, Debug)]
pub struct Shown {
    pub application: Application,
    pub what: Replacement,
    pub outgoing: Option<MemberRow>,
    /// None for somebody who is not here yet.
    pub incoming: Option<MemberRow>,
    pub documents: Vec<Card>,
    pub timeline: Vec<StepRecord>,
}
