//! Administrators of an organization, from the platform's side: made and handed out, invited, edited, suspended, renewed,
//! removed, and replaced by a stamped letter.
mod create;
mod handing;
mod invite;
mod one;
mod replacement;

pub use handing::Slip;

use super::{Desk, organization::manageable};
use ::organization::membership::MemberRow;
use identity::account::AccountCard;
use kernel::{
    Error,
    id::{MembershipId, OrganizationId},
};
use web::{Failure, Routes};

pub fn routes() -> Routes {
    create::routes()
        .merge(one::routes())
        .merge(handing::routes())
        .merge(invite::routes())
        .merge(replacement::routes())
}

const AREA: &str = "/desk/organizations";
type Ids = (OrganizationId, MembershipId);

fn address(organization: OrganizationId) -> String {
    format!("/desk/organizations/{organization}")
}
fn address_of((organization, id): Ids) -> String {
    format!("/desk/organizations/{organization}/administrators/{id}")
}
/// One of the organization's administrators and the account behind, for whoever may change it.
async fn find(desk: &Desk, (organization, id): Ids) -> Result<(String, MemberRow, AccountCard), Failure> {
    let unknown = || Error::not_found("membership.unknown");
    let place = manageable(desk, organization).await?;
    let row = desk.organizations.find_member(organization, id).await?;
    if !row.role.administers() {
        return Err(unknown().into());
    }
    let cards = identity::account::service::cards(desk.organizations.db(), vec![row.account]).await?;
    Ok((place.name, row, cards.into_iter().next().ok_or_else(unknown)?))
}
