//! The catalog in a space, and one product in it: open, or why not and what to do.
use crate::application::{ApplicationState, Reader, link_of};
use crate::decision::{
    Contact, Decision, Explanation, LayerKind, Means, Mender, SessionFacts, Space, layer_key, tally_class,
};
use crate::membership::Member;
use crate::product::{Product, ProductState};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, Result as KernelResult, id::ProductId};
use std::collections::BTreeMap;
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Query, Result, Routes, html, html_status, initial,
    see_other, with_flash,
};

pub fn routes() -> Routes {
    Routes::new()
        .get("/products", Policy::SignedIn, personal_catalog)
        .get("/products/{product}", Policy::SignedIn, personal_product)
        .get("/org/{organization}/products", Policy::Member, catalog)
        .get("/org/{organization}/products/{product}", Policy::Member, product)
        .post("/org/{organization}/products/{product}/request", Policy::Member, request)
}

#[derive(Template)]
#[template(path = "product/catalog.html")]
struct CatalogPage {
    page: Page,
    /// None in the personal space.
    home: Option<String>,
    base: String,
    q: String,
    usable: bool,
    sections: Vec<Section>,
}
struct Section {
    name: String,
    products: Vec<Entry>,
}
struct Entry {
    id: ProductId,
    code: String,
    icon: String,
    name: String,
    summary: String,
    usable: bool,
    tally: Option<&'static str>,
    state: String,
    open: Option<String>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct CatalogQuery {
    q: String,
    usable: Option<String>,
}
async fn personal_catalog(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Query(query): Query<CatalogQuery>,
) -> Result {
    show_catalog(&ctx, &rooms, &who, Space::Personal, query).await
}
async fn catalog(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Query(query): Query<CatalogQuery>,
) -> Result {
    show_catalog(&ctx, &rooms, &who, Space::Organization(member.organization()), query).await
}
async fn show_catalog(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    query: CatalogQuery,
) -> Result {
    let page = page(ctx, rooms, who, space, ctx.lang.t("organization-nav-products")).await?;
    let decisions: BTreeMap<ProductId, Decision> = rooms
        .decide_catalog(who.account, &SessionFacts::of(who), space, ctx.now)
        .await?
        .into_iter()
        .collect();
    let products = rooms.products(false).await?;
    let wanted = kernel::text::normalize(&query.q).to_lowercase();
    let mut sections: Vec<Section> = Vec::new();
    for product in &products {
        let Some(decision) = decisions.get(&product.id) else { continue };
        // A product for the other kind of space is no business of this one; elsewhere it is in the catalog.
        if decision.is_missing(LayerKind::Audience) && decision.code() != "decision.account_managed" {
            continue;
        }
        let entry = entry(&page, product, decision, space);
        let fits = wanted.is_empty()
            || [&product.name.zh, &product.name.en, &product.summary.zh, &product.summary.en, &product.code]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted));
        if !fits || (query.usable.is_some() && !entry.usable) {
            continue;
        }
        match sections.last_mut().filter(|section| section.name == product.category) {
            Some(section) => section.products.push(entry),
            None => sections.push(Section { name: product.category.clone(), products: vec![entry] }),
        }
    }
    for section in &mut sections {
        section.name = category(&page, &section.name);
    }
    Ok(html(CatalogPage {
        home: space.organization().map(|id| format!("/org/{id}/")),
        base: base(space),
        q: query.q,
        usable: query.usable.is_some(),
        sections,
        page,
    }))
}
fn entry(page: &Page, product: &Product, decision: &Decision, space: Space) -> Entry {
    let en = page.ctx.lang == Lang::En;
    Entry {
        id: product.id,
        code: product.code.clone(),
        icon: product.icon_name().to_owned(),
        name: product.name.of(en).to_owned(),
        summary: product.summary.of(en).to_owned(),
        usable: decision.allow,
        tally: decision.organization_half().map(|_| tally_class(decision)),
        state: if decision.allow {
            page.t("organization-product-state-usable")
        } else {
            page.t(&layer_key(decision.code()))
        },
        open: product.launch_address(space.organization()).filter(|_| decision.allow),
    }
}
/// Known categories have names in both languages; others stand as they were typed.
fn category(page: &Page, code: &str) -> String {
    let key = format!("organization-category-{code}");
    if page.ctx.lang.has(&key) { page.t(&key) } else { code.to_owned() }
}

#[derive(Template)]
#[template(path = "product/product.html")]
struct ProductPage {
    page: Page,
    home: Option<String>,
    base: String,
    id: ProductId,
    name: String,
    summary: String,
    lead: String,
    why: askama::filters::Safe<String>,
    allowed: bool,
    open: Option<String>,
    request: Option<OpenRequest>,
    may_request: bool,
    admission_missing: bool,
    rejected: Option<String>,
    administrators: Vec<Person>,
    ways: Vec<Way>,
    elsewhere: Vec<Elsewhere>,
    manager: Option<Contact>,
    reason: String,
    errors: FormErrors,
}
struct OpenRequest {
    at: String,
    href: String,
}
struct Person {
    initial: String,
    name: String,
    role: String,
}
/// One thing that is missing, in the words of what to do about it.
struct Way {
    title: String,
    text: String,
    link: Option<(String, String)>,
}
struct Elsewhere {
    name: String,
    initial: String,
    avatar: &'static str,
    href: String,
}

async fn personal_product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result {
    show_product(&ctx, &rooms, &who, Space::Personal, product_id(&id)?, String::new(), FormErrors::none())
        .await
}
async fn product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
) -> Result {
    let space = Space::Organization(member.organization());
    show_product(&ctx, &rooms, &who, space, product_id(&id)?, String::new(), FormErrors::none()).await
}
#[derive(serde::Deserialize)]
struct RequestForm {
    #[serde(default)]
    reason: String,
}
async fn request(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<RequestForm>,
) -> Result {
    let (space, id) = (Space::Organization(member.organization()), product_id(&id)?);
    match rooms.request_access(&member, id, &form.reason, ctx.now).await {
        Ok(requested) => {
            let there = see_other(&format!("{}/{id}", base(space)));
            let key = if requested.new {
                "organization-flash-requested"
            } else {
                "organization-flash-requested-before"
            };
            Ok(with_flash(there, "ok", key, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show_product(&ctx, &rooms, &who, space, id, form.reason, errors).await
        }
    }
}
fn product_id(text: &str) -> KernelResult<ProductId> {
    text.parse().map_err(|_| Error::not_found("product.unknown"))
}

async fn show_product(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    id: ProductId,
    reason: String,
    errors: FormErrors,
) -> Result {
    let found = rooms.explain(who, space, id, ctx.now).await?;
    if found.product.state == ProductState::Withdrawn {
        return Err(Error::not_found("product.unknown").into());
    }
    let en = ctx.lang == Lang::En;
    let name = found.product.name.of(en).to_owned();
    let allowed = found.decision.allow;
    let title = if allowed { "organization-product-usable" } else { "organization-product-unusable" };
    let page = page(ctx, rooms, who, space, ctx.lang.ta(title, &[("product", &name)])).await?;
    let why = found.why_html(&page)?;
    let latest = found.application.as_ref();
    let request =
        latest.filter(|application| application.state_at(ctx.now).is_open()).map(|application| OpenRequest {
            at: page.minute(&application.created_at),
            href: link_of(application, Reader::Applicant),
        });
    let rejected =
        latest.filter(|application| application.state == ApplicationState::Rejected).map(|application| {
            page.t1(
                "organization-request-rejected",
                "note",
                application.decision_note.clone().unwrap_or_default(),
            )
        });
    let view = ProductPage {
        home: space.organization().map(|id| format!("/org/{id}/")),
        base: base(space),
        id,
        summary: found.product.summary.of(en).to_owned(),
        lead: found.lead(&page),
        why,
        allowed,
        open: found.product.launch_address(space.organization()).filter(|_| allowed),
        request,
        may_request: found.decision.can_request_access(),
        admission_missing: found.decision.is_missing(LayerKind::Admission),
        rejected,
        administrators: found
            .administrators
            .iter()
            .map(|contact| Person {
                initial: initial(&contact.name),
                name: contact.name.clone(),
                role: contact.role.as_ref().map(|role| role.of(en).to_owned()).unwrap_or_default(),
            })
            .collect(),
        ways: ways(&page, &found),
        elsewhere: found
            .elsewhere
            .iter()
            .map(|(space, name)| Elsewhere {
                name: name.clone(),
                initial: initial(name),
                avatar: if space.organization().is_some() { " org" } else { "" },
                href: format!("{}/{id}", base(*space)),
            })
            .collect(),
        manager: found.account_manager.clone(),
        reason,
        errors,
        name,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

/// What to do about each missing layer that the request form does not cover.
fn ways(page: &Page, found: &Explanation) -> Vec<Way> {
    found
        .decision
        .remedies
        .iter()
        .filter(|remedy| remedy.how != Means::RequestAccess)
        .map(|remedy| {
            let layer = page.t(&format!("organization-layer-{}", remedy.layer.as_str().replace('_', "-")));
            let names = |contacts: Vec<&Contact>| {
                let separator = page.t("organization-list-separator");
                contacts.iter().map(|contact| contact.name.as_str()).collect::<Vec<_>>().join(&separator)
            };
            let ask = match remedy.who {
                Mender::Administrators => names(found.administrators.iter().collect()),
                Mender::AccountManager => names(found.account_manager.iter().collect()),
                Mender::ProductManager => names(found.product_manager.iter().collect()),
                Mender::Person | Mender::Platform => String::new(),
            };
            let text = match (remedy.how, remedy.who) {
                (Means::Contact, who) if ask.is_empty() => {
                    page.t(&format!("organization-way-contact-{}", who.as_str().replace('_', "-")))
                }
                (Means::Contact, who) => page.t1(
                    &format!("organization-way-contact-{}-named", who.as_str().replace('_', "-")),
                    "name",
                    ask,
                ),
                (how, _) => page.t(&format!("organization-way-{}", how.as_str().replace('_', "-"))),
            };
            let link = match (remedy.how, found.space) {
                (Means::GrantYourself, Space::Organization(id)) => {
                    Some((format!("/org/{id}/grants"), page.t("organization-nav-grants")))
                }
                _ => None,
            };
            Way { title: layer, text, link }
        })
        .collect()
}

async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    title: String,
) -> KernelResult<Page> {
    let shell = match space {
        Space::Personal => shell::personal(rooms, ctx, who).await?,
        Space::Organization(id) => shell::of(rooms, ctx, who, id).await?,
    };
    Ok(Page::new(ctx, title).with_shell(shell))
}
fn base(space: Space) -> String {
    match space {
        Space::Personal => "/products".to_owned(),
        Space::Organization(id) => format!("/org/{id}/products"),
    }
}
