//! The one form of a client, new or there: what every product needs first, what few need behind a fold.
use super::{Console, Kept, shown_once};
use kernel::{
    Error, Result,
    id::{ClientId, mark},
};
use oidc::client::{
    Algorithm, AuthMethod, Client, ClientEdit, GrantType, NewClient, Profile, Settings, TokenFormat, keeper,
    published::check_sector, service,
};
use serde::Deserialize;
use std::str::FromStr;
use web::{Form, FormErrors, Page, html_status, see_other, with_flash};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    id: String,
    /// Of one that is there: what the form showed.
    rev: i64,
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    initiate_login_uri: String,
    profile: String,
    auth_method: String,
    auth_algorithm: String,
    algorithm: String,
    jwks: String,
    jwks_uri: String,
    refresh: bool,
    own_token: bool,
    access_token_format: String,
    access_token_seconds: String,
    refresh_idle_seconds: String,
    refresh_absolute_seconds: String,
    dpop_bound: bool,
    require_par: bool,
    subject_type: String,
    sector_identifier_uri: String,
    request_object_algorithm: String,
    backchannel_logout_uri: String,
    session_required: bool,
    resources: String,
    id_token_claims: bool,
    /// Of a new one, at the desk.
    skip_consent: bool,
}

/// One a line, each once; empty lines are nothing.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    lines
}
fn optional(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
fn chosen<T: FromStr>(field: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::invalid("field.unknown_value").at(field))
}
fn chosen_or_none<T: FromStr>(field: &'static str, text: &str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { chosen(field, text).map(Some) }
}
fn seconds(field: &'static str, text: &str) -> Result<i64> {
    text.trim().parse().map_err(|_| Error::invalid("client.lifetime_invalid").at(field))
}

impl Typed {
    fn of(edit: &Settings) -> Self {
        let word =
            |algorithm: Option<Algorithm>| algorithm.map(|a| a.as_str().to_owned()).unwrap_or_default();
        Self {
            profile: edit.profile.as_str().to_owned(),
            auth_method: edit.auth_method.as_str().to_owned(),
            auth_algorithm: word(edit.auth_algorithm),
            jwks: edit.jwks.clone().unwrap_or_default(),
            jwks_uri: edit.jwks_uri.clone().unwrap_or_default(),
            refresh: edit.allows(GrantType::RefreshToken),
            own_token: edit.allows(GrantType::ClientCredentials),
            access_token_format: edit.access_token_format.as_str().to_owned(),
            access_token_seconds: edit.access_token_seconds.to_string(),
            refresh_idle_seconds: edit.refresh_idle_seconds.to_string(),
            refresh_absolute_seconds: edit.refresh_absolute_seconds.to_string(),
            dpop_bound: edit.dpop_bound,
            require_par: edit.require_par,
            subject_type: edit.subject_type.as_str().to_owned(),
            sector_identifier_uri: edit.sector_identifier_uri.clone().unwrap_or_default(),
            request_object_algorithm: word(edit.request_object_algorithm),
            backchannel_logout_uri: edit.backchannel_logout_uri.clone().unwrap_or_default(),
            session_required: edit.backchannel_logout_session_required,
            resources: edit.resources.join("\n"),
            id_token_claims: edit.id_token_claims,
            ..Self::default()
        }
    }
    fn of_client(client: &Client) -> Self {
        Self {
            rev: client.keeping.rev,
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            initiate_login_uri: client.initiate_login_uri.clone().unwrap_or_default(),
            algorithm: client.id_token_algorithm.as_str().to_owned(),
            ..Self::of(&client.settings)
        }
    }
    fn read(&self) -> Result<ClientEdit> {
        let mut grant_types = vec![GrantType::AuthorizationCode];
        if self.refresh {
            grant_types.push(GrantType::RefreshToken);
        }
        if self.own_token {
            grant_types.push(GrantType::ClientCredentials);
        }
        let auth_method: AuthMethod = chosen("auth_method", &self.auth_method)?;
        if self.own_token && auth_method == AuthMethod::None {
            return Err(Error::invalid("client.grant_types_invalid").at("own_token"));
        }
        let access_token_format: TokenFormat = chosen("access_token_format", &self.access_token_format)?;
        Ok(ClientEdit {
            seen: Some(self.rev),
            name: self.name.clone(),
            redirect_uris: lines(&self.redirect_uris),
            post_logout_redirect_uris: lines(&self.post_logout_redirect_uris),
            initiate_login_uri: optional(&self.initiate_login_uri),
            id_token_algorithm: chosen("algorithm", &self.algorithm)?,
            settings: Settings {
                profile: chosen("profile", &self.profile)?,
                auth_method,
                auth_algorithm: chosen_or_none("auth_algorithm", &self.auth_algorithm)?,
                jwks: optional(&self.jwks),
                jwks_uri: optional(&self.jwks_uri),
                grant_types,
                access_token_format,
                access_token_seconds: seconds("access_token_seconds", &self.access_token_seconds)?,
                dpop_bound: self.dpop_bound,
                require_par: self.require_par,
                subject_type: chosen("subject_type", &self.subject_type)?,
                sector_identifier_uri: optional(&self.sector_identifier_uri),
                request_object_algorithm: chosen_or_none(
                    "request_object_algorithm",
                    &self.request_object_algorithm,
                )?,
                backchannel_logout_uri: optional(&self.backchannel_logout_uri),
                backchannel_logout_session_required: self.session_required,
                resources: lines(&self.resources),
                id_token_claims: self.id_token_claims,
                refresh_idle_seconds: seconds("refresh_idle_seconds", &self.refresh_idle_seconds)?,
                refresh_absolute_seconds: seconds(
                    "refresh_absolute_seconds",
                    &self.refresh_absolute_seconds,
                )?,
            },
        })
    }
    /// Whether something behind the fold is not as usual: then it stands open.
    fn is_unusual(&self) -> bool {
        let usual = Self::of(&Settings::default());
        let same = |a: &str, b: &str| a == b;
        !(same(&self.profile, &usual.profile)
            && same(&self.access_token_format, &usual.access_token_format)
            && same(&self.access_token_seconds, &usual.access_token_seconds)
            && same(&self.refresh_idle_seconds, &usual.refresh_idle_seconds)
            && same(&self.refresh_absolute_seconds, &usual.refresh_absolute_seconds)
            && same(&self.subject_type, &usual.subject_type))
            || self.dpop_bound
            || self.own_token
            || self.require_par
            || self.session_required
            || self.id_token_claims
            || self.skip_consent
            || [
                &self.jwks,
                &self.jwks_uri,
                &self.auth_algorithm,
                &self.sector_identifier_uri,
                &self.request_object_algorithm,
                &self.backchannel_logout_uri,
                &self.initiate_login_uri,
                &self.resources,
            ]
            .iter()
            .any(|text| !text.is_empty())
    }
}

#[derive(askama::Template)]
#[template(path = "clients/form.html")]
struct FormPage {
    page: Page,
    trail: Vec<(String, String)>,
    back: String,
    action: String,
    new: bool,
    /// At the desk; developers are told where the platform decides.
    desk: bool,
    unusual: bool,
    algorithms: &'static [Algorithm],
    /// The laxest that may be chosen here.
    laxest: Profile,
    errors: FormErrors,
    form: Typed,
}
impl FormPage {
    fn offers(&self, profile: Profile) -> bool {
        self.desk || !profile.is_laxer_than(self.laxest)
    }
}

async fn show(console: &Console, client: Option<&Client>, form: Typed, errors: FormErrors) -> web::Result {
    let (title, back, action) = match client {
        None => ("portal-client-new-title", console.list(), format!("{}/new", console.base())),
        Some(client) => {
            let back = format!("{}/{}", console.base(), client.id);
            let action = format!("{back}/edit");
            ("portal-client-edit-title", back, action)
        }
    };
    let page = FormPage {
        page: console.page(console.t(title)).await?.with_errors(&errors),
        trail: console.trail(client),
        back,
        action,
        new: client.is_none(),
        desk: console.is_desk(),
        unusual: form.is_unusual(),
        algorithms: Algorithm::ALL,
        laxest: client.map_or(Settings::default().profile, |client| client.settings.profile),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}

pub(super) async fn blank(console: Console) -> web::Result {
    // Asked before anything is typed, since a form that is sent too late is lost.
    console.must_be_fresh(&format!("{}/new", console.base())).await?;
    let form = Typed {
        id: console.ctx.form_id(console.db().draw::<mark::Client>()),
        algorithm: Algorithm::Es256.as_str().to_owned(),
        ..Typed::of(&Settings::default())
    };
    show(&console, None, form, FormErrors::none()).await
}

pub(super) async fn create(console: Console, Form(typed): Form<Typed>) -> web::Result {
    // A new address for answers and a new secret: nobody walks away with those from somebody else's open session.
    console.must_be_fresh(&format!("{}/new", console.base())).await?;
    let client: ClientId = console.ctx.check_form_id(&typed.id)?;
    let (db, product) = (console.db(), console.product);
    // A form sent twice: the client exists, and its secret was shown the first time.
    if service::list_of_product(db, product).await?.iter().any(|known| known.id == client) {
        return Ok(with_flash(see_other(&console.list()), "info", "portal-client-exists", &[]));
    }
    let created = match checked(&console, &typed, &Settings::default()).await {
        Ok(edit) => {
            let new = NewClient {
                id: client,
                product,
                name: edit.name,
                redirect_uris: edit.redirect_uris,
                post_logout_redirect_uris: edit.post_logout_redirect_uris,
                initiate_login_uri: edit.initiate_login_uri,
                // Developers are refused what their form does not offer.
                skip_consent: typed.skip_consent,
                id_token_algorithm: edit.id_token_algorithm,
                settings: edit.settings,
            };
            service::create_client(db, console.keeper.clone(), new).await
        }
        Err(error) => Err(error),
    };
    match created {
        Ok(registered) => shown_once(&console, &typed.name, "portal-client-created-title", &registered).await,
        // Two of the same form at once: the other one made it.
        Err(error) if error.is_duplicate() => {
            Ok(with_flash(see_other(&console.list()), "info", "portal-client-exists", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, console.ctx.lang)?;
            show(&console, None, typed, errors).await
        }
    }
}

pub(super) async fn edit(kept: Kept) -> web::Result {
    // Asked before anything is typed, since a form that is sent too late is lost.
    kept.console.must_be_fresh(&format!("{}/edit", kept.address())).await?;
    show(&kept.console, Some(&kept.client), Typed::of_client(&kept.client), FormErrors::none()).await
}

pub(super) async fn save(kept: Kept, Form(typed): Form<Typed>) -> web::Result {
    let (console, client) = (&kept.console, &kept.client);
    // Where answers go and by which key the client proves itself: nobody changes that in somebody else's open session.
    console.must_be_fresh(&format!("{}/edit", kept.address())).await?;
    let saved = match checked(console, &typed, &client.settings).await {
        Ok(edit) => {
            let keeper = console.keeper.clone();
            service::update_client(console.db(), keeper, console.product, client.id, edit).await
        }
        Err(error) => Err(error),
    };
    match saved {
        // Another way to prove itself needed another secret.
        Ok(registered) if registered.secret.is_some() => {
            shown_once(console, &typed.name, "portal-client-rotated-title", &registered).await
        }
        Ok(_) => Ok(with_flash(see_other(&kept.address()), "ok", "portal-client-saved", &[])),
        Err(error) => {
            let overtaken = error.code == "client.changed_meanwhile";
            let errors = FormErrors::or_fail(error, console.ctx.lang)?;
            if !overtaken {
                return show(console, Some(client), typed, errors).await;
            }
            // As it is now: a second click must not undo what somebody else did.
            let now = keeper::find_kept(console.db(), &console.keeper, console.product, client.id).await?;
            show(console, Some(&now), Typed::of_client(&now), errors).await
        }
    }
}

/// Read, and a list of addresses elsewhere asked before anything is written; who may not set one sends nobody there.
async fn checked(console: &Console, typed: &Typed, before: &Settings) -> Result<ClientEdit> {
    let edit = typed.read()?;
    console.keeper.may_set(&edit.settings, before)?;
    let outbound = console.organizations.identity().outbound();
    check_sector(outbound, &edit.settings, &edit.redirect_uris).await?;
    Ok(edit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_a_line_and_blanks_do_not_count() {
        let typed = " https://a.example/cb\r\n\r\n\thttps://b.example/cb \nhttps://a.example/cb";
        assert_eq!(lines(typed), ["https://a.example/cb", "https://b.example/cb"]);
        assert!(lines(" \n").is_empty());
    }
    #[test]
    fn what_the_form_shows_is_what_it_saves() {
        let settings = Settings {
            resources: vec!["https://api.test".into(), "https://b.test".into()],
            grant_types: vec![
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ],
            require_par: true,
            auth_algorithm: Some(Algorithm::EdDsa),
            auth_method: AuthMethod::PrivateKeyJwt,
            jwks_uri: Some("https://rp.test/jwks".into()),
            ..Settings::default()
        };
        let typed = Typed { algorithm: "RS256".into(), name: "n".into(), ..Typed::of(&settings) };
        let edit = typed.read().unwrap();
        assert_eq!((edit.settings, edit.id_token_algorithm), (settings, Algorithm::Rs256));
        assert!(typed.is_unusual() && !Typed::of(&Settings::default()).is_unusual());
    }
    #[test]
    fn an_empty_form_names_the_field_that_is_missing() {
        let error = Typed::default().read().unwrap_err();
        assert_eq!((error.code, error.field), ("field.unknown_value", Some("auth_method")));
    }
}
