//! `/org/{organization}/members/{member}/products/copy`: a colleague is found, what they have is shown as a plan.
use super::list_pages::live;
use super::review_pages::{Shown, show};
use crate::directory;
use crate::membership::OrganizationAdministrator;
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::search::Wanted;
use identity::session::SignedIn;
use kernel::id::MembershipId;
use std::collections::BTreeMap;
use web::{Ctx, Form, Lang, Page, Path, Policy, Query, Result, Routes, html, initial};

const POLICY: Policy = Policy::OrganizationAdministrator;
/// Colleagues of one search.
const SHOWN: usize = 20;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/members/{member}/products/copy", POLICY, choose).post(
        "/org/{organization}/members/{member}/products/copy",
        POLICY,
        review,
    )
}

#[derive(Template)]
#[template(path = "grant/copy.html")]
struct CopyPage {
    page: Page,
    home: String,
    id: MembershipId,
    name: String,
    q: String,
    colleagues: Vec<Colleague>,
}
struct Colleague {
    id: MembershipId,
    initial: String,
    name: String,
    login_name: String,
    role: String,
    products: String,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Search {
    q: String,
}
async fn choose(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, MembershipId)>,
    Query(search): Query<Search>,
) -> Result {
    let en = ctx.lang == Lang::En;
    let row = live(&rooms, &by, id).await?;
    let asked =
        directory::Asked { wanted: Some(Wanted::parse(&search.q, ctx.now)), ..directory::Asked::default() };
    // One more, since the member does not count.
    let listed = rooms.directory(&by, asked, SHOWN + 1, ctx.now).await?;
    let colleagues: Vec<_> = listed.rows.into_iter().filter(|other| other.id != id).take(SHOWN).collect();
    let people = rooms.people(colleagues.iter().map(|other| other.account).chain([row.account])).await?;
    let ids = colleagues.iter().map(|other| other.id).collect();
    let mut counts: BTreeMap<MembershipId, usize> = BTreeMap::new();
    for held in rooms.held_grants(by.organization(), ids, ctx.now).await? {
        *counts.entry(held.cell.membership).or_default() += 1;
    }
    let name = people.name(row.account).to_owned();
    let page = Page::new(&ctx, ctx.lang.ta("organization-copy-title", &[("name", &name)]))
        .with_shell(shell::of(&rooms, &ctx, &who, by.organization()).await?);
    let colleagues = colleagues
        .iter()
        .map(|other| Colleague {
            id: other.id,
            initial: initial(people.name(other.account)),
            name: people.name(other.account).to_owned(),
            login_name: people.card(other.account).map(|card| card.login_name.clone()).unwrap_or_default(),
            role: by.policy().role_label(other.role).of(en).to_owned(),
            products: page.t1(
                "organization-copy-products",
                "count",
                counts.get(&other.id).copied().unwrap_or_default(),
            ),
        })
        .collect();
    let home = format!("/org/{}/", by.organization());
    Ok(html(CopyPage { home, id, name, q: search.q, colleagues, page }))
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Chosen {
    from: String,
}
async fn review(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(String, MembershipId)>,
    Form(chosen): Form<Chosen>,
) -> Result {
    let from: MembershipId =
        chosen.from.parse().map_err(|_| kernel::Error::not_found("membership.unknown"))?;
    live(&rooms, &by, id).await?;
    live(&rooms, &by, from).await?;
    let plan = rooms.plan_copy(&by, from, id, ctx.now).await?;
    let back = format!("/org/{}/members/{id}/products", by.organization());
    show(&ctx, &rooms, &who, &by, Shown::new(plan, back)).await
}
