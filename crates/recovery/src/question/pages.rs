//! `/me/security-questions`: three questions, set and changed by whoever proved a moment ago to be there.
use super::{
    model::{ANSWER_FIELDS, COUNT, Chosen, Listed, OWN_FIELDS, QUESTION_FIELDS, Question, Typed, proposed},
    service::{self, Stored},
};
use askama::Template;
use axum::{Extension, response::Response};
use identity::{
    Identity, SignedIn,
    account::{self, Identifier},
    stepup::{self, Need},
};
use organization::{Organizations, shell};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Routes};

const HERE: &str = "/me/security-questions";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, show).post(HERE, Policy::SignedIn, submit).post(
        "/me/security-questions/remove",
        Policy::SignedIn,
        remove,
    )
}

/// One question of the form.
struct Slot {
    number: usize,
    question_field: &'static str,
    own_field: &'static str,
    answer_field: &'static str,
    /// Name in the list, or `own`.
    chosen: String,
    own: String,
    answer: String,
}
#[derive(Template)]
#[template(path = "question/questions.html")]
struct QuestionsPage {
    page: Page,
    errors: FormErrors,
    /// In words, if some are set.
    current: Vec<String>,
    set_at: String,
    listed: Vec<(&'static str, String)>,
    slots: Vec<Slot>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    question_1: String,
    question_2: String,
    question_3: String,
    own_1: String,
    own_2: String,
    own_3: String,
    answer_1: String,
    answer_2: String,
    answer_3: String,
}
impl Sent {
    fn typed(self) -> Typed {
        Typed {
            questions: [self.question_1, self.question_2, self.question_3],
            own: [self.own_1, self.own_2, self.own_3],
            answers: [self.answer_1, self.answer_2, self.answer_3],
        }
    }
}

async fn ask(ctx: &Ctx, identity: &Identity, signed_in: &SignedIn) -> kernel::Result<Option<Response>> {
    stepup::service::required(identity, ctx, signed_in, Need::Fresh, HERE).await
}
async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    signed_in: SignedIn,
) -> web::Result {
    if let Some(first) = ask(&ctx, &identity, &signed_in).await? {
        return Ok(first);
    }
    let stored = service::find(identity.db(), signed_in.account).await?;
    let typed = offered(stored.as_ref(), &proposed(identity.db().keyring(), signed_in.account));
    page(&ctx, &identity, &organizations, &signed_in, typed, FormErrors::none()).await
}
/// What the form begins with: the questions there are, else three that are proposed. Answers never come back.
fn offered(stored: Option<&Stored>, proposed: &[Listed]) -> Typed {
    let mut typed = Typed::default();
    for (place, listed) in typed.questions.iter_mut().zip(proposed) {
        *place = listed.as_str().to_owned();
    }
    let places = typed.questions.iter_mut().zip(typed.own.iter_mut());
    for ((name, own), question) in places.zip(stored.iter().flat_map(|stored| &stored.questions)) {
        match question {
            Question::Listed(listed) => *name = listed.as_str().to_owned(),
            Question::Own(text) => {
                *name = "own".to_owned();
                *own = text.clone();
            }
        }
    }
    typed
}
async fn page(
    ctx: &Ctx,
    identity: &Identity,
    organizations: &Organizations,
    signed_in: &SignedIn,
    typed: Typed,
    errors: FormErrors,
) -> web::Result {
    let stored = service::find(identity.db(), signed_in.account).await?;
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let slots = (0..COUNT)
        .zip(QUESTION_FIELDS.into_iter().zip(OWN_FIELDS).zip(ANSWER_FIELDS))
        .zip(typed.questions.into_iter().zip(typed.own).zip(typed.answers))
        .map(|((place, ((question_field, own_field), answer_field)), ((chosen, own), answer))| Slot {
            number: place + 1,
            question_field,
            own_field,
            answer_field,
            chosen,
            own,
            answer,
        })
        .collect();
    let status = errors.status();
    let page = QuestionsPage {
        page: Page::new(ctx, ctx.lang.t("recovery-questions-title")).with_shell(shell).with_errors(&errors),
        errors,
        current: stored.iter().flat_map(|s| &s.questions).map(|question| question.words(ctx.lang)).collect(),
        set_at: stored.map(|stored| stored.set_at.local_minute(&ctx.app.zone)).unwrap_or_default(),
        listed: Listed::ALL.iter().map(|listed| (listed.as_str(), ctx.lang.t(listed.key()))).collect(),
        slots,
    };
    Ok(web::html_status(status, page))
}

async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    signed_in: SignedIn,
    Form(sent): Form<Sent>,
) -> web::Result {
    if let Some(first) = ask(&ctx, &identity, &signed_in).await? {
        return Ok(first);
    }
    let typed = sent.typed();
    let known = known(&ctx, &identity, &signed_in).await?;
    let chosen = match Chosen::parse(&typed, &known) {
        Ok(chosen) => chosen,
        Err(wrong) => {
            let mut errors = FormErrors::none();
            wrong.iter().for_each(|error| errors.push(error, ctx.lang));
            return page(&ctx, &identity, &organizations, &signed_in, typed, errors).await;
        }
    };
    match service::set(&identity, &signed_in, chosen, ctx.now).await {
        Ok(()) => Ok(web::with_flash(web::see_other("/me/security"), "ok", "recovery-questions-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(&ctx, &identity, &organizations, &signed_in, typed, errors).await
        }
    }
}
/// What a stranger knows first.
async fn known(ctx: &Ctx, identity: &Identity, signed_in: &SignedIn) -> kernel::Result<Vec<String>> {
    let (keyring, account) = (std::sync::Arc::clone(identity.db().keyring()), signed_in.account);
    let phone = identity.db().read_few(move |tx| account::service::phone_in(tx, &keyring, account)).await?;
    let national = phone.and_then(|(phone, _)| match Identifier::parse(&phone, ctx.now) {
        Some(Identifier::Phone(mobile)) => Some(mobile.national().to_owned()),
        _ => None,
    });
    let mut known = vec![signed_in.name.clone(), signed_in.login_name.clone()];
    known.extend(national);
    Ok(known)
}

#[derive(Deserialize)]
struct Nothing {}
async fn remove(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    signed_in: SignedIn,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if let Some(first) = ask(&ctx, &identity, &signed_in).await? {
        return Ok(first);
    }
    let removed = service::remove(&identity, &signed_in, ctx.now).await?;
    let next = web::see_other(HERE);
    Ok(if removed { web::with_flash(next, "ok", "recovery-questions-removed", &[]) } else { next })
}
