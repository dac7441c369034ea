//! `/org/{organization}/development/developers`: its administrators name members who keep the clients of its products.
use ::organization::{
    Organizations, directory,
    membership::{OrganizationAdministrator, Role},
    shell,
};
use axum::Extension;
use identity::{search::Wanted, session::SignedIn, stepup};
use kernel::{Error, id::MembershipId};
use serde::Deserialize;
use std::collections::BTreeSet;
use web::{Ctx, Form, Page, Policy, Query, Routes, html, initial, see_other, with_flash};

/// Members of one search.
const SHOWN: usize = 20;

pub fn routes() -> Routes {
    let administrator = Policy::OrganizationAdministrator;
    Routes::new().get("/org/{organization}/development/developers", administrator, list).post(
        "/org/{organization}/development/developers",
        administrator,
        name,
    )
}

struct Person {
    membership: MembershipId,
    name: String,
    login_name: String,
    initial: String,
    /// Since when a developer; empty for others.
    since: String,
}
#[derive(askama::Template)]
#[template(path = "org/developers.html")]
struct List {
    page: Page,
    home: String,
    back: String,
    here: String,
    q: String,
    named: Vec<Person>,
    /// Whom a search found; None without one.
    found: Option<Vec<Person>>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(search): Query<Search>,
) -> web::Result {
    let organization = by.organization();
    let named = rooms.named_developers(&by).await?;
    let there: BTreeSet<MembershipId> = named.iter().map(|one| one.membership).collect();
    let found = if search.q.trim().is_empty() {
        None
    } else {
        let wanted = Some(Wanted::parse(&search.q, ctx.now));
        let asked = directory::Asked { wanted, ..directory::Asked::default() };
        let listed = rooms.directory(&by, asked, SHOWN, ctx.now).await?;
        // Administrators are developers without being named.
        let rows = listed.rows.into_iter().filter(|row| row.role == Role::Agent && !there.contains(&row.id));
        Some(rows.collect::<Vec<_>>())
    };
    let accounts = found.iter().flatten().map(|row| row.account).chain(named.iter().map(|one| one.account));
    let people = rooms.people(accounts).await?;
    let frame = shell::of(&rooms, &ctx, &who, organization).await?;
    let page = Page::new(&ctx, ctx.lang.t("portal-developers")).with_shell(frame);
    let person = |membership, account, since: String| Person {
        membership,
        name: people.name(account).to_owned(),
        login_name: people.card(account).map(|card| card.login_name.clone()).unwrap_or_default(),
        initial: initial(people.name(account)),
        since,
    };
    let home = format!("/org/{organization}/");
    let back = format!("{home}development");
    Ok(html(List {
        here: format!("{back}/developers"),
        home,
        back,
        q: search.q,
        named: named.iter().map(|one| person(one.membership, one.account, page.date(&one.since))).collect(),
        found: found.map(|rows| rows.iter().map(|row| person(row.id, row.account, String::new())).collect()),
        page,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Naming {
    membership: String,
    /// `yes` or `no`.
    named: String,
}
async fn name(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(typed): Form<Naming>,
) -> web::Result {
    let here = format!("/org/{}/development/developers", by.organization());
    // Whoever is named can have everybody's answers sent elsewhere.
    let need = stepup::Need::Fresh;
    if let Some(response) = stepup::service::required(rooms.identity(), &ctx, &who, need, &here).await? {
        return Ok(response);
    }
    let unknown = || Error::not_found("membership.unknown");
    let membership: MembershipId = typed.membership.parse().map_err(|_| unknown())?;
    let named = match typed.named.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::invalid("field.unknown_value").at("named").into()),
    };
    rooms.name_developer(&by, membership, named, ctx.now).await?;
    let flash = if named { "portal-developer-named" } else { "portal-developer-dismissed" };
    Ok(with_flash(see_other(&here), "ok", flash, &[]))
}
