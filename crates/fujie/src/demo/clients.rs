//! Programs of the demonstration: one client a product, and a machine that acts for an organization by itself.
use super::{
    file::{Client, Machine},
    plan,
    seed::Seed,
};
use anyhow::{Context as _, Result};
use kernel::Secret;
use oidc::{
    client::{
        Algorithm, ClientState, NewClient, Settings, keeper,
        service::{self as clients, Registered},
    },
    machine::{NewMachine, service as machines},
};
use organization::Operator;
use url::Url;

/// Port of the first example product; the others follow.
const FIRST_PORT: usize = 8090;

impl Seed<'_> {
    /// Last, because a client's secret is known only to whoever made it: those of a run that was cut off are retired.
    pub(super) async fn add_clients(&self) -> Result<Vec<Client>> {
        let db = &self.built.db;
        let by = Operator::installation();
        let mut made = Vec::new();
        for (index, product) in plan::PRODUCTS.iter().enumerate() {
            let id = self.product(product.code)?;
            for stale in clients::list_of_product(db, id).await? {
                clients::set_state(db, &by, &stale, ClientState::Disabled).await?;
            }
            let mut redirect_uris = vec![format!("{}/callback", address(index))];
            if index == 0 {
                redirect_uris.extend(extra_redirect_uris());
            }
            let new = NewClient {
                id: db.draw(),
                product: id,
                name: product.name_zh.into(),
                redirect_uris: redirect_uris.clone(),
                post_logout_redirect_uris: post_logout(index, &redirect_uris)?,
                initiate_login_uri: None,
                skip_consent: product.skip_consent,
                id_token_algorithm: Algorithm::Es256,
                settings: Settings::default(),
            };
            let created = clients::create_client(db, &by, new).await?;
            if product.code == plan::DEVELOPED.product {
                let to = self.organization(plan::DEVELOPED.organization)?;
                let shown = self.built.organizations.developer_of(id).await?;
                keeper::entrust(db, &by, id, (shown, Some(to))).await?;
                keeper::hand_over(db, &by, (id, created.id, 0), true).await?;
            }
            made.push(Client {
                product: product.code.into(),
                client_id: created.client_id.clone(),
                client_secret: secret(&created),
                redirect_uris,
            });
        }
        Ok(made)
    }
    /// Registered with their products, so the clients of a run that was cut off are retired before.
    pub(super) async fn add_machines(&self) -> Result<Vec<Machine>> {
        let (db, by) = (&self.built.db, Operator::installation());
        let mut made = Vec::new();
        for machine in &plan::MACHINES {
            let owner = self.organization(machine.organization)?;
            let new = NewMachine {
                id: db.draw(),
                product: self.product(machine.product)?,
                name: machine.name.into(),
                owner: Some(owner),
                settings: Settings::machine(),
                algorithm: Algorithm::Es256,
            };
            let created = machines::create(db, &by, new).await?;
            made.push(Machine {
                product: machine.product.into(),
                organization_id: owner.to_string(),
                name: machine.name.into(),
                client_id: created.client_id.clone(),
                client_secret: secret(&created),
            });
        }
        Ok(made)
    }
}
/// Empty for a public client.
fn secret(created: &Registered) -> String {
    created.secret.as_ref().map(Secret::expose).unwrap_or_default().to_owned()
}

/// Where the example product of this place listens.
pub(super) fn address(index: usize) -> String {
    format!("http://127.0.0.1:{}", FIRST_PORT + index)
}

/// For tests whose product lives elsewhere: added to the first client, separated by commas.
fn extra_redirect_uris() -> Vec<String> {
    let list = std::env::var("FUJIE_DEMO_REDIRECT_URIS").unwrap_or_default();
    list.split(',').map(str::trim).filter(|uri| !uri.is_empty()).map(str::to_owned).collect()
}

/// The start page of each place that a redirect address lies at.
fn post_logout(index: usize, redirect_uris: &[String]) -> Result<Vec<String>> {
    let mut pages = vec![format!("{}/", address(index))];
    for uri in redirect_uris.iter().skip(1) {
        let url =
            Url::parse(uri).with_context(|| format!("FUJIE_DEMO_REDIRECT_URIS: {uri:?} is not a URL"))?;
        let page = format!("{}/", url.origin().ascii_serialization());
        if !pages.contains(&page) {
            pages.push(page);
        }
    }
    Ok(pages)
}
