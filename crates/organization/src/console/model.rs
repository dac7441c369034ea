use crate::decision::Decision;
use crate::organization_type::Words;
use crate::tile::Tile;
use kernel::Timestamp;

/// What runs out within so many days is said.
pub(super) const SOON_DAYS: i64 = 30;
/// Products opened lately that are no shortcuts.
pub(super) const RECENT: usize = 6;

/// A product at hand, with the decision of this instant.
#[derive(Clone, Debug)]
pub struct Kept {
    pub tile: Tile,
    pub decision: Option<Decision>,
}
impl Kept {
    pub fn is_usable(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.allow)
    }
}

db::text_enum! {
    pub enum EndingKind {
        Admission = "admission",
        Contract = "contract",
        Membership = "membership",
        Grant = "grant",
        Proof = "proof",
    }
}
/// One thing that runs out soon.
#[derive(Clone, Debug)]
pub struct Ending {
    pub kind: EndingKind,
    /// Of the product or organization, or the number of the contract.
    pub name: Words,
    pub until: Timestamp,
}

/// What waits; each number stops at 100.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Own requests that came back.
    pub returned: i64,
    /// Members who have not opened their account yet.
    pub activations: i64,
    /// Administrators whom the new head has not confirmed.
    pub succession: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Console {
    pub shortcuts: Vec<Kept>,
    pub recent: Vec<Kept>,
    pub counts: Counts,
    /// The soonest first.
    pub ending: Vec<Ending>,
}
