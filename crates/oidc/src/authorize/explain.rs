//! `/oauth2/explain`: why a product cannot be used in a space, layer by layer, who can mend it, and the request for it.
use super::{
    consent::{FlowQuery, back},
    pages::{Pending, asking, explain_address},
};
use crate::{OpenId, decision::space_text, parse_space};
use askama::filters::Safe;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{ApplicationId, OrganizationId},
};
use organization::{
    decision::{Contact, Decision, LayerKind, LayerState, Means, Space},
    shell,
};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Lang, Page, Query, html_status, initial, see_other, with_flash};

/// Somebody who can be asked.
struct Person {
    name: String,
    initial: String,
    role: String,
    phone: Option<String>,
}
impl Person {
    fn new(contact: &Contact, lang: Lang, role: &str) -> Self {
        let own = contact.role.as_ref().map(|words| words.of(lang == Lang::En).to_owned());
        Self {
            name: contact.name.clone(),
            initial: initial(&contact.name),
            role: own.unwrap_or_else(|| lang.t(role)),
            phone: contact.phone.clone(),
        }
    }
}

/// Another space of the person in which the product opens.
struct Elsewhere {
    value: String,
    name: String,
    initial: String,
    organization: bool,
}

/// The person's open request.
struct Open {
    id: ApplicationId,
    since: String,
}

#[derive(askama::Template)]
#[template(path = "authorize/explain.html")]
struct ExplainPage<'a> {
    page: Page,
    flow: &'a str,
    space: String,
    organization: Option<OrganizationId>,
    lead: String,
    why: Safe<String>,
    can_request: bool,
    /// All that lacks is a second factor in this session: the person mends that here and now.
    can_verify: bool,
    /// Nobody stands above the legal representative, who grants to themselves.
    grants_self: bool,
    /// The first half is missing: a grant takes effect only once the organization is admitted.
    admission_first: bool,
    open: Option<Open>,
    reason: &'a str,
    errors: FormErrors,
    /// Who decides the request.
    deciders: Vec<Person>,
    /// Staff who can help with the rest.
    staff: Vec<Person>,
    elsewhere: Vec<Elsewhere>,
}

/// One explanation to be shown.
struct Shown<'a> {
    flow: &'a str,
    space: Space,
    /// What was typed, when a request comes back.
    reason: &'a str,
    errors: FormErrors,
}

pub async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Query(query): Query<FlowQuery>,
) -> web::Result {
    let pending: Pending = openid.kept(&query.flow, Some(ctx.browser), ctx.now).await?.into();
    let space = query.space.as_deref().and_then(parse_space).unwrap_or(Space::Personal);
    let shown = Shown { flow: &query.flow, space, reason: "", errors: FormErrors::none() };
    show(&ctx, &openid, &signed_in, &pending, shown).await
}

async fn show(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    shown: Shown<'_>,
) -> web::Result {
    let Shown { flow, space, reason, errors } = shown;
    let rooms = openid.organizations();
    let explanation = rooms.explain(signed_in, space, pending.client.product, ctx.now).await?;
    let decision = &explanation.decision;
    if decision.allow {
        return Ok(see_other(&format!("/consent?flow={flow}&space={}", space_text(space))));
    }
    openid.note_refusal(&asking(signed_in), &pending.client, space, decision.code()).await?;
    let frame = match space {
        Space::Personal => shell::personal(rooms, ctx, signed_in).await?,
        Space::Organization(id) => shell::of(rooms, ctx, signed_in, id).await?,
    };
    let product = explanation.product.name.of(ctx.lang == Lang::En);
    let page = Page::new(ctx, ctx.lang.ta("oidc-explain-title", &[("product", product)])).with_shell(frame);
    let open = explanation.application.as_ref();
    let open = open.filter(|application| application.state_at(ctx.now).is_open());
    let person = |contact: &Contact, role| Person::new(contact, ctx.lang, role);
    let managers = [
        (&explanation.account_manager, "oidc-explain-account-manager"),
        (&explanation.product_manager, "oidc-explain-product-manager"),
    ];
    let elsewhere = explanation.elsewhere.iter().map(|(space, name)| Elsewhere {
        value: space_text(*space),
        name: name.clone(),
        initial: initial(name),
        organization: *space != Space::Personal,
    });
    Ok(html_status(
        errors.status(),
        ExplainPage {
            flow,
            space: space_text(space),
            organization: space.organization(),
            lead: explanation.lead(&page),
            why: explanation.why_html(&page)?,
            can_verify: only_strength_lacks(decision),
            can_request: decision.can_request_access() && open.is_none(),
            grants_self: decision.remedies.iter().any(|remedy| remedy.how == Means::GrantYourself),
            admission_first: decision.organization_half() == Some(false),
            open: open.map(|open| Open { id: open.id, since: page.minute(&open.created_at) }),
            reason,
            errors,
            deciders: explanation
                .administrators
                .iter()
                .map(|contact| person(contact, "oidc-explain-administrator"))
                .collect(),
            staff: managers
                .iter()
                .filter_map(|(contact, role)| contact.as_ref().map(|contact| person(contact, role)))
                .collect(),
            elsewhere: elsewhere.collect(),
            page,
        },
    ))
}

fn only_strength_lacks(decision: &Decision) -> bool {
    let mut missing = decision.layers.iter().filter(|layer| layer.state == LayerState::Missing);
    missing.next().is_some_and(|layer| layer.kind == LayerKind::Strength) && missing.next().is_none()
}

#[derive(Deserialize)]
pub struct VerifyForm {
    flow: String,
}
/// To the missing factor, and back into the request. The session goes on under another token, so the request is let go
/// until that one takes it up.
pub async fn verify(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    _: SignedIn,
    Form(form): Form<VerifyForm>,
) -> web::Result {
    let pending: Pending = openid.kept(&form.flow, Some(ctx.browser), ctx.now).await?.into();
    let Some((handle, flow, _)) = &pending.kept else { return Err(Error::not_found("flow.unknown").into()) };
    openid.release(*flow).await?;
    let back = format!("%2Foauth2%2Fauthorize%3Fhandle%3D{handle}");
    Ok(see_other(&format!("/me/verify?need=strong&return_to={back}")))
}

#[derive(Deserialize)]
pub struct RequestForm {
    flow: String,
    space: String,
    reason: String,
}

/// Asks the administrators for a grant; asking twice leads to the same request.
pub async fn request(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Form(form): Form<RequestForm>,
) -> web::Result {
    let pending: Pending = openid.kept(&form.flow, Some(ctx.browser), ctx.now).await?.into();
    let space = parse_space(&form.space).ok_or(Error::invalid("decision.space"))?;
    let organization = space.organization().ok_or(Error::invalid("decision.space"))?;
    let member = openid.organizations().member(&signed_in, organization, ctx.now).await?;
    let product = pending.client.product;
    match openid.organizations().request_access(&member, product, &form.reason, ctx.now).await {
        Ok(_) => {
            let response = see_other(&explain_address(&form.flow, space));
            Ok(with_flash(response, "ok", "oidc-explain-sent", &[]))
        }
        // Granted in the meantime, or nothing to ask for: the page says how things stand.
        Err(error) if error.code == "application.not_needed" => {
            Ok(see_other(&explain_address(&form.flow, space)))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            let shown = Shown { flow: &form.flow, space, reason: &form.reason, errors };
            show(&ctx, &openid, &signed_in, &pending, shown).await
        }
    }
}

#[derive(Deserialize)]
pub struct BackForm {
    flow: String,
    space: String,
}

/// Back to the product, which is told the first reason as it stands now.
pub async fn go_back(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Form(form): Form<BackForm>,
) -> web::Result {
    let pending: Pending = openid.kept(&form.flow, Some(ctx.browser), ctx.now).await?.into();
    let survey = openid.survey(&asking(&signed_in), &pending.client, ctx.now).await?;
    let found = parse_space(&form.space).and_then(|space| survey.find(space));
    let reason = match found {
        Some(found) if !found.decision.allow => found.decision.code(),
        _ => "consent.denied",
    };
    back(&ctx, &openid, &signed_in, pending, reason).await
}
