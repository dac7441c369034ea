//! Checks, asking, and the last step across rooms.
use crate::address;
use db::{Keyring, Tx};
use identity::{
    SignedIn, account,
    account::{OwnerKind, closing},
};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use organization::{
    Organizations, application, invitation,
    membership::{MEMBERSHIPS, Membership, Role},
    shell, tile,
};
use web::Lang;

/// A round of the worker takes so many.
const ROUND: i64 = 50;

/// Why an account cannot be closed, and by that who can help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// An organization owns the account: its administrator deletes it.
    Managed,
    /// The person acts for an organization; as its legal representative they are replaced first.
    Member { organization: OrganizationId, name: String, head: bool },
    /// More organizations than are named.
    More,
    /// Platform staff: the system administrator ends that first.
    Staff,
    /// A real-name verification or a dispute waits for its decision.
    Matter,
}
fn of_memberships(memberships: Vec<Membership>) -> impl Iterator<Item = Obstacle> {
    memberships.into_iter().map(|membership| Obstacle::Member {
        organization: membership.organization,
        head: membership.role == Role::LegalRepresentative,
        name: membership.organization_name,
    })
}
pub(crate) async fn obstacles(rooms: &Organizations, who: &SignedIn) -> Result<Vec<Obstacle>> {
    if who.owner.kind() == OwnerKind::Managed {
        return Ok(vec![Obstacle::Managed]);
    }
    let mut found: Vec<Obstacle> = of_memberships(rooms.memberships(who.account).await?).collect();
    if found.len() as i64 == MEMBERSHIPS {
        found.push(Obstacle::More);
    }
    if who.staff.is_some() {
        found.push(Obstacle::Staff);
    }
    let account = who.account;
    if rooms.db().read_few(move |tx| verification::leaving::has_open_in(tx, account)).await? {
        found.push(Obstacle::Matter);
    }
    Ok(found)
}

/// The holder asks; with no days to take it back the account is closed at once. Errors: `closing.obstacle` if something
/// stands in the way, those of `account::closing`.
pub(crate) async fn ask(
    rooms: &Organizations,
    who: &SignedIn,
    lang: Lang,
    now: Timestamp,
) -> Result<Timestamp> {
    let identity = rooms.identity().clone();
    let days = identity.settings().policies().await?.profile.closing_days;
    let due = now.plus_days(days);
    let (rooms2, who) = (rooms.clone(), who.clone());
    identity
        .db()
        .write({
            let identity = identity.clone();
            move |tx| {
                account::service::touch_in(tx, who.account)?;
                if is_held_in(tx, &rooms2, who.account)? {
                    return Err(Error::conflict("closing.obstacle"));
                }
                let event = closing::ask_in(tx, &identity, &who, lang, due, now)?;
                Ok(((), vec![event]))
            }
        })
        .await?;
    if days == 0 {
        finish_due(rooms, now).await?;
    }
    Ok(due)
}

/// The last step of every account whose time has come. Safe on any number of nodes at once.
pub(crate) async fn finish_due(rooms: &Organizations, now: Timestamp) -> Result<u64> {
    let mut closed = 0;
    for account in closing::due(rooms.db(), now, ROUND).await? {
        closed += u64::from(finish(rooms, account, now).await?);
    }
    Ok(closed)
}
async fn finish(rooms: &Organizations, account: AccountId, now: Timestamp) -> Result<bool> {
    let (rooms2, identity) = (rooms.clone(), rooms.identity().clone());
    rooms
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            // Something came up meanwhile: looked at again tomorrow, and the holder still reads the warning.
            if is_held_in(tx, &rooms2, account)? {
                closing::put_off_in(tx, account, now.plus_days(1))?;
                let event = Event::refused(&kernel::Actor::system(), "account.closed").on("account", account);
                return Ok((false, vec![event]));
            }
            // The last step takes the number, by which invitations are found.
            let phone = account::service::phone_in(tx, identity.db().keyring(), account)?;
            let phone = phone.filter(|(_, proven)| *proven).map(|(phone, _)| phone);
            let Some(event) = closing::finish_in(tx, &identity, account, now)? else {
                return Ok((false, Vec::new()));
            };
            let mut events = vec![event];
            events.extend(erase_in(tx, identity.db().keyring(), account, phone.as_deref(), now)?);
            Ok((true, events))
        })
        .await
}
/// The obstacles at this instant, under the account's lock.
fn is_held_in(tx: &mut Tx<'_>, rooms: &Organizations, account: AccountId) -> Result<bool> {
    let staff = platform::staff::service::find_in(tx, account)?
        .is_some_and(|member| member.state == platform::staff::StaffState::Active);
    Ok(staff
        || !rooms.memberships_in(tx, account)?.is_empty()
        || verification::leaving::has_open_in(tx, account)?)
}
/// What rooms above the account keep about the person; the list in `tables.rs` says what of each table. The events are
/// of what was open and is withdrawn.
fn erase_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    phone: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = application::leaving::erase_in(tx, account, now)?;
    events.extend(invitation::leaving::erase_in(tx, keyring, account, phone, now)?);
    address::service::erase_in(tx, account)?;
    oidc::remembered::service::erase_in(tx, account)?;
    shell::forget_visits_in(tx, account)?;
    tile::forget_in(tx, account)?;
    feed::erase_in(tx, account)?;
    recovery::question::service::forget_in(tx, account)?;
    identity::external::service::erase_in(tx, account)?;
    identity::device::service::erase_in(tx, account)?;
    factor::overview::service::erase_in(tx, account)?;
    platform::staff::service::erase_in(tx, account)?;
    legacy::leaving::erase_in(tx, keyring, account)?;
    verification::leaving::erase_in(tx, account, now)?;
    Ok(events)
}
