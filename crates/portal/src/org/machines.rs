//! `/org/{organization}/machines`: the programs that act for an organization, for its administrators: what their developers
//! need, and a new secret. Registering programs stays with the product manager.
use crate::clients::SecretPage;
use ::organization::{
    decision::layer_key, entitlement::Answer, membership::OrganizationAdministrator, shell,
};
use axum::Extension;
use identity::{session::SignedIn, stepup};
use kernel::id::{ClientId, OrganizationId};
use oidc::{
    OpenId,
    client::{Client, ClientState},
    machine::service::{Machine, PAGE},
};
use serde::Deserialize;
use web::{Ctx, Form, Lang, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

pub fn routes() -> Routes {
    let administrator = Policy::OrganizationAdministrator;
    Routes::new()
        .get("/org/{organization}/machines", administrator, list)
        .get("/org/{organization}/machines/{client}", administrator, page)
        .post("/org/{organization}/machines/{client}/secret", administrator, rotate)
}

struct Line {
    href: String,
    name: String,
    client_id: String,
    product: String,
    since: String,
    tone: &'static str,
    word: String,
    /// Whom to ask about it.
    hint: Option<String>,
}
#[derive(askama::Template)]
#[template(path = "org/machines.html")]
struct List {
    page: Page,
    home: String,
    lines: Vec<Line>,
    next: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    after: String,
}

async fn list(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(query): Query<After>,
) -> web::Result {
    let organization = by.organization();
    let after: Option<ClientId> = query.after.parse().ok();
    let mut machines = openid.machines(organization, after, PAGE + 1, ctx.now).await?;
    let more = machines.len() as i64 > PAGE;
    machines.truncate(PAGE as usize);
    let next = machines
        .last()
        .filter(|_| more)
        .map(|last| format!("/org/{organization}/machines?after={}", last.id));
    let frame = shell::of(openid.organizations(), &ctx, &who, organization).await?;
    let page = Page::new(&ctx, ctx.lang.t("oidc-machines")).with_shell(frame);
    let lines = machines.into_iter().map(|machine| line(&page, organization, machine)).collect();
    Ok(html(List { home: format!("/org/{organization}/"), lines, next, page }))
}
fn line(page: &Page, organization: OrganizationId, machine: Machine) -> Line {
    let word = match &machine.may {
        _ if machine.state != ClientState::Active => page.t("organization-decision-client-disabled"),
        Some(Answer::Permit) => page.t("oidc-machine-acts"),
        Some(Answer::Refuse(decision)) => page.t(&layer_key(decision.code())),
        Some(Answer::Stranger) | None => page.t("organization-decision-product-unavailable"),
    };
    let asked = match &machine.may {
        Some(Answer::Refuse(decision)) => decision.remedies.first(),
        _ => None,
    };
    let hint = asked
        .map(|remedy| page.t(&format!("organization-way-contact-{}", remedy.who.as_str().replace('_', "-"))));
    Line {
        href: format!("/org/{organization}/machines/{}", machine.id),
        hint,
        name: machine.name,
        client_id: machine.client_id,
        product: machine.product.of(page.ctx.lang == Lang::En).to_owned(),
        since: page.date(&machine.since),
        tone: if machine.may.as_ref().is_some_and(Answer::permits) { "ok" } else { "bad" },
        word,
    }
}

#[derive(askama::Template)]
#[template(path = "org/machine.html")]
struct ShowPage {
    page: Page,
    trail: Vec<(String, String)>,
    here: String,
    issuer: String,
    client_id: String,
    has_secret: bool,
    rev: i64,
    recipe: String,
}

/// One request that gets a token.
fn recipe(issuer: &str, client: &Client) -> String {
    format!(
        "curl -u \"{}:$FUJIE_CLIENT_SECRET\" \\\n  -d grant_type=client_credentials \\\n  {issuer}/oauth2/token\n",
        client.client_id
    )
}
fn trail(ctx: &Ctx, organization: OrganizationId) -> Vec<(String, String)> {
    vec![
        (format!("/org/{organization}/"), ctx.lang.t("organization-nav-home")),
        (format!("/org/{organization}/machines"), ctx.lang.t("oidc-machines")),
    ]
}

async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ClientId)>,
) -> web::Result {
    let organization = by.organization();
    let client = openid.own_machine(organization, id).await?;
    let frame = shell::of(openid.organizations(), &ctx, &who, organization).await?;
    Ok(html(ShowPage {
        page: Page::new(&ctx, client.name.clone()).with_shell(frame),
        here: format!("/org/{organization}/machines/{id}"),
        trail: trail(&ctx, organization),
        issuer: openid.issuer().to_owned(),
        has_secret: client.secret_mac.is_some(),
        rev: client.keeping.rev,
        recipe: recipe(openid.issuer(), &client),
        client_id: client.client_id,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rotating {
    rev: i64,
}

/// Whoever finds a session open must not walk away with a secret: the person proves to be there.
async fn rotate(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ClientId)>,
    Form(typed): Form<Rotating>,
) -> web::Result {
    let organization = by.organization();
    let back = format!("/org/{organization}/machines/{id}");
    let identity = openid.organizations().identity();
    let asked = stepup::service::required(identity, &ctx, &who, stepup::Need::Fresh, &back).await?;
    if let Some(response) = asked {
        return Ok(response);
    }
    let registered = match openid.rotate_own_secret(&by, id, typed.rev, ctx.now).await {
        Err(error) if error.code == "client.changed_meanwhile" => {
            return Ok(with_flash(see_other(&back), "warn", "portal-client-overtaken", &[]));
        }
        registered => registered?,
    };
    let name = openid.own_machine(organization, id).await?.name;
    let frame = shell::of(openid.organizations(), &ctx, &who, organization).await?;
    let page = Page::new(&ctx, ctx.lang.t("portal-client-rotated-title")).with_shell(frame);
    Ok(html(SecretPage::of(page, trail(&ctx, organization), back, &name, &registered)))
}
