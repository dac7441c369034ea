use super::{
    model::{self, Algorithm, Client, ClientState, RedirectUri},
    store,
};
use db::{Db, Keyring};
use kernel::{
    Event, Result, Secret,
    id::{ClientId, ProductId},
    secret::equal,
    text,
};
use organization::{Operator, product::recheck_manager_in};
use serde_json::json;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What whoever registers a client decides.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: ClientId,
    pub product: ProductId,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the catalogue's click leads, if the product starts its own sign-in.
    pub initiate_login_uri: Option<String>,
    /// A public client has no secret.
    pub public: bool,
    /// For products of the platform itself: the space may still have to be chosen.
    pub skip_consent: bool,
    pub id_token_algorithm: Algorithm,
}

/// The secret is shown this once; only its keyed hash is kept.
#[derive(Clone, Debug)]
pub struct Registered {
    pub id: ClientId,
    pub client_id: String,
    pub secret: Option<Secret>,
}

/// Errors: `client.redirect_uri_*`, `field.*` at `name`, and those of [`recheck_manager_in`].
pub async fn create_client(db: &Db, by: &Operator, new: NewClient) -> Result<Registered> {
    let client_id = db.rng().short_token();
    let secret = (!new.public).then(|| Secret::new(db.rng().token()));
    let client = Client {
        id: new.id,
        product: new.product,
        name: text::line("name", &new.name, 100)?,
        secret_mac: secret
            .as_ref()
            .map(|secret| secret_mac(db.keyring(), &client_id, secret.expose()).to_vec()),
        redirect_uris: model::join(&model::parse_list(&new.redirect_uris, true)?),
        post_logout_redirect_uris: model::join(&model::parse_list(&new.post_logout_redirect_uris, false)?),
        initiate_login_uri: match &new.initiate_login_uri {
            Some(uri) => Some(RedirectUri::parse(uri)?.as_str().to_owned()),
            None => None,
        },
        skip_consent: new.skip_consent,
        id_token_algorithm: new.id_token_algorithm,
        state: ClientState::Active,
        service: false,
        owner: None,
        client_id: client_id.clone(),
    };
    let (id, now, by) = (client.id, db.clock().now(), by.clone());
    db.write(move |tx| {
        recheck_manager_in(tx, &by, client.product)?;
        store::insert(tx, &client, now)?;
        let detail = json!({ "client_id": client.client_id, "product": client.product, "skip_consent": client.skip_consent });
        Ok(((), vec![Event::done(by.actor(), "client.created").on("client", client.id).with(detail)]))
    })
    .await?;
    Ok(Registered { id, client_id, secret })
}

/// A disabled client can neither start a sign-in nor redeem a code; its tokens stop answering.
pub async fn set_state(db: &Db, by: &Operator, client: &Client, state: ClientState) -> Result<()> {
    let (client, by) = (Client { state, ..client.clone() }, by.clone());
    db.write(move |tx| {
        recheck_manager_in(tx, &by, client.product)?;
        let changed = store::update_state(tx, &client)?;
        let detail = json!({ "state": client.state.as_str() });
        let event = Event::done(by.actor(), "client.state_changed").on("client", client.id).with(detail);
        Ok(((), if changed { vec![event] } else { Vec::new() }))
    })
    .await
}

pub async fn list_of_product(db: &Db, product: ProductId) -> Result<Vec<Client>> {
    db.read_one(move |statement| store::list_of_product(statement, product)).await
}

pub(crate) fn secret_mac(keyring: &Keyring, client_id: &str, secret: &str) -> [u8; 32] {
    keyring.mac("client.secret", &[client_id.as_bytes(), secret.as_bytes()])
}

/// Whether a client proves to be itself. A public client presents nothing; presenting a secret there is a mistake.
pub fn authenticates(keyring: &Keyring, client: &Client, presented: Option<&str>) -> bool {
    match (&client.secret_mac, presented) {
        (Some(stored), Some(presented)) => equal(stored, &secret_mac(keyring, &client.client_id, presented)),
        (None, None) => true,
        _ => false,
    }
}

/// A cached client is believed only while the change log was read this recently.
const MOST_AGE: Duration = Duration::from_millis(900);
/// Clients are few; beyond this the cache starts anew.
const MOST_CACHED: usize = 10_000;

/// Whether a text can be a client's identifier at all.
fn may_be(client_id: &str) -> bool {
    !client_id.is_empty() && client_id.len() <= 128 && client_id.bytes().all(|b| b.is_ascii_graphic())
}

/// Clients by their public identifier, in memory. A change empties the cache before it is acknowledged on this node and
/// within a poll of the change log on others; a poll that is late sends every question to the database.
#[derive(Clone)]
pub struct Clients {
    db: Db,
    cache: Arc<Cache>,
}
#[derive(Default)]
struct Cache {
    /// Rises with every change, so that a row read before one is not kept after it.
    generation: AtomicU64,
    entries: RwLock<HashMap<String, Arc<Client>>>,
}

impl Clients {
    pub fn new(db: Db) -> Self {
        let cache = Arc::new(Cache::default());
        let listening = Arc::downgrade(&cache);
        db.on_change(move |change| {
            if change.topic == "client"
                && let Some(cache) = listening.upgrade()
            {
                cache.generation.fetch_add(1, Ordering::AcqRel);
                cache.entries.write().unwrap_or_else(PoisonError::into_inner).clear();
            }
        });
        Self { db, cache }
    }
    /// An active client.
    pub async fn find(&self, client_id: &str) -> Result<Option<Arc<Client>>> {
        if !may_be(client_id) {
            return Ok(None);
        }
        if let Some(client) = self.recall(client_id) {
            return Ok(Some(client));
        }
        let generation = self.cache.generation.load(Ordering::Acquire);
        let wanted = client_id.to_owned();
        let found = self.db.read_one(move |statement| store::find(statement, &wanted)).await?;
        let Some(client) = found.filter(|client| client.state == ClientState::Active).map(Arc::new) else {
            return Ok(None);
        };
        self.keep(&client, generation);
        Ok(Some(client))
    }
    /// Those of them that are active clients, by their identifiers; what is not in memory in one statement.
    pub async fn find_all(&self, client_ids: BTreeSet<&str>) -> Result<HashMap<String, Arc<Client>>> {
        let mut found = HashMap::new();
        let mut asked = Vec::new();
        for client_id in client_ids.into_iter().filter(|client_id| may_be(client_id)) {
            match self.recall(client_id) {
                Some(client) => drop(found.insert(client_id.to_owned(), client)),
                None => asked.push(client_id.to_owned()),
            }
        }
        let Some(last) = asked.last().cloned() else { return Ok(found) };
        // Few lengths make few statements.
        asked.resize(asked.len().next_power_of_two(), last);
        let generation = self.cache.generation.load(Ordering::Acquire);
        let rows = self.db.read_one(move |statement| store::find_all(statement, &asked)).await?;
        for client in rows.into_iter().filter(|client| client.state == ClientState::Active).map(Arc::new) {
            self.keep(&client, generation);
            found.insert(client.client_id.clone(), client);
        }
        Ok(found)
    }
    /// From memory, while that is sure to be fresh.
    fn recall(&self, client_id: &str) -> Option<Arc<Client>> {
        self.db.change_age().filter(|age| *age <= MOST_AGE)?;
        self.cache.entries.read().unwrap_or_else(PoisonError::into_inner).get(client_id).cloned()
    }
    fn keep(&self, client: &Arc<Client>, generation: u64) {
        let mut entries = self.cache.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.cache.generation.load(Ordering::Acquire) == generation {
            if entries.len() >= MOST_CACHED {
                entries.clear();
            }
            entries.insert(client.client_id.clone(), client.clone());
        }
    }
}
