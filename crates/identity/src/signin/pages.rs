//! `/login` and the choice between several accounts.
use super::{
    model::{Attempt, Begun, Choice, Next, Outcome},
    second, service, sms,
    ways::{self, Ways},
};
use crate::{
    Identity, MaybeSignedIn,
    captcha::{self, Input, Purpose, View, Way},
    credential::Password,
    session::encoded,
};
use askama::Template;
use axum::{Extension, response::Response};
use http::HeaderMap;
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login", Policy::Public, show)
        .post("/login", Policy::Public, submit)
        .get("/login/choose", Policy::Public, show_choice)
        .post("/login/choose", Policy::Public, choose)
        .merge(second::pages::routes())
        .merge(sms::pages::routes())
}

#[derive(Template)]
#[template(path = "signin/login.html")]
struct LoginPage {
    page: Page,
    errors: FormErrors,
    login_name: String,
    return_to: String,
    captcha: Option<View>,
    registration_open: bool,
    /// Key of why somebody is asked who was not about to sign in.
    said: Option<&'static str>,
    ways: Ways,
}
#[derive(Template)]
#[template(path = "signin/choose.html")]
struct ChoosePage {
    page: Page,
    choice: Choice,
    return_to: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    login_hint: String,
    again: String,
    /// The one that a product wants: 3 for hardware.
    strength: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(rename = "login-name")]
    login_name: String,
    #[serde(rename = "login-password")]
    password: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
    return_to: String,
}

/// Where to go afterwards: a path of this site, else the home page; never back to sign-in itself.
pub fn target(text: &str) -> String {
    let target = web::local_path(text).unwrap_or("/");
    let path = target.split(['?', '#']).next().unwrap_or("/");
    let steps = ["/login/", "/register/"];
    // The one step that wants somebody signed in: linking an identity to the account.
    let linking = path.starts_with("/login/upstream/") && path.ends_with("/link");
    if matches!(path, "/login" | "/logout" | "/register")
        || (steps.iter().any(|step| path.starts_with(step)) && !linking)
    {
        "/".into()
    } else {
        target.into()
    }
}

async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(asked): Query<Asked>,
) -> web::Result {
    let return_to = target(&asked.return_to);
    let again = asked.again == "1";
    if signed_in.is_some() && !again {
        return Ok(web::see_other(&return_to));
    }
    let captcha = match service::asks_captcha(&identity, &ctx).await? {
        true => Some(captcha::service::ask(&identity, &ctx, Purpose::SignIn, Way::Picture).await?),
        false => None,
    };
    let typed = Typed {
        login_name: asked.login_hint.chars().filter(|c| !c.is_control()).take(64).collect(),
        return_to,
        ..Typed::default()
    };
    let said = match (asked.strength.as_str(), again && signed_in.is_some()) {
        ("3", _) => Some("identity-login-hardware"),
        (_, true) => Some("identity-login-again"),
        _ => None,
    };
    page(&ctx, &identity, typed, FormErrors::none(), captcha, said).await
}

async fn page(
    ctx: &Ctx,
    identity: &Identity,
    typed: Typed,
    errors: FormErrors,
    captcha: Option<View>,
    said: Option<&'static str>,
) -> web::Result {
    let policies = identity.settings().policies().await?;
    let status = errors.status();
    let page = LoginPage {
        page: Page::new(ctx, ctx.lang.t("identity-login-title")),
        errors,
        login_name: typed.login_name,
        ways: ways::of(identity, ctx, &target(&typed.return_to), "password").await?,
        return_to: target(&typed.return_to),
        captcha,
        registration_open: policies.registration.open,
        said,
    };
    Ok(web::html_status(status, page))
}

async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> web::Result {
    let input = Input {
        token: typed.captcha.clone(),
        answer: typed.captcha_answer.clone(),
        work: typed.captcha_work.clone(),
    };
    // "Another picture" is a button of the same form, so that what was typed stays.
    if let Some(way) = Way::parse(&typed.captcha_way) {
        let view = captcha::service::ask(&identity, &ctx, Purpose::SignIn, way).await?;
        return page(&ctx, &identity, typed, FormErrors::none(), Some(view), None).await;
    }
    let lang = ctx.lang;
    let mut errors = FormErrors::none();
    let named = match typed.login_name.trim() {
        "" => Err(Error::invalid("signin.name_required").at("login-name")),
        name if name.chars().count() > 64 => {
            Err(Error::invalid("field.too_long").at("login-name").arg("max", "64"))
        }
        name => Ok(name.to_owned()),
    };
    let named = errors.take(named, lang);
    let password = errors.take(Password::parse("login-password", &typed.password), lang);
    let (Some(identifier), Some(password)) = (named, password) else {
        let view = if input.token.is_empty() {
            None
        } else {
            Some(captcha::service::ask_again(&identity, &ctx, Purpose::SignIn, &input).await?)
        };
        return page(&ctx, &identity, typed, errors, view, None).await;
    };
    let return_to = target(&typed.return_to);
    let attempt = Attempt { identifier, password, captcha: input.clone(), return_to };
    let outcome = match service::sign_in(&identity, &ctx, &attempt, &headers).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            let view = fresh(&identity, &ctx, &input).await?;
            return page(&ctx, &identity, typed, errors, Some(view), None).await;
        }
    };
    let error = match outcome {
        Outcome::Done(begun) => return Ok(begun_response(&ctx, &begun, &target(&typed.return_to))),
        Outcome::Second(id) => return Ok(web::see_other(&second::pages::address(id))),
        Outcome::Choose(id) => {
            let back = target(&typed.return_to);
            return Ok(web::see_other(&format!("/login/choose?choice={id}&return_to={}", encoded(&back))));
        }
        Outcome::Unclaimed(id, token) => {
            return Ok(web::see_other(&format!("/login/former/{id}/{token}")));
        }
        Outcome::Captcha(checked) => {
            // A form that never showed one says so in its own words.
            let error = match checked.error() {
                Some(_) if input.token.is_empty() => {
                    Error::invalid("captcha.now_wanted").at("captcha-answer")
                }
                Some(error) => error,
                None => Error::internal("captcha.outcome"),
            };
            let errors = FormErrors::or_fail(error, lang)?;
            let view = fresh(&identity, &ctx, &input).await?;
            return page(&ctx, &identity, typed, errors, Some(view), None).await;
        }
        Outcome::Wrong { left } => {
            Error::invalid("signin.wrong").at("login-password").arg("left", left.to_string())
        }
        Outcome::Locked { minutes } => {
            Error::too_many("signin.locked").at("login-password").arg("minutes", minutes.to_string())
        }
        Outcome::Disabled => Error::invalid("signin.disabled"),
        Outcome::TemporaryExpired => Error::invalid("signin.temporary_expired").at("login-password"),
    };
    let errors = FormErrors::from(&error, lang);
    let asks = service::asks_captcha(&identity, &ctx).await? || !input.token.is_empty();
    let view = if asks { Some(fresh(&identity, &ctx, &input).await?) } else { None };
    page(&ctx, &identity, typed, errors, view, None).await
}
async fn fresh(identity: &Identity, ctx: &Ctx, input: &Input) -> kernel::Result<View> {
    let way = captcha::service::way_of(identity, ctx, input);
    captcha::service::ask(identity, ctx, Purpose::SignIn, way).await
}

/// The cookie of the new session, and on to where the person wanted to go.
pub(crate) fn begun_response(ctx: &Ctx, begun: &Begun, return_to: &str) -> Response {
    let return_to = if begun.closing { past_closing(return_to) } else { return_to.to_owned() };
    let next = if begun.must_change_password {
        web::see_other(&format!("/me/password?return_to={}", encoded(&return_to)))
    } else {
        web::see_other(&return_to)
    };
    let next = web::with_cookie(next, web::cookie::set_session(&ctx.app, &begun.token, None));
    match &begun.device {
        Some(token) => web::with_cookie(next, web::cookie::set_device(&ctx.app, token)),
        None => next,
    }
}
/// Whoever goes on to a product would not read that the account will be closed: they are asked on the way. The pages of this
/// house have it in their frame.
fn past_closing(return_to: &str) -> String {
    let path = return_to.split(['?', '#']).next().unwrap_or("/");
    let under =
        |home: &str| path.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let asking = format!("/me/close/waiting?return_to={}", encoded(return_to));
    // What is longer leads nowhere once it has passed another page.
    let passes = web::local_path(&asking).is_some();
    if path == "/" || ["/me", "/org", "/desk"].into_iter().any(under) || !passes {
        return_to.to_owned()
    } else {
        asking
    }
}
/// On from a right first factor.
pub fn next_response(ctx: &Ctx, next: &Next, return_to: &str) -> Response {
    match next {
        Next::Done(begun) => begun_response(ctx, begun, return_to),
        Next::Second(id) => web::see_other(&second::pages::address(*id)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    choice: String,
    account: String,
    return_to: String,
}
async fn show_choice(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Chosen>,
) -> web::Result {
    let return_to = target(&asked.return_to);
    let choice = match asked.choice.parse() {
        Ok(id) => service::choice(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    match choice {
        Some(choice) => {
            let page = Page::new(&ctx, ctx.lang.t("identity-choose-title"));
            Ok(web::html(ChoosePage { page, choice, return_to }))
        }
        None => Ok(over(&return_to)),
    }
}
async fn choose(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> web::Result {
    let return_to = target(&chosen.return_to);
    let next = match (chosen.choice.parse(), chosen.account.parse()) {
        (Ok(id), Ok(account)) => service::choose(&identity, &ctx, &headers, id, account, &return_to).await?,
        _ => None,
    };
    Ok(match next {
        Some(next) => next_response(&ctx, &next, &return_to),
        None => over(&return_to),
    })
}
fn over(return_to: &str) -> Response {
    let back = web::see_other(&format!("/login?return_to={}", encoded(return_to)));
    web::with_flash(back, "bad", "identity-choose-over", &[])
}

#[cfg(test)]
mod closing_tests {
    use super::past_closing;

    #[test]
    fn only_whoever_leaves_the_pages_of_this_house_is_asked_about_closing_on_the_way() {
        for home in ["/", "/?x=1", "/me", "/me/security", "/org/0000000000042/", "/desk?x"] {
            assert_eq!(past_closing(home), home);
        }
        assert_eq!(
            past_closing("/oauth2/authorize?client_id=a&state=b"),
            "/me/close/waiting?return_to=/oauth2/authorize%3Fclient_id%3Da%26state%3Db"
        );
        assert!(past_closing("/members").starts_with("/me/close/waiting?"), "no page of one's own");
    }
}
