//! A sign-in tried out: begun at the product, or its request laid open parameter by parameter.
use super::Kept;
use axum::Extension;
use kernel::Error;
use oidc::{OpenId, authorize::trial::Tried};
use serde::Deserialize;
use web::{Form, FormErrors, Page, html_status};

const MOST_ADDRESS: usize = 16_000;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    address: String,
}

#[derive(askama::Template)]
#[template(path = "clients/trial.html")]
struct TrialPage {
    page: Page,
    trail: Vec<(String, String)>,
    back: String,
    here: String,
    start: Option<String>,
    form: Typed,
    verdict: Option<Verdict>,
    errors: FormErrors,
}
struct Verdict {
    tone: &'static str,
    title: String,
    /// As the client's developer finds it in the specifications.
    detail: String,
    facts: Vec<(&'static str, String)>,
}

async fn show(kept: &Kept, form: Typed, verdict: Option<Tried>, errors: FormErrors) -> web::Result {
    let console = &kept.console;
    let page = console.page(console.t("portal-trial-title")).await?.with_errors(&errors);
    let back = kept.address();
    let view = TrialPage {
        here: format!("{back}/trial"),
        trail: kept.trail(),
        back,
        start: super::show::start(&console.ctx, &kept.client),
        form,
        verdict: verdict.map(|tried| judged(&page, &tried)),
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

fn judged(page: &Page, tried: &Tried) -> Verdict {
    let verdict =
        |tone, key: &str, detail: String| Verdict { tone, title: page.t(key), detail, facts: Vec::new() };
    match tried {
        Tried::Unreadable => verdict("bad", "portal-trial-unreadable", String::new()),
        Tried::AnotherClient => verdict("bad", "portal-trial-another", String::new()),
        Tried::Gone => verdict("bad", "portal-trial-gone", String::new()),
        Tried::Refused { error, reason, told } => {
            let key = if *told { "portal-trial-refused-told" } else { "portal-trial-refused-shown" };
            verdict("bad", key, format!("{error}: {reason}"))
        }
        Tried::Good(request) => {
            let yes = |held: bool| page.t(if held { "portal-client-yes" } else { "portal-client-no" });
            let mode = if tried.by_form() { "form_post" } else { "query" };
            Verdict {
                facts: vec![
                    ("portal-trial-redirect", request.redirect_uri.clone()),
                    ("portal-trial-mode", mode.to_owned()),
                    ("portal-trial-scope", request.scope.text()),
                    ("portal-client-pkce", yes(request.code_challenge.is_some())),
                    ("portal-trial-state", yes(request.state.is_some())),
                    ("portal-trial-nonce", yes(request.nonce.is_some())),
                ],
                ..verdict("ok", "portal-trial-good", String::new())
            }
        }
    }
}

pub(super) async fn blank(kept: Kept) -> web::Result {
    show(&kept, Typed::default(), None, FormErrors::none()).await
}

pub(super) async fn check(
    kept: Kept,
    Extension(openid): Extension<OpenId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let ctx = &kept.console.ctx;
    if typed.address.trim().is_empty() || typed.address.len() > MOST_ADDRESS {
        let error = Error::invalid("client.trial_address").at("address");
        let errors = FormErrors::or_fail(error, ctx.lang)?;
        return show(&kept, typed, None, errors).await;
    }
    let tried = openid.try_request(&kept.client, &typed.address, ctx.now).await?;
    show(&kept, typed, Some(tried), FormErrors::none()).await
}
