use super::model::{Draft, HOURS, Issued, Link, Opening, Standing, State, Way, hash, printed};
use super::store::{self, Found, NewActivation};
use crate::membership::{self, MembershipState};
use crate::organization::{self, Locked};
use crate::{Authority, Organizations};
use db::Tx;
use identity::account::{self, AccountState};
use identity::credential::{self, Password};
use identity::notice::{self, Kind, Notice};
use identity::session;
use kernel::{
    Actor, Error, Event, Result, Timestamp, TokenHash,
    id::{AccountId, MembershipId},
};
use platform::counter::{self, Limit};
use serde_json::json;

/// Links by SMS to one account a day: whoever administers must not flood a number.
const SENT: Limit = Limit { scope: "activation.sms", most: 5, seconds: 86_400 };

/// Makes a link for the holder of a managed account and hands it out; the one before opens nothing any more. The caller has
/// locked the organization and checked the power over the member. Errors: `activation.no_phone`, `activation.too_many`.
#[expect(clippy::too_many_arguments, reason = "who, where, for whom and with what")]
pub(crate) fn issue_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    by: &Authority,
    locked: &Locked,
    (membership, account): (MembershipId, AccountId),
    draft: &Draft,
    link: &Link,
    now: Timestamp,
) -> Result<(Issued, Event)> {
    let (keyring, expires_at) = (rooms.db().keyring(), now.plus_seconds(HOURS * 3600));
    let address = format!("{}/activate/{}", link.origin, draft.token);
    let phone = match link.way {
        Way::Print => None,
        Way::Sms => {
            let phone = account::service::phone_in(tx, keyring, account)?.map(|(phone, _)| phone);
            let phone = phone.ok_or_else(|| Error::invalid("activation.no_phone").at("phone"))?;
            if !counter::service::hit_in(tx, SENT, &account.as_i64().to_be_bytes(), now)?.allowed() {
                return Err(Error::too_many("activation.too_many").arg("most", SENT.most.to_string()));
            }
            Some(phone)
        }
    };
    store::void(tx, account)?;
    let token = hash(&draft.token);
    let new = NewActivation {
        id: draft.id,
        organization: locked.id,
        membership,
        account,
        way: link.way,
        token: &token,
        code: (link.way == Way::Print).then(|| hash(&draft.code)),
        phone_index: phone.as_ref().map(|phone| keyring.blind("phone", phone)),
        by: by.account(),
        now,
        expires_at,
    };
    store::insert(tx, &new)?;
    if let Some(phone) = &phone {
        let cards = account::service::cards_in(tx, keyring, &[account])?;
        let told = Notice::new(Kind::AccountHandedOut)
            .arg("organization", locked.name.as_str())
            .arg("login_name", cards.first().map_or("", |card| card.login_name.as_str()))
            .arg("link", address.as_str())
            .in_language(link.lang);
        let to = (draft.message, phone.as_str(), expires_at);
        notice::tell_number_in(tx, rooms.identity(), to, &told, now)?;
    }
    let event = Event::done(by.actor(), "membership.handed_out")
        .on("membership", membership)
        .of(locked.id)
        .with(json!({ "account": account, "way": link.way, "until": expires_at }));
    let printed_link = phone.is_none();
    let issued = Issued {
        way: link.way,
        link: if printed_link { address } else { String::new() },
        code: if printed_link { printed(&draft.code) } else { String::new() },
        phone_masked: phone.as_deref().map(account::service::masked_phone).unwrap_or_default(),
        expires_at,
    };
    Ok((issued, event))
}
/// What is open for the account opens nothing any more.
pub(crate) fn void_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::void(tx, account).map(drop)
}
/// The same for what went to a number that the account has no more.
pub(crate) fn void_sent_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::void_sent(tx, account).map(drop)
}
/// An account that waited is open: it has a password.
pub(crate) fn open_account_in(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<()> {
    if account::service::require_in(tx, account)?.state == AccountState::Unactivated {
        account::service::set_state_in(tx, account, AccountState::Active, now)?;
    }
    Ok(())
}

impl Organizations {
    /// For whoever holds the link. Errors: `activation.unknown`, `activation.used`, `activation.void`,
    /// `activation.expired`, `activation.suspended`.
    pub async fn activation(&self, token: &str, now: Timestamp) -> Result<Opening> {
        let (hash, rooms) = (hash(token), self.clone());
        self.db()
            .read(move |tx| {
                let found = opened(tx, &hash, now)?;
                let cards = account::service::cards_in(tx, rooms.db().keyring(), &[found.account])?;
                let card = cards.into_iter().next().ok_or_else(unknown)?;
                Ok(Opening {
                    organization: organization::find_in(tx, found.organization)?.ok_or_else(unknown)?.name,
                    login_name: card.login_name,
                    again: credential::service::exists_in(tx, found.account)?,
                    expires_at: found.expires_at,
                })
            })
            .await
    }
    /// The holder's own password: it opens the account, proves the number if the link came to it, and ends every session.
    /// Errors: those of [`Self::activation`], of `credential::check_new` at `new_password`.
    pub async fn activate(&self, actor: &Actor, token: &str, new: &Password, now: Timestamp) -> Result<()> {
        let hash = hash(token);
        let looked = hash.clone();
        let account = self.db().read(move |tx| opened(tx, &looked, now)).await?.account;
        credential::service::check_new(self.identity(), "new_password", new, &[], Some(account)).await?;
        let password = credential::service::hash(self.identity(), new).await?;
        let (rooms, actor) = (self.clone(), actor.clone());
        self.db()
            .write(move |tx| {
                let Some(place) = store::find(tx, &hash)? else { return Err(unknown()) };
                organization::lock(tx, place.organization)?.ok_or_else(unknown)?;
                account::service::touch_in(tx, place.account)?;
                // Under both locks: what ended meanwhile opens nothing.
                let found = opened(tx, &hash, now)?;
                if !store::consume(tx, found.id, now)? {
                    return Err(Error::conflict("activation.used"));
                }
                let again = credential::service::exists_in(tx, found.account)?;
                credential::service::set_in(tx, found.account, &password, false, now)?;
                open_account_in(tx, found.account, now)?;
                session::service::end_all_in(tx, found.account, None, now)?;
                let proven = found.way == Way::Sms && prove_in(tx, &rooms, &found, now)?;
                if again {
                    let told = Notice::new(Kind::PasswordChanged);
                    notice::tell_all_in(tx, rooms.identity(), found.account, &told, now)?;
                }
                let event = Event::done(&actor, "membership.activated")
                    .on("membership", found.membership)
                    .of(found.organization)
                    .with(json!({ "account": found.account, "way": found.way, "phone_proven": proven }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// The last link of the account, for the page of its member.
    pub async fn handed_out(&self, account: AccountId) -> Result<Option<Standing>> {
        self.db().read(move |tx| store::find_last(tx, account)).await
    }
}
/// The number is its holder's from now on. One that another account proved stays there: it signs in to one account alone.
fn prove_in(tx: &mut Tx<'_>, rooms: &Organizations, found: &Found, now: Timestamp) -> Result<bool> {
    let keyring = rooms.db().keyring();
    let Some((phone, proven)) = account::service::phone_in(tx, keyring, found.account)? else {
        return Ok(false);
    };
    if found.phone_index.as_deref() != Some(keyring.blind("phone", &phone).as_slice()) {
        return Ok(false);
    }
    if !proven {
        match account::service::prove_phone_in(tx, found.account) {
            Err(error) if error.code == "account.phone_taken" => return Ok(false),
            done => done?,
        }
    }
    account::service::confirm_phone_in(tx, found.account, now)?;
    Ok(true)
}
fn unknown() -> Error {
    Error::not_found("activation.unknown")
}
/// What the link opens at this instant, or why it opens nothing.
fn opened(tx: &mut Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<Found> {
    let found = store::find(tx, hash)?.ok_or_else(unknown)?;
    match found.state {
        State::Used => return Err(Error::conflict("activation.used")),
        State::Void => return Err(Error::conflict("activation.void")),
        State::Open if found.expires_at <= now => return Err(Error::conflict("activation.expired")),
        State::Open => {}
    }
    let member = membership::find(tx, found.organization, found.membership)?.ok_or_else(unknown)?;
    match member.state {
        MembershipState::Active => Ok(found),
        MembershipState::Suspended => Err(Error::conflict("activation.suspended")),
        MembershipState::Ended => Err(Error::conflict("activation.void")),
    }
}
