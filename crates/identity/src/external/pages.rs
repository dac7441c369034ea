//! `/login/upstream/{connector}`: out, back, the first visit, and linking it to the account that signed in for it.
use super::{
    flow, icon_of,
    model::{Linking, Purpose, Ticket},
    service,
};
use crate::{
    Identity, MaybeSignedIn, SignedIn,
    session::encoded,
    signin::pages::target,
    stepup::{self, Need},
};
use askama::Template;
use axum::{Extension, extract::RawQuery, response::Response};
use http::HeaderMap;
use kernel::Error;
use platform::connector::model::ConnectorId;
use serde::Deserialize;
use web::{Ctx, Form, Page, Path, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/upstream/{connector}", Policy::Public, begin)
        .get("/login/upstream/{connector}/callback", Policy::Public, callback)
        .get("/login/upstream/{connector}/first", Policy::Public, first)
        .get("/login/upstream/{connector}/link", Policy::SignedIn, ask_to_link)
        .post("/login/upstream/{connector}/link", Policy::SignedIn, link)
}

#[derive(Template)]
#[template(path = "external/first.html")]
struct FirstPage {
    page: Page,
    ticket: Ticket,
    icon: &'static str,
    /// None while registration is closed.
    register: Option<String>,
    have: String,
}
#[derive(Template)]
#[template(path = "external/link.html")]
struct LinkPage {
    page: Page,
    ticket: Ticket,
    icon: &'static str,
    initial: String,
    name: String,
    login_name: String,
    action: String,
    other: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
}
async fn begin(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Path(connector): Path<ConnectorId>,
    Query(asked): Query<Asked>,
) -> web::Result {
    Ok(flow::begin(&identity, &ctx, connector, Purpose::SignIn, None, &target(&asked.return_to)).await?)
}
async fn callback(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    headers: HeaderMap,
    Path(connector): Path<ConnectorId>,
    RawQuery(raw): RawQuery,
) -> web::Result {
    let raw = raw.unwrap_or_default();
    Ok(flow::arrive(&identity, &ctx, &headers, signed_in.as_ref(), connector, &raw).await?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    ticket: String,
}
/// None once it is over.
async fn find(
    identity: &Identity,
    ctx: &Ctx,
    headers: &HeaderMap,
    connector: ConnectorId,
    named: &str,
) -> kernel::Result<Option<Ticket>> {
    let Ok(id) = named.parse() else { return Ok(None) };
    let found = service::ticket(identity, ctx, headers, id).await?;
    Ok(found.filter(|ticket| ticket.connector == connector))
}
pub(crate) fn over() -> Response {
    web::with_flash(web::see_other("/login"), "bad", "identity-external-over", &[])
}
async fn first(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    headers: HeaderMap,
    Path(connector): Path<ConnectorId>,
    Query(named): Query<Named>,
) -> web::Result {
    let Some(ticket) = find(&identity, &ctx, &headers, connector, &named.ticket).await? else {
        return Ok(over());
    };
    let open = identity.settings().policies().await?.registration.open;
    // Whoever is signed in has an account.
    let have = match signed_in {
        Some(_) => ticket.visit().link_path(),
        None => format!("/login?return_to={}", encoded(&ticket.visit().link_path())),
    };
    let title = ctx.lang.ta("identity-external-first-title", &[("provider", &ticket.name)]);
    Ok(web::html(FirstPage {
        page: Page::new(&ctx, title),
        icon: icon_of(&ticket.provider),
        register: open.then(|| format!("/register?external={}", ticket.id)),
        have,
        ticket,
    }))
}

async fn ask_to_link(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(connector): Path<ConnectorId>,
    Query(named): Query<Named>,
) -> web::Result {
    let Some(ticket) = find(&identity, &ctx, &headers, connector, &named.ticket).await? else {
        return Ok(over());
    };
    let action = ticket.visit().link_path();
    if let Some(proof) = stepup::service::required(&identity, &ctx, &signed_in, Need::Fresh, &action).await? {
        return Ok(proof);
    }
    let title = ctx.lang.ta("identity-external-link-title", &[("provider", &ticket.name)]);
    Ok(web::html(LinkPage {
        page: Page::new(&ctx, title),
        icon: icon_of(&ticket.provider),
        initial: web::initial(&signed_in.name),
        name: signed_in.name,
        login_name: signed_in.login_name,
        other: format!("/login?again=1&return_to={}", encoded(&action)),
        action: format!("/login/upstream/{connector}/link"),
        ticket,
    }))
}
async fn link(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(connector): Path<ConnectorId>,
    Form(named): Form<Named>,
) -> web::Result {
    let cookie = web::cookie::external_token(&headers, &ctx.app);
    let ticket = find(&identity, &ctx, &headers, connector, &named.ticket).await?;
    let (Some(ticket), Some(cookie)) = (ticket, cookie) else { return Ok(over()) };
    let action = ticket.visit().link_path();
    if let Some(proof) = stepup::service::required(&identity, &ctx, &signed_in, Need::Fresh, &action).await? {
        return Ok(proof);
    }
    let (identity2, now, id) = (identity.clone(), ctx.now, ticket.id);
    let to = service::LinkTo::Holder { link: identity.db().draw(), account: signed_in.account };
    let actor = signed_in.actor.clone();
    let linking = identity
        .db()
        .write(move |tx| {
            let used = service::use_ticket_in(tx, &identity2, id, &cookie, to, &actor, now)?;
            Ok(match used {
                Some((linking, events)) => (Some(linking), events),
                None => (None, Vec::new()),
            })
        })
        .await?;
    let linking = linking.ok_or_else(|| Error::conflict("external.over"))?;
    let next = match linking {
        Linking::Linked | Linking::Already => target(&ticket.return_to),
        Linking::Taken | Linking::Other => "/me/linked".to_owned(),
    };
    let response = flow::linked_response(linking, &ticket.name, &next);
    Ok(web::with_cookie(response, web::cookie::clear_external(&ctx.app)))
}
