//! Trying a gateway out: one sample to a typed recipient, and what the gateway says to it.
use super::{super::Desk, AREA, Choice, EDITORS, editor, failure_words, gateway, languages, purposes};
use axum::Extension;
use channel::{Channels, gateway::Gateway, purpose};
use kernel::{Error, Mobile, email::Email};
use platform::{
    Channel,
    connector::{ConnectorId, Kind},
};
use serde::Deserialize;
use web::{Form, FormErrors, Lang, Page, Path, Policy, Routes, html_status};

pub(super) fn routes() -> Routes {
    Routes::new().get("/desk/channels/{connector}/test", Policy::Staff(EDITORS), blank).post(
        "/desk/channels/{connector}/test",
        Policy::Staff(EDITORS),
        send,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    to: String,
    purpose: String,
    lang: String,
}
struct Verdict {
    tone: &'static str,
    icon: &'static str,
    title: String,
    text: String,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/test.html")]
struct TestPage {
    page: Page,
    errors: FormErrors,
    action: String,
    back: &'static str,
    mail: bool,
    form: Typed,
    purposes: Vec<Choice>,
    languages: Vec<Choice>,
    verdict: Option<Verdict>,
}

fn channel_of(gateway: &Gateway) -> Channel {
    if gateway.kind == Kind::Mail { Channel::Mail } else { Channel::Sms }
}
async fn show(
    desk: &Desk,
    gateway: &Gateway,
    form: Typed,
    verdict: Option<Verdict>,
    errors: FormErrors,
) -> web::Result {
    let title = desk.t1("portal-channel-test-title", "name", &gateway.name);
    let page = TestPage {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        errors,
        action: format!("{AREA}/{}/test", gateway.id),
        back: AREA,
        mail: gateway.kind == Kind::Mail,
        form,
        purposes: purposes(desk, channel_of(gateway), true),
        languages: languages(desk),
        verdict,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    editor(&desk)?;
    let (_, gateway) = gateway(&channels, id).await?;
    let form = Typed {
        purpose: purpose::ANY_CODE.to_owned(),
        lang: desk.ctx.lang.tag().to_owned(),
        ..Typed::default()
    };
    show(&desk, &gateway, form, None, FormErrors::none()).await
}
async fn send(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let editor = editor(&desk)?;
    let (_, gateway) = gateway(&channels, id).await?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let to = match gateway.kind {
        Kind::Mail => Email::parse(&typed.to).map(|email| email.as_str().to_owned()),
        _ => Mobile::parse(&typed.to).map(|phone| phone.as_str().to_owned()),
    };
    let to = errors.take(to.map_err(|error| error.at("to")), lang);
    let known =
        purposes(&desk, channel_of(&gateway), true).into_iter().any(|choice| choice.value == typed.purpose);
    let unknown = |field| Error::invalid("field.unknown_value").at(field);
    errors.take(if known { Ok(()) } else { Err(unknown("purpose")) }, lang);
    let sample = Lang::ALL.into_iter().find(|lang| lang.tag() == typed.lang);
    let sample = errors.take(sample.ok_or_else(|| unknown("lang")), lang);
    let (Some(to), Some(sample), true) = (to, sample, errors.is_empty()) else {
        return show(&desk, &gateway, typed, None, errors).await;
    };
    match channels.test(&editor, id, to, &typed.purpose, sample).await {
        Ok(Ok(provider_id)) => {
            let text = match provider_id {
                Some(id) => desk.t1("portal-channel-test-id", "id", &id),
                None => desk.t("portal-channel-test-no-id"),
            };
            let title = desk.t("portal-channel-test-taken");
            let verdict = Verdict { tone: "ok", icon: "approve", title, text };
            show(&desk, &gateway, typed, Some(verdict), errors).await
        }
        Ok(Err(failure)) => {
            let text = failure_words(&desk, failure.reason, &failure.said);
            let title = desk.t("portal-channel-test-failed");
            let verdict = Verdict { tone: "bad", icon: "alert", title, text };
            show(&desk, &gateway, typed, Some(verdict), errors).await
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, &gateway, typed, None, errors).await
        }
    }
}
