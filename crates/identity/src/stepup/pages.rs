//! `/me/verify`: one means at a time, the others as links.
use super::{
    model::{Lack, Means, Need, Offered},
    verify::{self, Verified},
};
use crate::{
    Identity, SignedIn,
    captcha::{self, Input, Purpose, View, Way},
    challenge::ChallengeId,
    code::{
        self, Sent, Waiting,
        pages::{parse_code, sent_error},
    },
    credential::Password,
    external,
    session::encoded,
    signin::{pages::target, second::model::Answer},
};
use askama::Template;
use axum::{Extension, response::Response};
use factor::{recovery_code, totp};
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/verify", Policy::SignedIn, show)
        .post("/me/verify", Policy::SignedIn, submit)
        .post("/me/verify/sms", Policy::SignedIn, send)
        .post("/me/verify/passkey", Policy::SignedIn, passkey)
        .post("/me/verify/passkey/begin", Policy::SignedIn, begin_passkey)
        .post("/me/verify/external", Policy::SignedIn, leave)
}

#[derive(Template)]
#[template(path = "stepup/verify.html")]
struct VerifyPage {
    page: Page,
    errors: FormErrors,
    offered: Offered,
    means: Option<Means>,
    need: Need,
    return_to: String,
    /// Where whoever does not want to goes.
    cancel: String,
    /// Where the action goes on without the proof, if it may.
    without: String,
    /// All of that for links.
    query: String,
    captcha: Option<View>,
    /// The code that was sent.
    sent: Option<(ChallengeId, Waiting)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    need: String,
    return_to: String,
    cancel: String,
    without: String,
    means: String,
    password: String,
    code: String,
    /// Of the code that was sent, or of the passkey.
    challenge: String,
    credential: String,
    /// The result of a round trip.
    external: String,
    connector: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
}
impl Typed {
    fn need(&self) -> Need {
        Need::parse(&self.need)
    }
    fn query(&self) -> String {
        let mut query = format!("need={}&return_to={}", self.need(), encoded(&target(&self.return_to)));
        for (name, place) in [("cancel", &self.cancel), ("without", &self.without)] {
            if !place.is_empty() {
                query.push_str(&format!("&{name}={}", encoded(&target(place))));
            }
        }
        query
    }
    fn place(text: &str) -> String {
        if text.is_empty() { String::new() } else { target(text) }
    }
}

async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Query(typed): Query<Typed>,
) -> web::Result {
    if let Ok(id) = typed.external.parse::<ChallengeId>() {
        let verified = verify::by_external(&identity, &ctx, &signed_in, id).await?;
        return finish(&ctx, &identity, &signed_in, typed, verified).await;
    }
    page(&ctx, &identity, &signed_in, &typed, FormErrors::none(), Way::Picture).await
}
async fn page(
    ctx: &Ctx,
    identity: &Identity,
    signed_in: &SignedIn,
    typed: &Typed,
    errors: FormErrors,
    way: Way,
) -> web::Result {
    let need = typed.need();
    let offered = verify::offered(identity, ctx, signed_in, need).await?;
    if offered.lack == Lack::Nothing {
        return Ok(web::see_other(&target(&typed.return_to)));
    }
    let asked = Means::parse(&typed.means).filter(|means| offered.means.contains(means));
    let means = asked.or_else(|| offered.means.first().copied());
    let sent = match (means, typed.challenge.parse::<ChallengeId>()) {
        (Some(Means::Sms), Ok(id)) => {
            code::service::waiting(identity, ctx, verify::SMS, id).await?.map(|waiting| (id, waiting))
        }
        _ => None,
    };
    let captcha = match means {
        Some(Means::Sms) => Some(captcha::service::ask(identity, ctx, Purpose::Resend, way).await?),
        _ => None,
    };
    let status = errors.status();
    let page = VerifyPage {
        page: Page::new(ctx, ctx.lang.t("identity-verify-again-title")).with_errors(&errors),
        errors,
        offered,
        means,
        need,
        return_to: target(&typed.return_to),
        cancel: Typed::place(&typed.cancel),
        without: Typed::place(&typed.without),
        query: typed.query(),
        captcha,
        sent,
    };
    // A round trip to a provider, and what the person was about to do, may end on another site.
    Ok(web::in_flow(web::html_status(status, page)))
}
async fn finish(
    ctx: &Ctx,
    identity: &Identity,
    signed_in: &SignedIn,
    typed: Typed,
    verified: Verified,
) -> web::Result {
    match verified {
        Verified::Done { token } => {
            let next = web::see_other(&target(&typed.return_to));
            Ok(web::with_cookie(next, web::cookie::set_session(&ctx.app, &token, None)))
        }
        Verified::Wrong(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(ctx, identity, signed_in, &typed, errors, Way::Picture).await
        }
        Verified::Gone => Ok(over(&typed)),
    }
}
fn over(typed: &Typed) -> Response {
    let back = web::see_other(&format!("/me/verify?{}", typed.query()));
    web::with_flash(back, "bad", "identity-verify-again-over", &[])
}

async fn submit(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let answered = answer(&ctx, &identity, &signed_in, &typed).await;
    let verified = match answered {
        Ok(verified) => verified,
        Err(error) => Verified::Wrong(error),
    };
    finish(&ctx, &identity, &signed_in, typed, verified).await
}
async fn answer(
    ctx: &Ctx,
    identity: &Identity,
    signed_in: &SignedIn,
    typed: &Typed,
) -> kernel::Result<Verified> {
    match Means::parse(&typed.means) {
        Some(Means::Totp) => {
            let answer = Answer::Totp(totp::Code::parse("code", &typed.code)?);
            verify::by_code(identity, ctx, signed_in, answer).await
        }
        Some(Means::Recovery) => {
            let answer = Answer::Recovery(recovery_code::Code::parse("code", &typed.code)?);
            verify::by_code(identity, ctx, signed_in, answer).await
        }
        Some(Means::Sms) => match typed.challenge.parse() {
            Ok(id) => {
                let code = parse_code(&typed.code)?;
                verify::by_sms(identity, ctx, signed_in, id, &code).await
            }
            Err(_) => Ok(Verified::Gone),
        },
        Some(Means::Password) => {
            let password = Password::parse("password", &typed.password)?;
            verify::by_password(identity, ctx, signed_in, &password).await
        }
        Some(Means::Passkey | Means::External) | None => Ok(Verified::Gone),
    }
}

/// The first message and "send again": a captcha before each.
async fn send(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(mut typed): Form<Typed>,
) -> web::Result {
    Means::Sms.as_str().clone_into(&mut typed.means);
    if let Some(way) = Way::parse(&typed.captcha_way) {
        return page(&ctx, &identity, &signed_in, &typed, FormErrors::none(), way).await;
    }
    let input = Input {
        token: typed.captcha.clone(),
        answer: typed.captcha_answer.clone(),
        work: typed.captcha_work.clone(),
    };
    let field = if typed.challenge.is_empty() { "captcha-answer" } else { "code" };
    let error = match send_after_captcha(&identity, &ctx, &signed_in, &input, &typed).await {
        Ok(Some(Sent::Sent(id))) => {
            let here = format!("/me/verify?means=sms&challenge={id}&{}", typed.query());
            return Ok(web::see_other(&here));
        }
        Ok(None | Some(Sent::Gone)) => return Ok(over(&typed)),
        Ok(Some(sent)) => sent_error(sent, field).unwrap_or_else(|| Error::internal("stepup.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    let way = captcha::service::way_of(&identity, &ctx, &input);
    page(&ctx, &identity, &signed_in, &typed, errors, way).await
}
async fn send_after_captcha(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    input: &Input,
    typed: &Typed,
) -> kernel::Result<Option<Sent>> {
    if let Some(error) = captcha::service::check(identity, ctx, Purpose::Resend, input).await?.error() {
        return Err(error);
    }
    match typed.challenge.parse() {
        Ok(id) => code::service::resend(identity, ctx, verify::SMS, id).await.map(Some),
        Err(_) => verify::send_sms(identity, ctx, signed_in).await,
    }
}

async fn begin_passkey(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(_): Form<Typed>,
) -> web::Result {
    Ok(web::json(&verify::begin_passkey(&identity, &ctx, &signed_in).await?))
}
async fn passkey(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(mut typed): Form<Typed>,
) -> web::Result {
    Means::Passkey.as_str().clone_into(&mut typed.means);
    let verified = match factor::passkey::Answer::parse(&typed.challenge, &typed.credential) {
        Ok(answer) => verify::by_passkey(&identity, &ctx, &signed_in, &answer).await?,
        Err(error) => Verified::Wrong(error),
    };
    finish(&ctx, &identity, &signed_in, typed, verified).await
}
/// To the provider, and back here with its result.
async fn leave(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let Ok(connector) = typed.connector.parse() else { return Ok(over(&typed)) };
    let back = format!("/me/verify?{}", typed.query());
    let purpose = external::Purpose::StepUp;
    Ok(external::flow::begin(&identity, &ctx, connector, purpose, Some(&signed_in), &back).await?)
}
