//! The account as its holder sees and changes it. Which fields are theirs to change is a value that the rooms above make from
//! policy, role and ownership.
pub(super) mod store;

use super::{model::Owner, service};
use crate::{Identity, SignedIn, notice, notice::Kind, realname};
use db::{Db, Keyring, Tx};
use kernel::{Error, Event, LoginName, Result, Timestamp, id::AccountId};
use platform::setting::{ProfileField, ProfilePolicy};
use std::sync::Arc;
use web::Lang;

const EMPLOYER: &str = "profile.employer";
const EMPLOYER_MAX: usize = 100;

/// What the holder may change.
#[derive(Clone, Debug)]
pub struct Editable(Vec<ProfileField>);
impl Editable {
    /// `administers`: whether the holder administers the organization that owns the account.
    pub fn of(policy: &ProfilePolicy, owner: Owner, administers: bool) -> Self {
        Self(match owner {
            Owner::SelfOwned => policy.self_owned.clone(),
            Owner::Managed(_) if administers => policy.administrator.clone(),
            Owner::Managed(_) => policy.agent.clone(),
        })
    }
    pub fn has(&self, field: ProfileField) -> bool {
        self.0.contains(&field)
    }
    /// Error: `profile.not_editable`.
    pub fn must(&self, field: ProfileField) -> Result<()> {
        if self.has(field) { Ok(()) } else { Err(Error::forbidden("profile.not_editable")) }
    }
}

#[derive(Clone, Debug)]
pub struct Own {
    pub owner: Owner,
    pub sub: String,
    pub login_name: String,
    pub name: String,
    /// It changes by a new proof alone.
    pub name_proven: bool,
    /// E.164.
    pub phone: Option<String>,
    pub phone_proven: bool,
    pub phone_proven_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_proven: bool,
    pub employer: Option<String>,
    pub created_at: Timestamp,
    pub password_set_at: Option<Timestamp>,
    pub closing_due: Option<Timestamp>,
}
impl Own {
    pub fn phone_masked(&self) -> Option<String> {
        self.phone.as_deref().map(service::masked_phone)
    }
    pub fn email_masked(&self) -> Option<String> {
        self.email.as_deref().map(kernel::mask::email)
    }
}

/// Error: `account.unknown`.
pub async fn own(identity: &Identity, account: AccountId, now: Timestamp) -> Result<Own> {
    let keyring = Arc::clone(identity.db().keyring());
    identity
        .db()
        .read_few(move |tx| {
            let row = store::find_own(tx, account)?.ok_or_else(|| Error::not_found("account.unknown"))?;
            let open = |column, sealed: Option<Vec<u8>>| {
                sealed.map(|sealed| keyring.open(column, account.as_i64(), &sealed)).transpose()
            };
            Ok(Own {
                owner: Owner::of(row.owner_kind, row.owner),
                sub: row.sub,
                name: service::open_name(&keyring, account, &row.name)?,
                name_proven: realname::service::level_in(tx, account, now)?.rank() > 0,
                phone: open(service::PHONE, row.phone)?,
                phone_proven: row.phone_proven,
                phone_proven_at: row.phone_proven_at,
                email: open(service::EMAIL, row.email)?,
                email_proven: row.email_proven,
                employer: open(EMPLOYER, row.employer)?,
                login_name: row.login_name,
                created_at: row.created_at,
                password_set_at: row.password_set_at,
                closing_due: row.closing_due,
            })
        })
        .await
}

/// Whoever asks for it, holder or administrator: a proven name changes by a new proof alone. False if it was that already.
/// Error: `profile.name_proven`.
pub fn rename_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    name: &str,
    now: Timestamp,
) -> Result<bool> {
    service::touch_in(tx, account)?;
    let card = service::cards_in(tx, keyring, &[account])?
        .pop()
        .ok_or_else(|| Error::not_found("account.unknown"))?;
    if card.name == name {
        return Ok(false);
    }
    // Asked under the row lock: a proof that came meanwhile fixed the name.
    if realname::service::level_in(tx, account, now)?.rank() > 0 {
        return Err(Error::conflict("profile.name_proven").at("name"));
    }
    service::rename_in(tx, keyring, account, name)?;
    Ok(true)
}
/// Changes a name that nobody proved. Errors: `profile.not_editable`, `profile.name_proven`, those of names.
pub async fn rename(
    identity: &Identity,
    signed_in: &SignedIn,
    editable: &Editable,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    editable.must(ProfileField::Name)?;
    let name = super::model::parse_name(name)?;
    let (keyring, account, actor) =
        (Arc::clone(identity.db().keyring()), signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            if !rename_in(tx, &keyring, account, &name, now)? {
                return Ok(((), Vec::new()));
            }
            Ok(((), vec![Event::done(&actor, "account.renamed").on("account", account)]))
        })
        .await
}
/// Errors: `profile.not_editable`, `account.login_name_taken`. Whether it is free was asked within the limits before.
pub async fn change_login_name(
    identity: &Identity,
    signed_in: &SignedIn,
    editable: &Editable,
    login_name: LoginName,
    (lang, now): (Lang, Timestamp),
) -> Result<()> {
    editable.must(ProfileField::LoginName)?;
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    let keyring = Arc::clone(identity.db().keyring());
    identity
        .db()
        .write(move |tx| {
            let row = service::contact_in(tx, &keyring, account)?
                .ok_or_else(|| Error::not_found("account.unknown"))?;
            if row.login_name == login_name.as_str() {
                return Ok(((), Vec::new()));
            }
            service::set_login_name_in(tx, account, &login_name)?;
            let told = notice::Notice::new(Kind::LoginNameChanged)
                .arg("old", row.login_name.as_str())
                .arg("new", login_name.as_str())
                .in_language(lang);
            notice::tell_all_in(tx, &identity2, account, &told, now)?;
            let event = Event::done(&actor, "account.login_name_changed").on("account", account);
            Ok(((), vec![event]))
        })
        .await
        .map_err(|error| {
            // Two accounts that claim one name at the same moment meet the key.
            if error.is_duplicate() {
                Error::conflict("account.login_name_taken").at("login_name")
            } else {
                error
            }
        })
}
/// Where the holder works, as they say; nothing rests on it. Empty removes it.
pub async fn set_employer(
    identity: &Identity,
    signed_in: &SignedIn,
    editable: &Editable,
    employer: &str,
) -> Result<()> {
    editable.must(ProfileField::Employer)?;
    let employer = match employer.trim() {
        "" => None,
        text => Some(kernel::text::line("employer", text, EMPLOYER_MAX)?),
    };
    let (keyring, account, actor) =
        (Arc::clone(identity.db().keyring()), signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            let sealed = employer.as_ref().map(|text| keyring.seal(EMPLOYER, account.as_i64(), text));
            service::touch_in(tx, account)?;
            store::upsert_employer(tx, account, sealed.as_deref())?;
            Ok(((), vec![Event::done(&actor, "account.employer_set").on("account", account)]))
        })
        .await
}

/// What the frame of every page shows: messages unread, and when the account will be closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Badges {
    pub unread: i64,
    pub closing_due: Option<Timestamp>,
}
pub async fn badges(db: &Db, account: AccountId) -> Result<Badges> {
    let (unread, closing_due) = db.read_one(move |statement| store::find_badges(statement, account)).await?;
    Ok(Badges { unread, closing_due })
}
/// Document, version, time: what the holder accepted.
pub fn acceptances_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(String, String, Timestamp)>> {
    store::list_acceptances(tx, account)
}
