//! Lines of the page of an organization's permissions: how each product stands, what is missing, who mends it, and what its
//! administrators can do themselves.
use super::model::{AdmissionLine, AdmissionState};
use super::request::can_be_asked;
use super::service::Admissions;
use crate::application::{Application, ApplicationState};
use crate::contract::{Contract, ContractState, ContractType};
use crate::decision::{Contact, LayerState, Mender, layer_key};
use crate::organization_type::Words;
use crate::product::{AdmissionClass, AdmissionEditor, GrantMode, Product};
use kernel::{
    Timestamp,
    id::{AccountId, ApplicationId, ProductId, mark},
};
use std::collections::{HashMap, HashSet};
use web::{Lang, Page};

/// Who can mend what is missing.
pub(super) struct Menders {
    pub account_manager: Option<Contact>,
    pub product_managers: HashMap<AccountId, Contact>,
}
pub(super) struct ContractLine {
    pub number: String,
    pub period: String,
    pub state: &'static str,
    pub tone: &'static str,
}
pub(super) struct Group {
    pub name: String,
    pub hint: String,
    /// Of a contract type: whether one is in force.
    pub tag: Option<(&'static str, &'static str)>,
    pub contracts: Vec<ContractLine>,
    pub lines: Vec<Line>,
}
pub(super) struct Line {
    pub product: ProductId,
    /// Whether links to the product lead here: two contract types may list it.
    pub anchor: bool,
    pub name: String,
    pub mode: &'static str,
    pub held: bool,
    pub text: String,
    pub since: String,
    pub until: String,
    /// Who mends it: words, and the number that staff show.
    pub mender: Option<(String, Option<String>)>,
    pub act: Act,
}
/// What an administrator can do about a line.
pub(super) enum Act {
    Nothing,
    /// One click; the drawn id of the request. What became of the last one.
    Ask(String, Option<String>),
    /// It waits, or came back; the second: whether it is the reader's own, who may take it back.
    Waits(ApplicationId, String, bool),
    /// The product lets administrators decide: key of the button, and whether it takes something away.
    Own(&'static str, bool),
}

pub(super) struct View<'a> {
    pub page: &'a Page,
    pub found: &'a Admissions,
    pub requests: &'a [Application],
    pub menders: &'a Menders,
    pub reader: AccountId,
    pub draw: &'a dyn Fn() -> kernel::Id<mark::Application>,
}
impl View<'_> {
    fn words<'w>(&self, words: &'w Words) -> &'w str {
        words.of(self.page.ctx.lang == Lang::En)
    }
    /// Contract types first, each with its products, then the classes that need none.
    pub fn groups(&self, types: &[ContractType]) -> Vec<Group> {
        let mut groups: Vec<Group> = types.iter().filter_map(|kind| self.of_contract(kind)).collect();
        for class in [AdmissionClass::Membership, AdmissionClass::Discretionary, AdmissionClass::Open] {
            let lines = self.lines(|line| line.product.admission_class == class);
            if !lines.is_empty() {
                groups.push(Group {
                    name: self.page.t(&format!("organization-class-{class}")),
                    hint: self.page.t(&format!("organization-class-{class}-hint")),
                    tag: None,
                    contracts: Vec::new(),
                    lines,
                });
            }
        }
        let mut seen = HashSet::new();
        for line in groups.iter_mut().flat_map(|group| &mut group.lines) {
            line.anchor = seen.insert(line.product);
        }
        groups
    }
    /// None for a type that lists nothing and was never signed.
    fn of_contract(&self, kind: &ContractType) -> Option<Group> {
        let now = self.page.ctx.now;
        let signed: Vec<&Contract> =
            self.found.contracts.iter().filter(|contract| contract.type_id == kind.id).collect();
        let lines = self.lines(|line| {
            line.product.admission_class == AdmissionClass::Contract
                && self.found.listings.contains(&(kind.id, line.product.id))
        });
        if lines.is_empty() && signed.is_empty() {
            return None;
        }
        let tag = if signed.iter().any(|contract| contract.is_in_force(now)) {
            ("organization-contract-in-force", "ok")
        } else if signed.is_empty() {
            ("organization-contract-unsigned", "")
        } else {
            ("organization-contract-lapsed", "bad")
        };
        Some(Group {
            name: self.words(&kind.name).to_owned(),
            hint: if signed.is_empty() { self.page.t("organization-contract-none") } else { String::new() },
            tag: Some(tag),
            contracts: signed.iter().map(|contract| self.contract(contract)).collect(),
            lines,
        })
    }
    fn contract(&self, contract: &Contract) -> ContractLine {
        let now = self.page.ctx.now;
        let (from, until) = (self.page.date(&contract.valid_from), self.page.last_day(&contract.valid_until));
        let (state, tone) = match contract.state {
            ContractState::Terminated => ("organization-contract-terminated", "bad"),
            ContractState::Active if now < contract.valid_from => ("organization-contract-not-yet", "wait"),
            ContractState::Active if contract.is_in_force(now) => ("organization-contract-in-force", "ok"),
            ContractState::Active => ("organization-contract-over", "bad"),
        };
        ContractLine {
            number: contract.number.clone(),
            period: self.page.t2("organization-from-until", "from", from, "until", until),
            state,
            tone,
        }
    }
    fn lines(&self, of: impl Fn(&&AdmissionLine) -> bool) -> Vec<Line> {
        self.found.lines.iter().filter(of).map(|line| self.line(line)).collect()
    }
    fn line(&self, line: &AdmissionLine) -> Line {
        let held = line.layer.state == LayerState::Met;
        let since = line.admission.as_ref().map(|there| self.page.date(&there.valid_from));
        Line {
            product: line.product.id,
            anchor: false,
            name: self.words(&line.product.name).to_owned(),
            mode: match line.product.grant_mode {
                GrantMode::Explicit => "organization-mode-explicit",
                GrantMode::EveryAgent => "organization-mode-every-agent",
            },
            held,
            text: self.page.t(&layer_key(line.layer.code)),
            since: since.unwrap_or_else(|| self.page.t("organization-none")),
            until: match (held, line.layer.until) {
                (true, Some(until)) if until != Timestamp::FOREVER => self.page.last_day(&until),
                (true, _) => self.page.t("organization-no-end"),
                (false, Some(at)) => self.page.date(&at),
                (false, None) => self.page.t("organization-none"),
            },
            mender: (!held).then(|| self.mender(line)),
            act: self.act(line, held),
        }
    }
    fn mender(&self, line: &AdmissionLine) -> (String, Option<String>) {
        let named =
            |key: &str, contact: &Contact| (self.page.t1(key, "name", &contact.name), contact.phone.clone());
        match (who_mends(line), &self.menders.account_manager) {
            (Mender::ProductManager, _) => {
                let manager = line.product.manager.and_then(|id| self.menders.product_managers.get(&id));
                match manager {
                    Some(contact) => named("organization-mender-product-manager-named", contact),
                    None => (self.page.t("organization-mender-product-manager"), None),
                }
            }
            (Mender::Administrators, _) => (self.page.t("organization-mender-administrators"), None),
            (_, Some(contact)) => named("organization-mender-account-manager-named", contact),
            (_, None) => (self.page.t("organization-mender-account-manager"), None),
        }
    }
    fn act(&self, line: &AdmissionLine, held: bool) -> Act {
        let suspended = line.admission.as_ref().is_some_and(|there| there.state == AdmissionState::Suspended);
        if is_own(&line.product) {
            return match (suspended, held, &line.admission) {
                (true, ..) => Act::Nothing,
                (false, true, Some(_)) => Act::Own("organization-admission-end", true),
                _ => Act::Own("organization-admission-admit", false),
            };
        }
        let struck_off = line.layer.code.starts_with("decision.registry");
        if held || suspended || struck_off || can_be_asked(&line.product).is_err() {
            return Act::Nothing;
        }
        let last = self.requests.iter().find(|request| request.product == Some(line.product.id));
        let Some(last) = last else { return Act::Ask(self.fresh(), None) };
        let at = self.page.date(&last.created_at);
        let note = last.decision_note.clone().unwrap_or_default();
        match last.state_at(self.page.ctx.now) {
            ApplicationState::Submitted | ApplicationState::FirstApproved => {
                let own = last.applicant == self.reader;
                Act::Waits(last.id, self.page.t1("organization-admission-asked", "at", at), own)
            }
            ApplicationState::Returned if last.applicant == self.reader => {
                Act::Ask(self.fresh(), Some(self.page.t1("organization-admission-returned", "note", note)))
            }
            ApplicationState::Returned => {
                Act::Waits(last.id, self.page.t1("organization-admission-returned", "note", note), false)
            }
            ApplicationState::Rejected => {
                Act::Ask(self.fresh(), Some(self.page.t1("organization-admission-rejected", "note", note)))
            }
            ApplicationState::Approved | ApplicationState::Withdrawn | ApplicationState::Expired => {
                Act::Ask(self.fresh(), None)
            }
        }
    }
    fn fresh(&self) -> String {
        self.page.ctx.form_id((self.draw)())
    }
}
/// Whether the organization's administrators edit the admission themselves.
pub(super) fn is_own(product: &Product) -> bool {
    product.admission_editor == AdmissionEditor::OrganizationAdministrator
        && matches!(product.admission_class, AdmissionClass::Contract | AdmissionClass::Discretionary)
}
/// The number and the contracts of an organization are the account manager's business, whoever edits admissions.
fn who_mends(line: &AdmissionLine) -> Mender {
    if let Some(by) = line.layer.by {
        return by;
    }
    let granting = line.layer.code.starts_with("decision.admission")
        || line.layer.code == "decision.contract_not_granted";
    if granting { Mender::from(line.product.admission_editor) } else { Mender::AccountManager }
}
