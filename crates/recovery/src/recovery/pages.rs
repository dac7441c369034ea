//! `/recover`: who, by which way, the proof.
use super::{
    last_pages,
    model::{Moved, Step, Way},
    service::{self, Began, Look},
};
use crate::question::{Answers, COUNT, model::ANSWER_FIELDS};
use askama::Template;
use axum::{Extension, response::Response};
use identity::{
    Identity,
    captcha::{self, Input, Purpose, View},
    challenge::ChallengeId,
    code,
    external::{self, Offer},
};
use kernel::{Error, Timestamp};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/recover", Policy::Public, show)
        .post("/recover", Policy::Public, begin)
        .get("/recover/way", Policy::Public, show_ways)
        .post("/recover/way", Policy::Public, choose)
        .get("/recover/verify", Policy::Public, show_proof)
        .post("/recover/verify", Policy::Public, prove)
        .merge(last_pages::routes())
}

#[derive(Template)]
#[template(path = "recovery/begin.html")]
struct BeginPage {
    page: Page,
    errors: FormErrors,
    step: usize,
    identifier: String,
    captcha: View,
}
#[derive(Template)]
#[template(path = "recovery/way.html")]
struct WayPage {
    page: Page,
    errors: FormErrors,
    step: usize,
    flow: ChallengeId,
    typed: String,
    /// Each with whether it stands chosen.
    ways: Vec<(Way, bool)>,
    /// Something was proven, and it does not suffice.
    more: bool,
    /// The questions are asked for by login name, and something else was typed.
    wants_login_name: bool,
    captcha: Option<View>,
}
#[derive(Template)]
#[template(path = "recovery/verify.html")]
struct VerifyPage {
    page: Page,
    errors: FormErrors,
    step: usize,
    flow: ChallengeId,
    way: Way,
    /// Until "send again" works.
    seconds: i64,
    minutes: i64,
    questions: Vec<Asked>,
    /// For Alipay: with which connector.
    connectors: Vec<Offer>,
    captcha: Option<View>,
}
/// A question with its field.
struct Asked {
    field: &'static str,
    text: String,
    answer: String,
}

/// The captcha's members of any form here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    flow: String,
    identifier: String,
    way: String,
    /// Which of several at Alipay.
    connector: String,
    code: String,
    answer_1: String,
    answer_2: String,
    answer_3: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
    /// "Send again" of the page that asks for the code: what is wrong is told there.
    again: String,
}
impl Typed {
    fn input(&self) -> Input {
        Input {
            token: self.captcha.clone(),
            answer: self.captcha_answer.clone(),
            work: self.captcha_work.clone(),
        }
    }
    fn picture(&self) -> Option<captcha::Way> {
        captcha::Way::parse(&self.captcha_way)
    }
    fn answers(&self) -> [String; COUNT] {
        [self.answer_1.clone(), self.answer_2.clone(), self.answer_3.clone()]
    }
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asking {
    flow: String,
    /// What a round trip to Alipay brought.
    external: String,
}
/// Used, expired or of another browser.
pub(super) fn over() -> Response {
    web::with_flash(web::see_other("/recover"), "bad", "recovery-over", &[])
}
pub(super) fn onward(step: Step, id: ChallengeId) -> Response {
    web::see_other(&format!("{}?flow={id}", step.path()))
}
/// Why a step did not go on, at `field`; None where the flow is over or went on.
pub(super) fn trouble(moved: &Moved, field: &'static str) -> Option<Error> {
    let minutes_of =
        |code, minutes: i64| Error::too_many(code).at(field).arg("minutes", minutes.max(1).to_string());
    Some(match moved {
        Moved::Wrong { left } => match (field, left) {
            ("code", Some(left)) => {
                Error::invalid("recovery.wrong_code").at(field).arg("left", left.to_string())
            }
            (_, Some(left)) => Error::invalid("recovery.wrong").at(field).arg("left", left.to_string()),
            (_, None) => Error::invalid("recovery.wrong_proof").at(field),
        },
        Moved::Exhausted => Error::too_many("recovery.code_over").at(field),
        Moved::Used => Error::invalid("totp.used").at(field),
        Moved::Locked { minutes } => minutes_of("recovery.too_many", *minutes),
        Moved::Wait { seconds } => {
            Error::too_many("recovery.wait").at(field).arg("seconds", seconds.max(&1).to_string())
        }
        Moved::Foreign => Error::invalid("recovery.foreign").at(field),
        Moved::To(..) | Moved::Done | Moved::Gone => return None,
    })
}

async fn show(ctx: Ctx, Extension(identity): Extension<Identity>) -> web::Result {
    begin_page(&ctx, &identity, String::new(), FormErrors::none(), None).await
}
/// `captcha`: the next question's way, or the one that was asked.
async fn begin_page(
    ctx: &Ctx,
    identity: &Identity,
    identifier: String,
    errors: FormErrors,
    again: Option<&Input>,
) -> web::Result {
    let captcha = match again {
        Some(input) => captcha::service::ask_again(identity, ctx, Purpose::Recover, input).await?,
        None => captcha::service::ask(identity, ctx, Purpose::Recover, captcha::Way::Picture).await?,
    };
    begin_with(ctx, identifier, errors, captcha)
}
fn begin_with(ctx: &Ctx, identifier: String, errors: FormErrors, captcha: View) -> web::Result {
    let page = Page::new(ctx, ctx.lang.t("recovery-title")).with_errors(&errors);
    Ok(web::html_status(errors.status(), BeginPage { page, errors, step: 1, identifier, captcha }))
}
async fn begin(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Typed>) -> web::Result {
    let input = typed.input();
    if let Some(way) = typed.picture() {
        let view = captcha::service::ask(&identity, &ctx, Purpose::Recover, way).await?;
        return begin_with(&ctx, typed.identifier, FormErrors::none(), view);
    }
    let named = match typed.identifier.trim() {
        "" => Some(Error::invalid("signin.name_required").at("identifier")),
        name if name.chars().count() > 64 => {
            Some(Error::invalid("field.too_long").at("identifier").arg("max", "64"))
        }
        _ => None,
    };
    if let Some(error) = named {
        let errors = FormErrors::from(&error, ctx.lang);
        return begin_page(&ctx, &identity, typed.identifier, errors, Some(&input)).await;
    }
    let error = match captcha::service::check(&identity, &ctx, Purpose::Recover, &input).await?.error() {
        Some(error) => error,
        None => match service::begin(&identity, &ctx, &typed.identifier).await? {
            Began::Flow(id) => return Ok(onward(Step::Choose, id)),
            Began::TooMany { minutes } => {
                Error::too_many("recovery.too_many").at("identifier").arg("minutes", minutes.to_string())
            }
        },
    };
    let errors = FormErrors::from(&error, ctx.lang);
    let way = captcha::service::way_of(&identity, &ctx, &input);
    let view = captcha::service::ask(&identity, &ctx, Purpose::Recover, way).await?;
    begin_with(&ctx, typed.identifier, errors, view)
}

const CHOOSING: &[&str] = &["recover.choose", "recover.prove"];
const PROVING: &[&str] = &["recover.prove"];

async fn show_ways(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asking): Query<Asking>,
) -> web::Result {
    let Ok(id) = asking.flow.parse() else { return Ok(over()) };
    way_page(&ctx, &identity, id, None, FormErrors::none(), captcha::Way::Picture).await
}
async fn way_page(
    ctx: &Ctx,
    identity: &Identity,
    id: ChallengeId,
    chosen: Option<Way>,
    errors: FormErrors,
    picture: captcha::Way,
) -> web::Result {
    let Some(look) = service::look(identity, ctx, id, CHOOSING).await? else { return Ok(over()) };
    let captcha = ask(ctx, identity, &look, picture).await?;
    let first = look.open.first().copied();
    let chosen = chosen.or(way_of(look.step)).filter(|way| look.open.contains(way)).or(first);
    let ways = look.open.iter().map(|way| (*way, chosen == Some(*way))).collect();
    let page = WayPage {
        page: Page::new(ctx, ctx.lang.t("recovery-title")).with_errors(&errors),
        step: 2,
        flow: id,
        typed: look.typed,
        ways,
        more: !look.proven.is_empty(),
        wants_login_name: look.wants_login_name,
        captcha,
        errors,
    };
    // Alipay is another site: the form's answer may lead there.
    Ok(web::in_flow(web::html_status(page.errors.status(), page)))
}
/// Every message has a captcha before it; the first page's counts for one.
async fn ask(ctx: &Ctx, identity: &Identity, look: &Look, way: captcha::Way) -> kernel::Result<Option<View>> {
    if look.prepaid {
        return Ok(None);
    }
    captcha::service::ask(identity, ctx, Purpose::Recover, way).await.map(Some)
}
fn way_of(step: Step) -> Option<Way> {
    match step {
        Step::Prove { way, .. } => Some(way),
        Step::Choose | Step::Factor | Step::Password => None,
    }
}
async fn choose(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Typed>) -> web::Result {
    let Ok(id) = typed.flow.parse::<ChallengeId>() else { return Ok(over()) };
    let Some(look) = service::look(&identity, &ctx, id, CHOOSING).await? else { return Ok(over()) };
    let input = typed.input();
    let chosen = typed.way.parse::<Way>().ok().filter(|way| look.open.contains(way));
    let again = typed.again == "1";
    if let Some(picture) = typed.picture() {
        return returned(&ctx, &identity, id, chosen, (again, FormErrors::none(), picture)).await;
    }
    let Some(way) = chosen else {
        let errors = FormErrors::from(&Error::invalid("recovery.way_required").at("way"), ctx.lang);
        return way_page(&ctx, &identity, id, None, errors, captcha::Way::Picture).await;
    };
    let checked = match way.sends() && !look.prepaid {
        true => captcha::service::check(&identity, &ctx, Purpose::Recover, &input).await?.error(),
        false => None,
    };
    let error = match checked {
        Some(error) => Some(error),
        None => match service::choose(&identity, &ctx, id, way).await? {
            Moved::To(_, next) if way == Way::Alipay => {
                return leave(&ctx, &identity, next, &typed.connector).await;
            }
            Moved::To(step, next) => {
                let next = onward(step, next);
                return Ok(match again {
                    true => web::with_flash(next, "ok", "recovery-code-again", &[]),
                    false => next,
                });
            }
            moved => trouble(&moved, if again { "resend" } else { "way" }),
        },
    };
    let Some(error) = error else { return Ok(over()) };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    let picture = captcha::service::way_of(&identity, &ctx, &input);
    returned(&ctx, &identity, id, Some(way), (again, errors, picture)).await
}
/// To Alipay, and from there to the step that waits; where there are several connectors and none was chosen, to that step,
/// which asks for one.
async fn leave(ctx: &Ctx, identity: &Identity, id: ChallengeId, chosen: &str) -> web::Result {
    let offers = service::alipay(identity).await?;
    let asked = chosen.parse().ok();
    let connector = match offers.as_slice() {
        [] => return Ok(over()),
        [only] => Some(only.connector),
        several => several.iter().map(|offer| offer.connector).find(|one| Some(*one) == asked),
    };
    let step = Step::Prove { way: Way::Alipay, code: None };
    let Some(connector) = connector else { return Ok(onward(step, id)) };
    let purpose = external::Purpose::Recover { challenge: id };
    let back = format!("{}?flow={id}", step.path());
    Ok(external::flow::begin(identity, ctx, connector, purpose, None, &back).await?)
}
/// To the page that the form stands on.
async fn returned(
    ctx: &Ctx,
    identity: &Identity,
    id: ChallengeId,
    chosen: Option<Way>,
    (again, errors, picture): (bool, FormErrors, captcha::Way),
) -> web::Result {
    if again {
        return proof_page(ctx, identity, id, errors, picture, Default::default()).await;
    }
    way_page(ctx, identity, id, chosen, errors, picture).await
}

async fn show_proof(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asking): Query<Asking>,
) -> web::Result {
    let Ok(id) = asking.flow.parse() else { return Ok(over()) };
    // The browser comes back from Alipay with what was proven there; it counts once.
    if let Ok(result) = asking.external.parse() {
        let moved = service::alipay_proof(&identity, &ctx, id, result).await?;
        return match (&moved, trouble(&moved, "way")) {
            (Moved::To(step, next), _) => Ok(onward(*step, *next)),
            (_, Some(error)) => refused(&ctx, &identity, id, error).await,
            (_, None) => Ok(over()),
        };
    }
    let picture = captcha::Way::Picture;
    proof_page(&ctx, &identity, id, FormErrors::none(), picture, Default::default()).await
}
async fn proof_page(
    ctx: &Ctx,
    identity: &Identity,
    id: ChallengeId,
    errors: FormErrors,
    picture: captcha::Way,
    answers: [String; COUNT],
) -> web::Result {
    let Some(look) = service::look(identity, ctx, id, PROVING).await? else { return Ok(over()) };
    let Step::Prove { way, code } = look.step else { return Ok(over()) };
    let policies = identity.settings().policies().await?;
    let captcha = match code {
        Some(_) => ask(ctx, identity, &look, picture).await?,
        None => None,
    };
    let connectors = match way {
        Way::Alipay => service::alipay(identity).await?,
        Way::Sms | Way::Mail | Way::Questions => Vec::new(),
    };
    let again = code.map(|code| code.drawn_at().plus_seconds(policies.code.resend_seconds));
    let questions = look.questions.into_iter().zip(ANSWER_FIELDS).zip(answers);
    let page = VerifyPage {
        page: Page::new(ctx, ctx.lang.t("recovery-verify-title")).with_errors(&errors),
        step: 3,
        flow: id,
        way,
        seconds: again.map_or(0, |again| seconds_until(again, ctx.now)),
        minutes: policies.code.minutes,
        questions: questions.map(|((text, field), answer)| Asked { field, text, answer }).collect(),
        connectors,
        captcha,
        errors,
    };
    Ok(web::in_flow(web::html_status(page.errors.status(), page)))
}
fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    ((at.as_millis() - now.as_millis()).max(0) + 999) / 1000
}
async fn prove(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Typed>) -> web::Result {
    let Ok(id) = typed.flow.parse::<ChallengeId>() else { return Ok(over()) };
    let Some(look) = service::look(&identity, &ctx, id, PROVING).await? else { return Ok(over()) };
    let (moved, field) = match way_of(look.step) {
        Some(Way::Questions) => match Answers::parse(&typed.answers()) {
            Ok(answers) => (service::answers(&identity, &ctx, id, &answers).await?, "answers"),
            Err(wrong) => {
                let mut errors = FormErrors::none();
                wrong.iter().for_each(|error| errors.push(error, ctx.lang));
                let picture = captcha::Way::Picture;
                return proof_page(&ctx, &identity, id, errors, picture, typed.answers()).await;
            }
        },
        Some(Way::Sms | Way::Mail) => match code::pages::parse_code(&typed.code) {
            Ok(code) => (service::code(&identity, &ctx, id, &code).await?, "code"),
            Err(error) => return refused(&ctx, &identity, id, error).await,
        },
        Some(Way::Alipay) | None => (Moved::Gone, "code"),
    };
    match (&moved, trouble(&moved, field)) {
        (Moved::To(step, next), _) => Ok(onward(*step, *next)),
        (_, Some(error)) => refused(&ctx, &identity, id, error).await,
        (_, None) => Ok(over()),
    }
}
async fn refused(ctx: &Ctx, identity: &Identity, id: ChallengeId, error: Error) -> web::Result {
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    proof_page(ctx, identity, id, errors, captcha::Way::Picture, Default::default()).await
}
