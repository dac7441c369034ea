use crate::decision::Space;
use crate::organization_type::Words;
use crate::product::ProductState;
use kernel::{Timestamp, id::ProductId};

/// As many as anybody finds again.
pub const MOST_SHORTCUTS: usize = 24;

/// A product of the person's in one space.
#[derive(Clone, Debug)]
pub struct Tile {
    pub product: ProductId,
    pub code: String,
    pub name: Words,
    pub icon: String,
    pub state: ProductState,
    /// Of a shortcut.
    pub place: Option<i64>,
    pub opened_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Up,
    Down,
}

/// 0 stands for the personal space, as in what products tell.
pub(crate) fn key(space: Space) -> i64 {
    space.organization().map_or(0, |id| id.as_i64())
}
