use crate::Organizations;
use crate::activation::Way;
use crate::membership::{Role, Terms};
use kernel::{
    Id, Mobile, Timestamp,
    id::{AccountId, OrganizationId, mark},
};
use platform::outbox::model::OutboxId;

pub type InvitationId = Id<mark::Invitation>;

/// So long an invitation waits for its answer.
pub const DAYS: i64 = 7;

db::text_enum! {
    pub enum State {
        Open = "open",
        Accepted = "accepted",
        Declined = "declined",
        /// Taken back by the organization.
        Revoked = "revoked",
        /// Whoever invited had lost the power when it was accepted.
        Void = "void",
        Expired = "expired",
    }
}

/// What an inviter writes.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: InvitationId,
    pub phone: Mobile,
    /// How the inviter calls the person; of no weight.
    pub name: Option<String>,
    pub role: Role,
    pub way: Way,
    pub terms: Terms,
}
/// What a link is made of, drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) message: OutboxId,
    pub(super) token: String,
}
impl Draft {
    pub fn new(rooms: &Organizations) -> Self {
        Self { message: rooms.db().draw(), token: rooms.db().rng().token() }
    }
}
/// The link of a slip; empty where it went by SMS.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: InvitationId,
    pub link: String,
    pub phone_masked: String,
    pub expires_at: Timestamp,
}
/// What became of a form.
#[derive(Clone, Debug)]
pub enum Invited {
    New(Sent),
    /// The form was sent twice.
    Existing(InvitationId),
}

/// An invitation as the organization's list shows it.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: InvitationId,
    pub organization: OrganizationId,
    pub inviter: Option<AccountId>,
    pub by_staff: bool,
    pub role: Role,
    pub way: Way,
    pub phone_masked: String,
    pub name: Option<String>,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub state: State,
    pub sent: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}
impl Invitation {
    /// Expiry is evaluated when read.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state == State::Open && self.expires_at <= now { State::Expired } else { self.state }
    }
}

/// What an invitee reads who proved to hold the number.
#[derive(Clone, Debug)]
pub struct Offer {
    pub organization: String,
    pub inviter: String,
    pub role: crate::organization_type::Words,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub expires_at: Timestamp,
}
/// What the link shows to whom.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Nobody signed in: the last digits of the number alone, so that its holder knows which account to use.
    Stranger {
        tail: String,
    },
    /// Signed in, without proof of that number.
    Other {
        tail: String,
        own_masked: Option<String>,
        managed: bool,
    },
    Offer(Box<Offer>),
    /// It has been answered, taken back, or is too old; the code of the error says which.
    Over(&'static str),
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted(OrganizationId),
    Declined,
    /// The inviter may not invite any more; whoever accepted is told to ask for another invitation.
    Void,
}
