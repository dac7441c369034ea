//! What differs between the record and the register. Pure.
use crate::{
    register::Record,
    registration::{Entry, Registration, Source, Typed},
};
use kernel::clock::Zone;
use organization::organization::{Organization, folded};

/// What taking a difference over asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing but the choice.
    Plain,
    /// Another name: typed again, and the register asked again.
    Rename,
    /// Another head: the former one's authority ends.
    Succession,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Name,
    HeadName,
    Address,
    /// The register lists it, the record does not, or not so.
    Registration(Entry),
    /// A row that came from the register is gone there.
    Gone(Entry),
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Names it in the form.
    pub key: String,
    pub what: What,
    pub step: Step,
    pub ours: String,
    pub theirs: String,
}

/// In the order in which a page shows them. What the register does not say differs from nothing.
pub fn differences(
    organization: &Organization,
    rows: &[Registration],
    record: &Record,
    zone: &Zone,
) -> Vec<Difference> {
    let mut found = Vec::new();
    if folded(&organization.name) != folded(&record.name) {
        found.push(field("name", What::Name, Step::Rename, &organization.name, &record.name));
    }
    if let Some(theirs) = &record.head_name {
        let ours = organization.head_name.as_deref().unwrap_or("");
        if folded(ours) != folded(theirs) {
            // A head that was never written down succeeds nobody.
            let step = if ours.is_empty() { Step::Plain } else { Step::Succession };
            found.push(field("head_name", What::HeadName, step, ours, theirs));
        }
    }
    if let Some(theirs) = &record.address {
        let ours = organization.address.as_deref().unwrap_or("");
        if folded(ours) != folded(theirs) {
            found.push(field("address", What::Address, Step::Plain, ours, theirs));
        }
    }
    let theirs: Vec<Entry> = record.registrations.iter().filter_map(|typed| typed.parse(zone).ok()).collect();
    for entry in &theirs {
        let ours = rows.iter().find(|row| row.entry.is_same(entry));
        if ours.is_some_and(|row| row.entry == *entry && row.source == Source::Registry) {
            continue;
        }
        let ours = ours.map(|row| words(&row.entry, zone)).unwrap_or_default();
        let (key, theirs) = (key_of(entry), words(entry, zone));
        let what = What::Registration(entry.clone());
        found.push(Difference { key, what, step: Step::Plain, ours, theirs });
    }
    for row in rows.iter().filter(|row| row.source == Source::Registry) {
        if !theirs.iter().any(|entry| entry.is_same(&row.entry)) {
            let (key, what) = (key_of(&row.entry), What::Gone(row.entry.clone()));
            let ours = words(&row.entry, zone);
            found.push(Difference { key, what, step: Step::Plain, ours, theirs: String::new() });
        }
    }
    found
}
fn field(key: &str, what: What, step: Step, ours: &str, theirs: &str) -> Difference {
    Difference { key: key.to_owned(), what, step, ours: ours.to_owned(), theirs: theirs.to_owned() }
}
fn key_of(entry: &Entry) -> String {
    format!("registration {} / {} / {}", entry.department, entry.kind, entry.number)
}
fn words(entry: &Entry, zone: &Zone) -> String {
    Typed::of(entry, zone).line()
}
