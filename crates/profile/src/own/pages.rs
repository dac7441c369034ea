use crate::me::Me;
use askama::Template;
use identity::{account::own, registration::service::require_free};
use kernel::LoginName;
use platform::setting::ProfileField;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/profile", Policy::SignedIn, show)
        .post("/me/profile", Policy::SignedIn, save)
        .get("/me/login-name", Policy::SignedIn, show_login_name)
        .post("/me/login-name", Policy::SignedIn, save_login_name)
}

/// What is known, and where it changes.
struct Fact {
    label: &'static str,
    value: String,
    /// Key and tone of a tag.
    tag: Option<(&'static str, &'static str)>,
    change: Option<(&'static str, &'static str)>,
    /// Why the holder cannot change it here.
    locked: bool,
}
#[derive(Template)]
#[template(path = "own/profile.html")]
struct ProfilePage {
    page: Page,
    errors: FormErrors,
    facts: Vec<Fact>,
    owner: Option<(String, String)>,
    name_editable: bool,
    /// The name can change, by a proof alone.
    name_proven: bool,
    employer_editable: bool,
    form: Typed,
    level: (i64, &'static str),
    created: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    employer: String,
}

async fn show(me: Me) -> web::Result {
    let own = me.own().await?;
    let form = Typed { name: own.name, employer: own.employer.unwrap_or_default() };
    page(&me, form, FormErrors::none()).await
}
async fn page(me: &Me, form: Typed, errors: FormErrors) -> web::Result {
    let (own, editable, owner) = (me.own().await?, me.editable().await?, me.owner().await?);
    let proven = |yes| {
        if yes { ("profile-proven", "ok") } else { ("profile-unproven", "wait") }
    };
    let change = |field, href, key| editable.has(field).then_some((href, key));
    let facts = vec![
        Fact {
            label: "profile-name",
            value: own.name.clone(),
            tag: own.name_proven.then_some(("profile-name-real", "ok")),
            change: (own.name_proven && editable.has(ProfileField::Name))
                .then_some(("/me/real-name", "profile-name-by-proof")),
            locked: !editable.has(ProfileField::Name),
        },
        Fact {
            label: "profile-login-name",
            value: own.login_name.clone(),
            tag: None,
            change: change(ProfileField::LoginName, "/me/login-name", "profile-change-login-name"),
            locked: !editable.has(ProfileField::LoginName),
        },
        Fact {
            label: "profile-phone",
            value: own.phone_masked().unwrap_or_default(),
            tag: own.phone.is_some().then(|| proven(own.phone_proven)),
            change: change(
                ProfileField::Phone,
                "/me/phone",
                if own.phone_proven { "profile-change-phone" } else { "profile-bind-phone" },
            ),
            locked: !editable.has(ProfileField::Phone),
        },
        Fact {
            label: "profile-email",
            value: own.email_masked().unwrap_or_default(),
            tag: own.email.is_some().then(|| proven(own.email_proven)),
            change: change(
                ProfileField::Email,
                "/me/email",
                if own.email_proven { "profile-change-email" } else { "profile-bind-email" },
            ),
            locked: !editable.has(ProfileField::Email),
        },
        Fact {
            label: "profile-employer",
            value: own.employer.clone().unwrap_or_default(),
            tag: None,
            change: None,
            locked: !editable.has(ProfileField::Employer),
        },
    ];
    let page = ProfilePage {
        page: me.page("profile-title").await?.with_errors(&errors),
        facts,
        owner: owner.map(|(id, name)| (format!("/org/{id}/"), name)),
        name_editable: editable.has(ProfileField::Name) && !own.name_proven,
        name_proven: own.name_proven,
        employer_editable: editable.has(ProfileField::Employer),
        form,
        level: (me.who.level.rank(), me.who.level.key()),
        created: me.date(own.created_at),
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn save(me: Me, Form(typed): Form<Typed>) -> web::Result {
    let (own, editable) = (me.own().await?, me.editable().await?);
    let mut errors = FormErrors::none();
    // A field that the page does not offer does not come with the form.
    if editable.has(ProfileField::Name) && !own.name_proven && typed.name.trim() != own.name {
        let renamed = own::rename(&me.identity, &me.who, &editable, &typed.name, me.ctx.now).await;
        errors.take(renamed, me.ctx.lang);
    }
    let before = own.employer.unwrap_or_default();
    if editable.has(ProfileField::Employer) && typed.employer.trim() != before {
        let set = own::set_employer(&me.identity, &me.who, &editable, &typed.employer).await;
        errors.take(set, me.ctx.lang);
    }
    if !errors.is_empty() {
        return page(&me, typed, errors).await;
    }
    Ok(with_flash(see_other("/me/profile"), "ok", "profile-saved", &[]))
}

#[derive(Template)]
#[template(path = "own/login_name.html")]
struct LoginNamePage {
    page: Page,
    errors: FormErrors,
    now: String,
    typed: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct TypedLoginName {
    login_name: String,
}
async fn show_login_name(me: Me) -> web::Result {
    me.editable().await?.must(ProfileField::LoginName)?;
    if let Some(verify) = me.must_be_fresh("/me/login-name").await? {
        return Ok(verify);
    }
    login_name_page(&me, String::new(), FormErrors::none()).await
}
async fn login_name_page(me: &Me, typed: String, errors: FormErrors) -> web::Result {
    let page = LoginNamePage {
        page: me.page("profile-login-name-title").await?.with_errors(&errors),
        now: me.who.login_name.clone(),
        typed,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn save_login_name(me: Me, Form(typed): Form<TypedLoginName>) -> web::Result {
    if let Some(verify) = me.must_be_fresh("/me/login-name").await? {
        return Ok(verify);
    }
    match change_login_name(&me, &typed.login_name).await {
        Ok(()) => Ok(with_flash(see_other("/me/profile"), "ok", "profile-login-name-changed", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, me.ctx.lang)?;
            login_name_page(&me, typed.login_name, errors).await
        }
    }
}
async fn change_login_name(me: &Me, typed: &str) -> kernel::Result<()> {
    let editable = me.editable().await?;
    editable.must(ProfileField::LoginName)?;
    let login_name = LoginName::parse(typed)?;
    // Whether a name is taken is told within the limits of registration, so that nobody lists who is here.
    if login_name.as_str() != me.who.login_name {
        require_free(&me.identity, &me.ctx, &login_name).await?;
    }
    own::change_login_name(&me.identity, &me.who, &editable, login_name, (me.ctx.lang, me.ctx.now)).await
}
