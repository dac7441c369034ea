//! `/consent`: choose the acting space first, then agree. Spaces that cannot be used stay visible with the reason.
use super::{
    model::{ErrorCode, Refused, Scope},
    next::{CONSENT_DAYS, Next, next},
    pages::{Pending, asking, explain_address, issue, needs_sign_in, sign_in_address, strengthen},
    service::Survey,
    view::{self, SpaceView},
};
use crate::{OpenId, decision::space_text, parse_space};
use axum::Extension;
use identity::session::{self, SignedIn};
use kernel::Error;
use organization::decision::Space;
use serde::Deserialize;
use web::{Ctx, Form, Lang, Page, Query, html, initial, see_other};

#[derive(Deserialize)]
pub struct FlowQuery {
    pub flow: String,
    pub space: Option<String>,
}

struct Choice {
    value: String,
    name: String,
    role: String,
    initial: String,
    reason: String,
    organization: bool,
    selected: bool,
}

#[derive(askama::Template)]
#[template(path = "authorize/consent.html")]
struct ConsentPage<'a> {
    page: Page,
    icon: &'a str,
    initial: String,
    /// The client's own name, where it is not the product's.
    client_name: Option<&'a str>,
    host: String,
    flow: &'a str,
    user_name: &'a str,
    usable: Vec<Choice>,
    unusable: Vec<Choice>,
    personal: String,
    organizations: bool,
    /// The product may go on while nobody is there.
    offline: bool,
    withheld: String,
    asks_consent: bool,
    days: i64,
}

/// The product wants an organization, and the person has none.
#[derive(askama::Template)]
#[template(path = "authorize/nowhere.html")]
struct NowherePage<'a> {
    page: Page,
    flow: &'a str,
    user_name: &'a str,
}

pub async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Query(query): Query<FlowQuery>,
) -> web::Result {
    let pending: Pending = openid.kept(&query.flow, Some(ctx.browser), ctx.now).await?.into();
    if needs_sign_in(&openid, &signed_in, &pending, ctx.now).await? {
        return sign_in_again(&openid, &pending).await;
    }
    if let Some(response) = strengthen(&ctx, &openid, &signed_in, &pending).await? {
        return Ok(response);
    }
    let asking = asking(&openid, &signed_in).await?;
    let request = &pending.request;
    let survey = openid.survey(&asking, &pending.client, request, ctx.now).await?;
    match next(request, pending.client.skip_consent, &survey.choices(), &survey.consents, ctx.now) {
        Next::Issue(space) => issue(&ctx, &openid, &asking, &pending, space, false).await,
        Next::Explain(space, _) => Ok(see_other(&explain_address(&query.flow, space))),
        Next::Nowhere => {
            let product = view::product(&openid, pending.client.product, ctx.lang).await?;
            let title = ctx.lang.ta("oidc-nowhere-title", &[("product", &product.name)]);
            Ok(html(NowherePage {
                page: Page::new(&ctx, title),
                flow: &query.flow,
                user_name: &signed_in.name,
            }))
        }
        Next::Ask { .. } => {
            let wished = query
                .space
                .as_deref()
                .and_then(parse_space)
                .or(request.organization.map(Space::Organization));
            show(&ctx, &openid, &signed_in, &pending, &survey, &query.flow, wished).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    survey: &Survey,
    flow: &str,
    wished: Option<Space>,
) -> web::Result {
    let client = &pending.client;
    let product = view::product(openid, client.product, ctx.lang).await?;
    let spaces = view::spaces(signed_in, survey, ctx.lang);
    let wished = wished.or(signed_in.last_organization.map(Space::Organization));
    let choice = |view: &SpaceView, reason: String| Choice {
        value: space_text(view.space),
        name: view.name.clone(),
        role: view.role.clone(),
        initial: initial(&view.name),
        reason,
        organization: view.space != Space::Personal,
        selected: Some(view.space) == wished,
    };
    let (mut usable, mut unusable) = (Vec::new(), Vec::new());
    for view in &spaces {
        match survey.find(view.space) {
            Some(found) if found.decision.allow => usable.push(choice(view, String::new())),
            Some(found) => unusable.push(choice(view, view::reason(ctx.lang, found.decision.code()))),
            None => {}
        }
    }
    let title = ctx.lang.ta("oidc-consent-title", &[("product", &product.name)]);
    Ok(html(ConsentPage {
        page: Page::new(ctx, title),
        icon: &product.icon,
        initial: initial(&signed_in.name),
        client_name: Some(client.name.as_str()).filter(|name| *name != product.name),
        host: client.host(),
        flow,
        user_name: &signed_in.name,
        organizations: usable.iter().any(|choice| choice.organization),
        usable,
        unusable,
        personal: personal_data(ctx.lang, pending.request.asked()),
        offline: pending.request.scope.offline_access,
        withheld: ctx.lang.t(if pending.request.asked().phone {
            "oidc-consent-withheld"
        } else {
            "oidc-consent-withheld-phone"
        }),
        asks_consent: !client.skip_consent,
        days: CONSENT_DAYS,
    }))
}

fn personal_data(lang: Lang, scope: Scope) -> String {
    let mut keys = vec!["oidc-data-subject", "oidc-data-level"];
    if scope.profile {
        keys.extend(["oidc-data-name", "oidc-data-login-name"]);
    }
    if scope.phone {
        keys.push("oidc-data-phone");
    }
    if scope.email {
        keys.push("oidc-data-email");
    }
    if scope.verified {
        keys.push("oidc-data-verified");
    }
    let words: Vec<String> = keys.into_iter().map(|key| lang.t(key)).collect();
    words.join(&lang.t("oidc-data-and"))
}

#[derive(Deserialize)]
pub struct ConsentForm {
    flow: String,
    space: Option<String>,
    decision: String,
    remember: Option<bool>,
}

pub async fn decide(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Form(form): Form<ConsentForm>,
) -> web::Result {
    let pending: Pending = openid.kept(&form.flow, Some(ctx.browser), ctx.now).await?.into();
    let asking = asking(&openid, &signed_in).await?;
    if form.decision != "allow" {
        return back(&ctx, &openid, &signed_in, pending, "consent.denied").await;
    }
    if needs_sign_in(&openid, &signed_in, &pending, ctx.now).await? {
        return sign_in_again(&openid, &pending).await;
    }
    if let Some(response) = strengthen(&ctx, &openid, &signed_in, &pending).await? {
        return Ok(response);
    }
    let space =
        form.space.as_deref().and_then(parse_space).ok_or(Error::invalid("decision.space").at("space"))?;
    if pending.request.scope.organization && space == Space::Personal {
        return Err(Error::invalid("decision.space").at("space").into());
    }
    let remember = form.remember.unwrap_or(false) && !pending.client.skip_consent;
    let organization = space.organization();
    if let Err(error) = session::service::remember_space(openid.db(), signed_in.session, organization).await {
        // A convenience: the next page preselects another space, nothing worse.
        tracing::warn!(%error, "the last space was not remembered");
    }
    issue(&ctx, &openid, &asking, &pending, space, remember).await
}

#[derive(Deserialize)]
pub struct FlowForm {
    flow: String,
}

pub async fn other_account(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    _: SignedIn,
    Form(form): Form<FlowForm>,
) -> web::Result {
    let pending: Pending = openid.kept(&form.flow, Some(ctx.browser), ctx.now).await?.into();
    sign_in_again(&openid, &pending).await
}

async fn sign_in_again(openid: &OpenId, pending: &Pending) -> web::Result {
    let Some((handle, flow, _)) = &pending.kept else { return Err(Error::not_found("flow.unknown").into()) };
    openid.release(*flow).await?;
    Ok(see_other(&sign_in_address(handle, &pending.request, true)))
}

/// Leads back to the product with `access_denied` and a stable reason.
pub(super) async fn back(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: Pending,
    reason: &'static str,
) -> web::Result {
    let Some((_, flow, _)) = &pending.kept else { return Err(Error::not_found("flow.unknown").into()) };
    if !openid.decline(&signed_in.actor, &pending.client, *flow, reason, ctx.now).await? {
        return Err(Error::conflict("flow.answered").into());
    }
    let refused = Refused::new(ErrorCode::AccessDenied, reason);
    Ok(openid.refusal(&pending.request, &refused).respond(ctx))
}
