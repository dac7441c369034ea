use crate::me::Me;
use askama::Template;
use identity::notice::{Group, Reminder, Wishes, service};
use platform::Channel;
use serde::Deserialize;
use web::{Form, FormErrors, Lang, Page, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new().get("/me/reminders", Policy::SignedIn, show).post("/me/reminders", Policy::SignedIn, save)
}

struct Row {
    value: &'static str,
    title: &'static str,
    hint: &'static str,
    sms: bool,
    mail: bool,
}
#[derive(Template)]
#[template(path = "reminder/reminders.html")]
struct Reminders {
    page: Page,
    errors: FormErrors,
    rows: Vec<Row>,
    /// Masked; None if there is none that was proven.
    phone: Option<String>,
    email: Option<String>,
    chinese: bool,
}
const fn words(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Security => ("profile-reminder-security", "profile-reminder-security-hint"),
        Group::SignIn => ("profile-reminder-sign-in", "profile-reminder-sign-in-hint"),
        Group::Requests => ("profile-reminder-requests", "profile-reminder-requests-hint"),
        Group::Decisions => ("profile-reminder-decisions", "profile-reminder-decisions-hint"),
        Group::Access => ("profile-reminder-access", "profile-reminder-access-hint"),
        Group::Products => ("profile-reminder-products", "profile-reminder-products-hint"),
    }
}
/// What this person can be told at all: requests come to those who administer, grants to those who are members.
async fn groups(me: &Me) -> kernel::Result<Vec<Group>> {
    let memberships = me.memberships().await?;
    let administers = memberships.iter().any(|membership| membership.role.administers());
    Ok(Group::ALL
        .iter()
        .copied()
        .filter(|group| match group {
            Group::Security | Group::SignIn | Group::Decisions | Group::Products => true,
            Group::Requests => administers,
            Group::Access => !memberships.is_empty(),
        })
        .collect())
}

/// Whether a switch goes off that an intruder would turn off first; on needs no proof.
fn silences(before: &Wishes, typed: &[Reminder]) -> bool {
    typed.iter().any(|reminder| {
        let guards = matches!(reminder.group, Group::Security | Group::SignIn);
        guards && !reminder.on && before.on(reminder.group, reminder.channel)
    })
}

async fn show(me: Me) -> web::Result {
    let wishes = service::wishes(&me.identity, me.who.account).await?;
    page(&me, &wishes, FormErrors::none()).await
}
async fn page(me: &Me, wishes: &Wishes, errors: FormErrors) -> web::Result {
    let own = me.own().await?;
    let rows = groups(me).await?.into_iter().map(|group| {
        let (title, hint) = words(group);
        Row {
            value: group.as_str(),
            title,
            hint,
            sms: wishes.on(group, Channel::Sms),
            mail: wishes.on(group, Channel::Mail),
        }
    });
    let page = Reminders {
        page: me.page("profile-reminders-title").await?.with_errors(&errors),
        rows: rows.collect(),
        phone: own.phone_masked().filter(|_| own.phone_proven),
        email: own.email_masked().filter(|_| own.email_proven),
        chinese: wishes.lang.unwrap_or(me.ctx.lang) == Lang::Zh,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(rename = "sms[]")]
    sms: Vec<String>,
    #[serde(rename = "mail[]")]
    mail: Vec<String>,
    lang: String,
}
async fn save(me: Me, Form(typed): Form<Typed>) -> web::Result {
    let mut reminders = Vec::new();
    for group in groups(&me).await? {
        for (channel, ticked) in [(Channel::Sms, &typed.sms), (Channel::Mail, &typed.mail)] {
            let on = ticked.iter().any(|value| value == group.as_str());
            reminders.push(Reminder { group, channel, on });
        }
    }
    let before = service::wishes(&me.identity, me.who.account).await?;
    if silences(&before, &reminders)
        && let Some(first) = me.must_be_fresh("/me/reminders").await?
    {
        return Ok(first);
    }
    let wishes = Wishes { reminders, lang: Lang::from_tag(&typed.lang) };
    match service::set_wishes(&me.identity, &me.who, wishes.clone()).await {
        Ok(()) => Ok(with_flash(see_other("/me/reminders"), "ok", "profile-reminders-saved", &[])),
        Err(error) => page(&me, &wishes, FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}
