//! `/org/{organization}/grants/defaults`: what new agents get.
use super::matrix_pages::offered;
use super::service::may_be_granted;
use crate::membership::{OrganizationAdministrator, Role};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::id::ProductId;
use std::collections::BTreeSet;
use web::{Ctx, Form, FormErrors, Lang, Page, Policy, Result, Routes, html_status, see_other, with_flash};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/grants/defaults", POLICY, page).post(
        "/org/{organization}/grants/defaults",
        POLICY,
        save,
    )
}

#[derive(Template)]
#[template(path = "grant/defaults.html")]
struct DefaultsPage {
    page: Page,
    home: String,
    role: String,
    lines: Vec<Line>,
    errors: FormErrors,
}
struct Line {
    id: ProductId,
    name: String,
    basis: String,
    shown: bool,
    chosen: bool,
    admitted: bool,
    /// What somebody else made of it since the form was shown.
    changed: Option<&'static str>,
}

async fn page(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    render(&ctx, &rooms, &who, &by, None, FormErrors::none()).await
}
/// A form that comes back: what it showed, and what it wants.
struct Sent {
    shown: BTreeSet<ProductId>,
    wanted: BTreeSet<ProductId>,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Typed {
    #[serde(rename = "shown[]")]
    shown: Vec<String>,
    #[serde(rename = "product[]")]
    product: Vec<String>,
}
async fn save(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(typed): Form<Typed>,
) -> Result {
    let ids =
        |list: &[String]| -> BTreeSet<ProductId> { list.iter().filter_map(|id| id.parse().ok()).collect() };
    let (shown, wanted) = (ids(&typed.shown), ids(&typed.product));
    match rooms.set_default_grants(&by, shown.clone(), wanted.clone(), ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{}/grants/defaults", by.organization()));
            Ok(with_flash(there, "ok", "organization-flash-defaults", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, Some(Sent { shown, wanted }), errors).await
        }
    }
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    sent: Option<Sent>,
    errors: FormErrors,
) -> Result {
    let en = ctx.lang == Lang::En;
    let page = Page::new(ctx, ctx.lang.t("organization-defaults-title"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?)
        .with_errors(&errors);
    let known = rooms.default_grants(by.organization()).await?;
    let mut lines: Vec<Line> = offered(&page, rooms, by, &known)
        .await?
        .into_iter()
        .filter(|offered| {
            let business = by.policy().administrators_do_business;
            known.contains(&offered.product.id)
                || may_be_granted(&offered.product, Role::Agent, business).is_ok()
        })
        .map(|offered| Line {
            id: offered.product.id,
            name: offered.product.name.of(en).to_owned(),
            basis: offered.basis,
            shown: known.contains(&offered.product.id),
            chosen: false,
            admitted: offered.admitted,
            changed: None,
        })
        .collect();
    // On the list, though nobody holds it and the organization is not admitted any more.
    for id in known.iter().filter(|id| !lines.iter().any(|line| line.id == **id)).copied().collect::<Vec<_>>()
    {
        let product = rooms.product(id).await?;
        let (name, basis) = (product.name.of(en).to_owned(), page.t("organization-not-admitted"));
        lines.push(Line { id, name, basis, shown: true, chosen: false, admitted: false, changed: None });
    }
    for line in &mut lines {
        line.chosen = sent.as_ref().map_or(&known, |sent| &sent.wanted).contains(&line.id);
        line.changed = match sent.as_ref().map(|sent| (sent.shown.contains(&line.id), line.shown)) {
            Some((false, true)) => Some("organization-defaults-now-on"),
            Some((true, false)) => Some("organization-defaults-now-off"),
            _ => None,
        };
    }
    let view = DefaultsPage {
        home: format!("/org/{}/", by.organization()),
        role: by.policy().role_label(Role::Agent).of(en).to_owned(),
        lines,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
