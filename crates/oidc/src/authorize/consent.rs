//! `/consent`: choose the acting space first, then agree. Spaces that cannot be used stay visible with the reason.
use super::{
    model::{ErrorCode, Refused, Scope},
    next::{Asks, CONSENT_DAYS, Next, Remember, next},
    pages::{Pending, Who, asking, explain_address, issue, not_meant, sign_in_address, strengthen, who},
    view::{self, Receiver, SpaceView},
};
use crate::{OpenId, decision::space_text, parse_space};
use axum::Extension;
use identity::session::{self, SignedIn};
use kernel::{Error, text};
use organization::decision::{InSpace, SPACES_SHOWN, Space};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Lang, Page, Query, html, html_status, initial, see_other};

/// Longest name that is looked for.
const NAME_MAX: usize = 60;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct FlowQuery {
    pub flow: String,
    pub space: Option<String>,
    /// Of somebody with many organizations: part of the name of the one they mean.
    pub find: String,
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
    receiver: Receiver,
    flow: &'a str,
    user_name: &'a str,
    usable: Vec<Choice>,
    unusable: Vec<Choice>,
    personal: String,
    organizations: bool,
    /// The product may go on while nobody is there.
    offline: bool,
    withheld: String,
    /// What is agreed to may be remembered.
    remembers: bool,
    days: i64,
    /// There are more organizations than fit in a list: they are looked for by name.
    many: bool,
    find: &'a str,
    /// The first of all, without a name to look for.
    all: String,
    errors: FormErrors,
}

/// What the page shows: the first spaces, or those that were looked for.
struct Shown<'a> {
    flow: &'a str,
    spaces: &'a [InSpace],
    wished: Option<Space>,
    many: bool,
    find: &'a str,
    errors: FormErrors,
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
    match who(&openid, &signed_in, &pending, ctx.now).await? {
        Who::Meant => {}
        Who::Unsure => return sign_in_again(&openid, &pending).await,
        Who::Another => return not_meant(&ctx, &openid, &signed_in, &pending).await,
    }
    if let Some(response) = strengthen(&ctx, &openid, &signed_in, &pending).await? {
        return Ok(response);
    }
    let asking = asking(&openid, &signed_in).await?;
    let request = &pending.request;
    let chosen = query.space.as_deref().and_then(parse_space);
    // A space that the person chose stands first, so that it is there whatever else is left out.
    let first = chosen.and_then(Space::organization).or(request.organization);
    let survey = openid.survey(&asking, &pending.client, request, first, ctx.now).await?;
    let asks = Asks::of(&pending.client, request);
    let next = next(request, asks, &survey.choices(), &survey.consents, ctx.now);
    let opens = |space: Space| survey.find(space).is_some_and(|found| found.decision.allow);
    match next {
        Next::Issue(space) => issue(&ctx, &openid, &asking, &pending, space, Remember::Nothing).await,
        // The product wished for a space that does not open; the person comes with another that does.
        Next::Explain(space, _) if !chosen.is_some_and(|chosen| chosen != space && opens(chosen)) => {
            Ok(see_other(&explain_address(&query.flow, space)))
        }
        Next::Nowhere => {
            let product = view::product(&openid, pending.client.product, ctx.lang).await?;
            let title = ctx.lang.ta("oidc-nowhere-title", &[("product", &product.name)]);
            Ok(html(NowherePage {
                page: Page::new(&ctx, title),
                flow: &query.flow,
                user_name: &signed_in.name,
            }))
        }
        Next::Explain(..) | Next::Ask { .. } => {
            let wished = chosen
                .or(request.organization.map(Space::Organization))
                .or(signed_in.last_organization.map(Space::Organization));
            let organizations = survey.spaces.iter().filter(|there| there.space != Space::Personal).count();
            let mut errors = FormErrors::none();
            let named = errors.take(text::optional_line("find", &query.find, NAME_MAX), ctx.lang).flatten();
            let found = match &named {
                // Organizations alone, so a product that wants one is shown nothing else.
                Some(name) => {
                    let rooms = openid.organizations();
                    let product = pending.client.product;
                    rooms.find_spaces(asking.account, &asking.facts, product, name, ctx.now).await?
                }
                None => survey.spaces,
            };
            let shown = Shown {
                flow: &query.flow,
                spaces: &found,
                wished,
                many: organizations >= SPACES_SHOWN,
                find: &query.find,
                errors,
            };
            show(&ctx, &openid, &signed_in, &pending, shown).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    shown: Shown<'_>,
) -> web::Result {
    let client = &pending.client;
    let product = view::product(openid, client.product, ctx.lang).await?;
    let choice = |view: SpaceView, reason: String| Choice {
        value: space_text(view.space),
        initial: initial(&view.name),
        reason,
        organization: view.space != Space::Personal,
        selected: Some(view.space) == shown.wished,
        name: view.name,
        role: view.role,
    };
    let (mut usable, mut unusable) = (Vec::new(), Vec::new());
    for found in shown.spaces {
        let view = view::space(signed_in, found, ctx.lang);
        if found.decision.allow {
            usable.push(choice(view, String::new()));
        } else {
            unusable.push(choice(view, view::reason(ctx.lang, found.decision.code())));
        }
    }
    let title = ctx.lang.ta("oidc-consent-title", &[("product", &product.name)]);
    let page = ConsentPage {
        page: Page::new(ctx, title).with_errors(&shown.errors),
        icon: &product.icon,
        initial: initial(&signed_in.name),
        client_name: Some(client.name.as_str()).filter(|name| *name != product.name),
        receiver: view::receiver(&pending.request.redirect_uri),
        flow: shown.flow,
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
        remembers: Asks::of(client, &pending.request) == Asks::Once,
        days: CONSENT_DAYS,
        many: shown.many,
        find: shown.find,
        all: format!("/consent?flow={}", shown.flow),
        errors: shown.errors,
    };
    Ok(html_status(page.errors.status(), page))
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

#[derive(Default, Deserialize)]
#[serde(default)]
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
    match who(&openid, &signed_in, &pending, ctx.now).await? {
        Who::Meant => {}
        Who::Unsure => return sign_in_again(&openid, &pending).await,
        Who::Another => return not_meant(&ctx, &openid, &signed_in, &pending).await,
    }
    if let Some(response) = strengthen(&ctx, &openid, &signed_in, &pending).await? {
        return Ok(response);
    }
    let space =
        form.space.as_deref().and_then(parse_space).ok_or(Error::invalid("decision.space").at("space"))?;
    if pending.request.scope.organization && space == Space::Personal {
        return Err(Error::invalid("decision.space").at("space").into());
    }
    let asks = Asks::of(&pending.client, &pending.request);
    let remember = asks.remember(form.remember == Some(true));
    let organization = space.organization();
    session::service::remember_space(openid.db(), signed_in.account, organization).await;
    issue(&ctx, &openid, &asking, &pending, space, remember).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
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
    pending.decline(ctx, openid, signed_in, Refused::new(ErrorCode::AccessDenied, reason)).await
}
