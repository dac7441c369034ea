use crate::me::Me;
use askama::Template;
use axum::response::Response;
use identity::{
    account::{
        contact,
        own::{Editable, Own},
    },
    captcha::{self, Input, Purpose, View, Way},
    code::{
        self, Sent, To, Waiting,
        pages::{Again, Code, Resent, attempt_error, parse_code, sent_error},
    },
};
use kernel::{Error, Mobile, email::Email};
use platform::{
    Channel,
    challenge::{Attempt, ChallengeId},
};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Query, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/phone", Policy::SignedIn, async |me: Me| show(me, &PHONE).await)
        .post("/me/phone", Policy::SignedIn, async |me: Me, form: Form<Typed>| {
            submit(me, &PHONE, form.0).await
        })
        .get("/me/phone/verify", Policy::SignedIn, async |me: Me, asked: Query<Code>| {
            show_code(me, &PHONE, asked.0).await
        })
        .post("/me/phone/verify", Policy::SignedIn, async |me: Me, form: Form<Code>| {
            verify(me, &PHONE, form.0).await
        })
        .post("/me/phone/resend", Policy::SignedIn, async |me: Me, form: Form<Again>| {
            resend(me, &PHONE, form.0).await
        })
        .get("/me/email", Policy::SignedIn, async |me: Me| show(me, &EMAIL).await)
        .post("/me/email", Policy::SignedIn, async |me: Me, form: Form<Typed>| {
            submit(me, &EMAIL, form.0).await
        })
        .get("/me/email/verify", Policy::SignedIn, async |me: Me, asked: Query<Code>| {
            show_code(me, &EMAIL, asked.0).await
        })
        .post("/me/email/verify", Policy::SignedIn, async |me: Me, form: Form<Code>| {
            verify(me, &EMAIL, form.0).await
        })
        .post("/me/email/resend", Policy::SignedIn, async |me: Me, form: Form<Again>| {
            resend(me, &EMAIL, form.0).await
        })
}

/// What differs between the two.
struct Kind {
    channel: Channel,
    path: &'static str,
    field: &'static str,
    input: &'static str,
    autocomplete: &'static str,
    title: &'static str,
    change: &'static str,
    lead: &'static str,
    label: &'static str,
    hint: &'static str,
    stored: &'static str,
    other: &'static str,
    effect: &'static str,
    code_title: &'static str,
    code_lead: &'static str,
    code: &'static str,
    done: &'static str,
}
const PHONE: Kind = Kind {
    channel: Channel::Sms,
    path: "/me/phone",
    field: "phone",
    input: "tel",
    autocomplete: "tel",
    title: "profile-phone-title",
    change: "profile-change-phone",
    lead: "profile-phone-lead",
    label: "profile-phone-new",
    hint: "profile-phone-hint",
    stored: "profile-phone-stored",
    other: "profile-phone-other",
    effect: "profile-phone-effect",
    code_title: "profile-phone-code-title",
    code_lead: "profile-phone-code-lead",
    code: "profile-phone-code",
    done: "profile-phone-done",
};
const EMAIL: Kind = Kind {
    channel: Channel::Mail,
    path: "/me/email",
    field: "email",
    input: "email",
    autocomplete: "email",
    title: "profile-email-title",
    change: "profile-change-email",
    lead: "profile-email-lead",
    label: "profile-email-new",
    hint: "profile-email-hint",
    stored: "profile-email-stored",
    other: "profile-email-other",
    effect: "profile-email-effect",
    code_title: "profile-email-code-title",
    code_lead: "profile-email-code-lead",
    code: "profile-email-code",
    done: "profile-email-done",
};
impl Kind {
    /// A number may belong to somebody else after a while (二次放号), so that one that is proven may be confirmed.
    fn is_confirmable(&self, proven: bool) -> bool {
        proven && self.channel == Channel::Sms
    }
    fn of(&self, own: &Own) -> (Option<String>, Option<String>, bool) {
        match self.channel {
            Channel::Sms => (own.phone.clone(), own.phone_masked(), own.phone_proven),
            Channel::Mail => (own.email.clone(), own.email_masked(), own.email_proven),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    /// `stored`: the one that somebody typed for the holder.
    which: String,
    phone: String,
    email: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
}
impl Typed {
    fn input(&self) -> Input {
        Input {
            token: self.captcha.clone(),
            answer: self.captcha_answer.clone(),
            work: self.captcha_work.clone(),
        }
    }
}
#[derive(Template)]
#[template(path = "contact/contact.html")]
struct ContactPage {
    page: Page,
    errors: FormErrors,
    what: &'static Kind,
    editable: bool,
    owner: Option<String>,
    /// Masked, and whether it was proven.
    now: Option<(String, bool)>,
    /// It is proven, and may be confirmed.
    confirmable: bool,
    stale: bool,
    typed: String,
    stored_chosen: bool,
    captcha: View,
}
async fn show(me: Me, kind: &'static Kind) -> web::Result {
    let (_, _, proven) = kind.of(&me.own().await?);
    let confirmable = kind.is_confirmable(proven);
    let editable = me.editable().await?.has(contact::field(kind.channel));
    if (editable || confirmable)
        && let Some(verify) = me.must_be_fresh(kind.path).await?
    {
        return Ok(verify);
    }
    let view = captcha::service::ask(&me.identity, &me.ctx, Purpose::Contact, Way::Picture).await?;
    // Whoever comes with a number that was confirmed lately comes to change it.
    let which = if !confirmable || is_stale(&me).await? { "stored" } else { "other" };
    page(&me, kind, &Typed { which: which.into(), ..Typed::default() }, FormErrors::none(), view).await
}
async fn page(me: &Me, kind: &'static Kind, typed: &Typed, errors: FormErrors, captcha: View) -> web::Result {
    let (_, masked, proven) = kind.of(&me.own().await?);
    let page = ContactPage {
        page: me.page(if proven { kind.change } else { kind.title }).await?.with_errors(&errors),
        editable: me.editable().await?.has(contact::field(kind.channel)),
        owner: me.owner().await?.map(|(_, name)| name),
        now: masked.map(|masked| (masked, proven)),
        confirmable: kind.is_confirmable(proven),
        stale: kind.is_confirmable(proven) && is_stale(me).await?,
        typed: typed_of(kind, typed).to_owned(),
        stored_chosen: typed.which == "stored",
        errors,
        what: kind,
        captcha,
    };
    Ok(html_status(page.errors.status(), page))
}
/// Whether the number was confirmed so long ago that it no longer opens a verified account by itself.
async fn is_stale(me: &Me) -> kernel::Result<bool> {
    let days = me.identity.settings().policies().await?.recovery.phone_days;
    let confirmed = me.own().await?.phone_proven_at;
    Ok(confirmed.is_some_and(|at| at.plus_days(days) <= me.ctx.now))
}
fn typed_of<'t>(kind: &Kind, typed: &'t Typed) -> &'t str {
    match kind.channel {
        Channel::Sms => &typed.phone,
        Channel::Mail => &typed.email,
    }
}
fn parse(kind: &Kind, text: &str) -> kernel::Result<To> {
    Ok(match kind.channel {
        Channel::Sms => To::Sms(Mobile::parse(text)?),
        Channel::Mail => To::Mail(Email::parse(text)?),
    })
}

async fn submit(me: Me, kind: &'static Kind, typed: Typed) -> web::Result {
    if let Some(verify) = me.must_be_fresh(kind.path).await? {
        return Ok(verify);
    }
    if let Some(way) = Way::parse(&typed.captcha_way) {
        let view = captcha::service::ask(&me.identity, &me.ctx, Purpose::Contact, way).await?;
        return page(&me, kind, &typed, FormErrors::none(), view).await;
    }
    let editable = me.editable().await?;
    let (stored, _, proven) = kind.of(&me.own().await?);
    let confirms = typed.which == "stored" && kind.is_confirmable(proven);
    let text = match stored {
        Some(stored) if typed.which == "stored" && (!proven || confirms) => stored,
        _ => typed_of(kind, &typed).to_owned(),
    };
    let input = typed.input();
    let to = match parse(kind, &text) {
        Ok(to) => (!confirms).then_some(to),
        Err(error) => {
            let view = captcha::service::ask_again(&me.identity, &me.ctx, Purpose::Contact, &input).await?;
            return page(&me, kind, &typed, FormErrors::from(&error, me.ctx.lang), view).await;
        }
    };
    let error = match send(&me, &editable, &input, to).await {
        Ok(Sent::Sent(id)) => return Ok(see_other(&format!("{}/verify?challenge={id}", kind.path))),
        Ok(sent) => sent_error(sent, kind.field).unwrap_or_else(|| Error::internal("contact.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, me.ctx.lang)?;
    let way = captcha::service::way_of(&me.identity, &me.ctx, &input);
    let view = captcha::service::ask(&me.identity, &me.ctx, Purpose::Contact, way).await?;
    page(&me, kind, &typed, errors, view).await
}
/// Captcha first, as before every message. None: to the number that is proven already.
async fn send(me: &Me, editable: &Editable, input: &Input, to: Option<To>) -> kernel::Result<Sent> {
    let checked = captcha::service::check(&me.identity, &me.ctx, Purpose::Contact, input).await?;
    match (checked.error(), to) {
        (Some(error), _) => Err(error),
        (None, Some(to)) => contact::start(&me.identity, &me.ctx, &me.who, editable, to).await,
        (None, None) => contact::confirm(&me.identity, &me.ctx, &me.who).await,
    }
}

#[derive(Template)]
#[template(path = "contact/verify.html")]
struct CodePage {
    page: Page,
    errors: FormErrors,
    what: &'static Kind,
    challenge: ChallengeId,
    waiting: Waiting,
    captcha: View,
}
async fn show_code(me: Me, kind: &'static Kind, asked: Code) -> web::Result {
    let Ok(id) = asked.challenge.parse() else { return Ok(over(kind)) };
    code_page(&me, kind, id, FormErrors::none(), Way::Picture).await
}
async fn code_page(
    me: &Me,
    kind: &'static Kind,
    id: ChallengeId,
    errors: FormErrors,
    way: Way,
) -> web::Result {
    let purpose = contact::purpose(kind.channel);
    let Some(waiting) = code::service::waiting(&me.identity, &me.ctx, purpose, id).await? else {
        return Ok(over(kind));
    };
    let captcha = captcha::service::ask(&me.identity, &me.ctx, Purpose::Resend, way).await?;
    let page = me.page(kind.code_title).await?.with_errors(&errors);
    let status = errors.status();
    Ok(html_status(status, CodePage { page, errors, what: kind, challenge: id, waiting, captcha }))
}
/// Used, expired or of another browser: begin again.
fn over(kind: &Kind) -> Response {
    with_flash(see_other(kind.path), "bad", "identity-verify-over", &[])
}
async fn verify(me: Me, kind: &'static Kind, typed: Code) -> web::Result {
    let Ok(id) = typed.challenge.parse::<ChallengeId>() else { return Ok(over(kind)) };
    let verified = match parse_code(&typed.code) {
        Ok(code) => contact::verify(&me.identity, &me.ctx, &me.who, kind.channel, id, &code).await,
        Err(error) => Err(error),
    };
    let error = match verified {
        Ok(Attempt::Right(_)) => return Ok(with_flash(see_other("/me/security"), "ok", kind.done, &[])),
        Ok(Attempt::Gone) => return Ok(over(kind)),
        Ok(other) => attempt_error(&other).unwrap_or_else(|| Error::internal("contact.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, me.ctx.lang)?;
    code_page(&me, kind, id, errors, Way::Picture).await
}
async fn resend(me: Me, kind: &'static Kind, typed: Again) -> web::Result {
    match code::pages::resend(&me.identity, &me.ctx, contact::purpose(kind.channel), typed).await? {
        Resent::Sent(id) => {
            let next = see_other(&format!("{}/verify?challenge={id}", kind.path));
            Ok(with_flash(next, "ok", "identity-code-resent", &[]))
        }
        Resent::Over => Ok(over(kind)),
        Resent::Shown(id, errors, way) => code_page(&me, kind, id, errors, way).await,
    }
}
