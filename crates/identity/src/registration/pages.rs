//! `/register`, the code, and the two texts that are accepted.
use super::{
    model::{Held, PURPOSE, Registration, Verified},
    service,
};
use crate::{
    Identity, MaybeSignedIn,
    account::model::{parse_name, today},
    captcha::{self, Input, Purpose, View, Way},
    challenge::ChallengeId,
    code::{
        self, Sent, Waiting,
        pages::{Again, Code, Resent, attempt_error, parse_code, sent_error},
    },
    credential::{self, Password},
    external::{self, Ticket, Visit},
    session::encoded,
    signin::{
        pages::{begun_response, target},
        ways,
    },
};
use askama::Template;
use axum::Extension;
use http::HeaderMap;
use kernel::{Error, LoginName, Mobile, ResidentId};
use platform::Policies;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/register", Policy::Public, show)
        .post("/register", Policy::Public, submit)
        .get("/register/verify", Policy::Public, show_code)
        .post("/register/verify", Policy::Public, verify)
        .post("/register/resend", Policy::Public, resend)
        .get("/register/held", Policy::Public, show_held)
        .post("/register/held", Policy::Public, take_over)
        .get("/terms", Policy::Public, terms)
        .get("/privacy", Policy::Public, privacy)
}

#[derive(Template)]
#[template(path = "registration/register.html")]
struct RegisterPage {
    page: Page,
    errors: FormErrors,
    form: Typed,
    /// Another provider confirmed who it is.
    visit: Option<Ticket>,
    /// Where whoever has an account goes.
    have: String,
    captcha: View,
    password_hint: String,
}
#[derive(Template)]
#[template(path = "registration/verify.html")]
struct VerifyPage {
    page: Page,
    errors: FormErrors,
    challenge: ChallengeId,
    waiting: Waiting,
    /// Of the form that sends another code: every message has a captcha before it.
    captcha: View,
    /// Begins with `?`, or is empty.
    query: String,
}
#[derive(Template)]
#[template(path = "registration/held.html")]
struct HeldPage {
    page: Page,
    errors: FormErrors,
    choice: ChallengeId,
    held: Held,
    return_to: String,
}
#[derive(Template)]
#[template(path = "registration/document.html")]
struct DocumentPage {
    page: Page,
    version: String,
    paragraphs: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    login_name: String,
    password: String,
    phone: String,
    document: String,
    document_consent: Option<String>,
    agree: Option<String>,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
    /// The first visit by another provider that this goes on from.
    external: String,
    return_to: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    external: String,
    /// A code that waits: what was typed before it is changed.
    change: String,
}

async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> web::Result {
    let return_to = target(&asked.return_to);
    if signed_in.is_some() {
        return Ok(web::see_other(&return_to));
    }
    open(&identity).await?;
    let view = captcha::service::ask(&identity, &ctx, Purpose::Register, Way::Picture).await?;
    let kept = match asked.change.parse() {
        Ok(id) => service::kept(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    let yes = || Some("yes".to_owned());
    let form = match kept {
        Some(kept) => Typed {
            name: kept.name,
            login_name: kept.login_name,
            phone: kept.phone,
            document_consent: if kept.document.is_empty() { None } else { yes() },
            document: kept.document,
            agree: yes(),
            external: kept.external.map(|visit| visit.ticket.to_string()).unwrap_or_default(),
            return_to: kept.return_to,
            ..Typed::default()
        },
        None => match visit(&identity, &ctx, &headers, &asked.external).await? {
            Some(ticket) => Typed {
                name: ticket.proposed_name(),
                phone: ticket.proposed_phone(),
                external: ticket.id.to_string(),
                return_to: target(&ticket.return_to),
                ..Typed::default()
            },
            None => Typed { return_to, ..Typed::default() },
        },
    };
    page(&ctx, &identity, &headers, form, FormErrors::none(), view).await
}
/// What another provider confirmed in this browser; a link to it that is over is told so.
async fn visit(
    identity: &Identity,
    ctx: &Ctx,
    headers: &HeaderMap,
    named: &str,
) -> Result<Option<Ticket>, web::Failure> {
    if named.is_empty() {
        return Ok(None);
    }
    let found = match named.parse() {
        Ok(id) => external::service::ticket(identity, ctx, headers, id).await?,
        Err(_) => None,
    };
    match found {
        Some(ticket) => Ok(Some(ticket)),
        None => Err(external::pages::over().into()),
    }
}
/// Error: `registration.closed`.
async fn open(identity: &Identity) -> kernel::Result<()> {
    let policies = identity.settings().policies().await?;
    if policies.registration.open { Ok(()) } else { Err(Error::forbidden("registration.closed")) }
}
async fn page(
    ctx: &Ctx,
    identity: &Identity,
    headers: &HeaderMap,
    form: Typed,
    errors: FormErrors,
    captcha: View,
) -> web::Result {
    let visit = visit(identity, ctx, headers, &form.external).await?;
    let return_to = target(&form.return_to);
    let have = match &visit {
        Some(ticket) => ticket.visit().link_path(),
        None => return_to.clone(),
    };
    let policies = identity.settings().policies().await?;
    let labels = [
        ("name", "identity-name"),
        ("login_name", "identity-login-name-own"),
        ("password", "identity-set-password"),
        ("phone", "identity-phone"),
        ("document", "identity-document"),
        ("captcha-answer", "identity-captcha-label"),
    ];
    let errors = errors.labelled(ctx.lang, &labels.map(|(field, key)| (field, ctx.lang.t(key))));
    let status = errors.status();
    let page = RegisterPage {
        page: Page::new(ctx, ctx.lang.t("identity-register-title")).with_errors(&errors),
        errors,
        form: Typed { return_to, ..form },
        visit,
        have,
        captcha,
        password_hint: password_hint(ctx, &policies),
    };
    Ok(web::html_status(status, page))
}
pub fn password_hint(ctx: &Ctx, policies: &Policies) -> String {
    let least = policies.password.minimum_length.to_string();
    if policies.password.classes > 1 {
        let classes = policies.password.classes.to_string();
        return ctx.lang.ta("identity-password-hint-classes", &[("least", &least), ("classes", &classes)]);
    }
    let mixed = policies.password.letters_and_digits;
    ctx.lang.ta(
        if mixed { "identity-password-hint-mixed" } else { "identity-password-hint" },
        &[("least", &least)],
    )
}

/// All fields at once, so that every mistake is told together.
async fn parse(
    ctx: &Ctx,
    identity: &Identity,
    typed: &Typed,
    external: Option<Visit>,
) -> Result<Registration, FormErrors> {
    let lang = ctx.lang;
    let mut errors = FormErrors::none();
    let name = errors.take(parse_name(&typed.name), lang);
    let login_name = errors.take(LoginName::parse(&typed.login_name), lang);
    let phone = errors.take(Mobile::parse(&typed.phone), lang);
    let password = match Password::parse("password", &typed.password) {
        Ok(password) => {
            let national = phone.as_ref().map_or("", Mobile::national);
            let login = login_name.as_ref().map_or("", LoginName::as_str);
            let own = [login, national, name.as_deref().unwrap_or(""), typed.document.trim()];
            credential::service::check_new(identity, "password", &password, &own, None)
                .await
                .map(|()| password)
        }
        Err(error) => Err(error),
    };
    let password = errors.take(password, lang);
    let document = match typed.document.trim() {
        "" => Some(None),
        text => {
            let parsed = ResidentId::parse(text, today(ctx.now))
                .map_err(|_| Error::invalid("resident_id.invalid").at("document"));
            if typed.document_consent.is_none() {
                errors.push(&Error::invalid("registration.document_consent").at("document_consent"), lang);
            }
            errors.take(parsed, lang).map(Some)
        }
    };
    if typed.agree.is_none() {
        errors.push(&Error::invalid("registration.agree").at("agree"), lang);
    }
    match (name, login_name, phone, password, document) {
        (Some(name), Some(login_name), Some(phone), Some(password), Some(document)) if errors.is_empty() => {
            let return_to = target(&typed.return_to);
            Ok(Registration { name, login_name, phone, password, document, external, return_to })
        }
        _ => Err(errors),
    }
}

async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> web::Result {
    open(&identity).await?;
    let input = Input {
        token: typed.captcha.clone(),
        answer: typed.captcha_answer.clone(),
        work: typed.captcha_work.clone(),
    };
    if let Some(way) = Way::parse(&typed.captcha_way) {
        let view = captcha::service::ask(&identity, &ctx, Purpose::Register, way).await?;
        return page(&ctx, &identity, &headers, typed, FormErrors::none(), view).await;
    }
    let visit = visit(&identity, &ctx, &headers, &typed.external).await?;
    let new = match parse(&ctx, &identity, &typed, visit.map(|ticket| ticket.visit())).await {
        Ok(new) => new,
        Err(errors) => {
            let view = captcha::service::ask_again(&identity, &ctx, Purpose::Register, &input).await?;
            return page(&ctx, &identity, &headers, typed, errors, view).await;
        }
    };
    let error = match proceed(&identity, &ctx, &input, new).await {
        Ok(Sent::Sent(id)) => return Ok(web::see_other(&format!("/register/verify?challenge={id}"))),
        Ok(sent) => sent_error(sent, "phone").unwrap_or_else(|| Error::internal("registration.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    let way = captcha::service::way_of(&identity, &ctx, &input);
    let view = captcha::service::ask(&identity, &ctx, Purpose::Register, way).await?;
    page(&ctx, &identity, &headers, typed, errors, view).await
}
/// Captcha first: whether a login name is free is said only to whoever solved it.
async fn proceed(identity: &Identity, ctx: &Ctx, input: &Input, new: Registration) -> kernel::Result<Sent> {
    let checked = captcha::service::check(identity, ctx, Purpose::Register, input).await?;
    if let Some(error) = checked.error() {
        return Err(error);
    }
    service::require_free(identity, ctx, &new.login_name).await?;
    service::start(identity, ctx, new).await
}
async fn show_code(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Code>,
) -> web::Result {
    let Ok(id) = asked.challenge.parse() else { return Ok(over()) };
    code_page(&ctx, &identity, id, FormErrors::none(), Way::Picture).await
}
async fn code_page(
    ctx: &Ctx,
    identity: &Identity,
    id: ChallengeId,
    errors: FormErrors,
    way: Way,
) -> web::Result {
    let Some(waiting) = code::service::waiting(identity, ctx, PURPOSE, id).await? else { return Ok(over()) };
    let status = errors.status();
    let captcha = captcha::service::ask(identity, ctx, Purpose::Resend, way).await?;
    let page = Page::new(ctx, ctx.lang.t("identity-verify-title")).with_errors(&errors);
    let query = ways::query(&target(&service::return_to(&waiting)?));
    Ok(web::html_status(status, VerifyPage { page, errors, challenge: id, waiting, captcha, query }))
}
/// Used, expired or of another browser: begin again.
fn over() -> axum::response::Response {
    web::with_flash(web::see_other("/register"), "bad", "identity-verify-over", &[])
}

async fn verify(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> web::Result {
    let Ok(id) = typed.challenge.parse::<ChallengeId>() else { return Ok(over()) };
    let verified = match parse_code(&typed.code) {
        Ok(code) => service::verify(&identity, &ctx, &headers, id, &code).await,
        Err(error) => Err(error),
    };
    let error = match verified {
        Ok(Verified::Done { begun, return_to }) => {
            let next = begun_response(&ctx, &begun, &target(&return_to));
            return Ok(web::with_flash(next, "ok", "identity-registered", &[]));
        }
        Ok(Verified::Held(id)) => return Ok(web::see_other(&format!("/register/held?choice={id}"))),
        Ok(Verified::Not(attempt)) => match attempt_error(&attempt) {
            Some(error) => error,
            None => return Ok(over()),
        },
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    code_page(&ctx, &identity, id, errors, Way::Picture).await
}
async fn resend(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Again>) -> web::Result {
    match code::pages::resend(&identity, &ctx, PURPOSE, typed).await? {
        Resent::Sent(id) => {
            let next = web::see_other(&format!("/register/verify?challenge={id}"));
            Ok(web::with_flash(next, "ok", "identity-code-resent", &[]))
        }
        Resent::Over => Ok(over()),
        Resent::Shown(id, errors, way) => code_page(&ctx, &identity, id, errors, way).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    choice: String,
}
async fn show_held(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Choice>,
) -> web::Result {
    let Ok(id) = asked.choice.parse() else { return Ok(over()) };
    held_page(&ctx, &identity, id, FormErrors::none()).await
}
async fn held_page(ctx: &Ctx, identity: &Identity, id: ChallengeId, errors: FormErrors) -> web::Result {
    let Some(held) = service::held(identity, ctx, id).await? else { return Ok(over()) };
    let page = Page::new(ctx, ctx.lang.t("identity-held-title")).with_errors(&errors);
    let (status, return_to) = (errors.status(), encoded(&target(&held.return_to)));
    Ok(web::html_status(status, HeldPage { page, errors, choice: id, held, return_to }))
}
async fn take_over(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Choice>,
) -> web::Result {
    let Ok(id) = typed.choice.parse() else { return Ok(over()) };
    match service::take_over(&identity, &ctx, &headers, id).await {
        Ok(Verified::Done { begun, return_to }) => {
            let next = begun_response(&ctx, &begun, &target(&return_to));
            Ok(web::with_flash(next, "ok", "identity-registered", &[]))
        }
        Ok(_) => Ok(over()),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            held_page(&ctx, &identity, id, errors).await
        }
    }
}

async fn terms(ctx: Ctx, Extension(identity): Extension<Identity>) -> web::Result {
    let version = identity.settings().policies().await?.registration.terms_version.clone();
    let keys =
        ["identity-terms-1", "identity-terms-2", "identity-terms-3", "identity-terms-4", "identity-terms-5"];
    Ok(document(&ctx, "identity-terms-title", version, &keys))
}
async fn privacy(ctx: Ctx, Extension(identity): Extension<Identity>) -> web::Result {
    let version = identity.settings().policies().await?.registration.privacy_version.clone();
    let keys = [
        "identity-privacy-1",
        "identity-privacy-2",
        "identity-privacy-3",
        "identity-privacy-4",
        "identity-privacy-5",
    ];
    Ok(document(&ctx, "identity-privacy-title", version, &keys))
}
fn document(ctx: &Ctx, title: &str, version: String, keys: &[&str]) -> axum::response::Response {
    let paragraphs = keys.iter().map(|key| ctx.lang.t(key)).collect();
    web::html(DocumentPage { page: Page::new(ctx, ctx.lang.t(title)), version, paragraphs })
}
