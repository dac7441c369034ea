//! A contact and how it is typed.
use kernel::{
    Error, Id, Result, Timestamp,
    id::{OrganizationId, mark},
    text,
};
use serde::{Deserialize, Serialize};

pub type ContactId = Id<mark::Contact>;

#[derive(Clone, Debug)]
pub struct Contact {
    pub id: ContactId,
    pub organization: OrganizationId,
    pub card: Card,
    pub rev: i64,
    pub updated_at: Timestamp,
}
/// What is sealed, as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub name: String,
    pub title: Option<String>,
    pub phone: String,
    pub mail: Option<String>,
    /// What they are called for.
    pub purpose: String,
}

#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub title: String,
    pub phone: String,
    pub mail: String,
    pub purpose: String,
}
impl Typed {
    pub fn of(card: &Card) -> Self {
        Self {
            name: card.name.clone(),
            title: card.title.clone().unwrap_or_default(),
            phone: card.phone.clone(),
            mail: card.mail.clone().unwrap_or_default(),
            purpose: card.purpose.clone(),
        }
    }
    /// All faults at once, each at its field.
    pub fn parse(&self) -> Result<Card, Vec<Error>> {
        let mut faults = Vec::new();
        let mut noted = |error: Error| faults.push(error);
        let name = text::line("name", &self.name, 60).map_err(&mut noted).ok();
        let title = text::optional_line("title", &self.title, 60).map_err(&mut noted).ok();
        let phone = phone(&self.phone).map_err(&mut noted).ok();
        let mail = mail(&self.mail).map_err(&mut noted).ok();
        let purpose = text::line("purpose", &self.purpose, 100).map_err(&mut noted).ok();
        match (name, title, phone, mail, purpose) {
            (Some(name), Some(title), Some(phone), Some(mail), Some(purpose)) => {
                Ok(Card { name, title, phone, mail, purpose })
            }
            _ => Err(faults),
        }
    }
}
/// A mobile, or a landline as people write it: `0592-555 0112`.
fn phone(typed: &str) -> Result<String> {
    let line = text::line("phone", typed, 40)?;
    let known = line.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '/'));
    let digits = line.chars().filter(char::is_ascii_digit).count();
    if known && (5..=20).contains(&digits) {
        Ok(line)
    } else {
        Err(Error::invalid("contact.phone").at("phone"))
    }
}
fn mail(typed: &str) -> Result<Option<String>> {
    match text::optional_line("mail", typed, 200)? {
        None => Ok(None),
        Some(line) => {
            let mail = kernel::email::Email::parse(&line).map_err(|error| error.at("mail"))?;
            Ok(Some(mail.as_str().to_owned()))
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn m28_every_fault_is_told_at_its_field() {
        let typed = Typed { phone: "call me".into(), mail: "nobody".into(), ..Typed::default() };
        let fields: Vec<_> = typed.parse().unwrap_err().into_iter().filter_map(|e| e.field).collect();
        assert_eq!(fields, ["name", "phone", "mail", "purpose"]);
        let good = Typed {
            name: "何嘉木".into(),
            phone: "0592-555 0112".into(),
            purpose: "结算".into(),
            ..Typed::default()
        };
        assert_eq!(good.parse().unwrap().phone, "0592-555 0112");
    }
}
