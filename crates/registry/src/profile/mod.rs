//! `/org/{organization}/profile`: basic information, who administers, materials, on one page. Every field says whether it
//! can be changed here, else who changes it, and where its value came from.
use crate::{Registry, material::frame, registration::noted, sync};
use axum::Extension;
use identity::session::SignedIn;
use organization::membership::{Member, OrganizationAdministrator};
use organization::organization::{
    Field, FieldOrigin, FieldSource, Organization, OrganizationState, record::OwnRecordInput,
};
use organization::organization_type::Identifier;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Lang, Page, Policy, Routes, html_status, initial, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/profile", Policy::Member, read).post(
        "/org/{organization}/profile",
        Policy::OrganizationAdministrator,
        change,
    )
}

struct Fact {
    field: &'static str,
    label: String,
    value: String,
    source: String,
    /// Key of who changes it; empty where it is changed on this page.
    changed_by: &'static str,
    /// Where one asks for a change.
    link: String,
    number: bool,
}
struct Person {
    initial: String,
    name: String,
    role: String,
    phone: String,
}
struct Paper {
    name: String,
    key: String,
    standing: &'static str,
    tone: &'static str,
    until: String,
}
#[derive(askama::Template)]
#[template(path = "registry/profile.html")]
struct View {
    page: Page,
    errors: FormErrors,
    home: String,
    name: String,
    administers: bool,
    suspended: bool,
    registry_state: &'static str,
    registry_tone: &'static str,
    held: bool,
    facts: Vec<Fact>,
    address: String,
    phone: String,
    address_source: String,
    phone_source: String,
    people: Vec<Person>,
    papers: Vec<Paper>,
    manager: Option<organization::decision::Contact>,
}
async fn read(ctx: Ctx, Extension(room): Extension<Registry>, who: SignedIn, member: Member) -> web::Result {
    show(&ctx, &room, &who, &member, None, FormErrors::none()).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    address: String,
    phone: String,
}
/// Whatever else a form brings is not looked at.
async fn change(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<Members>,
) -> web::Result {
    let input = OwnRecordInput { address: form.address.clone(), phone: form.phone.clone() };
    match room.organizations().change_own_record(&by, &input, ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{}/profile", by.organization()));
            Ok(with_flash(there, "ok", "registry-flash-profile-saved", &[]))
        }
        Err(error) => {
            let errors = noted(vec![error], &ctx)?;
            show(&ctx, &room, &who, &by, Some(form), errors).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    room: &Registry,
    who: &SignedIn,
    member: &Member,
    form: Option<Members>,
    errors: FormErrors,
) -> web::Result {
    let rooms = room.organizations();
    let organization = rooms.organization(member.organization()).await?;
    let origins = rooms.organization_origins(organization.id).await?;
    let rows = rooms.administrators(organization.id, ctx.now).await?;
    let people = rooms.people(rows.iter().map(|row| row.account)).await?;
    let (lines, _) = room.materials(&organization, ctx.now).await?;
    let manager = match organization.account_manager {
        Some(manager) => rooms.staff_contact(manager).await?,
        None => None,
    };
    let page =
        frame(ctx, rooms, who, organization.id, ctx.lang.t("registry-profile")).await?.with_errors(&errors);
    let english = ctx.lang == Lang::En;
    let administers = member.role().administers();
    let source = |field: Field| source_of(&page, &organization, &origins, field);
    let form = form.unwrap_or_else(|| Members {
        address: organization.address.clone().unwrap_or_default(),
        phone: organization.phone.clone().unwrap_or_default(),
    });
    let view = View {
        home: format!("/org/{}/", organization.id),
        name: organization.name.clone(),
        suspended: organization.state == OrganizationState::Suspended,
        registry_state: organization.registry_state.key(),
        registry_tone: sync::state_tone(&organization),
        held: organization.registry_state.holds_admissions(),
        facts: facts(&page, &organization, &origins, administers),
        address_source: source(Field::Address),
        phone_source: source(Field::Phone),
        people: rows
            .iter()
            .map(|row| Person {
                initial: initial(people.name(row.account)),
                name: people.name(row.account).to_owned(),
                role: member.policy().role_label(row.role).of(english).to_owned(),
                phone: people
                    .card(row.account)
                    .and_then(|card| card.phone_masked.clone())
                    .unwrap_or_default(),
            })
            .collect(),
        papers: lines
            .iter()
            .map(|line| Paper {
                name: line.rule.name.of(english).to_owned(),
                key: line.rule.key.clone(),
                standing: line.standing.key(),
                tone: line.standing.tone(),
                until: line
                    .in_force(ctx.now)
                    .and_then(|material| material.valid_until)
                    .map(|until| page.last_day(&until))
                    .unwrap_or_default(),
            })
            .collect(),
        administers,
        address: form.address,
        phone: form.phone,
        manager,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

/// Everything that is not changed here, in the order of the page.
fn facts(page: &Page, organization: &Organization, origins: &[FieldOrigin], administers: bool) -> Vec<Fact> {
    let english = page.ctx.lang == Lang::En;
    let policy = &organization.policy;
    let synchronised = |field: Field| {
        origins.iter().any(|origin| origin.field == field && origin.source == FieldSource::Registry)
    };
    let has = |identifier| policy.has(identifier);
    let mut facts = Vec::new();
    let mut add = |field: Field, label: String, changed_by: &'static str, link: String| {
        facts.push(Fact {
            field: field.as_str(),
            label,
            value: field.value(organization).unwrap_or_default().to_owned(),
            source: source_of(page, organization, origins, field),
            changed_by,
            link: if administers { link } else { String::new() },
            number: matches!(field, Field::Uscc | Field::MemberNumber | Field::RegistrationNumber),
        });
    };
    let (sync, home) = ("registry-changed-by-sync", format!("/org/{}/", organization.id));
    let manager = "registry-changed-by-manager";
    let by = |field: Field, other| if synchronised(field) { sync } else { other };
    let sync_link = format!("{home}sync");
    let to = |field: Field, other: String| if synchronised(field) { sync_link.clone() } else { other };
    add(
        Field::Name,
        page.t("registry-field-name"),
        by(Field::Name, "registry-changed-by-application"),
        to(Field::Name, format!("{home}changes/name")),
    );
    add(Field::ShortName, page.t("registry-field-short-name"), manager, String::new());
    if has(Identifier::Uscc) {
        add(Field::Uscc, page.t("registry-field-uscc"), manager, String::new());
    }
    if has(Identifier::MemberNumber) {
        add(Field::MemberNumber, page.t("registry-field-member-number"), manager, String::new());
    }
    if has(Identifier::RegistrationNumber) {
        add(Field::RegistrationNumber, page.t("registry-field-registration-number"), manager, String::new());
    }
    add(
        Field::HeadName,
        policy.head_title.of(english).to_owned(),
        by(Field::HeadName, manager),
        to(Field::HeadName, String::new()),
    );
    facts
}
/// `示例登记机关 · 2026-07-14`.
fn source_of(page: &Page, organization: &Organization, origins: &[FieldOrigin], field: Field) -> String {
    let Some(origin) = origins.iter().find(|origin| origin.field == field) else {
        return page.t1("registry-source-created", "date", page.date(&organization.created_at));
    };
    let date = page.date(&origin.changed_at);
    match (origin.source, &origin.source_name) {
        (FieldSource::Registry, Some(name)) => {
            page.t2("registry-source-registry", "name", name, "date", date)
        }
        (FieldSource::Registry | FieldSource::Platform, _) => {
            page.t1("registry-source-platform", "date", date)
        }
        (FieldSource::Own, _) => page.t1("registry-source-own", "date", date),
        (FieldSource::Application, _) => page.t1("registry-source-application", "date", date),
    }
}
