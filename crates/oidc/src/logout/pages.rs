use super::{model, model::Request};
use crate::{
    OpenId,
    authorize::service::{FLOW_SECONDS, FLOWS, FlowKind, Keep},
    claims::session_identifier,
    parameters::Parameters,
    token::api::form,
};
use axum::{
    Extension,
    extract::{RawQuery, Request as AxumRequest},
    response::Response,
};
use identity::session::{MaybeSignedIn, SignedIn};
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, Page, Query, cookie, html, see_other, with_cookie};

#[derive(askama::Template)]
#[template(path = "logout/confirm.html")]
struct ConfirmPage<'a> {
    page: Page,
    user_name: &'a str,
    /// The product that asks, if one does.
    client_name: Option<String>,
    flow: Option<&'a str>,
    /// Something stays connected while the person is away.
    connected: bool,
}
#[derive(askama::Template)]
#[template(path = "logout/done.html")]
struct DonePage {
    page: Page,
}

const MOST_LOCALES: usize = 256;

#[derive(Deserialize)]
pub struct LogoutQuery {
    flow: Option<String>,
}

/// `GET /oauth2/logout`: a product sends its person.
pub async fn begin(ctx: Ctx, Extension(openid): Extension<OpenId>, RawQuery(query): RawQuery) -> web::Result {
    let malformed = |_| Error::invalid("authorize.malformed");
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    parameters.refuse_duplicates().map_err(malformed)?;
    keep(&ctx, &openid, &parameters).await
}
/// `POST /oauth2/logout`, cookie-blind: the page that follows by GET sees the cookies.
pub async fn begin_posted(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    request: AxumRequest,
) -> web::Result {
    let (parts, body) = request.into_parts();
    let parameters = form(&parts.headers, body).await.map_err(|_| Error::invalid("authorize.malformed"))?;
    keep(&ctx, &openid, &parameters).await
}

/// Checks what the product sent and keeps it for the page.
async fn keep(ctx: &Ctx, openid: &OpenId, parameters: &Parameters) -> web::Result {
    let keys = openid.keys().current(ctx.now).await?;
    let hint = parameters.get("id_token_hint").and_then(|token| keys.read_hint(token, openid.issuer()));
    let named = parameters.get("client_id");
    let client = match named.or(hint.as_ref().map(|hint| hint.aud.as_str())) {
        Some(client_id) => openid.clients().find(client_id).await?,
        None => None,
    };
    let request = model::check(
        client.as_deref(),
        named,
        hint.as_ref(),
        parameters.get("post_logout_redirect_uri"),
        parameters.get("state"),
    )?;
    // The language that the product asked for stays with the request.
    let locales = parameters.get("ui_locales").filter(|locales| locales.len() <= MOST_LOCALES);
    let next = |flow: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(flow.map(|flow| ("flow", flow)));
        query.extend_pairs(locales.map(|locales| ("ui_locales", locales)));
        let query = query.finish();
        see_other(&if query.is_empty() { "/logout".to_owned() } else { format!("/logout?{query}") })
    };
    if client.is_none() {
        // Nobody to go back to: there is nothing to keep.
        return Ok(next(None));
    }
    let text = serde_json::to_string(&request).map_err(|error| Error::internal("internal").because(error))?;
    let keep = Keep {
        kind: FlowKind::Logout,
        client: client.map(|client| client.id),
        parameters: text,
        pushed: None,
        browser: None,
        source: &ctx.source(),
        limit: FLOWS,
        seconds: FLOW_SECONDS,
    };
    let handle = openid.keep_flow(keep, ctx.now).await?;
    Ok(next(Some(&handle)))
}

/// `GET /logout`: asks, unless the product has shown an ID token of this very session.
pub async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(query): Query<LogoutQuery>,
) -> web::Result {
    let request = find(&openid, &ctx, query.flow.as_deref()).await?;
    let Some(signed_in) = signed_in else { return Ok(leave(&ctx, &request)) };
    let own = request
        .client_id
        .as_deref()
        .map(|client_id| session_identifier(openid.db().keyring(), signed_in.session.as_i64(), client_id));
    if own.is_some() && own == request.sid {
        return end(&ctx, &openid, &signed_in, &request).await;
    }
    let client = match request.client_id.as_deref() {
        Some(client_id) => openid.clients().find(client_id).await?,
        None => None,
    };
    let page = Page::new(&ctx, ctx.lang.t("oidc-logout-title"));
    let client_name = client.map(|client| client.name.clone());
    let connected = openid.stays_connected(signed_in.account).await?;
    let (user_name, flow) = (&signed_in.name, query.flow.as_deref());
    Ok(html(ConfirmPage { page, user_name, client_name, flow, connected }))
}

#[derive(Deserialize)]
pub struct LogoutForm {
    flow: Option<String>,
}

/// `POST /logout`: the person has confirmed, here or with the button of every page.
pub async fn confirmed(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Form(form): Form<LogoutForm>,
) -> web::Result {
    let request = find(&openid, &ctx, form.flow.as_deref()).await?;
    match signed_in {
        Some(signed_in) => end(&ctx, &openid, &signed_in, &request).await,
        None => Ok(leave(&ctx, &request)),
    }
}

/// A handle that ran out costs the way back, never the sign-out.
async fn find(openid: &OpenId, ctx: &Ctx, handle: Option<&str>) -> kernel::Result<Request> {
    let Some(handle) = handle else { return Ok(Request::default()) };
    let request: Request = match openid.kept_flow(FlowKind::Logout, handle, None, ctx.now).await {
        Ok(flow) => serde_json::from_str(&flow.parameters).unwrap_or_default(),
        Err(error) if error.code == "flow.unknown" => return Ok(Request::default()),
        Err(error) => return Err(error),
    };
    let client = match request.client_id.as_deref() {
        Some(client_id) => openid.clients().find(client_id).await?,
        None => None,
    };
    // And one to an address that was taken from the client since is none.
    let back = request
        .redirect_uri
        .filter(|uri| client.is_some_and(|client| client.allows_post_logout_redirect(uri)));
    Ok(Request { redirect_uri: back, ..request })
}

async fn end(ctx: &Ctx, openid: &OpenId, signed_in: &SignedIn, request: &Request) -> web::Result {
    openid.sign_out(signed_in, ctx.now).await?;
    // Without an address of the product's: this page again, which then says that it is done.
    let response = see_other(request.target().as_deref().unwrap_or("/logout"));
    Ok(with_cookie(response, cookie::clear_session(&ctx.app)))
}

fn leave(ctx: &Ctx, request: &Request) -> Response {
    match request.target() {
        Some(target) => see_other(&target),
        None => html(DonePage { page: Page::new(ctx, ctx.lang.t("oidc-logout-done-title")) }),
    }
}
