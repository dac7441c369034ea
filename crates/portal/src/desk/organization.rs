//! One organization as the desk sees it: admissions, administrators, contracts, record; suspending and resuming it.
use super::{
    Desk, FOR_MANAGEMENT, FOR_ORGANIZATIONS, Nothing, admissions, contracts, organizations::names, record,
    words,
};
use ::organization::{
    admission::{AdmissionLine, AdmissionState},
    contract::Contract,
    decision::{LayerState, layer_key},
    membership::MemberRow,
    organization::{Organization, OrganizationState},
    organization_type::Identifier,
    product::AdmissionClass,
};
use ::registry::{Registry, material::Standing};
use axum::Extension;
use identity::account::AccountCard;
use kernel::{
    Error, Timestamp,
    id::{AccountId, OrganizationId},
};
use platform::audit::{model::Before, service as audit};
use std::collections::HashMap;
use web::{Failure, Form, Page, Path, Policy, Routes, html, initial, see_other, with_flash};

const RECORD_LENGTH: i64 = 8;
const CONTACTS: i64 = 3;

pub fn routes() -> Routes {
    let (staff, managers) = (Policy::Staff(FOR_ORGANIZATIONS), Policy::Staff(FOR_MANAGEMENT));
    Routes::new()
        .get("/desk/organizations/{organization}", staff, show)
        .get("/desk/organizations/{organization}/suspend", managers, confirm_suspension)
        .post("/desk/organizations/{organization}/suspend", managers, suspend)
        .post("/desk/organizations/{organization}/resume", managers, resume)
}

/// A question before something that matters, as a page of its own.
#[derive(askama::Template)]
#[template(path = "desk/confirm.html")]
pub struct Confirm {
    pub page: Page,
    pub back: String,
    pub back_label: String,
    pub action: String,
    /// What is lost.
    pub lost: String,
    pub button: String,
}

struct Admission {
    product: String,
    class: &'static str,
    evidence: String,
    state: &'static str,
    tone: &'static str,
    /// Why it is without effect.
    missing: String,
    until: String,
    members: String,
    admit: String,
    open: String,
    /// Who edits it, where that is somebody else.
    why: String,
}
struct Administrator {
    id: String,
    initial: String,
    name: String,
    login_name: String,
    phone: String,
    role: String,
    state: &'static str,
    tone: &'static str,
    may_reset: bool,
    /// There is a second factor that could have been lost.
    may_remove_factors: bool,
    may_end: bool,
}
struct Agreement {
    kind: String,
    number: String,
    period: String,
    state: &'static str,
    tone: &'static str,
    href: String,
}
#[derive(askama::Template)]
#[template(path = "desk/organization.html")]
struct Detail {
    page: Page,
    id: String,
    name: String,
    kind: String,
    uscc: String,
    member_number: String,
    head_title: String,
    head_name: String,
    address: String,
    manager: String,
    since: String,
    mine: bool,
    /// Whether its type knows member numbers.
    numbered: bool,
    manages: bool,
    active: bool,
    state: &'static str,
    state_tone: &'static str,
    /// What the register says, where it puts the admissions to sleep.
    held: Option<&'static str>,
    admissions: Vec<Admission>,
    /// There is something that this reader edits.
    batch: bool,
    administrators: Vec<Administrator>,
    administrators_allowed: u32,
    contracts: Vec<Agreement>,
    record: Vec<record::Line>,
    aside: Aside,
}

/// What the register, materials and contacts say, beside the admissions.
#[derive(Default)]
struct Aside {
    materials: Vec<MaterialLine>,
    contacts: Vec<ContactLine>,
    more_contacts: bool,
}
struct MaterialLine {
    name: String,
    state: &'static str,
    tone: &'static str,
    until: String,
    /// Where it is reviewed, if it waits for that.
    review: Option<String>,
}
struct ContactLine {
    name: String,
    about: String,
    phone: String,
}
/// Personal numbers and papers are for whoever manages the organization.
async fn aside(desk: &Desk, registry: &Registry, organization: &Organization) -> Result<Aside, Failure> {
    let (now, english) = (desk.ctx.now, desk.english());
    let (lines, _) = registry.materials(organization, now).await?;
    let materials = lines.iter().map(|line| MaterialLine {
        name: line.rule.name.of(english).to_owned(),
        state: line.standing.key(),
        tone: line.standing.tone(),
        until: line
            .in_force(now)
            .and_then(|material| material.valid_until)
            .map(|until| until.last_day(&desk.ctx.app.zone))
            .unwrap_or_default(),
        review: (line.standing == Standing::InReview)
            .then(|| line.history.first().map(|material| format!("/desk/materials/{}", material.id)))
            .flatten(),
    });
    let materials = materials.collect();
    let mut contacts = registry.contacts(organization.id, None, CONTACTS + 1).await?;
    let more_contacts = contacts.len() as i64 > CONTACTS;
    contacts.truncate(CONTACTS as usize);
    let contacts = contacts
        .into_iter()
        .map(|contact| ContactLine {
            about: contact.card.title.unwrap_or(contact.card.purpose),
            name: contact.card.name,
            phone: contact.card.phone,
        })
        .collect();
    Ok(Aside { materials, contacts, more_contacts })
}

async fn show(
    desk: Desk,
    Extension(registry): Extension<Registry>,
    Path(id): Path<OrganizationId>,
) -> web::Result {
    let organization = desk.organization(id).await?;
    let now = desk.ctx.now;
    let found = desk.organizations.desk_admissions(&desk.operator, &organization, now).await?;
    // Suspended and expired ones too: the desk brings them back.
    let rows = desk.organizations.chain(id, now).await?.above;
    let db = desk.organizations.db();
    let cards = identity::account::service::cards(db, rows.iter().map(|row| row.account).collect()).await?;
    let happened = audit::of_organization(db, id, Before::NEWEST, RECORD_LENGTH).await?;
    let editors = found.lines.iter().filter_map(|line| {
        admissions::may_edit(&desk, &organization, &line.product).err().and_then(admissions::Why::person)
    });
    let named = record::actors(&happened).into_iter().chain(editors).collect();
    let actors = names(&desk, named).await?;
    let manager = match organization.account_manager {
        Some(manager) => names(&desk, vec![manager]).await?.remove(&manager).unwrap_or_default(),
        None => String::new(),
    };
    let manages = desk.manages(&organization);
    let aside = if manages { aside(&desk, &registry, &organization).await? } else { Aside::default() };
    let english = desk.english();
    let (state, state_tone) = words::organization_state(organization.state);
    let mut with_factors = Vec::new();
    for row in rows.iter().filter(|row| manages && row.managed) {
        if factor::summary(desk.organizations.db(), row.account).await?.second() {
            with_factors.push(row.account);
        }
    }
    let page = Detail {
        page: desk.page(organization.name.clone(), "/desk/organizations").await?,
        id: id.to_string(),
        kind: organization.type_name.of(english).to_owned(),
        uscc: organization.uscc.clone().unwrap_or_default(),
        member_number: organization.member_number.clone().unwrap_or_default(),
        head_title: organization.policy.head_title.of(english).to_owned(),
        head_name: organization.head_name.clone().unwrap_or_default(),
        address: organization.address.clone().unwrap_or_default(),
        manager,
        since: organization.created_at.local_date(&desk.ctx.app.zone),
        mine: organization.account_manager == Some(desk.signed_in.account),
        manages,
        numbered: organization.policy.has(Identifier::MemberNumber),
        active: organization.state == OrganizationState::Active,
        state,
        state_tone,
        held: organization.registry_state.holds_admissions().then_some(organization.registry_state.key()),
        admissions: found.lines.iter().map(|line| admission(&desk, &organization, line, &actors)).collect(),
        batch: found
            .lines
            .iter()
            .any(|line| admissions::may_edit(&desk, &organization, &line.product).is_ok()),
        administrators: rows
            .iter()
            .filter_map(|row| {
                let card = cards.iter().find(|card| card.id == row.account)?;
                let second_factor = with_factors.contains(&row.account);
                Some(administrator(&desk, &organization, row, card, manages, second_factor))
            })
            .collect(),
        administrators_allowed: organization.policy.administrators,
        contracts: found.contracts.iter().map(|contract| agreement(&desk, id, contract)).collect(),
        aside,
        record: record::lines(&desk.ctx, happened, &actors),
        name: organization.name,
    };
    Ok(html(page))
}

fn admission(
    desk: &Desk,
    organization: &Organization,
    line: &AdmissionLine,
    names: &HashMap<AccountId, String>,
) -> Admission {
    let (product, home) = (&line.product, format!("/desk/organizations/{}", organization.id));
    let holds = line.layer.state == LayerState::Met;
    let may = admissions::may_edit(desk, organization, product);
    let evidence = match (&line.contract, product.admission_class) {
        (Some(contract), _) => desk.t1("portal-admission-contract-line", "number", &contract.number),
        (None, AdmissionClass::Membership) => match &organization.member_number {
            Some(number) => desk.t1("portal-organization-member-number-tag", "number", number),
            None => String::new(),
        },
        (None, _) => line.admission.as_ref().and_then(|there| there.note.clone()).unwrap_or_default(),
    };
    let (state, tone) = admissions::state_of(line);
    let suspended = line.admission.as_ref().is_some_and(|there| there.state == AdmissionState::Suspended);
    Admission {
        product: product.name.of(desk.english()).to_owned(),
        class: words::class(product.admission_class),
        evidence,
        state,
        tone,
        missing: match holds || suspended {
            true => String::new(),
            false => desk.t(&layer_key(line.layer.code)),
        },
        until: match (&line.admission, &line.contract) {
            (Some(there), contract) => {
                let contract = contract.as_ref().map_or(Timestamp::FOREVER, |c| c.valid_until);
                desk.until(there.valid_until.min(contract))
            }
            (None, _) if holds => desk.t("portal-no-end"),
            (None, _) => "—".to_owned(),
        },
        members: line.members_shown(),
        admit: match may {
            Ok(()) if !holds && !suspended => format!("{home}/admissions/{}/new", product.id),
            _ => String::new(),
        },
        open: match &line.admission {
            Some(there) => format!("{home}/admissions/{}", there.id),
            None => String::new(),
        },
        why: may.err().map(|why| why.text(desk, names)).unwrap_or_default(),
    }
}

fn administrator(
    desk: &Desk,
    organization: &Organization,
    row: &MemberRow,
    card: &AccountCard,
    manages: bool,
    second_factor: bool,
) -> Administrator {
    let (state, tone) = words::membership_state(row.state, desk.ctx.now < row.valid_until);
    Administrator {
        id: row.id.to_string(),
        initial: initial(&card.name),
        name: card.name.clone(),
        login_name: card.login_name.clone(),
        phone: card.phone_masked.clone().unwrap_or_default(),
        role: organization.policy.role_label(row.role).of(desk.english()).to_owned(),
        state,
        tone,
        // The platform hands out passwords of managed accounts; a person's own account is the person's.
        may_reset: manages && row.managed,
        may_remove_factors: manages && row.managed && second_factor,
        may_end: manages,
    }
}

fn agreement(desk: &Desk, id: OrganizationId, contract: &Contract) -> Agreement {
    let (state, tone) = contracts::state_of(desk, contract);
    Agreement {
        kind: contract.type_name.of(desk.english()).to_owned(),
        number: contract.number.clone(),
        period: contracts::period_of(desk, contract.valid_from, contract.valid_until),
        state,
        tone,
        href: contracts::here(id, contract.id),
    }
}

async fn confirm_suspension(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let title = desk.t1("portal-organization-suspend-title", "name", &organization.name);
    Ok(html(Confirm {
        page: desk.page(title, "/desk/organizations").await?,
        back: format!("/desk/organizations/{id}"),
        back_label: organization.name,
        action: format!("/desk/organizations/{id}/suspend"),
        lost: desk.t("portal-organization-suspend-lost"),
        button: desk.t("portal-organization-suspend"),
    }))
}
async fn suspend(desk: Desk, Path(id): Path<OrganizationId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    set_state(&desk, id, OrganizationState::Suspended, "portal-organization-suspended").await
}
async fn resume(desk: Desk, Path(id): Path<OrganizationId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    set_state(&desk, id, OrganizationState::Active, "portal-organization-resumed").await
}
async fn set_state(desk: &Desk, id: OrganizationId, state: OrganizationState, flash: &str) -> web::Result {
    manageable(desk, id).await?;
    desk.organizations.set_organization_state(&desk.operator, id, state, desk.ctx.now).await?;
    Ok(with_flash(see_other(&format!("/desk/organizations/{id}")), "ok", flash, &[]))
}
/// The organization, for whoever may change it.
pub async fn manageable(desk: &Desk, id: OrganizationId) -> Result<Organization, Failure> {
    let organization = desk.organization(id).await?;
    if desk.manages(&organization) {
        Ok(organization)
    } else {
        Err(Error::forbidden("staff.role_required").into())
    }
}
