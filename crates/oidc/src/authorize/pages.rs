//! `GET` and `POST /oauth2/authorize`: client and redirect address are proven before anything is sent anywhere; then the
//! request leads to a code, to the sign-in page, to the consent page or to an explanation.
use super::{
    answer::Answer,
    incoming::{Fault, Incoming},
    issue::{Issue, Issued},
    model::{ErrorCode, Refused, Request},
    next::{Asks, HARDWARE, Next, Remember, Step, next, step, without_page},
    service::{Asking, Kept},
    store::FlowId,
};
use crate::{
    OpenId,
    client::Client,
    decision::space_text,
    parameters::Parameters,
    token::{LEEWAY, api::form},
};
use axum::{
    Extension,
    extract::{RawQuery, Request as AxumRequest},
    response::Response,
};
use http::StatusCode;
use identity::{
    session::{MaybeSignedIn, SignedIn},
    stepup::{Need, verify},
};
use kernel::{Error, Timestamp};
use organization::decision::Space;
use std::sync::Arc;
use web::{Ctx, Failure, see_other};

/// Beside the handle: the session is not to become stronger for this request.
const AS_IS: &str = "as_is";

/// A request that is about to be answered: new, or kept from before.
pub(super) struct Pending {
    pub client: Arc<Client>,
    pub request: Request,
    /// Handle, flow and time of a kept one.
    pub kept: Option<(String, FlowId, Timestamp)>,
    /// The pushed request that it came as.
    pub pushed: Option<FlowId>,
}
impl Pending {
    fn issue<'a>(&'a self, asking: &'a Asking, remember: Remember, now: Timestamp) -> Issue<'a> {
        let flows = self.flows();
        Issue { asking, client: &self.client, request: &self.request, flows, remember, now }
    }
    /// What an answer uses up.
    fn flows(&self) -> Vec<FlowId> {
        self.kept.iter().map(|kept| kept.1).chain(self.pushed).collect()
    }
    /// Answers with a refusal that is noted. Error: `flow.answered`.
    pub(super) async fn decline(
        &self,
        ctx: &Ctx,
        openid: &OpenId,
        signed_in: &SignedIn,
        refused: Refused,
    ) -> web::Result {
        let (actor, reason) = (&signed_in.actor, refused.reason);
        if !openid.decline(actor, &self.client, self.flows(), reason, ctx.now).await? {
            return Err(Error::conflict("flow.answered").into());
        }
        Ok(openid.refusal(&self.request, &refused).respond(ctx))
    }
}
impl From<Kept> for Pending {
    fn from(kept: Kept) -> Self {
        Self {
            client: kept.client,
            request: kept.request,
            kept: Some((kept.handle, kept.flow, kept.created_at)),
            pushed: kept.pushed,
        }
    }
}

pub async fn authorize(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    RawQuery(query): RawQuery,
) -> web::Result {
    let parameters =
        Parameters::parse(query.unwrap_or_default().as_bytes()).map_err(|_| bad("authorize.malformed"))?;
    if let Some(handle) = parameters.get("handle") {
        let browser = signed_in.as_ref().map(|_| ctx.browser);
        let mut kept = openid.kept(handle, browser, ctx.now).await?;
        if let (Some(_), Some(signed_in)) = (parameters.get(AS_IS), &signed_in) {
            match kept.request.strength.filter(|wanted| signed_in.strength < wanted.least) {
                Some(wanted) if wanted.essential => {
                    return Pending::from(kept).decline(&ctx, &openid, signed_in, unmet()).await;
                }
                Some(_) => openid.without_strength(&mut kept).await?,
                None => {}
            }
        }
        return proceed(&ctx, &openid, signed_in.as_ref(), kept.into()).await;
    }
    match read(&openid, &parameters, ctx.now).await? {
        Ok(pending) => proceed(&ctx, &openid, signed_in.as_ref(), pending).await,
        Err(answer) => Ok(answer.respond(&ctx)),
    }
}

/// Cookie-blind, as the post comes from another site: the request is kept, and the GET that follows brings the cookies.
pub async fn authorize_posted(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    request: AxumRequest,
) -> web::Result {
    let (parts, body) = request.into_parts();
    let parameters = form(&parts.headers, body).await.map_err(|_| bad("authorize.malformed"))?;
    match read(&openid, &parameters, ctx.now).await? {
        Ok(pending) => {
            let handle = keep(&ctx, &openid, &pending, None).await?;
            Ok(see_other(&format!("/oauth2/authorize?handle={handle}")))
        }
        Err(answer) => Ok(answer.respond(&ctx)),
    }
}

/// Shown to the person, since nobody is proven to want an answer (RFC 6749 §4.1.2.1).
fn bad(code: &'static str) -> Failure {
    Failure::with_status(Error::invalid(code), StatusCode::BAD_REQUEST)
}

/// A request, or its refusal on the way to an address that was proven. Other faults are shown here.
async fn read(
    openid: &OpenId,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Result<Pending, Answer>, Failure> {
    let client = match parameters.get("client_id") {
        Some(client_id) => openid.clients().find(client_id).await?,
        None => None,
    };
    let client = client.ok_or_else(|| bad("client.unknown"))?;
    match openid.incoming(&client, parameters, now).await? {
        Ok(Incoming { request, pushed }) => Ok(Ok(Pending { client, request, kept: None, pushed })),
        Err(Fault { back: Some(answer), .. }) => Ok(Err(answer)),
        Err(fault) => {
            tracing::info!(client.id = %client.id, error = fault.refused.error.as_str(), reason = fault.refused.reason, "authorization request refused");
            Err(bad(fault.code))
        }
    }
}

async fn proceed(ctx: &Ctx, openid: &OpenId, signed_in: Option<&SignedIn>, pending: Pending) -> web::Result {
    let silent = pending.request.prompt.none;
    let there = match signed_in {
        Some(signed_in) => match who(openid, signed_in, &pending, ctx.now).await? {
            Who::Meant => Some(signed_in),
            Who::Unsure => None,
            Who::Another => return not_meant(ctx, openid, signed_in, &pending).await,
        },
        None => None,
    };
    let Some(signed_in) = there else {
        if silent {
            let refused = Refused::new(ErrorCode::LoginRequired, "login.required");
            return Ok(openid.refusal(&pending.request, &refused).respond(ctx));
        }
        // Bound to a browser once somebody has signed in there: until then its cookie still changes.
        let handle = keep_for_sign_in(ctx, openid, &pending, signed_in).await?;
        return Ok(see_other(&sign_in_address(&handle, &pending.request, signed_in.is_some())));
    };
    if signed_in.must_change_password {
        if silent {
            let refused = Refused::new(ErrorCode::InteractionRequired, "password.change_required");
            return Ok(openid.refusal(&pending.request, &refused).respond(ctx));
        }
        // That page leads to the change of password first.
        let handle = keep(ctx, openid, &pending, None).await?;
        return Ok(see_other(&consent_address(&handle, &pending.request)));
    }
    if let Some(response) = strengthen(ctx, openid, signed_in, &pending).await? {
        return Ok(response);
    }
    answer(ctx, openid, signed_in, pending).await
}

/// Where the person goes for the strength that the client wants, or back to the client if there is no way; None if the
/// session will do.
pub(super) async fn strengthen(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
) -> Result<Option<Response>, Failure> {
    let request = &pending.request;
    let anew = since_asked(signed_in, pending);
    match step(signed_in.strength, request.strength, request.prompt.none, anew) {
        Step::Enough => Ok(None),
        // Of what the client would merely like, as much as the person has.
        Step::Verify if !is_essential(request) && !can_verify(openid, ctx, signed_in).await? => Ok(None),
        Step::Verify => {
            let handle = keep(ctx, openid, pending, None).await?;
            // The session goes on under another token, so the request is let go until that one takes it up.
            if let Some((_, flow, _)) = &pending.kept {
                openid.release(*flow).await?;
            }
            let gives_up = if is_essential(request) { "cancel" } else { "without" };
            let on = format!("/oauth2/authorize?handle={handle}&{AS_IS}=1");
            Ok(Some(see_other(&verify_address(&handle, gives_up, &on))))
        }
        Step::SignIn => {
            let handle = keep_for_sign_in(ctx, openid, pending, Some(signed_in)).await?;
            if let Some((_, flow, _)) = &pending.kept {
                openid.release(*flow).await?;
            }
            Ok(Some(see_other(&sign_in_address(&handle, request, true))))
        }
        Step::Unmet => {
            if pending.flows().is_empty() {
                return Ok(Some(openid.refusal(request, &unmet()).respond(ctx)));
            }
            pending.decline(ctx, openid, signed_in, unmet()).await.map(Some)
        }
    }
}

/// What a signed-in person's request leads to. Also the way of the consent page, which shows itself for `Ask`.
async fn answer(ctx: &Ctx, openid: &OpenId, signed_in: &SignedIn, pending: Pending) -> web::Result {
    let asking = asking(openid, signed_in).await?;
    // Most requests lead to a code; what is asked for first is the way on which nothing is looked at twice.
    if let Some(issued) = openid.issue_at_once(pending.issue(&asking, Remember::Nothing, ctx.now)).await? {
        return answered(ctx, openid, &pending, issued);
    }
    let survey = openid.survey_asked(&asking, &pending.client, &pending.request, ctx.now).await?;
    let asks = Asks::of(&pending.client, &pending.request);
    let next = next(&pending.request, asks, &survey.choices(), &survey.consents, ctx.now);
    if pending.request.prompt.none {
        return match without_page(next) {
            Ok(space) => issue(ctx, openid, &asking, &pending, space, Remember::Nothing).await,
            Err(refused) => {
                if let Next::Explain(space, _) = next {
                    openid.note_refusal(&asking, &pending.client, &survey, space, ctx.now).await?;
                }
                Ok(openid.refusal(&pending.request, &refused).respond(ctx))
            }
        };
    }
    match next {
        Next::Issue(space) => issue(ctx, openid, &asking, &pending, space, Remember::Nothing).await,
        Next::Ask { .. } | Next::Nowhere => {
            let handle = keep(ctx, openid, &pending, Some(ctx.browser)).await?;
            Ok(see_other(&consent_address(&handle, &pending.request)))
        }
        Next::Explain(space, _) => {
            let handle = keep(ctx, openid, &pending, Some(ctx.browser)).await?;
            Ok(see_other(&explain_address(&handle, space)))
        }
    }
}

/// Issues the code and leads to the product, or to the explanation if the last word was no.
pub(super) async fn issue(
    ctx: &Ctx,
    openid: &OpenId,
    asking: &Asking,
    pending: &Pending,
    space: Space,
    remember: Remember,
) -> web::Result {
    match openid.issue(pending.issue(asking, remember, ctx.now), space).await? {
        Issued::Refused(_) if !pending.request.prompt.none => {
            let handle = keep(ctx, openid, pending, Some(ctx.browser)).await?;
            Ok(see_other(&explain_address(&handle, space)))
        }
        issued => answered(ctx, openid, pending, issued),
    }
}
/// On the way to the client.
fn answered(ctx: &Ctx, openid: &OpenId, pending: &Pending, issued: Issued) -> web::Result {
    let request = &pending.request;
    match issued {
        Issued::Code(code) => Ok(openid.code_answer(request, &code).respond(ctx)),
        Issued::AlreadyAnswered => Err(Error::conflict("flow.answered").into()),
        Issued::Refused(reason) => {
            let refused = Refused::new(ErrorCode::AccessDenied, reason);
            Ok(openid.refusal(request, &refused).respond(ctx))
        }
    }
}

async fn keep(
    ctx: &Ctx,
    openid: &OpenId,
    pending: &Pending,
    browser: Option<[u8; 32]>,
) -> kernel::Result<String> {
    keep_as(ctx, openid, pending, &pending.request, browser).await
}
/// While the person signs in, which whoever is there now has not done yet.
async fn keep_for_sign_in(
    ctx: &Ctx,
    openid: &OpenId,
    pending: &Pending,
    there: Option<&SignedIn>,
) -> kernel::Result<String> {
    let before = there.map_or(0, |signed_in| signed_in.authenticated_at.as_millis());
    let request = Request { signed_in_before: Some(before), ..pending.request.clone() };
    keep_as(ctx, openid, pending, &request, None).await
}
async fn keep_as(
    ctx: &Ctx,
    openid: &OpenId,
    pending: &Pending,
    request: &Request,
    browser: Option<[u8; 32]>,
) -> kernel::Result<String> {
    match &pending.kept {
        Some((handle, ..)) => Ok(handle.clone()),
        None => {
            let (client, pushed) = (&pending.client, pending.pushed);
            openid.keep(client, request, pushed, browser, &ctx.source(), ctx.now).await
        }
    }
}

/// Whether the sign-in happened for this request: whoever has just chosen is not asked for ever.
pub(super) fn since_asked(signed_in: &SignedIn, pending: &Pending) -> bool {
    let Some((.., asked_at)) = &pending.kept else { return false };
    let at = signed_in.authenticated_at;
    match pending.request.signed_in_before {
        // Another node took the sign-in, and its clock may be behind; that of before is still not it.
        Some(before) => at >= asked_at.plus_seconds(-LEEWAY) && at.as_millis() != before,
        None => at >= *asked_at,
    }
}

/// Whether the person who is here is the one whom the request is about.
pub(super) enum Who {
    Meant,
    /// They have to show who they are: it was asked for, it is too long ago, or somebody else was meant.
    Unsure,
    /// They have just shown it, and somebody else was meant.
    Another,
}
pub(super) async fn who(
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    now: Timestamp,
) -> kernel::Result<Who> {
    let request = &pending.request;
    let since = since_asked(signed_in, pending);
    let too_old = request.max_age.is_some_and(|age| signed_in.authenticated_at.plus_seconds(age) < now);
    if !since && (request.prompt.login || too_old) {
        return Ok(Who::Unsure);
    }
    Ok(match (is_meant(openid, signed_in, pending, now).await?, since) {
        (true, _) => Who::Meant,
        (false, false) => Who::Unsure,
        (false, true) => Who::Another,
    })
}
async fn is_meant(
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
    now: Timestamp,
) -> kernel::Result<bool> {
    let request = &pending.request;
    let (hint, wish) = (request.id_token_hint.as_deref(), request.wishes.subject());
    if hint.is_none() && wish.is_none() {
        return Ok(true);
    }
    let Some(subject) = openid.subject_of(signed_in.account, &pending.client).await? else {
        return Ok(false);
    };
    if wish.is_some_and(|wish| !wish.accepts(&serde_json::Value::from(subject.as_str()))) {
        return Ok(false);
    }
    let Some(token) = hint else { return Ok(true) };
    let hinted = openid.hinted(token, &pending.client, now).await?;
    Ok(hinted.is_some_and(|hinted| hinted == subject))
}

/// The client asked about one person and must not be told of another (Core §3.1.2.1 and §5.5.1): the request ends here.
pub(super) async fn not_meant(
    ctx: &Ctx,
    openid: &OpenId,
    signed_in: &SignedIn,
    pending: &Pending,
) -> web::Result {
    pending
        .decline(ctx, openid, signed_in, Refused::new(ErrorCode::LoginRequired, "login.another_person"))
        .await
}

fn unmet() -> Refused {
    Refused::new(ErrorCode::UnmetAuthenticationRequirements, "strength.unmet")
}
fn is_essential(request: &Request) -> bool {
    request.strength.is_some_and(|wanted| wanted.essential)
}
async fn can_verify(openid: &OpenId, ctx: &Ctx, signed_in: &SignedIn) -> kernel::Result<bool> {
    verify::can_close(openid.organizations().identity(), ctx, signed_in, Need::Strong).await
}

/// To the second factor, and back into the request; whoever gives up, by `cancel` or by `without`, goes on elsewhere.
pub(super) fn verify_address(handle: &str, gives_up: &str, elsewhere: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("need", "strong");
    query.append_pair("return_to", &format!("/oauth2/authorize?handle={handle}"));
    query.append_pair(gives_up, elsewhere);
    format!("/me/verify?{}", query.finish())
}

/// `again` asks for the sign-in page although somebody is signed in, and for a proof that is given now.
pub(super) fn sign_in_address(handle: &str, request: &Request, again: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", &consent_address(handle, request));
    // A scan by a phone that proved itself long ago would not do either.
    if again || request.prompt.login || request.max_age.is_some() {
        query.append_pair("again", "1");
    }
    // Whoever comes back without hardware has had the chance, so it is said before.
    if request.strength.is_some_and(|wanted| wanted.least >= HARDWARE) {
        query.append_pair("strength", "3");
    }
    if let Some(hint) = &request.login_hint {
        query.append_pair("login_hint", hint);
    }
    if let Some(locales) = &request.ui_locales {
        query.append_pair("ui_locales", locales);
    }
    format!("/login?{}", query.finish())
}

/// The language that the client asked for stays with the request.
fn consent_address(handle: &str, request: &Request) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("flow", handle);
    if let Some(locales) = &request.ui_locales {
        query.append_pair("ui_locales", locales);
    }
    format!("/consent?{}", query.finish())
}

pub(super) fn explain_address(handle: &str, space: Space) -> String {
    format!("/oauth2/explain?flow={handle}&space={}", space_text(space))
}

pub(super) async fn asking(openid: &OpenId, signed_in: &SignedIn) -> kernel::Result<Asking> {
    Ok(Asking {
        account: signed_in.account,
        session: signed_in.session,
        authenticated_at: signed_in.authenticated_at,
        facts: openid.organizations().session_facts(signed_in).await?,
        actor: signed_in.actor.clone(),
    })
}
