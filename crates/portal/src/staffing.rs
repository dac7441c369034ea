//! A new member of the platform's staff: the account and the role in one transaction, for the desk and the command line.
use identity::{
    Identity,
    account::{self, Creation, NewSelfOwned},
    credential::{self, Password},
};
use kernel::{Actor, Event, LoginName, Mobile, Result, Secret, Timestamp, id::AccountId};
use platform::{StaffRole, staff};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct NewStaff {
    pub id: AccountId,
    pub login_name: LoginName,
    pub name: String,
    /// For organizations to call; the holder proves it before it signs in.
    pub phone: Option<Mobile>,
    pub role: StaffRole,
}

/// The temporary password, to be handed over; `None` if the form came twice and the account exists already.
/// Errors: `account.login_name_taken`, `staff.role_required` if whoever adds is no system administrator any more.
pub async fn add(identity: &Identity, by: &Actor, new: NewStaff, now: Timestamp) -> Result<Option<Secret>> {
    let db = identity.db();
    let password = Secret::new(credential::model::draw_temporary(db.rng()));
    let hash = credential::service::hash(identity, &Password::parse("password", password.expose())?).await?;
    let (keyring, sub, by) = (Arc::clone(db.keyring()), db.rng().short_token(), by.clone());
    let created = db
        .write(move |tx| {
            if let Some(account) = by.account {
                staff::service::require_in(tx, account, &[StaffRole::SystemAdministrator])?;
            }
            let row = NewSelfOwned {
                id: new.id,
                sub: sub.clone(),
                login_name: new.login_name.clone(),
                name: new.name.clone(),
                phone: None,
                document: None,
                password_hash: hash.clone(),
                now,
            };
            if account::service::create_self_owned_in(tx, &keyring, &row)? == Creation::Replayed {
                return Ok((false, Vec::new()));
            }
            credential::service::set_in(tx, new.id, &hash, true, now)?;
            account::service::set_phone_in(tx, &keyring, new.id, new.phone.as_ref())?;
            let shown = new.phone.as_ref().map(|phone| phone.national().to_owned());
            let appointed = staff::service::appoint_in(tx, &by, new.id, new.role, shown, now)?;
            Ok((true, vec![Event::done(&by, "account.created").on("account", new.id), appointed]))
        })
        .await?;
    Ok(created.then_some(password))
}
