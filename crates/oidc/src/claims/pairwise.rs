//! Pairwise subjects (OpenID Connect Core §8.1): clients of one sector know an account by a name that nobody else knows.
//! The name follows from sector and account; a row beside it leads back, for clients that ask about somebody.
use super::store;
use crate::{
    OpenId,
    client::{Client, ClientState, SubjectType},
};
use db::{Keyring, Tx};
use kernel::{Error, Result, id::AccountId};
use std::collections::{BTreeSet, HashMap};

/// For whom a name is made; None: everybody knows the account by the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sector(Option<String>);

impl Sector {
    /// A pairwise client whose sector cannot be told has one of its own: names never become common by accident.
    pub fn of(client: &Client) -> Self {
        match client.settings.subject_type {
            SubjectType::Public => Self(None),
            SubjectType::Pairwise => {
                let settings = &client.settings;
                let named = settings.sector(&client.redirect_uris).map(|host| {
                    // Whoever is on a host's own list belongs to it. A redirect address proves nothing: another product
                    // could register one there, and would learn the names that the host is given.
                    if settings.sector_identifier_uri.is_some() {
                        host
                    } else {
                        format!("{} {host}", client.product)
                    }
                });
                Self(Some(named.unwrap_or_else(|| client.client_id.clone())))
            }
        }
    }
    /// For whom names are made where the product is told something that no client asked for: what its clients have in common that
    /// the platform did not switch off or, while there is none, all of them. Error `client.names_mixed`.
    pub fn of_all(clients: &[Client]) -> Result<Self> {
        let people = || clients.iter().filter(|client| !client.service);
        let active: Vec<&Client> = people().filter(|client| client.state != ClientState::Disabled).collect();
        let counted = if active.is_empty() { people().collect() } else { active };
        let mut sectors = counted.into_iter().map(Self::of);
        let first = sectors.next().unwrap_or_default();
        if sectors.all(|other| other == first) {
            Ok(first)
        } else {
            Err(Error::invalid("client.names_mixed").at("subject_type"))
        }
    }
    /// The name under which the sector knows the account of this subject.
    pub fn subject(&self, keyring: &Keyring, sub: &str) -> String {
        match &self.0 {
            None => sub.to_owned(),
            Some(sector) => {
                let mac = keyring.mac("oidc.pairwise", &[sector.as_bytes(), sub.as_bytes()]);
                data_encoding::BASE64URL_NOPAD.encode(mac.first_chunk::<24>().map_or(&[][..], |part| part))
            }
        }
    }
    /// Stands for the person's document without telling it, differently for each sector or client.
    pub(super) fn document(&self, keyring: &Keyring, client_id: &str, document: &[u8]) -> String {
        let place = self.0.as_deref().unwrap_or(client_id);
        let mac = keyring.mac("oidc.document", &[place.as_bytes(), document]);
        data_encoding::BASE64URL_NOPAD.encode(&mac)
    }
}

/// Makes the way back from the name, once.
pub(crate) fn remember_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    sector: &Sector,
    account: AccountId,
) -> Result<()> {
    let Some(name) = &sector.0 else { return Ok(()) };
    let Some(sub) = store::find_sub(tx, account)? else { return Ok(()) };
    store::insert_pairwise(tx, &sector.subject(keyring, &sub), name, account)
}

impl Sector {
    /// Whether it uses the names that everybody knows.
    pub const fn is_common(&self) -> bool {
        self.0.is_none()
    }
    /// The subject that everybody else knows, behind a name that this sector uses. Another sector's name is nobody's.
    pub fn sub_in(&self, tx: &mut Tx<'_>, subject: &str) -> Result<Option<String>> {
        match &self.0 {
            None => Ok(Some(subject.to_owned())),
            Some(sector) => store::find_sub_of_pairwise(tx, subject, sector),
        }
    }
}

impl OpenId {
    /// The name by which a client knows an account.
    pub async fn subject_of(&self, account: AccountId, client: &Client) -> Result<Option<String>> {
        let sub = self.db().read(move |tx| store::find_sub(tx, account)).await?;
        Ok(sub.map(|sub| Sector::of(client).subject(self.db().keyring(), &sub)))
    }
    /// The subjects that everybody else knows, by the names that a sector uses; in one statement. Another sector's name, or one
    /// that nobody was told of, is missing.
    pub async fn subs_of(&self, sector: Sector, names: BTreeSet<&str>) -> Result<HashMap<String, String>> {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let Some(sector) = sector.0 else {
            return Ok(names.into_iter().map(|name| (name.clone(), name)).collect());
        };
        let Some(last) = names.last().cloned() else { return Ok(HashMap::new()) };
        // Few lengths make few statements.
        names.resize(names.len().next_power_of_two(), last);
        let rows = self
            .db()
            .read_one(move |statement| store::find_subs_of_pairwise(statement, &names, &sector))
            .await?;
        Ok(rows.into_iter().collect())
    }
    /// The names by which a sector knows these subjects, in their order; each can be asked about from now on.
    pub async fn names_of(&self, sector: &Sector, subs: Vec<String>) -> Result<Vec<String>> {
        let Some(place) = sector.0.clone() else { return Ok(subs) };
        let keyring = self.db().keyring();
        let names: Vec<String> = subs.iter().map(|sub| sector.subject(keyring, sub)).collect();
        let pairs: Vec<(String, String)> = names.iter().cloned().zip(subs).collect();
        self.db()
            .write_unaudited("names of a sector", move |tx| {
                for (name, sub) in &pairs {
                    store::insert_pairwise_of_sub(tx, name, &place, sub)?;
                }
                Ok(())
            })
            .await?;
        Ok(names)
    }
}
