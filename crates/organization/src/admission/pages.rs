//! `/org/{organization}/admissions` 机构产品权限: contract types with the products under each, and the other classes; what
//! is missing, who mends it, and a request by one click. Where the product lets them, administrators change it themselves.
use super::model::{Admission, AdmissionChange, AdmissionLine, Admitting, NewAdmission};
use super::view::{Act, Group, Menders, View, is_own};
use crate::decision::LayerState;
use crate::membership::OrganizationAdministrator;
use crate::product::GrantMode;
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error, Timestamp,
    id::{AdmissionId, ApplicationId, ProductId, mark},
};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Result, Routes, html_status, see_other, with_flash,
};

pub fn routes() -> Routes {
    let administrator = Policy::OrganizationAdministrator;
    Routes::new()
        .get("/org/{organization}/admissions", administrator, list)
        .post("/org/{organization}/admissions", administrator, change)
        .get("/org/{organization}/admissions/{product}", administrator, confirm)
        .post("/org/{organization}/admissions/request", administrator, request)
        .post("/org/{organization}/admissions/withdraw", administrator, withdraw)
}

#[derive(Template)]
#[template(path = "admission/list.html")]
struct ListPage {
    page: Page,
    home: String,
    manager: Option<crate::decision::Contact>,
    groups: Vec<Group>,
    errors: FormErrors,
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    render(&ctx, &rooms, &who, &by, FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    errors: FormErrors,
) -> Result {
    let organization = rooms.organization(by.organization()).await?;
    let found = rooms.admissions(&organization, ctx.now).await?;
    let types = rooms.contract_types().await?;
    let requests = rooms.admission_requests(by.organization()).await?;
    let manager = match organization.account_manager {
        Some(manager) => rooms.staff_contact(manager).await?,
        None => None,
    };
    let missing = |line: &&AdmissionLine| line.layer.state != LayerState::Met;
    let managers: BTreeSet<_> =
        found.lines.iter().filter(missing).filter_map(|line| line.product.manager).collect();
    let mut product_managers = HashMap::new();
    for id in managers {
        product_managers.extend(rooms.staff_contact(id).await?.map(|contact| (id, contact)));
    }
    let page = Page::new(ctx, ctx.lang.t("organization-nav-admissions"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let groups = View {
        page: &page,
        found: &found,
        requests: &requests,
        menders: &Menders { account_manager: manager.clone(), product_managers },
        reader: by.account(),
        draw: &|| rooms.db().draw::<mark::Application>(),
    }
    .groups(&types);
    let view = ListPage { home: format!("/org/{}/", by.organization()), manager, groups, errors, page };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Deserialize)]
struct ChangeForm {
    product: ProductId,
    id: String,
    r#do: String,
    /// The admission as the page that asked showed it.
    #[serde(default)]
    seen: String,
}
/// For products whose admissions the organization's administrators edit.
async fn change(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<ChangeForm>,
) -> Result {
    let organization = by.organization();
    let (done, flash) = match form.r#do.as_str() {
        "admit" => {
            let new = NewAdmission {
                id: ctx.check_form_id(&form.id)?,
                product: form.product,
                contract: None,
                valid_until: Timestamp::FOREVER,
                note: None,
            };
            let seen = Admitting { seen: Some(form.seen), ..Admitting::default() };
            (
                rooms.admit_with(by.clone(), organization, new, seen, ctx.now).await.map(drop),
                "organization-flash-admitted",
            )
        }
        "end" => {
            let id: AdmissionId = form.id.parse().map_err(|_| Error::not_found("admission.unknown"))?;
            let rev = form.seen.rsplit_once('.').and_then(|(_, rev)| rev.parse().ok());
            let rev: i64 = rev.ok_or_else(|| Error::invalid("form.id_stale"))?;
            let (change, how) = (AdmissionChange::End, (Some(rev), ""));
            (
                rooms.change_admission(by.clone(), organization, id, change, how, ctx.now).await,
                "organization-flash-admission-ended",
            )
        }
        _ => return Err(Error::invalid("field.unknown_value").at("do").into()),
    };
    match done {
        Ok(()) => Ok(with_flash(see_other(&format!("/org/{organization}/admissions")), "ok", flash, &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, errors).await
        }
    }
}

#[derive(Template)]
#[template(path = "admission/confirm.html")]
struct ConfirmPage {
    page: Page,
    home: String,
    above: String,
    text: String,
    product: ProductId,
    /// The row to be made, or the one to be ended.
    id: String,
    ends: bool,
    seen: String,
}
/// What opening or closing the product does to the members, before it is done.
async fn confirm(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, product)): Path<(String, ProductId)>,
) -> Result {
    let organization = rooms.organization(by.organization()).await?;
    let found = rooms.admissions(&organization, ctx.now).await?;
    let mut lines = found.lines.into_iter();
    let line = lines.find(|line| line.product.id == product && is_own(&line.product));
    let line = line.ok_or_else(|| Error::not_found("product.unknown"))?;
    let held = line.layer.state == LayerState::Met;
    let ended = line.admission.as_ref().filter(|_| held);
    let name = line.product.name.of(ctx.lang == Lang::En);
    let title = if ended.is_some() {
        "organization-admission-end-title"
    } else {
        "organization-admission-admit-title"
    };
    let page = Page::new(&ctx, ctx.lang.ta(title, &[("product", name)]))
        .with_shell(shell::of(&rooms, &ctx, &who, by.organization()).await?);
    let text = match (ended.is_some(), line.product.grant_mode) {
        (true, _) => "organization-admission-end-effect",
        (false, GrantMode::EveryAgent) => "organization-admission-admit-everyone",
        (false, GrantMode::Explicit) if line.members > 0 => "organization-admission-admit-wakes",
        (false, GrantMode::Explicit) => "organization-admission-admit-effect",
    };
    let view = ConfirmPage {
        home: format!("/org/{}/", by.organization()),
        above: format!("/org/{}/admissions", by.organization()),
        text: page.t1(text, "n", line.members_shown()),
        product,
        id: match ended {
            Some(there) => there.id.to_string(),
            None => ctx.form_id(rooms.db().draw::<mark::Admission>()),
        },
        ends: ended.is_some(),
        seen: Admission::seen(line.admission.as_ref()),
        page,
    };
    Ok(web::html(view))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestForm {
    id: String,
    product: String,
}
/// One click: whoever edits the product's admissions decides it at the desk.
async fn request(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<RequestForm>,
) -> Result {
    let id: ApplicationId = ctx.check_form_id(&form.id)?;
    let product: ProductId = form.product.parse().map_err(|_| Error::not_found("product.unknown"))?;
    match rooms.request_admission(&by, id, product, "", ctx.now).await {
        Ok(_) => {
            let there = see_other(&format!("/org/{}/admissions", by.organization()));
            Ok(with_flash(there, "ok", "organization-flash-admission-asked", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, errors).await
        }
    }
}
async fn withdraw(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    by: OrganizationAdministrator,
    Form(form): Form<RequestForm>,
) -> Result {
    let id: ApplicationId = form.id.parse().map_err(|_| Error::not_found("application.unknown"))?;
    rooms.withdraw_admission_request(&by, id, ctx.now).await?;
    let there = see_other(&format!("/org/{}/admissions", by.organization()));
    Ok(with_flash(there, "ok", "organization-flash-admission-withdrawn", &[]))
}
