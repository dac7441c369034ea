use crate::membership::Role;
use kernel::{
    Timestamp,
    id::{AccountId, GrantId, MembershipId, ProductId},
};

db::text_enum! {
    pub enum GrantState {
        Active = "active",
        Ended = "ended",
    }
}

/// One cell of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub membership: MembershipId,
    pub product: ProductId,
}

/// A grant that did not end. Whether it sleeps is the admission's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: GrantId,
    pub cell: Cell,
    pub from: Timestamp,
    pub until: Timestamp,
    pub by: Option<AccountId>,
}

/// What a form showed, and what its sender wants, for a cell that it showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub cell: Cell,
    pub shown: bool,
    /// The end that was shown with it; None where the form shows no dates.
    pub seen: Option<Timestamp>,
    pub wanted: bool,
    /// The end that was typed for this cell; None leaves the one that is there, or takes the one for all.
    pub until: Option<Timestamp>,
}
impl Wish {
    pub fn changes(&self) -> bool {
        self.shown != self.wanted || (self.wanted && self.until.is_some())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// None: until the end that is given for all.
    Give { until: Option<Timestamp> },
    /// Another end for the very grant that was shown, with the end that it had.
    Move { grant: GrantId, before: Timestamp, until: Timestamp },
    /// Of the very grant that was shown, with the end that it had.
    End { grant: GrantId, before: Timestamp },
}
impl Step {
    /// The grant that was shown, and until when; None where there was none.
    pub fn shown(self) -> Option<(GrantId, Timestamp)> {
        match self {
            Self::Give { .. } => None,
            Self::Move { grant, before, .. } | Self::End { grant, before } => Some((grant, before)),
        }
    }
}
/// One cell to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub cell: Cell,
    pub step: Step,
}
/// A change before it is applied, with whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub change: Change,
    pub account: AccountId,
    pub role: Role,
    /// The end that is there now.
    pub before: Option<Timestamp>,
    /// Code of the error that stands against it.
    pub refused: Option<&'static str>,
}
/// A cell that is not as the form showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    pub cell: Cell,
    pub account: AccountId,
    /// Until when the product is granted now; None if it is not.
    pub until: Option<Timestamp>,
    /// Who changed it last, and when.
    pub by: Option<AccountId>,
    pub at: Option<Timestamp>,
}
/// What a form would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub changes: Vec<Planned>,
    /// What cannot be, each with its reason.
    pub refused: Vec<Planned>,
    /// Cells of the form that somebody else changed meanwhile; none of them is among the changes.
    pub stale: Vec<Stale>,
}

/// Outcome of applying changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Done {
        given: usize,
        moved: usize,
        ended: usize,
    },
    /// Somebody else changed these cells after they were shown: nothing was written.
    Stale(Vec<Stale>),
    /// These became impossible after they were shown: nothing was written.
    Refused(Vec<(Cell, &'static str)>),
}
