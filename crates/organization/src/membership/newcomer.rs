//! Who joins: a managed account that is made for the organization, or an account that exists.
use crate::Organizations;
use crate::activation::Link;
use db::{Keyring, Tx};
use identity::account::{self, NewManaged};
use identity::credential::{self, Password};
use kernel::{
    Error, LoginName, Mobile, Result, Rng, Secret, Timestamp,
    id::{AccountId, OrganizationId},
    text,
};

#[derive(Clone, Debug)]
pub struct NewMember {
    pub login_name: LoginName,
    pub name: String,
    /// Unproven until its holder proves it.
    pub phone: Option<Mobile>,
}
#[derive(Clone, Debug)]
pub enum Newcomer {
    /// With a temporary password on a slip.
    Managed(NewMember),
    /// With a link that its holder sets a password by.
    Linked(NewMember, Link),
    Existing(AccountId),
}

/// As typed in the form.
#[derive(Clone, Debug, Default)]
pub struct MemberInput {
    pub login_name: String,
    pub name: String,
    pub phone: String,
}
impl MemberInput {
    /// All faults at once, each at its field.
    pub fn parse(&self) -> Result<NewMember, Vec<Error>> {
        let mut faults = crate::organization::Faults::default();
        let name = faults.take(account::model::parse_name(&self.name));
        let login_name = faults.take(LoginName::parse(&self.login_name));
        let phone = faults.take(parse_phone(&self.phone));
        match (name, login_name, phone) {
            (Some(name), Some(login_name), Some(phone)) => Ok(NewMember { login_name, name, phone }),
            _ => Err(faults.0),
        }
    }
}
/// Nothing typed is no phone.
pub fn parse_phone(typed: &str) -> Result<Option<Mobile>> {
    text::optional_line("phone", typed, 30)?.map(|typed| Mobile::parse(&typed)).transpose()
}

/// Ids and hash, drawn before the transaction, which may run twice.
pub(super) struct PreparedManaged {
    pub account: AccountId,
    new: NewMember,
    sub: String,
    hash: Option<String>,
}
impl PreparedManaged {
    pub async fn new(rooms: &Organizations, new: &NewMember, password: Option<&Secret>) -> Result<Self> {
        Ok(Self {
            account: rooms.db().draw(),
            new: new.clone(),
            sub: rooms.db().rng().short_token(),
            hash: match password {
                Some(password) => Some(hash(rooms, password).await?),
                None => None,
            },
        })
    }
    pub fn create_in(
        &self,
        tx: &mut Tx<'_>,
        keyring: &Keyring,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<()> {
        let new = NewManaged {
            id: self.account,
            sub: self.sub.clone(),
            organization,
            login_name: self.new.login_name.clone(),
            name: self.new.name.clone(),
            phone: self.new.phone.clone(),
            document: None,
            temporary_password_hash: self.hash.clone(),
            now,
        };
        account::service::create_managed_in(tx, keyring, &new).map(drop)
    }
}

/// By the parameters in force, on the threads that hash passwords.
pub(super) async fn hash(rooms: &Organizations, password: &Secret) -> Result<String> {
    let password = Password::parse("password", password.expose())?;
    credential::service::hash(rooms.identity(), &password).await
}

/// Twelve characters that are not mistaken for one another, in groups, with every class that a policy may ask for.
pub(super) fn temporary_password(rng: &Rng) -> Secret {
    const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    const LOWER: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
    const DIGITS: &[u8] = b"23456789";
    const MIXED: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let pick = |from: &[u8]| {
        let at = rng.below(u32::try_from(from.len()).unwrap_or(1)) as usize;
        char::from(from.get(at).copied().unwrap_or(b'a'))
    };
    let mut out = String::with_capacity(14);
    for place in 0..12 {
        if place == 4 || place == 8 {
            out.push('-');
        }
        out.push(match place {
            0 => pick(UPPER),
            3 => pick(DIGITS),
            11 => pick(LOWER),
            _ => pick(MIXED),
        });
    }
    Secret::new(out)
}
