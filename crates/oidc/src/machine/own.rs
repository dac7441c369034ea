//! `/org/{organization}/machines/{client}`: what a program's developers need, and a new secret, for the administrators of the
//! organization that it acts for. Registering programs stays with the product manager.
use super::store;
use crate::{
    OpenId,
    client::{
        Client,
        service::{Registered, new_secret},
        store as clients,
    },
};
use axum::Extension;
use identity::{session::SignedIn, stepup};
use kernel::{
    Error, Event, Result, Secret, Timestamp,
    id::{ClientId, OrganizationId},
};
use organization::{Authority, membership::OrganizationAdministrator, organization::record, shell};
use serde::Deserialize;
use serde_json::json;
use web::{Ctx, Form, Page, Path, html};

impl OpenId {
    /// A program of the organization. Error: `client.unknown`, for another's too.
    pub async fn own_machine(&self, organization: OrganizationId, id: ClientId) -> Result<Client> {
        self.db()
            .read(move |tx| {
                let there = store::find(tx, id)?.filter(|there| there.owner == Some(organization));
                match there {
                    Some(there) => clients::find_of_product(tx, id, there.product),
                    None => Ok(None),
                }
            })
            .await?
            .ok_or_else(|| Error::not_found("client.unknown"))
    }
    /// The old secret is worthless from this moment on; the new one is shown this once. Errors: `client.unknown`,
    /// `client.no_secret`, and those of [`record::lock_in`].
    pub async fn rotate_own_secret(
        &self,
        by: &OrganizationAdministrator,
        id: ClientId,
        now: Timestamp,
    ) -> Result<Registered> {
        let (db, by) = (self.db().clone(), Authority::from(by.clone()));
        let organization = match &by {
            Authority::Administrator(by) => by.organization(),
            Authority::Operator(_) => return Err(Error::not_found("client.unknown")),
        };
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &by, organization, now)?;
                let unknown = || Error::not_found("client.unknown");
                let there = store::find(tx, id)?.filter(|there| there.owner == Some(organization));
                let product = there.ok_or_else(unknown)?.product;
                let client = clients::find_of_product(tx, id, product)?.ok_or_else(unknown)?;
                let secret = new_secret(&db, id, &client.client_id, client.settings.auth_method);
                if secret.shown.is_none() {
                    return Err(Error::conflict("client.no_secret"));
                }
                let client = Client { secret_mac: secret.mac, secret_sealed: secret.sealed, ..client };
                clients::update(tx, &client)?;
                let event =
                    Event::done(by.actor(), "client.secret_rotated").on("client", id).of(organization);
                let registered = Registered { id, client_id: client.client_id, secret: secret.shown };
                Ok((registered, vec![event.with(json!({ "new_secret": true }))]))
            })
            .await
    }
}

#[derive(askama::Template)]
#[template(path = "machine/show.html")]
struct ShowPage {
    page: Page,
    back: String,
    here: String,
    issuer: String,
    client_id: String,
    has_secret: bool,
    recipe: String,
}
#[derive(askama::Template)]
#[template(path = "machine/secret.html")]
struct SecretPage {
    page: Page,
    back: String,
    client_id: String,
    secret: String,
}

/// One request that gets a token.
fn recipe(issuer: &str, client: &Client) -> String {
    format!(
        "curl -u \"{}:$FUJIE_CLIENT_SECRET\" \\\n  -d grant_type=client_credentials \\\n  {issuer}/oauth2/token\n",
        client.client_id
    )
}

pub async fn page(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ClientId)>,
) -> web::Result {
    let organization = by.organization();
    let client = openid.own_machine(organization, id).await?;
    let frame = shell::of(openid.organizations(), &ctx, &who, organization).await?;
    let back = format!("/org/{organization}/machines");
    Ok(html(ShowPage {
        page: Page::new(&ctx, client.name.clone()).with_shell(frame),
        here: format!("{back}/{id}"),
        back,
        issuer: openid.issuer().to_owned(),
        has_secret: client.secret_mac.is_some(),
        recipe: recipe(openid.issuer(), &client),
        client_id: client.client_id,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Nothing {}

/// Whoever finds a session open must not walk away with a secret: the person proves to be there.
pub async fn rotate(
    ctx: Ctx,
    Extension(openid): Extension<OpenId>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ClientId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let organization = by.organization();
    let back = format!("/org/{organization}/machines/{id}");
    let identity = openid.organizations().identity();
    let asked = stepup::service::required(identity, &ctx, &who, stepup::Need::Fresh, &back).await?;
    if let Some(response) = asked {
        return Ok(response);
    }
    let registered = openid.rotate_own_secret(&by, id, ctx.now).await?;
    let frame = shell::of(openid.organizations(), &ctx, &who, organization).await?;
    Ok(html(SecretPage {
        page: Page::new(&ctx, ctx.lang.t("oidc-machine-rotated")).with_shell(frame),
        back,
        client_id: registered.client_id,
        secret: registered.secret.as_ref().map(Secret::expose).unwrap_or_default().to_owned(),
    }))
}
