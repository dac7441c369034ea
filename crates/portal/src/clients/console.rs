//! Where a page of clients stands: at the desk under a product, or in the space of the organization that develops it. The pages
//! are the same; what differs is the frame, the addresses and whose clients there are.
use crate::desk::{Desk, products::editable};
use ::organization::{Organizations, developer::Developer, organization_type::Words, shell};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use identity::{session::SignedIn, stepup};
use kernel::{
    Error,
    id::{ClientId, OrganizationId, ProductId},
};
use oidc::client::{Client, Keeper, keeper};
use web::{Ctx, Failure, Page};

/// A product's clients, for somebody who keeps them.
pub struct Console {
    pub ctx: Ctx,
    pub organizations: Organizations,
    pub keeper: Keeper,
    pub product: ProductId,
    pub product_name: Words,
    place: Place,
}
enum Place {
    Desk(Box<Desk>),
    Organization(OrganizationId, Box<SignedIn>),
}
/// One of them, for somebody who keeps it: another's is not there.
pub struct Kept {
    pub console: Console,
    pub client: Client,
}

/// A typed id of the path; another text names nothing.
async fn named<T, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
    unknown: &'static str,
) -> Result<Option<kernel::Id<T>>, Failure> {
    let unknown = || Error::not_found(unknown);
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown())?;
    match params.iter().find(|(key, _)| *key == name) {
        None => Ok(None),
        Some((_, value)) => Ok(Some(value.parse().map_err(|_| unknown())?)),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Console {
    type Rejection = Failure;
    /// Who asks is looked at before what is asked for, and before anything that was sent is read.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let unknown = || Error::not_found("product.unknown");
        let organization: Option<OrganizationId> =
            named(parts, state, "organization", "organization.unknown").await?;
        if organization.is_none() {
            let desk = Desk::from_request_parts(parts, state).await?;
            let id = named(parts, state, "product", "product.unknown").await?.ok_or_else(unknown)?;
            let product = editable(&desk, id).await?;
            return Ok(Self {
                ctx: desk.ctx.clone(),
                organizations: desk.organizations.clone(),
                keeper: Keeper::from(&desk.operator),
                product: id,
                product_name: product.name,
                place: Place::Desk(Box::new(desk)),
            });
        }
        let developer = Developer::from_request_parts(parts, state).await?;
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let organizations =
            parts.extensions.get::<Organizations>().cloned().ok_or_else(|| {
                Error::internal("internal").because("the room of organizations was not wired")
            })?;
        let id: ProductId = named(parts, state, "product", "product.unknown").await?.ok_or_else(unknown)?;
        let product = organizations.developed(&developer).await?.into_iter().find(|product| product.id == id);
        Ok(Self {
            product: id,
            product_name: product.ok_or_else(unknown)?.name,
            keeper: Keeper::from(&developer),
            place: Place::Organization(developer.organization(), Box::new(signed_in)),
            ctx,
            organizations,
        })
    }
}
impl<S: Send + Sync> FromRequestParts<S> for Kept {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let console = Console::from_request_parts(parts, state).await?;
        let id: Option<ClientId> = named(parts, state, "client", "client.unknown").await?;
        let id = id.ok_or_else(|| Error::not_found("client.unknown"))?;
        let client = keeper::find_kept(console.db(), &console.keeper, console.product, id).await?;
        Ok(Self { console, client })
    }
}

impl Console {
    pub fn db(&self) -> &db::Db {
        self.organizations.db()
    }
    pub fn is_desk(&self) -> bool {
        matches!(self.place, Place::Desk(_))
    }
    pub fn english(&self) -> bool {
        self.ctx.lang == web::Lang::En
    }
    pub fn t(&self, key: &str) -> String {
        self.ctx.lang.t(key)
    }
    /// What the addresses of its clients begin with.
    pub fn base(&self) -> String {
        match &self.place {
            Place::Desk(_) => format!("/desk/products/{}/clients", self.product),
            Place::Organization(organization, _) => {
                format!("/org/{organization}/development/{}/clients", self.product)
            }
        }
    }
    /// Where they are listed.
    pub fn list(&self) -> String {
        match &self.place {
            Place::Desk(_) => format!("/desk/products/{}", self.product),
            Place::Organization(organization, _) => format!("/org/{organization}/development"),
        }
    }
    pub async fn page(&self, title: impl Into<String>) -> Result<Page, Failure> {
        match &self.place {
            Place::Desk(desk) => desk.page(title, "/desk/products").await,
            Place::Organization(organization, who) => {
                let shell = shell::of(&self.organizations, &self.ctx, who, *organization).await?;
                Ok(Page::new(&self.ctx, title).with_shell(shell))
            }
        }
    }
    /// What lies above the page: addresses and names.
    pub fn trail(&self, client: Option<&Client>) -> Vec<(String, String)> {
        let mut trail = match &self.place {
            Place::Desk(_) => vec![
                ("/desk".to_owned(), self.t("portal-desk")),
                (self.list(), self.product_name.of(self.english()).to_owned()),
            ],
            Place::Organization(organization, _) => vec![
                (format!("/org/{organization}/"), self.t("organization-nav-home")),
                (self.list(), self.t("organization-nav-development")),
            ],
        };
        trail.extend(client.map(|client| (format!("{}/{}", self.base(), client.id), client.name.clone())));
        trail
    }
    /// Where answers go and by what the client proves itself wants a proof of the last minutes; `back` shows the page of the
    /// action.
    pub async fn must_be_fresh(&self, back: &str) -> Result<(), Failure> {
        let who = match &self.place {
            Place::Desk(desk) => &desk.signed_in,
            Place::Organization(_, who) => who.as_ref(),
        };
        let identity = self.organizations.identity();
        match stepup::service::required(identity, &self.ctx, who, stepup::Need::Fresh, back).await? {
            Some(response) => Err(response.into()),
            None => Ok(()),
        }
    }
}

impl Kept {
    /// Its page.
    pub fn address(&self) -> String {
        format!("{}/{}", self.console.base(), self.client.id)
    }
    pub fn trail(&self) -> Vec<(String, String)> {
        self.console.trail(Some(&self.client))
    }
}
