//! The list of organizations, and adding one.
use super::{Desk, FOR_MANAGEMENT, FOR_ORGANIZATIONS, ORGANIZATION_ROLES, words};
use ::organization::{
    organization::{Organization, OrganizationInput},
    organization_type::OrganizationType,
};
use kernel::{Error, id::AccountId};
use platform::StaffRole;
use serde::Deserialize;
use std::collections::HashMap;
use web::{Form, FormErrors, Page, Policy, Query, Routes, html, html_status, see_other, with_flash};

const PAGE_LENGTH: i64 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/organizations", Policy::Staff(FOR_ORGANIZATIONS), list)
        .get("/desk/organizations/new", Policy::Staff(FOR_MANAGEMENT), blank)
        .post("/desk/organizations/new", Policy::Staff(FOR_MANAGEMENT), create)
}

#[derive(Deserialize)]
struct Filter {
    name: Option<String>,
    before: Option<String>,
}
struct Line {
    id: String,
    name: String,
    kind: String,
    identifier: String,
    manager: String,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/organizations.html")]
struct List {
    page: Page,
    intro: &'static str,
    may_create: bool,
    name: String,
    lines: Vec<Line>,
    next: Option<String>,
}

async fn list(desk: Desk, Query(filter): Query<Filter>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let own = desk.role == StaffRole::AccountManager;
    let name = kernel::text::optional_line("name", &filter.name.unwrap_or_default(), 120)?;
    let before = filter.before.as_deref().map(str::parse).transpose()?;
    let mut found = desk
        .organizations
        .organizations(own.then_some(desk.signed_in.account), name.clone(), before, PAGE_LENGTH + 1)
        .await?;
    let more = found.len() as i64 > PAGE_LENGTH;
    found.truncate(PAGE_LENGTH as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(name) = &name {
            query.append_pair("name", name);
        }
        format!("/desk/organizations?{}", query.append_pair("before", &last.id.to_string()).finish())
    });
    let managers = names(&desk, found.iter().filter_map(|o| o.account_manager).collect()).await?;
    let english = desk.english();
    Ok(html(List {
        page: desk.page(desk.t("portal-organizations"), "/desk/organizations").await?,
        intro: if own { "portal-organizations-own" } else { "portal-organizations-every" },
        may_create: may_create(&desk),
        name: name.unwrap_or_default(),
        lines: found.into_iter().map(|o| line(o, &managers, english)).collect(),
        next,
    }))
}

fn line(organization: Organization, managers: &HashMap<AccountId, String>, english: bool) -> Line {
    let (state, tone) = words::organization_state(organization.state);
    Line {
        id: organization.id.to_string(),
        name: organization.name,
        kind: organization.type_name.of(english).to_owned(),
        identifier: organization
            .uscc
            .or(organization.member_number)
            .or(organization.registration_number)
            .unwrap_or_default(),
        manager: organization.account_manager.and_then(|id| managers.get(&id)).cloned().unwrap_or_default(),
        state,
        tone,
    }
}

/// Names of members of staff, for display.
pub async fn names(desk: &Desk, ids: Vec<AccountId>) -> Result<HashMap<AccountId, String>, web::Failure> {
    let cards = identity::account::service::cards(desk.organizations.db(), ids).await?;
    Ok(cards.into_iter().map(|card| (card.id, card.name)).collect())
}

fn may_create(desk: &Desk) -> bool {
    matches!(desk.role, StaffRole::AccountManager | StaffRole::SystemAdministrator)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    short_name: String,
    uscc: String,
    member_number: String,
    registration_number: String,
    head_name: String,
    address: String,
    account_manager: String,
}
struct Choice {
    value: String,
    label: String,
    hint: String,
}
#[derive(askama::Template)]
#[template(path = "desk/organization_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    types: Vec<Choice>,
    /// For whoever adds organizations on behalf of others; empty for account managers, who add their own.
    managers: Vec<Choice>,
}

async fn show(desk: &Desk, form: Typed, errors: FormErrors) -> web::Result {
    let english = desk.english();
    let types = desk.organizations.organization_types().await?;
    let managers = if desk.role == StaffRole::AccountManager { Vec::new() } else { managers(desk).await? };
    let page = Blank {
        page: desk.page(desk.t("portal-organization-new"), "/desk/organizations").await?.with_errors(&errors),
        form,
        types: types.iter().map(|kind| type_choice(desk, kind, english)).collect(),
        managers,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
fn type_choice(desk: &Desk, kind: &OrganizationType, english: bool) -> Choice {
    let (n, head) = (kind.policy.administrators.to_string(), kind.policy.head_title.of(english));
    Choice {
        value: kind.id.to_string(),
        label: kind.name.of(english).to_owned(),
        hint: desk.ctx.lang.ta("portal-organization-type-hint", &[("n", &n), ("head", head)]),
    }
}
async fn managers(desk: &Desk) -> Result<Vec<Choice>, web::Failure> {
    let db = desk.organizations.db();
    let staff = platform::staff::service::list(db, Some(StaffRole::AccountManager)).await?;
    let cards =
        identity::account::service::cards(db, staff.into_iter().map(|member| member.account).collect())
            .await?;
    Ok(cards
        .into_iter()
        .map(|card| Choice { value: card.id.to_string(), label: card.name, hint: card.login_name })
        .collect())
}

async fn blank(desk: Desk) -> web::Result {
    if !may_create(&desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let id = desk.ctx.form_id(desk.organizations.db().draw::<kernel::id::mark::Organization>());
    show(&desk, Typed { id, ..Typed::default() }, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    if !may_create(&desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let id = desk.ctx.check_form_id(&typed.id)?;
    let mut errors = FormErrors::none();
    let kind = errors
        .take(typed.kind.parse().map_err(|_| Error::invalid("field.required").at("type")), desk.ctx.lang);
    let manager = match desk.role {
        StaffRole::AccountManager => Some(desk.signed_in.account),
        _ => errors.take(
            typed.account_manager.parse().map_err(|_| Error::invalid("field.required").at("account_manager")),
            desk.ctx.lang,
        ),
    };
    let input = OrganizationInput {
        name: typed.name.clone(),
        short_name: typed.short_name.clone(),
        uscc: typed.uscc.clone(),
        member_number: typed.member_number.clone(),
        registration_number: typed.registration_number.clone(),
        head_name: typed.head_name.clone(),
        address: typed.address.clone(),
    };
    // Parsed with any type first, so that every fault of the form is told at once.
    let parsed = input.parse(id, kind.unwrap_or(kernel::Id::from_i64(0)), manager);
    let new = match parsed {
        Ok(new) if errors.is_empty() => new,
        Ok(_) => return show(&desk, typed, errors).await,
        Err(faults) => {
            for fault in &faults {
                errors.push(fault, desk.ctx.lang);
            }
            return show(&desk, typed, errors).await;
        }
    };
    let name = new.name.clone();
    match desk.organizations.create_organization(&desk.operator, new, desk.ctx.now).await {
        Ok(id) => {
            let response = see_other(&format!("/desk/organizations/{id}"));
            Ok(with_flash(response, "ok", "portal-organization-created", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, typed, errors).await
        }
    }
}
