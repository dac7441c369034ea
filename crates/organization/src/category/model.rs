use crate::organization_type::Words;
use kernel::{Error, Id, Result, id::mark};

pub type CategoryId = Id<mark::ProductCategory>;
/// A heading has less room than a product.
pub const LONGEST_NAME: (usize, usize) = (30, 60);

#[derive(Clone, Debug)]
pub struct Category {
    pub id: CategoryId,
    pub code: String,
    pub name: Words,
    pub rev: i64,
    /// Products under it, drafts and withdrawn ones included.
    pub products: i64,
}

/// Lower-case words for programs, as of products.
pub fn code(text: &str) -> Result<String> {
    crate::product::code(text).map_err(|error| match error.code {
        "product.code" => Error::invalid("category.code").at("code"),
        _ => error,
    })
}
