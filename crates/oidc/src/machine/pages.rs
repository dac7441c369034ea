//! `/org/{organization}/machines`: the programs that act for an organization, for its administrators.
use super::service::{Machine, PAGE};
use crate::OpenId;
use crate::client::ClientState;
use axum::Extension;
use identity::session::SignedIn;
use kernel::id::{ClientId, OrganizationId};
use organization::{decision::layer_key, entitlement::Answer, membership::OrganizationAdministrator, shell};
use serde::Deserialize;
use web::{Ctx, Lang, Page, Query, html};

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
#[template(path = "machine/list.html")]
struct List {
    page: Page,
    home: String,
    lines: Vec<Line>,
    next: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    after: String,
}

pub async fn list(
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
        _ if machine.state == ClientState::Disabled => page.t("organization-decision-client-disabled"),
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
