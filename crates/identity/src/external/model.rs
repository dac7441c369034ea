//! What is offered, what is linked, what a round trip is for and what it brings.
use kernel::{Id, Timestamp, id::AccountId, id::mark};
use platform::{
    challenge::ChallengeId,
    connector::{Connector, model::ConnectorId},
};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use upstream::{Certified, Person};
use web::Lang;

pub type ExternalId = Id<mark::ExternalIdentity>;

/// A provider at the sign-in page. `href` takes `return_to` in its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub connector: ConnectorId,
    pub href: String,
    pub name: String,
    /// Empty if it has no other in English.
    pub name_en: String,
    /// `alipay`, `wechat`, `dingtalk`, `oidc`.
    pub provider: String,
}
impl Offer {
    /// Templates hand the language over by reference.
    pub fn label(&self, lang: impl Borrow<Lang>) -> &str {
        label(*lang.borrow(), &self.name, &self.name_en)
    }
    pub fn icon(&self) -> &'static str {
        icon(&self.provider)
    }
}
fn label<'a>(lang: Lang, name: &'a str, name_en: &'a str) -> &'a str {
    if lang == Lang::En && !name_en.is_empty() { name_en } else { name }
}
/// A connector's English name, which its configuration keeps beside what the provider needs.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    name_en: String,
}
pub(super) fn name_en(connector: &Connector) -> String {
    connector.config::<Names>().unwrap_or_default().name_en
}
/// What the reader calls it.
pub(super) fn name_of(connector: &Connector, lang: Lang) -> String {
    label(lang, &connector.name, &name_en(connector)).to_owned()
}
/// Providers whose sign-in is a QR code show one.
pub fn icon(provider: &str) -> &'static str {
    match provider {
        "alipay" | "wechat" | "dingtalk" => "qr",
        _ => "key",
    }
}

/// What a round trip is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    SignIn,
    /// To link it to the account that is signed in.
    Link,
    StepUp,
    /// For one attempt at recovery.
    Recover {
        challenge: ChallengeId,
    },
    /// To take over a name and a document that the provider vouches for.
    RealName,
}
impl Purpose {
    /// Under which the result waits.
    pub(super) const fn result(&self) -> &'static str {
        match self {
            Self::SignIn | Self::Link => "external.ticket",
            Self::StepUp => "external.step_up",
            Self::Recover { .. } => "external.recover",
            Self::RealName => "external.real_name",
        }
    }
    /// Whether a session at the provider does not do, as far as the provider can be asked ([`upstream::proves_fresh`]).
    /// Step-up takes the others as the last resort alone; recovery takes Alipay as it is, and the policy says for how much.
    pub(super) const fn fresh(&self) -> bool {
        matches!(self, Self::StepUp | Self::Recover { .. })
    }
}

/// What a round trip proved; handed out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalProof {
    pub connector: ConnectorId,
    pub provider: String,
    /// As the desk calls the connector.
    pub name: String,
    pub subject: String,
    /// Whose identity it is here; None if it is linked to nobody.
    pub account: Option<AccountId>,
    pub certified: Option<Certified>,
}

/// An identity of an account, for its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub id: ExternalId,
    pub connector: ConnectorId,
    pub provider: String,
    pub name: String,
    pub name_en: String,
    /// The connector is switched on: it can sign in now.
    pub enabled: bool,
    pub display_name: Option<String>,
    pub linked_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
impl Linked {
    /// Templates hand the language over by reference.
    pub fn label(&self, lang: impl Borrow<Lang>) -> &str {
        label(*lang.borrow(), &self.name, &self.name_en)
    }
    pub fn icon(&self) -> &'static str {
        icon(&self.provider)
    }
    /// Whether a round trip there proves that somebody signed in anew.
    pub fn proves_fresh(&self) -> bool {
        upstream::proves_fresh(&self.provider)
    }
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    Linked,
    /// It was linked to this account before.
    Already,
    /// Another account has this identity.
    Taken,
    /// The account has another identity of this connector.
    Other,
}

/// Kept sealed while the browser is away.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub connector: ConnectorId,
    pub purpose: Purpose,
    /// Who was signed in, for purposes that belong to an account.
    pub account: Option<AccountId>,
    pub nonce: String,
    pub verifier: String,
    /// Milliseconds.
    pub begun_at: i64,
    pub return_to: String,
}
/// Kept sealed until somebody takes it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Arrived {
    pub connector: ConnectorId,
    pub provider: String,
    pub name: String,
    pub purpose: Purpose,
    pub person: Person,
    pub account: Option<AccountId>,
    pub return_to: String,
}

/// A first visit that waits to become an account or a link.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: ChallengeId,
    pub connector: ConnectorId,
    pub provider: String,
    pub name: String,
    pub person: Person,
    pub return_to: String,
}
/// What registration keeps of a first visit while the phone is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub ticket: ChallengeId,
    pub connector: ConnectorId,
}
impl Visit {
    /// The page that links it to the account that is signed in.
    pub fn link_path(&self) -> String {
        format!("/login/upstream/{}/link?ticket={}", self.connector, self.ticket)
    }
}
impl Ticket {
    pub fn visit(&self) -> Visit {
        Visit { ticket: self.id, connector: self.connector }
    }
    pub fn display_name(&self) -> &str {
        self.person.display_name.as_deref().unwrap_or_default()
    }
    /// A name to begin the form with, where the provider's is one.
    pub fn proposed_name(&self) -> String {
        let certified = self.person.certified.as_ref().map(|certified| certified.name.as_str());
        [certified, self.person.display_name.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|name| crate::account::model::parse_name(name).ok())
            .unwrap_or_default()
    }
    /// A number to begin the form with; the code proves it.
    pub fn proposed_phone(&self) -> String {
        let phone = self.person.phone.as_deref().and_then(|phone| kernel::Mobile::parse(phone).ok());
        phone.map(|phone| phone.national().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_people_are_proposed() {
        let ticket = |display: Option<&str>, certified: Option<&str>| Ticket {
            id: Id::from_i64(1),
            connector: Id::from_i64(2),
            provider: "alipay".into(),
            name: "支付宝".into(),
            person: Person {
                subject: "open_id app one".into(),
                alt_subjects: Vec::new(),
                display_name: display.map(str::to_owned),
                certified: certified
                    .map(|name| Certified { name: name.to_owned(), document: "x".to_owned() }),
                phone: Some("+86 138 0013 8000".into()),
            },
            return_to: "/".into(),
        };
        assert_eq!(ticket(Some("小鱼🐟123"), None).proposed_name(), "");
        assert_eq!(ticket(Some("林知远"), None).proposed_name(), "林知远");
        assert_eq!(ticket(Some("小鱼"), Some("林知远")).proposed_name(), "林知远");
        assert_eq!(ticket(None, None).proposed_phone(), "13800138000");
    }
}
