//! A person as rows: sealed name and numbers, blind indexes, search terms as `identity::search` writes them.
use super::{
    names::{self, Names},
    plan::{Ids, Kind, Place, Role},
    store,
};
use db::{Keyring, Param, Tx};
use identity::search;
use kernel::{Mobile, Result, Timestamp};
use std::sync::Arc;

const RESIDENT_ID: &str = "resident_id";
const FOREVER: Timestamp = Timestamp::FOREVER;

/// What every row is made with.
pub struct Maker {
    pub ids: Ids,
    pub keyring: Arc<Keyring>,
    pub names: Names,
    /// One password for all.
    pub hash: String,
    pub now: Timestamp,
}
pub fn login_name(person: u64) -> String {
    format!("scale{person:07}")
}
/// The subject by which products know a person.
pub fn subject(person: u64) -> String {
    format!("S{:016x}{person:x}", names::scattered(person ^ 0x5ab))
}

pub struct Person {
    account: i64,
    sub: String,
    owner_kind: &'static str,
    owner: Option<i64>,
    /// Whoever owns the account proved a document.
    person: Option<PersonRow>,
    login_name: String,
    name: Vec<u8>,
    phone: Vec<u8>,
    phone_index: Vec<u8>,
    proven: bool,
    proven_at: Option<Timestamp>,
    document_type: Option<&'static str>,
    document: Option<Vec<u8>>,
    document_index: Option<Vec<u8>>,
    proof: i64,
}
struct PersonRow {
    id: i64,
    document: Vec<u8>,
    document_index: Vec<u8>,
    name: Vec<u8>,
}
/// Scope, term, account.
pub type Term = (i64, i64, i64);

impl Maker {
    pub fn person(&self, place: Place, terms: &mut Vec<Term>) -> Result<Person> {
        let (keyring, n) = (&self.keyring, place.person);
        let account = self.ids.of(Kind::Account, n);
        let name = self.names.person(n);
        let phone = Mobile::parse(&names::phone(n))?;
        let document = names::resident_id(n);
        let owner = place.managed.then(|| self.ids.of(Kind::Organization, place.organization));
        let document_index = keyring.blind("document", &document);
        // A document of an own account lies with the person, that of a managed one with the account.
        let (own, entered) = if place.managed { (None, Some(&document)) } else { (Some(&document), None) };
        let found_by = entered.map(String::as_str);
        let found = search::terms_of(keyring, owner, &name, Some(phone.as_str()), found_by);
        terms.extend(found.into_iter().map(|(scope, term)| (scope, term, account)));
        Ok(Person {
            account,
            sub: subject(n),
            owner_kind: if place.managed { "managed" } else { "self_owned" },
            owner,
            person: own.map(|document| {
                let id = self.ids.of(Kind::Person, n);
                PersonRow {
                    id,
                    document: keyring.seal("person.document", id, document),
                    document_index: document_index.clone(),
                    name: keyring.seal("person.name", id, &name),
                }
            }),
            login_name: login_name(n),
            name: keyring.seal("account.name", account, &name),
            phone: keyring.seal("account.phone", account, phone.as_str()),
            phone_index: keyring.blind("phone", phone.as_str()),
            proven: !place.managed || place.role != Role::Agent,
            proven_at: (!place.managed).then_some(self.now),
            document_type: entered.map(|_| RESIDENT_ID),
            document: entered.map(|document| keyring.seal("account.document", account, document)),
            document_index: entered.map(|_| document_index),
            proof: self.ids.of(Kind::Proof, n),
        })
    }
    pub fn insert_people(&self, tx: &mut Tx<'_>, people: &[Person]) -> Result<()> {
        let proven: Vec<&PersonRow> = people.iter().filter_map(|person| person.person.as_ref()).collect();
        store::insert(tx, store::PERSON, &proven, |row, out| {
            let values: [&dyn Param; 6] =
                [&row.id, &RESIDENT_ID, &row.document, &row.document_index, &row.name, &self.now];
            out.extend(values);
        })?;
        let bound: Vec<(&Person, Option<i64>)> =
            people.iter().map(|person| (person, person.person.as_ref().map(|row| row.id))).collect();
        store::insert(tx, store::ACCOUNT, &bound, |(row, person), out| {
            let values: [&dyn Param; 18] = [
                &row.account,
                &row.sub,
                &row.owner_kind,
                &row.owner,
                person,
                &"active",
                &row.login_name,
                &row.name,
                &row.phone,
                &row.phone_index,
                &row.proven,
                &row.proven_at,
                &false,
                &row.document_type,
                &row.document,
                &row.document_index,
                &1i64,
                &self.now,
            ];
            out.extend(values);
        })?;
        store::insert(tx, store::PASSWORD, people, |row, out| {
            let values: [&dyn Param; 4] = [&row.account, &self.hash, &false, &self.now];
            out.extend(values);
        })?;
        store::insert(tx, store::PROOF, people, |row, out| {
            let values: [&dyn Param; 7] =
                [&row.proof, &row.account, &"bench", &"bench", &"intermediate", &self.now, &FOREVER];
            out.extend(values);
        })
    }
    pub fn insert_memberships(&self, tx: &mut Tx<'_>, places: &[Place]) -> Result<()> {
        struct Row {
            id: i64,
            organization: i64,
            account: i64,
            managed: bool,
            role: &'static str,
            basis: &'static str,
            until: Timestamp,
        }
        let row = |place: &Place| Row {
            id: self.ids.of(Kind::Membership, place.number),
            organization: self.ids.of(Kind::Organization, place.organization),
            account: self.ids.of(Kind::Account, place.person),
            managed: place.managed,
            role: place.role.as_str(),
            basis: match place.role {
                Role::Head => "proven",
                Role::Administrator => "appointed",
                Role::Agent => "created",
            },
            // One in eight has an end, so that lists by expiry have something to find.
            until: match place.number % 8 {
                7 => self.now.plus_days(20 + (place.number % 700) as i64),
                _ => FOREVER,
            },
        };
        let rows: Vec<Row> = places.iter().map(row).collect();
        store::insert(tx, store::MEMBERSHIP, &rows, |row, out| {
            let values: [&dyn Param; 10] = [
                &row.id,
                &row.organization,
                &row.account,
                &row.managed,
                &row.role,
                &row.basis,
                &"active",
                &self.now,
                &row.until,
                &self.now,
            ];
            out.extend(values);
        })
    }
    pub fn insert_terms(&self, tx: &mut Tx<'_>, terms: &[Term]) -> Result<()> {
        store::insert(tx, store::GRAM, terms, |(scope, gram, account), out| {
            let values: [&dyn Param; 3] = [scope, gram, account];
            out.extend(values);
        })
    }
}
