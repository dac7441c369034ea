//! The page that says why a product cannot be used: the layers, who can mend each, the request, other spaces, the number.
//! The catalog and the sign-in flow show the same page and differ in where its buttons lead.
use super::explain::{Contact, Explanation};
use super::model::{Decision, LayerKind, LayerState, Means, Mender, Remedy, Space};
use crate::application::{ApplicationState, Reader, link_of};
use askama::{Template, filters::Safe};
use axum::response::Response;
use kernel::Result;
use web::{FormErrors, Lang, Page, html_status, initial};

/// Where the buttons lead.
pub struct Ways<'a> {
    /// Hidden fields of every form.
    pub fields: Vec<(&'static str, String)>,
    pub request: String,
    /// Asks the decision anew.
    pub again: String,
    pub verify: Verify,
    pub back: Back,
    /// The same product in another space.
    pub elsewhere: &'a (dyn Fn(Space) -> String + Send + Sync),
    /// That page offers all other spaces too; else they are on the list of the person's organizations.
    pub chooses_there: bool,
}
/// To the missing factor and back.
pub enum Verify {
    Post(String),
    Link(String),
}
/// Away from here: to the product, which is told, or to the catalog.
pub enum Back {
    Post(String),
    Link(String),
}
/// What was typed, when a request comes back.
pub struct Typed<'a> {
    pub reason: &'a str,
    pub errors: FormErrors,
}

struct Person {
    name: String,
    initial: String,
    role: String,
    phone: Option<String>,
}
impl Person {
    fn new(page: &Page, contact: &Contact, role: &str) -> Self {
        let own = contact.role.as_ref().map(|words| words.of(page.ctx.lang == Lang::En).to_owned());
        Self {
            name: contact.name.clone(),
            initial: initial(&contact.name),
            role: own.unwrap_or_else(|| page.t(role)),
            phone: contact.phone.clone(),
        }
    }
}
/// One missing layer, in the words of what to do about it and by whom.
struct Step {
    title: String,
    text: String,
    link: Option<(String, String)>,
    people: Vec<Person>,
}
struct Elsewhere {
    href: String,
    name: String,
    initial: String,
    organization: bool,
}
struct Open {
    href: String,
    since: String,
}

#[derive(Template)]
#[template(path = "decision/explanation.html")]
struct ExplanationPage<'a> {
    page: Page,
    ways: Ways<'a>,
    catalog: String,
    lead: String,
    why: Safe<String>,
    number: Option<String>,
    /// All that lacks is a second factor in this session: the person mends that here and now.
    can_verify: bool,
    can_request: bool,
    /// The first half is missing: a grant takes effect only once the organization is admitted.
    admission_first: bool,
    open: Option<Open>,
    rejected: Option<String>,
    typed: Typed<'a>,
    /// Who decides the request.
    deciders: Vec<Person>,
    steps: Vec<Step>,
    /// Staff who can help with the rest.
    staff: Vec<Person>,
    elsewhere: Vec<Elsewhere>,
    more: Option<String>,
}

impl Explanation {
    /// `number`: of the refusal, by which staff find it again.
    pub fn respond(
        &self,
        page: Page,
        ways: Ways<'_>,
        number: Option<String>,
        typed: Typed<'_>,
    ) -> Result<Response> {
        let page = page.with_errors(&typed.errors);
        let decision = &self.decision;
        let latest = self.application.as_ref();
        let open = latest.filter(|application| application.state_at(page.ctx.now).is_open());
        let rejected =
            latest.filter(|application| application.state == ApplicationState::Rejected).map(|application| {
                let note = application.decision_note.clone().unwrap_or_default();
                page.t1("organization-request-rejected", "note", note)
            });
        let person = |contact: &Contact, role: &str| Person::new(&page, contact, role);
        let managers = [
            (&self.account_manager, "organization-explain-account-manager"),
            (&self.product_manager, "organization-explain-product-manager"),
        ];
        let staff: Vec<Person> = managers
            .iter()
            .filter_map(|(contact, role)| contact.as_ref().map(|contact| person(contact, role)))
            .collect();
        let deciders: Vec<Person> = self
            .administrators
            .iter()
            .map(|contact| person(contact, "organization-explain-administrator"))
            .collect();
        let elsewhere = self.elsewhere.iter().map(|(space, name)| Elsewhere {
            href: (ways.elsewhere)(*space),
            name: name.clone(),
            initial: initial(name),
            organization: *space != Space::Personal,
        });
        let view = ExplanationPage {
            catalog: catalog(self.space),
            lead: self.lead(&page),
            why: self.why_html(&page)?,
            number,
            can_verify: only_strength_lacks(decision),
            can_request: decision.can_request_access() && open.is_none(),
            admission_first: decision.organization_half() == Some(false),
            open: open.map(|open| Open {
                href: link_of(open, Reader::Applicant),
                since: page.minute(&open.created_at),
            }),
            rejected,
            typed,
            deciders,
            steps: self.steps(&page),
            staff,
            elsewhere: elsewhere.collect(),
            more: self.elsewhere.first().filter(|_| self.more_elsewhere).map(|(space, _)| {
                if ways.chooses_there { (ways.elsewhere)(*space) } else { "/me/organizations".to_owned() }
            }),
            ways,
            page,
        };
        Ok(html_status(view.typed.errors.status(), view))
    }

    /// What the request and the second factor do not cover, each with whoever can mend it.
    fn steps(&self, page: &Page) -> Vec<Step> {
        let covered = |remedy: &&Remedy| {
            remedy.how == Means::RequestAccess
                || (remedy.how == Means::StepUp && only_strength_lacks(&self.decision))
        };
        self.decision
            .remedies
            .iter()
            .filter(|remedy| !covered(remedy))
            .map(|remedy| self.step(page, remedy))
            .collect()
    }
    fn step(&self, page: &Page, remedy: &Remedy) -> Step {
        let words = |text: &str| text.replace('_', "-");
        let people = |contacts: Vec<&Contact>, role: &str| -> Vec<Person> {
            contacts.into_iter().map(|contact| Person::new(page, contact, role)).collect()
        };
        let people = match (remedy.how, remedy.who) {
            (Means::Contact, Mender::Administrators) => {
                people(self.administrators.iter().collect(), "organization-explain-administrator")
            }
            (Means::Contact, Mender::AccountManager) => {
                people(self.account_manager.iter().collect(), "organization-explain-account-manager")
            }
            (Means::Contact, Mender::ProductManager) => {
                people(self.product_manager.iter().collect(), "organization-explain-product-manager")
            }
            _ => Vec::new(),
        };
        let text = match (remedy.how, remedy.who) {
            (Means::Contact, who) => page.t(&format!("organization-way-contact-{}", words(who.as_str()))),
            (Means::ChangeNetwork, _) => self.networks(page),
            (how, _) => page.t(&format!("organization-way-{}", words(how.as_str()))),
        };
        Step {
            title: page.t(&format!("organization-layer-{}", words(remedy.layer.as_str()))),
            text,
            link: self.link(page, remedy),
            people,
        }
    }
    fn networks(&self, page: &Page) -> String {
        let own = self.product.network_zone.iter();
        let types = self.named.iter().flat_map(|named| named.policy.network_zones.iter());
        let zones: Vec<&str> = own.chain(types).map(String::as_str).collect();
        page.t1("organization-way-networks", "zones", zones.join(&page.t("organization-list-separator")))
    }
    /// Where the person can go on by themselves.
    fn link(&self, page: &Page, remedy: &Remedy) -> Option<(String, String)> {
        let administers =
            self.named.as_ref().and_then(|named| named.role).is_some_and(|role| role.administers());
        let (href, key) = match (remedy.how, self.space) {
            (Means::GrantYourself, Space::Organization(id)) => {
                (format!("/org/{id}/grants"), "organization-explain-grants")
            }
            (Means::Contact, Space::Organization(id))
                if administers && remedy.layer == LayerKind::Admission =>
            {
                // To the product's own line there, with the request, or what became of it.
                let line = format!("/org/{id}/admissions#product-{}", self.product.id);
                (line, "organization-explain-admissions")
            }
            (Means::RaiseLevel, _) => ("/me/real-name".to_owned(), "organization-explain-real-name"),
            (Means::SwitchSpace, Space::Personal) if self.elsewhere.is_empty() => {
                ("/me/organizations".to_owned(), "organization-explain-organizations")
            }
            (Means::SwitchSpace, Space::Organization(_)) => {
                (catalog(Space::Personal), "organization-explain-personal")
            }
            _ => return None,
        };
        Some((href, page.t(key)))
    }
}

/// The catalog of a space.
pub(super) fn catalog(space: Space) -> String {
    match space {
        Space::Personal => "/me/products".to_owned(),
        Space::Organization(id) => format!("/org/{id}/products"),
    }
}

fn only_strength_lacks(decision: &Decision) -> bool {
    let mut missing = decision.layers.iter().filter(|layer| layer.state == LayerState::Missing);
    missing.next().is_some_and(|layer| layer.kind == LayerKind::Strength) && missing.next().is_none()
}
