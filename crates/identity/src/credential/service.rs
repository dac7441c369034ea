//! Setting and changing passwords.
use super::{
    guesses::Guesses,
    model::{Parameters, Password},
    store,
};
use crate::{
    Identity, SignedIn, account, device, former,
    notice::{self, Kind, Notice},
    session,
};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use platform::setting::PasswordPolicy;
use serde_json::json;
use web::Ctx;

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The session goes on under this token: the old one may have been seen.
    Changed { token: String },
    /// The current password is wrong; so many tries are left.
    Wrong { left: i64 },
    /// Too many wrong tries: not even the right one counts until the window ends.
    Locked { minutes: i64 },
}

/// So many old passwords are kept, whatever the policy asks today.
const KEPT: i64 = 24;

/// The stored form, for a login that is taken from one account and goes on elsewhere.
pub fn hash_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>> {
    Ok(store::find(tx, account)?.map(|stored| stored.hash))
}
/// Stores a hash. `temporary` ones must be replaced at the first sign-in. No browser is remembered in place of the second
/// step any more.
pub fn set_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: &str,
    temporary: bool,
    now: Timestamp,
) -> Result<()> {
    remember_in(tx, account)?;
    store::upsert(tx, account, hash, temporary, now)?;
    former::store::forget_hashes(tx, account)?;
    device::service::distrust_all_in(tx, account)
}
/// Whether there is a password to sign in with.
pub fn exists_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    store::find(tx, account).map(|found| found.is_some())
}
/// Keeps the password that is about to be replaced.
fn remember_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    if store::remember(tx, account)? > 0 {
        store::forget_history(tx, account, KEPT)?;
    }
    Ok(())
}

/// How old a password may be at a sign-in; None: as old as it likes.
pub(crate) fn most_days(policy: &PasswordPolicy, staff: bool) -> Option<i64> {
    let days =
        if staff && policy.staff_max_age_days > 0 { policy.staff_max_age_days } else { policy.max_age_days };
    (days > 0).then_some(days)
}

/// Whether a new password is good enough, everything together: the rules, the list of leaked ones, and for an account that
/// exists what its holder is called, where they belong, and which passwords it had. `own` is what the form holds of the person besides.
/// Errors at `field`: those of [`Password::check_new`], `password.breached`, `password.used_before`.
pub async fn check_new(
    identity: &Identity,
    field: &'static str,
    new: &Password,
    own: &[&str],
    holder: Option<AccountId>,
) -> Result<()> {
    let policies = identity.settings().policies().await?;
    let mut own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
    let mut last = Vec::new();
    if let Some(account) = holder {
        let history = i64::from(policies.password.history);
        let room = identity.clone();
        let (words, hashes) = identity
            .db()
            .read(move |tx| {
                let hashes = if history > 0 { store::list_last(tx, account, history)? } else { Vec::new() };
                Ok((holder_words_in(tx, &room, account)?, hashes))
            })
            .await?;
        own.extend(words);
        last = hashes;
    }
    let (password, identity2, policy) = (new.clone(), identity.clone(), policies.password.clone());
    let checked = tokio::task::spawn_blocking(move || {
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        password.check_new(field, &policy, &own)?;
        match identity2.breach_list().map(|list| list.contains(&password)) {
            Some(Ok(true)) => Err(Error::invalid("password.breached").at(field)),
            Some(Err(error)) => {
                // A list that cannot be read must not keep everybody from changing a password.
                tracing::error!(%error, "the list of leaked passwords cannot be read");
                Ok(())
            }
            Some(Ok(false)) | None => Ok(()),
        }
    });
    checked.await.map_err(|error| Error::internal("password.check").because(error))??;
    let parameters = Parameters::from(&policies.password);
    for stored in &last {
        if identity.passwords().verify(new, Some(stored), parameters).await?.matches {
            let error = Error::invalid("password.used_before").at(field);
            return Err(error.arg("count", policies.password.history.to_string()));
        }
    }
    Ok(())
}
fn holder_words_in(tx: &mut Tx<'_>, identity: &Identity, account: AccountId) -> Result<Vec<String>> {
    let keyring = identity.db().keyring();
    let Some(row) = store::find_holder(tx, account)? else { return Ok(Vec::new()) };
    let id = account.as_i64();
    let mut words = vec![row.login_name, account::service::open_name(keyring, account, &row.name)?];
    if let Some(sealed) = &row.phone {
        let phone = keyring.open("account.phone", id, sealed)?;
        words.push(phone.strip_prefix("+86").unwrap_or(&phone).to_owned());
    }
    if let Some(sealed) = &row.document {
        words.push(keyring.open("account.document", id, sealed)?);
    }
    words.extend(identity.holder_words_in(tx, account)?);
    Ok(words)
}

/// Hashes a password that somebody other than its holder sets, by the policy's parameters.
pub async fn hash(identity: &Identity, password: &Password) -> Result<String> {
    let policies = identity.settings().policies().await?;
    identity.passwords().hash(password, Parameters::from(&policies.password)).await
}

/// The holder changes the own password: the current one is wanted, other sessions end.
/// Errors at `new_password`: those of [`check_new`], `password.unchanged`.
pub async fn change(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    current: &Password,
    new: &Password,
) -> Result<Change> {
    let policies = identity.settings().policies().await?;
    if kernel::secret::equal(current.bytes(), new.bytes()) {
        return Err(Error::invalid("password.unchanged").at("new_password"));
    }
    let (account, lang, now) = (signed_in.account, ctx.lang, ctx.now);
    let guesses = Guesses::of(identity, ctx, &policies, account);
    let looked = guesses.clone();
    let (stored, tried) =
        identity.db().read_few(move |tx| Ok((store::find(tx, account)?, looked.peek_in(tx, now)?))).await?;
    if tried.exhausted() {
        return Ok(Change::Locked { minutes: tried.minutes_left(now) });
    }
    let parameters = Parameters::from(&policies.password);
    let stored = stored.map(|stored| stored.hash);
    let verdict = identity.passwords().verify(current, stored.as_deref(), parameters).await?;
    let hash = if verdict.matches {
        // Only the holder learns which passwords the account had.
        check_new(identity, "new_password", new, &[], Some(account)).await?;
        Some(identity.passwords().hash(new, parameters).await?)
    } else {
        None
    };
    let (signed_in, token, identity2) = (signed_in.clone(), identity.db().rng().token(), identity.clone());
    identity
        .db()
        .write(move |tx| {
            let (Some(old), Some(hash)) = (&stored, &hash) else {
                let hit = guesses.hit_in(tx, now)?;
                if !hit.allowed() {
                    let event = Event::refused(&signed_in.actor, "password.change").on("account", account);
                    return Ok((Change::Locked { minutes: hit.minutes_left(now) }, vec![event]));
                }
                let event = Event::failed(&signed_in.actor, "password.change").on("account", account);
                return Ok((Change::Wrong { left: (hit.most - hit.n).max(0) }, vec![event]));
            };
            // Whatever was counted while the hash was computed counts before this try.
            let hit = guesses.peek_in(tx, now)?;
            if hit.exhausted() {
                let event = Event::refused(&signed_in.actor, "password.change").on("account", account);
                return Ok((Change::Locked { minutes: hit.minutes_left(now) }, vec![event]));
            }
            account::service::touch_in(tx, account)?;
            remember_in(tx, account)?;
            if !store::replace(tx, account, old, hash, now)? {
                return Err(Error::conflict("password.changed_meanwhile"));
            }
            former::store::forget_hashes(tx, account)?;
            guesses.clear_in(tx)?;
            device::service::distrust_all_in(tx, account)?;
            session::service::end_all_in(tx, account, Some(signed_in.session), now)?;
            // The password stands in for no second factor: beside an SMS in the session it would be one.
            let alone = signed_in.strength >= 2 || !factor::has_second_factor_in(tx, account)?;
            let added: &[&str] = if alone { &["pwd"] } else { &[] };
            session::service::verified_in(tx, &signed_in, added, &token, now)?;
            let told = Notice::new(Kind::PasswordChanged).in_language(lang);
            notice::tell_all_in(tx, &identity2, account, &told, now)?;
            let event = Event::done(&signed_in.actor, "password.changed")
                .on("account", account)
                .with(json!({ "was_temporary": signed_in.must_change_password }));
            Ok((Change::Changed { token: token.clone() }, vec![event]))
        })
        .await
}
