//! `/org/{organization}/sync`: what the register says, side by side, before anything is taken over.
use super::compare::{Difference, Step, What};
use super::model::{Sync, SyncId, SyncState};
use super::service::Choice;
use crate::{Registry, material::frame};
use axum::Extension;
use identity::session::SignedIn;
use kernel::Error;
use organization::membership::OrganizationAdministrator;
use organization::organization::Organization;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let administrators = Policy::OrganizationAdministrator;
    Routes::new()
        .get("/org/{organization}/sync", administrators, page)
        .post("/org/{organization}/sync", administrators, ask)
        .post("/org/{organization}/sync/apply", administrators, apply)
        .post("/org/{organization}/sync/dismiss", administrators, dismiss)
}

struct Line {
    key: String,
    label: String,
    ours: String,
    theirs: String,
    hint: &'static str,
    chosen: bool,
}
struct Past {
    at: String,
    source: String,
    who: String,
    state: &'static str,
    tone: &'static str,
    fault: &'static str,
}
#[derive(askama::Template)]
#[template(path = "registry/sync.html")]
struct View {
    page: Page,
    errors: FormErrors,
    home: String,
    code: String,
    state: &'static str,
    state_tone: &'static str,
    held: bool,
    asked_at: String,
    /// The open one.
    sync: Option<String>,
    source: String,
    lines: Vec<Line>,
    new_name: Option<String>,
    new_head: Option<String>,
    confirm_name: String,
    confirm_head: bool,
    past: Vec<Past>,
}
async fn page(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> web::Result {
    show(&ctx, &room, &who, &by, Members::default(), FormErrors::none()).await
}
async fn show(
    ctx: &Ctx,
    room: &Registry,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    form: Members,
    errors: FormErrors,
) -> web::Result {
    let organization = room.organizations().organization(by.organization()).await?;
    let overview = room.sync_overview(organization.id).await?;
    let asked: Vec<_> = overview.past.iter().filter_map(|sync| sync.asked_by).collect();
    let people = room.organizations().people(asked).await?;
    let page = frame(ctx, room.organizations(), who, organization.id, ctx.lang.t("registry-sync"))
        .await?
        .with_errors(&errors);
    let (open, found) = match &overview.open {
        Some((sync, found)) => (Some(sync), found.as_slice()),
        None => (None, &[][..]),
    };
    let of = |step: Step| found.iter().find(|one| one.step == step).map(|one| one.theirs.clone());
    let view = View {
        home: format!("/org/{}/", organization.id),
        code: organization.uscc.clone().unwrap_or_default(),
        state: organization.registry_state.key(),
        state_tone: state_tone(&organization),
        held: organization.registry_state.holds_admissions(),
        asked_at: organization.registry_at.map(|at| page.minute(&at)).unwrap_or_default(),
        sync: open.map(|sync| sync.id.to_string()),
        source: open.map(|sync| sync.source_name.clone()).unwrap_or_default(),
        lines: found.iter().map(|one| line(&page, &organization, one, &form)).collect(),
        new_name: of(Step::Rename),
        new_head: of(Step::Succession),
        confirm_name: form.confirm_name,
        confirm_head: form.confirm_head,
        past: overview.past.iter().map(|sync| past(&page, sync, &people)).collect(),
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
pub(crate) fn state_tone(organization: &Organization) -> &'static str {
    use organization::organization::RegistryState as State;
    match organization.registry_state {
        State::Live => "ok",
        State::Revoked | State::Cancelled => "bad",
        State::Abnormal => "wait",
        State::Unknown => "",
    }
}
fn line(page: &Page, organization: &Organization, one: &Difference, form: &Members) -> Line {
    let english = page.ctx.lang == web::Lang::En;
    Line {
        key: one.key.clone(),
        label: match &one.what {
            What::Name => page.t("registry-field-name"),
            What::HeadName => organization.policy.head_title.of(english).to_owned(),
            What::Address => page.t("registry-field-address"),
            What::Registration(_) | What::Gone(_) => page.t("registry-registrations"),
        },
        ours: one.ours.clone(),
        theirs: one.theirs.clone(),
        hint: match (one.step, &one.what) {
            (Step::Rename, _) => "registry-sync-rename-hint",
            (Step::Succession, _) => "registry-sync-succession-hint",
            (Step::Plain, What::Gone(_)) => "registry-sync-gone-hint",
            (Step::Plain, _) => "",
        },
        chosen: form.keys.contains(&one.key),
    }
}
fn past(page: &Page, sync: &Sync, people: &organization::People) -> Past {
    Past {
        at: page.minute(&sync.created_at),
        source: sync.source_name.clone(),
        who: match sync.asked_by {
            Some(account) => people.name(account).to_owned(),
            None => page.t("registry-sync-by-schedule"),
        },
        state: sync.state.key(),
        tone: sync.state.tone(),
        fault: sync.fault.map(crate::register::Fault::key).unwrap_or_default(),
    }
}

#[derive(Deserialize)]
struct Nothing {}
async fn ask(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    match room.synchronise(&by, ctx.now).await {
        Ok(state) => {
            let found = room.organizations().organization(by.organization()).await?;
            let (tone, key) = match state {
                SyncState::Same if found.registry_state.holds_admissions() => {
                    ("bad", "registry-flash-sync-held")
                }
                SyncState::Same => ("ok", "registry-flash-sync-same"),
                SyncState::Different => ("info", "registry-flash-sync-different"),
                _ => ("bad", "registry-flash-sync-failed"),
            };
            Ok(with_flash(see_other(&here(&by)), tone, key, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &room, &who, &by, Members::default(), errors).await
        }
    }
}
fn here(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/sync", by.organization())
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    sync: String,
    #[serde(rename = "keys[]")]
    keys: Vec<String>,
    confirm_name: String,
    confirm_head: bool,
}
fn sync_of(form: &Members) -> kernel::Result<SyncId> {
    form.sync.parse().map_err(|_| Error::conflict("registry.decided"))
}
async fn apply(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<Members>,
) -> web::Result {
    let choice = Choice {
        keys: form.keys.clone(),
        confirm_name: form.confirm_name.clone(),
        confirm_head: form.confirm_head,
    };
    let done = match sync_of(&form) {
        Ok(id) => room.apply_sync(&by, id, choice, ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        // The new head's predecessor may have been the one who clicked.
        Ok(()) if form.confirm_head && form.keys.iter().any(|key| key == "head_name") => {
            let still = room.organizations().member(&who, by.organization(), ctx.now).await.is_ok();
            let there = if still { here(&by) } else { "/me".to_owned() };
            Ok(with_flash(see_other(&there), "ok", "registry-flash-sync-applied", &[]))
        }
        Ok(()) => Ok(with_flash(see_other(&here(&by)), "ok", "registry-flash-sync-applied", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &room, &who, &by, form, errors).await
        }
    }
}
async fn dismiss(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<Members>,
) -> web::Result {
    let done = match sync_of(&form) {
        Ok(id) => room.dismiss_sync(&by, id, ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(with_flash(see_other(&here(&by)), "ok", "registry-flash-sync-dismissed", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &room, &who, &by, form, errors).await
        }
    }
}
