//! Offers, links, results.
use super::{
    model::{Arrived, ExternalId, ExternalProof, Linked, Linking, Offer, Purpose, Ticket, name_en},
    store::{self, Found, NewRow},
};
use crate::{
    Identity, account,
    challenge::{self, Attempt, ChallengeId},
    credential,
    notice::{self, Kind as NoticeKind, Notice},
};
use db::{Keyring, Tx};
use kernel::{Actor, Error, Event, Result, Timestamp, id::AccountId};
use platform::{
    connector::{self, model::ConnectorId, model::Kind},
    staff::PolicyEditor,
};
use serde_json::json;
use std::sync::Arc;
use upstream::Person;
use web::{Ctx, Lang};

const SUBJECT: &str = "external_identity.subject";
const DISPLAY_NAME: &str = "external_identity.display_name";

/// The connectors that are switched on, in the desk's order.
pub async fn offered(identity: &Identity) -> Result<Vec<Offer>> {
    let enabled = connector::service::enabled(identity.db(), Kind::Upstream).await?;
    Ok(enabled
        .into_iter()
        .map(|connector| Offer {
            connector: connector.id,
            href: format!("/login/upstream/{}", connector.id),
            name_en: name_en(&connector),
            name: connector.name,
            provider: connector.provider,
        })
        .collect())
}
/// The identities of an account, those of connectors that are switched off included; removed connectors are left out.
pub async fn linked(identity: &Identity, account: AccountId) -> Result<Vec<Linked>> {
    let keyring = Arc::clone(identity.db().keyring());
    identity.db().read_few(move |tx| linked_in(tx, &keyring, account)).await
}
pub fn linked_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Vec<Linked>> {
    let connectors = connector::service::list_in(tx, keyring, Kind::Upstream)?;
    let mut linked = Vec::new();
    for row in store::list(tx, account)? {
        let Some(connector) = connectors.iter().find(|connector| connector.id == row.connector) else {
            continue;
        };
        let display_name = match &row.display_name {
            Some(sealed) => Some(keyring.open(DISPLAY_NAME, row.id.as_i64(), sealed)?),
            None => None,
        };
        linked.push(Linked {
            id: row.id,
            connector: row.connector,
            provider: connector.provider.clone(),
            name_en: name_en(connector),
            name: connector.name.clone(),
            enabled: connector.enabled,
            display_name,
            linked_at: row.linked_at,
            last_used_at: row.last_used_at,
        });
    }
    Ok(linked)
}
/// Whether an identity of a connector that is switched on signs in to the account; `except` does not count.
pub fn signs_in_in(tx: &mut Tx<'_>, account: AccountId, except: Option<ExternalId>) -> Result<bool> {
    store::has_enabled(tx, account, except)
}
/// How many accounts have an identity of this connector.
pub async fn count(identity: &Identity, connector: ConnectorId) -> Result<i64> {
    identity.db().read(move |tx| store::count(tx, connector)).await
}

/// What a round trip brought, once: to the browser that made it, for the purpose it was made for, within ten minutes.
/// `id` is the query's `external`.
pub fn take_result_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ChallengeId,
    purpose: &Purpose,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Option<ExternalProof>> {
    let taken = challenge::service::attempt_in(tx, keyring, id, purpose.result(), browser, "", now)?;
    let Attempt::Right(data) = taken else { return Ok(None) };
    let arrived: Arrived = serde_json::from_str(&data).map_err(json_error)?;
    // A result for one attempt at recovery serves no other.
    if arrived.purpose != *purpose {
        return Ok(None);
    }
    // Whose it is, is asked now: a link that ended since does not count.
    let account = find_in(tx, keyring, arrived.connector, &arrived.person)?.map(|found| found.account);
    Ok(Some(ExternalProof {
        connector: arrived.connector,
        provider: arrived.provider,
        name: arrived.name,
        subject: arrived.person.subject,
        account,
        certified: arrived.person.certified,
    }))
}
pub(super) fn json_error(error: serde_json::Error) -> Error {
    Error::internal("external.json").because(error)
}

/// The link of this person: by the main name first, then by the others.
pub(super) fn find_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    connector: ConnectorId,
    person: &Person,
) -> Result<Option<Found>> {
    for subject in std::iter::once(&person.subject).chain(&person.alt_subjects) {
        if let Some(found) = store::find_by_subject(tx, connector, &keyring.blind(SUBJECT, subject))? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
pub(super) fn used_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ExternalId,
    person: &Person,
    now: Timestamp,
) -> Result<()> {
    let row = id.as_i64();
    let display = person.display_name.as_deref().map(|name| keyring.seal(DISPLAY_NAME, row, &shown(name)));
    let (index, sealed) =
        (keyring.blind(SUBJECT, &person.subject), keyring.seal(SUBJECT, row, &person.subject));
    store::update_used(tx, id, &index, &sealed, display.as_deref(), now).map(drop)
}
/// Other people's text: bounded, printable.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// What is linked to whom; `id` is drawn before the transaction.
#[derive(Clone)]
pub(super) struct NewLink {
    pub id: ExternalId,
    pub account: AccountId,
    pub connector: ConnectorId,
    pub name: String,
    pub person: Person,
    /// Whoever made the account a moment ago need not be told.
    pub tell: bool,
}
/// Links, under the account's row lock, and tells its holder on every proven channel. Whoever calls proved both sides.
pub(super) fn link_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    new: &NewLink,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Linking, Vec<Event>)> {
    let keyring = identity.db().keyring();
    account::service::touch_in(tx, new.account)?;
    if let Some(found) = find_in(tx, keyring, new.connector, &new.person)? {
        let mine = found.account == new.account;
        return Ok(if mine {
            (Linking::Already, Vec::new())
        } else {
            (Linking::Taken, refused(new, actor, "taken"))
        });
    }
    if store::find_of_account(tx, new.connector, new.account)?.is_some() {
        return Ok((Linking::Other, refused(new, actor, "other")));
    }
    let row = new.id.as_i64();
    let display =
        new.person.display_name.as_deref().map(|name| keyring.seal(DISPLAY_NAME, row, &shown(name)));
    let inserted = store::insert(
        tx,
        &NewRow {
            id: new.id,
            account: new.account,
            connector: new.connector,
            subject_index: &keyring.blind(SUBJECT, &new.person.subject),
            subject: &keyring.seal(SUBJECT, row, &new.person.subject),
            display_name: display.as_deref(),
            now,
        },
    )?;
    if !inserted {
        // Somebody was faster between looking and writing.
        return Ok((Linking::Taken, refused(new, actor, "taken")));
    }
    if new.tell {
        let told =
            Notice::new(NoticeKind::IdentityLinked).arg("provider", new.name.clone()).leads_to("/me/linked");
        notice::tell_all_in(tx, identity, new.account, &told, now)?;
    }
    let detail = json!({ "connector": new.connector.to_string() });
    Ok((Linking::Linked, vec![Event::done(actor, "external.linked").on("account", new.account).with(detail)]))
}
fn refused(new: &NewLink, actor: &Actor, why: &str) -> Vec<Event> {
    let detail = json!({ "connector": new.connector.to_string(), "reason": why });
    vec![Event::refused(actor, "external.link").on("account", new.account).with(detail)]
}

/// Ends a link of the own account; what it was comes back. Errors: `external.unknown_link`, `external.last_way_in`.
pub async fn unlink(
    identity: &Identity,
    signed_in: &crate::SignedIn,
    id: ExternalId,
    now: Timestamp,
) -> Result<Linked> {
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            // The lock: two tabs must not each take the other's way for the one that remains.
            account::service::touch_in(tx, account)?;
            let keyring = identity2.db().keyring();
            let linked = linked_in(tx, keyring, account)?.into_iter().find(|linked| linked.id == id);
            let linked = linked.ok_or_else(|| Error::not_found("external.unknown_link"))?;
            if !other_way_in(tx, keyring, account, id)? {
                return Err(Error::conflict("external.last_way_in"));
            }
            store::end(tx, id, account, now)?;
            let told = Notice::new(NoticeKind::IdentityUnlinked)
                .words("provider", linked.label(Lang::Zh), linked.label(Lang::En))
                .leads_to("/me/linked");
            notice::tell_all_in(tx, &identity2, account, &told, now)?;
            let detail = json!({ "connector": linked.connector.to_string() });
            Ok((linked, vec![Event::done(&actor, "external.unlinked").on("account", account).with(detail)]))
        })
        .await
}
/// A password, a proven phone, a passkey or another identity signs in as well.
fn other_way_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId, except: ExternalId) -> Result<bool> {
    let password = credential::store::find(tx, account)?.is_some();
    let phone = account::service::phone_in(tx, keyring, account)?.is_some_and(|(_, proven)| proven);
    Ok(password
        || phone
        || factor::summary_in(tx, account)?.passkeys > 0
        || signs_in_in(tx, account, Some(except))?)
}
/// Removes a connector with its links. Error: `connector.unknown`.
pub async fn remove_connector(
    identity: &Identity,
    editor: &PolicyEditor,
    id: ConnectorId,
    now: Timestamp,
) -> Result<()> {
    let by = editor.clone();
    identity
        .db()
        .write(move |tx| {
            by.recheck_in(tx)?;
            let ended = store::end_of_connector(tx, id, now)?;
            let detail = json!({ "links": ended });
            Ok((
                (),
                vec![Event::done(by.actor(), "external.connector_removed").on("connector", id).with(detail)],
            ))
        })
        .await?;
    connector::service::delete(identity.db(), editor, id).await
}

/// Under which challenges of a first visit are bound: its cookie outlives the change of session.
pub(super) fn bound_to(keyring: &Keyring, cookie: &str) -> [u8; 32] {
    keyring.mac("external.ticket", &[cookie.as_bytes()])
}
pub(super) fn ticket_of(id: ChallengeId, data: &str) -> Result<Ticket> {
    let arrived: Arrived = serde_json::from_str(data).map_err(json_error)?;
    Ok(Ticket {
        id,
        connector: arrived.connector,
        provider: arrived.provider,
        name: arrived.name,
        person: arrived.person,
        return_to: arrived.return_to,
    })
}
/// The first visit that this browser brought; None once used, expired, of another browser, or its connector switched off.
pub async fn ticket(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
) -> Result<Option<Ticket>> {
    let Some(cookie) = web::cookie::external_token(headers, &ctx.app) else { return Ok(None) };
    let (keyring, now) = (Arc::clone(identity.db().keyring()), ctx.now);
    let browser = bound_to(&keyring, &cookie);
    let open = identity
        .db()
        .read_few(move |tx| {
            let purpose = Purpose::SignIn.result();
            let open = challenge::service::find_open_in(tx, &keyring, id, purpose, &browser, now)?;
            let Some(open) = open else { return Ok(None) };
            let ticket = ticket_of(id, &open.data)?;
            let connector = connector::service::find_in(tx, &keyring, ticket.connector)?;
            Ok(connector.filter(|connector| connector.enabled).map(|_| ticket))
        })
        .await?;
    Ok(open)
}
/// Who proved the other side. The id of the link is drawn before the transaction.
#[derive(Clone, Copy, Debug)]
pub enum LinkTo {
    /// An account that is made in this transaction.
    Newcomer { link: ExternalId, account: AccountId },
    /// The account that is signed in.
    Holder { link: ExternalId, account: AccountId },
}
/// Uses the first visit up and links it to `account`, which proved itself in the same request: a new account after its code,
/// an existing one after its sign-in. None if the visit is over. `link` is drawn before the transaction.
pub fn use_ticket_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    id: ChallengeId,
    cookie: &str,
    to: LinkTo,
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<(Linking, Vec<Event>)>> {
    let keyring = identity.db().keyring();
    let browser = bound_to(keyring, cookie);
    let purpose = Purpose::SignIn.result();
    let Attempt::Right(data) = challenge::service::attempt_in(tx, keyring, id, purpose, &browser, "", now)?
    else {
        return Ok(None);
    };
    let ticket = ticket_of(id, &data)?;
    let (id, account, tell) = match to {
        LinkTo::Newcomer { link, account } => (link, account, false),
        LinkTo::Holder { link, account } => (link, account, true),
    };
    let Ticket { connector, name, person, .. } = ticket;
    let new = NewLink { id, account, connector, name, person, tell };
    link_in(tx, identity, &new, actor, now).map(Some)
}
/// With an account go the identities that were ever linked to it, ciphertext included.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account).map(drop)
}
