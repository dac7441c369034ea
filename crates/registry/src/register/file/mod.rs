//! A register that is a file: CSV in UTF-8 or GB18030, uploaded at the desk. The newest upload answers; a new one takes its
//! place whole or not at all.
mod parse;
pub(super) mod service;
mod store;

use kernel::{
    Id, Timestamp,
    id::{AccountId, mark},
};

pub type FileId = Id<mark::RegistrySync>;

/// One upload.
#[derive(Clone, Debug)]
pub struct FileCard {
    pub id: FileId,
    /// Organizations in it.
    pub rows: i64,
    pub uploaded_by: Option<AccountId>,
    pub uploaded_at: Timestamp,
}
