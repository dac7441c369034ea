//! Clients that the demonstration lacks, written while the server is down: programs that act for themselves, with signed
//! tokens, and refresh tokens for the demonstration's own clients.
use crate::server::{Client, Demo};
use anyhow::{Context as _, Result, anyhow};
use db::{Db, Keyring, Options};
use kernel::{Rng, id::ProductId};
use oidc::{
    client::{
        Algorithm, ClientEdit, GrantType, Settings, TokenFormat,
        service::{Clients, update_client},
    },
    machine::{NewMachine, service::create},
};
use organization::Operator;
use std::{path::Path, sync::Arc};

/// One for each algorithm that a goal names.
#[derive(Clone, Debug)]
pub struct Programs {
    pub es256: Client,
    pub rs256: Client,
}

fn plain(error: kernel::Error) -> anyhow::Error {
    anyhow!("{error}")
}
/// `folder` is where the server was started.
pub async fn prepare(folder: &Path, database_url: Option<&str>, demo: &Demo) -> Result<Programs> {
    let data = folder.join("data");
    let keyring = Keyring::open_or_create(&data.join("keyring"), &Rng::System).map_err(plain)?;
    let url = match database_url {
        Some(url) => url.to_owned(),
        None => format!("sqlite:{}", data.join("fujie.db").display()),
    };
    let db = Db::open(Options::new(url, Arc::new(keyring))).map_err(plain)?;
    let filled = fill(&db, demo).await;
    db.close().await;
    filled.context("programs could not be written")
}
async fn fill(db: &Db, demo: &Demo) -> Result<Programs> {
    let (clients, by) = (Clients::new(db.clone()), Operator::installation());
    let mut product = None;
    for known in &demo.clients {
        let client =
            clients.find(&known.client_id).await.map_err(plain)?.context("a client of the demonstration")?;
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        let edit = ClientEdit {
            seen: None,
            name: client.name.clone(),
            redirect_uris: lines(&client.redirect_uris),
            post_logout_redirect_uris: lines(&client.post_logout_redirect_uris),
            initiate_login_uri: client.initiate_login_uri.clone(),
            id_token_algorithm: client.id_token_algorithm,
            settings: Settings {
                grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
                ..client.settings.clone()
            },
        };
        update_client(db, &by, client.product, client.id, edit).await.map_err(plain)?;
        product.get_or_insert(client.product);
    }
    let product = product.context("the demonstration has no client")?;
    Ok(Programs {
        es256: program(db, &by, product, Algorithm::Es256).await?,
        rs256: program(db, &by, product, Algorithm::Rs256).await?,
    })
}
/// Of the platform itself, so that nothing of an organization stands in its way.
async fn program(db: &Db, by: &Operator, product: ProductId, algorithm: Algorithm) -> Result<Client> {
    let settings =
        Settings { access_token_format: TokenFormat::Jwt, access_token_seconds: 300, ..Settings::machine() };
    let name = format!("bench {algorithm}");
    let new = NewMachine { id: db.draw(), product, name: name.clone(), owner: None, settings, algorithm };
    let made = create(db, by, new).await.map_err(plain)?;
    Ok(Client {
        product: name,
        client_id: made.client_id,
        client_secret: made.secret.context("a program without a secret")?.expose().to_owned(),
        redirect_uris: Vec::new(),
    })
}
