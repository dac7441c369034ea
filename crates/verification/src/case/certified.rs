//! An identity that an upstream provider certified: Alipay says who its user is, if that user lets it. The trip and its
//! signatures are `identity::external`'s; here its result becomes a case that is settled at once.
use super::{
    model::{CaseId, CaseState, OPEN_DAYS, Subject},
    service::{Entry, count_in, seal, too_many},
    settle::{Proven, Settling, settle_in},
    store::{self, NewRow},
};
use crate::{
    Method, Verification,
    case::pages::{personal_page, step_up},
    method::model::Lane,
};
use axum::Extension;
use identity::{
    SignedIn,
    account::{self, model::today},
    external::{self, Purpose},
    realname::{Document, DocumentType},
};
use kernel::{Error, Event, Result};
use platform::{
    challenge::ChallengeId,
    connector::{self, Connector, ConnectorId, Kind},
};
use serde::Deserialize;
use serde_json::json;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Query, Routes, html_status, see_other, with_flash};

/// The one kind of upstream provider that vouches for documents.
const PROVIDER: &str = "alipay";

pub fn routes() -> Routes {
    Routes::new().get("/me/real-name/certified/{connector}", Policy::SignedIn, show).post(
        "/me/real-name/certified/{connector}",
        Policy::SignedIn,
        go,
    )
}

enum Came {
    Case(CaseId),
    /// Used up, of another browser, or too late.
    Gone,
    /// The provider knows the person by name or not at all: nobody checked a document there.
    NotCertified,
    TooMany,
}

impl Verification {
    /// Addresses of the providers that are set up to tell who their users are.
    pub(crate) async fn certifiers(&self) -> Result<Vec<String>> {
        let found = self.certifying().await?;
        Ok(found.into_iter().map(|connector| format!("/me/real-name/certified/{}", connector.id)).collect())
    }
    async fn certifying(&self) -> Result<Vec<Connector>> {
        let mut found = connector::service::enabled(self.db(), Kind::Upstream).await?;
        found.retain(|connector| {
            let config = connector.config::<serde_json::Value>().unwrap_or_default();
            let asks = config.get("profile").and_then(serde_json::Value::as_bool).unwrap_or(false);
            connector.provider == PROVIDER && asks
        });
        Ok(found)
    }
    async fn certifier(&self, id: ConnectorId) -> Result<Connector> {
        let found = self.certifying().await?.into_iter().find(|connector| connector.id == id);
        found.ok_or_else(|| Error::not_found("verification.method_unknown"))
    }
    /// Takes what the trip brought, once, and settles it.
    async fn certify(&self, ctx: &Ctx, signed_in: &SignedIn, external: ChallengeId) -> Result<Came> {
        let policies = self.identity().settings().policies().await?;
        let consent = policies.registration.privacy_version.clone();
        let settling = Settling::new(self, &policies.real_name, &signed_in.actor, ctx.now);
        let (id, who): (CaseId, SignedIn) = (self.db().draw(), signed_in.clone());
        let (browser, now) = (ctx.browser, ctx.now);
        self.db()
            .write(move |tx| {
                let keyring = settling.room.db().keyring();
                let purpose = Purpose::RealName;
                let came = external::service::take_result_in(tx, keyring, external, &purpose, &browser, now)?;
                let Some(came) = came else { return Ok((Came::Gone, Vec::new())) };
                let Some(certified) = came.certified else { return Ok((Came::NotCertified, Vec::new())) };
                // What no form would take is no identity either; the person typed none of it.
                let parsed = (
                    Document::parse(DocumentType::ResidentId, &certified.document, "", today(now)),
                    account::model::parse_name(&certified.name),
                );
                let (Ok(document), Ok(name)) = parsed else { return Ok((Came::NotCertified, Vec::new())) };
                let subject = Subject {
                    name,
                    document_type: document.kind(),
                    document_number: document.number().to_owned(),
                    country: String::new(),
                    mobile: None,
                    bank_card: None,
                    note: None,
                };
                if let Some(open) = store::find_open(tx, who.account, Lane::Online)? {
                    return Ok((Came::Case(open.id), Vec::new()));
                }
                if !count_in(tx, keyring, &settling.policy, who.account, &document, now)? {
                    let event = Event::refused(&who.actor, "verification.opened").on("account", who.account);
                    return Ok((Came::TooMany, vec![event]));
                }
                let new = NewRow {
                    id,
                    account: who.account,
                    method: Method::Certified,
                    state: CaseState::Queued,
                    provider: &came.name,
                    document_type: document.kind(),
                    document_masked: &document.masked(),
                    subject: &seal(keyring, id, &subject)?,
                    now,
                    expires_at: now.plus_days(OPEN_DAYS),
                };
                if !store::insert(tx, &new)? {
                    return Err(Error::conflict("verification.decided"));
                }
                account::service::accept_in(tx, who.account, "document_number", &consent, now)?;
                let case = store::lock(tx, id)?.ok_or_else(|| Error::internal("verification.lost"))?;
                // What the provider said holds a number that could be guessed from a plain hash.
                let parts =
                    [came.subject.as_bytes(), certified.name.as_bytes(), certified.document.as_bytes()];
                let hash = keyring.mac("verification.certified", &parts);
                let proven = Proven {
                    provider: &came.name,
                    result: "certified",
                    response_hash: Some(hash.as_slice()),
                    by: None,
                };
                let opened = Event::done(&who.actor, "verification.opened")
                    .on("verification", id)
                    .with(json!({ "method": Method::Certified, "consent": consent }));
                let mut events = vec![opened];
                events.extend(settle_in(tx, &settling, &case, &subject, &proven)?);
                Ok((Came::Case(id), events))
            })
            .await
    }
}

#[derive(askama::Template)]
#[template(path = "verification/certified.html")]
struct View {
    page: Page,
    errors: FormErrors,
    here: String,
    provider: String,
}
#[derive(Deserialize)]
struct Back {
    external: Option<ChallengeId>,
}
async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Query(back): Query<Back>,
) -> web::Result {
    let connector = room.certifier(id).await?;
    let here = match back.external {
        Some(external) => format!("/me/real-name/certified/{id}?external={external}"),
        None => format!("/me/real-name/certified/{id}"),
    };
    if let Some(first) = step_up(&ctx, &signed_in, &room, &here).await? {
        return Ok(first);
    }
    if let Some(external) = back.external {
        let flash = |key: &str| {
            let to = see_other(&format!("/me/real-name/certified/{id}"));
            with_flash(to, "bad", key, &[("provider", &connector.name)])
        };
        return Ok(match room.certify(&ctx, &signed_in, external).await? {
            Came::Case(case) => see_other(&format!("/me/real-name/cases/{case}")),
            Came::Gone => flash("verification-certified-gone"),
            Came::NotCertified => flash("verification-certified-not"),
            Came::TooMany => return Err(too_many().into()),
        });
    }
    if let Some(open) = room.open_case(signed_in.account, Lane::Online).await? {
        return Ok(see_other(&format!("/me/real-name/cases/{}", Entry::OpenAlready(open.id).id())));
    }
    view(&ctx, &signed_in, &room, connector, FormErrors::none()).await
}
async fn view(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    connector: Connector,
    errors: FormErrors,
) -> web::Result {
    let page =
        personal_page(ctx, signed_in, room, "verification-method-certified").await?.with_errors(&errors);
    let view = View {
        here: format!("/me/real-name/certified/{}", connector.id),
        provider: connector.name,
        page,
        errors,
    };
    // The form ends at the provider.
    Ok(web::in_flow(html_status(view.errors.status(), view)))
}
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    consent: bool,
}
async fn go(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let connector = room.certifier(id).await?;
    let back = format!("/me/real-name/certified/{id}");
    if let Some(first) = step_up(&ctx, &signed_in, &room, &back).await? {
        return Ok(first);
    }
    if !typed.consent {
        let error = Error::invalid("verification.consent").at("consent");
        return view(&ctx, &signed_in, &room, connector, FormErrors::from(&error, ctx.lang)).await;
    }
    let (identity, purpose) = (room.identity(), Purpose::RealName);
    Ok(external::flow::begin(identity, &ctx, id, purpose, Some(&signed_in), &back).await?)
}
