use kernel::id::{MembershipId, ProductId};

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

/// What a form showed, and what its sender wants, for every cell that it showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub cell: Cell,
    pub shown: bool,
    pub wanted: bool,
}

/// Outcome of saving a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Done {
        granted: usize,
        revoked: usize,
    },
    /// Somebody else changed these cells after the form was shown: nothing was written.
    Stale(Vec<Cell>),
}
