//! How many clients the developers of an organization keep of one product. Staff are not counted: they answer for what they do.
use super::{Keeper, store};
use db::Tx;
use kernel::{Error, Result, id::ProductId};

/// More than any product has environments, platforms and pages; few enough for one page to list them all.
const MOST: usize = 50;

/// Asked before one is registered, after the organization's row was locked. Clients that are switched off count: they are there.
/// Error `client.too_many`.
pub fn must_have_room_in(tx: &mut Tx<'_>, by: &Keeper, product: ProductId) -> Result<()> {
    let Some(developer) = by.developer() else { return Ok(()) };
    let known = store::list_of_product(tx.statement(), product)?;
    let kept = known.iter().filter(|client| client.keeping.developer == Some(developer)).count();
    if kept < MOST { Ok(()) } else { Err(Error::conflict("client.too_many").arg("max", MOST.to_string())) }
}
