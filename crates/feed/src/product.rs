//! The product that pushes, as its client proved itself.
use crate::link::Origins;
use kernel::{Actor, ActorKind, Error, Result, id::ProductId};
use oidc::{OpenId, claims::Sector, client::Client};
use organization::{organization_type::Words, product::ProductState};

/// Who pushes: built from an authenticated client alone.
#[derive(Clone, Debug)]
pub struct Pusher {
    pub product: ProductId,
    pub name: Words,
    pub actor: Actor,
    pub origins: Origins,
    /// By which names it knows people.
    pub sector: Sector,
}
impl Pusher {
    /// Error `product.inactive` for a draft or a withdrawn product.
    pub async fn of(openid: &OpenId, client: &Client, actor: Actor) -> Result<Self> {
        let product = openid.organizations().product(client.product).await?;
        if !matches!(product.state, ProductState::Active | ProductState::Suspended) {
            return Err(Error::forbidden("product.inactive"));
        }
        Ok(Self {
            product: product.id,
            origins: origins(openid, product.id, product.launch_url.as_deref()).await?,
            name: product.name,
            sector: Sector::of(client),
            actor: Actor { kind: ActorKind::Client, client: Some(client.id), ..actor },
        })
    }
}

/// The addresses that are registered for the product now, by clients that work.
pub async fn origins(openid: &OpenId, product: ProductId, launch: Option<&str>) -> Result<Origins> {
    let clients = oidc::client::service::list_of_product(openid.db(), product).await?;
    let addresses = clients
        .iter()
        .filter(|client| client.works())
        .flat_map(|client| client.redirect_uris.lines().chain(client.initiate_login_uri.as_deref()));
    Ok(Origins::of(addresses.chain(launch)))
}
