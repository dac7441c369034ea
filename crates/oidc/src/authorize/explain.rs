//! `/oauth2/explain`: why a product cannot be used in a space, and the request for it. The page is that of the room below;
//! here its buttons lead back into the request that waits.
use super::{
    consent::{FlowQuery, back},
    pages::{Pending, asking, explain_address, verify_address},
};
use crate::{OpenId, decision::space_text, parse_space};
use axum::Extension;
use identity::session::SignedIn;
use kernel::Error;
use organization::{
    decision::{Back, Space, Typed, Verify, Ways},
    shell,
};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Lang, Page, Query, see_other, with_flash};

/// One explanation to be shown.
struct Shown<'a> {
    flow: &'a str,
    space: Space,
    typed: Typed<'a>,
}

pub async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    signed_in: SignedIn,
    Query(query): Query<FlowQuery>,
) -> web::Result {
    let pending: Pending = openid.kept(&query.flow, Some(ctx.browser), ctx.now).await?.into();
    let space = query.space.as_deref().and_then(parse_space).unwrap_or(Space::Personal);
    let typed = Typed { reason: "", errors: FormErrors::none() };
    show(&ctx, &openid, &signed_in, &pending, Shown { flow: &query.flow, space, typed }).await
}

async fn show(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    shown: Shown<'_>,
) -> web::Result {
    let Shown { flow, space, typed } = shown;
    let rooms = openid.organizations();
    let explanation = rooms.explain(signed_in, space, pending.client.product, ctx.now).await?;
    let consent = |space: Space| format!("/consent?flow={flow}&space={}", space_text(space));
    if explanation.decision.allow {
        return Ok(see_other(&consent(space)));
    }
    let number = rooms.note_explained(signed_in, &explanation, ctx.now).await?;
    let frame = match space {
        Space::Personal => shell::personal(rooms, ctx, signed_in).await?,
        Space::Organization(id) => shell::of(rooms, ctx, signed_in, id).await?,
    };
    let product = explanation.product.name.of(ctx.lang == Lang::En);
    let title = ctx.lang.ta("organization-explain-title", &[("product", product)]);
    let ways = Ways {
        fields: vec![("flow", flow.to_owned()), ("space", space_text(space))],
        request: "/oauth2/explain/request".to_owned(),
        again: consent(space),
        verify: Verify::Post("/oauth2/explain/verify".to_owned()),
        back: Back::Post("/oauth2/explain/back".to_owned()),
        elsewhere: &consent,
        chooses_there: true,
    };
    Ok(explanation.respond(Page::new(ctx, title).with_shell(frame), ways, number, typed)?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct VerifyForm {
    flow: String,
    space: String,
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
    let space = parse_space(&form.space).unwrap_or(Space::Personal);
    Ok(see_other(&verify_address(handle, "cancel", &explain_address(handle, space))))
}

#[derive(Default, Deserialize)]
#[serde(default)]
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
            Ok(with_flash(response, "ok", "organization-explain-sent", &[]))
        }
        // Granted in the meantime, or nothing to ask for: the page says how things stand.
        Err(error) if error.code == "application.not_needed" => {
            Ok(see_other(&explain_address(&form.flow, space)))
        }
        Err(error) => {
            let typed = Typed { reason: &form.reason, errors: FormErrors::or_fail(error, ctx.lang)? };
            show(&ctx, &openid, &signed_in, &pending, Shown { flow: &form.flow, space, typed }).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
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
    let space = parse_space(&form.space).unwrap_or(Space::Personal);
    let facts = asking(&openid, &signed_in).await?.facts;
    let product = pending.client.product;
    let found = openid.organizations().decide_one(signed_in.account, &facts, space, product, ctx.now).await?;
    let reason = match found {
        Some(found) if !found.decision.allow => found.decision.code(),
        _ => "consent.denied",
    };
    back(&ctx, &openid, &signed_in, pending, reason).await
}
