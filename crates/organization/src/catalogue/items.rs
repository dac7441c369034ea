//! Items (事项) belong to a room above this one; the binary gives the way to them, as it gives the look-up of registers.
use crate::decision::Space;
use crate::organization_type::Words;
use identity::session::SignedIn;
use kernel::{Result, id::ProductId};
use std::{future::Future, pin::Pin};

/// One item as the catalog mentions it.
#[derive(Clone, Debug)]
pub struct ItemLine {
    pub product: ProductId,
    pub id: String,
    pub name: Words,
    pub summary: Words,
    pub department: Option<String>,
    pub starred: bool,
}
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Vec<ItemLine>>> + Send + 'a>>;

pub trait ItemSource: Send + Sync {
    /// Items of whatever product whose name fits what was typed: one page of them.
    fn search<'a>(&'a self, who: &'a SignedIn, space: Space, typed: &'a str) -> Found<'a>;
    /// The newest of one product.
    fn of_product<'a>(&'a self, who: &'a SignedIn, space: Space, product: ProductId) -> Found<'a>;
}
