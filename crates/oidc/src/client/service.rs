use super::{
    cap, changes,
    keeper::{Keeper, must_be_seen, told},
    model::{self, Algorithm, Client, ClientState, Keeping, RedirectUri},
    narrowing, resources,
    settings::{AuthMethod, Settings},
    store,
};
use crate::claims::Sector;
use db::{Db, Keyring, Tx};
use kernel::{
    Error, Event, Result, Secret,
    id::{ClientId, ProductId},
    secret::equal,
    text,
};
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
    /// For products of the platform itself: the space may still have to be chosen.
    pub skip_consent: bool,
    pub id_token_algorithm: Algorithm,
    pub settings: Settings,
}

/// What may be changed later. Consent and product stay: people and staff have agreed to those.
#[derive(Clone, Debug)]
pub struct ClientEdit {
    /// As whoever edits saw it: somebody who was faster is not overwritten. None: whatever is there.
    pub seen: Option<i64>,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub initiate_login_uri: Option<String>,
    pub id_token_algorithm: Algorithm,
    pub settings: Settings,
}

/// Texts as they may be stored.
struct Checked {
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    initiate_login_uri: Option<String>,
    settings: Settings,
}
impl ClientEdit {
    /// A service client signs nobody in and has no address.
    fn checked(self, service: bool) -> Result<Checked> {
        let redirect_uris = model::parse_list(&self.redirect_uris, !service)?;
        if service && !redirect_uris.is_empty() {
            return Err(Error::invalid("client.redirect_uri_invalid").at("redirect_uris"));
        }
        Ok(Checked {
            name: text::line("name", &self.name, 100)?,
            post_logout_redirect_uris: model::join(&model::parse_list(
                &self.post_logout_redirect_uris,
                false,
            )?),
            initiate_login_uri: match &self.initiate_login_uri {
                Some(uri) => Some(RedirectUri::parse(uri)?.as_str().to_owned()),
                None => None,
            },
            settings: self.settings.checked(self.id_token_algorithm, &redirect_uris, service)?,
            redirect_uris: model::join(&redirect_uris),
        })
    }
}

/// The secret is shown this once; only its keyed hash is kept.
#[derive(Clone, Debug)]
pub struct Registered {
    pub id: ClientId,
    pub client_id: String,
    pub secret: Option<Secret>,
}

/// A new secret and what is kept of it.
pub(crate) struct NewSecret {
    pub shown: Option<Secret>,
    pub mac: Option<Vec<u8>>,
    pub sealed: Option<Vec<u8>>,
}
const SECRET_COLUMN: &str = "client.secret_sealed";

/// A secret for clients that have one. Only one that signs needs to be known again; all others are known by their hash.
pub(crate) fn new_secret(db: &Db, id: ClientId, client_id: &str, method: AuthMethod) -> NewSecret {
    if !method.has_secret() {
        return NewSecret { shown: None, mac: None, sealed: None };
    }
    let (secret, keyring) = (db.rng().token(), db.keyring());
    let sealed = (method == AuthMethod::SecretJwt).then(|| keyring.seal(SECRET_COLUMN, id.as_i64(), &secret));
    let mac = secret_mac(keyring, client_id, &secret).to_vec();
    NewSecret { shown: Some(Secret::new(secret)), mac: Some(mac), sealed }
}
/// The secret of a client that signs with it.
pub(crate) fn signing_secret(keyring: &Keyring, client: &Client) -> Result<Option<Secret>> {
    match &client.secret_sealed {
        Some(sealed) => keyring.open(SECRET_COLUMN, client.id.as_i64(), sealed).map(|s| Some(Secret::new(s))),
        None => Ok(None),
    }
}

/// Whoever registers it keeps it. Errors: `client.redirect_uri_*`, `client.resource_foreign`, `client.consent_required`,
/// `client.platform_decides`, those of [`Settings::checked`], `field.*` at `name`, and those of the keeper.
pub async fn create_client(db: &Db, by: impl Into<Keeper>, new: NewClient) -> Result<Registered> {
    let by: Keeper = by.into();
    let NewClient { id, product, skip_consent, id_token_algorithm, .. } = new;
    by.may_set(&new.settings, &Settings::default())?;
    if skip_consent && by.developer().is_some() {
        return Err(Error::invalid("client.consent_required"));
    }
    let edit = ClientEdit {
        seen: None,
        name: new.name,
        redirect_uris: new.redirect_uris,
        post_logout_redirect_uris: new.post_logout_redirect_uris,
        initiate_login_uri: new.initiate_login_uri,
        id_token_algorithm,
        settings: new.settings,
    };
    let checked = edit.checked(false)?;
    let client_id = db.rng().short_token();
    let secret = new_secret(db, id, &client_id, checked.settings.auth_method);
    let client = Client {
        id,
        product,
        name: checked.name,
        secret_mac: secret.mac,
        secret_sealed: secret.sealed,
        redirect_uris: checked.redirect_uris,
        post_logout_redirect_uris: checked.post_logout_redirect_uris,
        initiate_login_uri: checked.initiate_login_uri,
        skip_consent,
        id_token_algorithm,
        state: ClientState::Active,
        service: false,
        owner: None,
        settings: checked.settings,
        keeping: Keeping { developer: by.developer(), ..Keeping::default() },
        client_id: client_id.clone(),
    };
    let now = db.clock().now();
    db.write(move |tx| {
        by.recheck_in(tx, client.product, now)?;
        cap::must_have_room_in(tx, &by, client.product)?;
        resources::recheck_in(tx, &by, &client, &[])?;
        store::insert(tx, &client, now)?;
        names_agree_in(tx, client.product)?;
        let detail = json!({ "client_id": client.client_id, "product": client.product, "skip_consent": client.skip_consent,
            "profile": client.settings.profile.as_str(), "method": client.settings.auth_method.as_str(),
            "resources": client.settings.resources });
        let event = Event::done(by.actor(), "client.created").on("client", client.id).with(detail);
        Ok(((), vec![told(event, &client)]))
    })
    .await?;
    Ok(Registered { id, client_id, secret: secret.shown })
}

/// Changes what a client is registered with. One that needs a secret and has none, or one of another kind, is given a new
/// one, which is shown this once. Errors: `client.unknown`, `client.changed_meanwhile`, and those of [`create_client`].
pub async fn update_client(
    db: &Db,
    by: impl Into<Keeper>,
    product: ProductId,
    id: ClientId,
    edit: ClientEdit,
) -> Result<Registered> {
    change(db, by.into(), (product, id), edit.seen, "client.updated", move |db, client| {
        let algorithm = edit.id_token_algorithm;
        let checked = edit.clone().checked(client.service)?;
        let method = checked.settings.auth_method;
        let fits = client.secret_mac.is_some() == method.has_secret()
            && client.secret_sealed.is_some() == (method == AuthMethod::SecretJwt);
        let secret = if fits {
            NewSecret { shown: None, mac: client.secret_mac.clone(), sealed: client.secret_sealed.clone() }
        } else {
            new_secret(db, client.id, &client.client_id, method)
        };
        let after = Client {
            name: checked.name,
            redirect_uris: checked.redirect_uris,
            post_logout_redirect_uris: checked.post_logout_redirect_uris,
            initiate_login_uri: checked.initiate_login_uri,
            id_token_algorithm: algorithm,
            secret_mac: secret.mac,
            secret_sealed: secret.sealed,
            settings: checked.settings,
            ..client
        };
        Ok((after, secret.shown))
    })
    .await
}

/// The old secret is worthless from this moment on; the new one is shown this once. A form that is sent again makes no third:
/// `seen` is what its page showed. Errors: `client.unknown`, `client.no_secret`, `client.changed_meanwhile`, those of the
/// keeper.
pub async fn rotate_secret(
    db: &Db,
    by: impl Into<Keeper>,
    product: ProductId,
    id: ClientId,
    seen: Option<i64>,
) -> Result<Registered> {
    change(db, by.into(), (product, id), seen, "client.secret_rotated", |db, client| {
        let secret = new_secret(db, client.id, &client.client_id, client.settings.auth_method);
        if secret.shown.is_none() {
            return Err(Error::conflict("client.no_secret"));
        }
        Ok((Client { secret_mac: secret.mac, secret_sealed: secret.sealed, ..client }, secret.shown))
    })
    .await
}

/// Reads the client, makes it what `to` says, and writes it, all in one transaction.
async fn change(
    db: &Db,
    by: Keeper,
    (product, id): (ProductId, ClientId),
    seen: Option<i64>,
    action: &'static str,
    to: impl Fn(&Db, Client) -> Result<(Client, Option<Secret>)> + Send + Sync + 'static,
) -> Result<Registered> {
    let (handle, now) = (db.clone(), db.clock().now());
    db.write(move |tx| {
        by.recheck_in(tx, product, now)?;
        let before = by.find_in(tx, product, id)?;
        must_be_seen(&before, seen)?;
        let (client, secret) = to(&handle, before.clone())?;
        by.may_set(&client.settings, &before.settings)?;
        resources::recheck_in(tx, &by, &client, &before.settings.resources)?;
        if !store::update(tx, &client)? {
            return Err(Error::conflict("client.changed_meanwhile"));
        }
        names_agree_in(tx, product)?;
        let ended = narrowing::end_in(tx, &before, &client, now)?;
        let detail = json!({ "client_id": client.client_id, "product": product, "new_secret": secret.is_some(),
            "changes": changes::between(&before, &client), "tokens_ended": ended });
        let event = Event::done(by.actor(), action).on("client", client.id).with(detail);
        let event = told(event, &client);
        Ok((Registered { id, client_id: client.client_id, secret }, vec![event]))
    })
    .await
}

/// One that is not active can neither start a sign-in nor redeem a code; its tokens stop answering. Errors: `client.unknown`,
/// `client.disabled_by_platform`, `client.changed_meanwhile`, those of the keeper.
pub async fn set_state(db: &Db, by: impl Into<Keeper>, client: &Client, state: ClientState) -> Result<()> {
    let (by, product, id): (Keeper, _, _) = (by.into(), client.product, client.id);
    let now = db.clock().now();
    db.write(move |tx| {
        by.recheck_in(tx, product, now)?;
        let there = by.find_in(tx, product, id)?;
        let state = by.may_switch(there.state, state)?;
        if there.state == state {
            return Ok(((), Vec::new()));
        }
        let client = Client { state, ..there };
        // Whoever was faster may have switched it off for good.
        if !store::update_state(tx, &client)? {
            return Err(Error::conflict("client.changed_meanwhile"));
        }
        if client.state == ClientState::Active {
            names_agree_in(tx, product)?;
        }
        let detail = json!({ "state": client.state.as_str(), "product": product });
        let event = Event::done(by.actor(), "client.state_changed").on("client", client.id).with(detail);
        Ok(((), vec![told(event, &client)]))
    })
    .await
}

/// A webhook is the product's, not a client's: where there is one, all clients know people by the same names, so that it is
/// plain by which it tells of them. Error `client.names_mixed`.
fn names_agree_in(tx: &mut Tx<'_>, product: ProductId) -> Result<()> {
    if crate::webhook::exists_in(tx, product)? {
        Sector::of_all(&store::list_of_product(tx.statement(), product)?)?;
    }
    Ok(())
}

pub async fn list_of_product(db: &Db, product: ProductId) -> Result<Vec<Client>> {
    db.read_one(move |statement| store::list_of_product(statement, product)).await
}

pub(crate) fn secret_mac(keyring: &Keyring, client_id: &str, secret: &str) -> [u8; 32] {
    keyring.mac("client.secret", &[client_id.as_bytes(), secret.as_bytes()])
}

/// Whether the secret is the client's.
pub fn secret_fits(keyring: &Keyring, client: &Client, presented: &str) -> bool {
    client
        .secret_mac
        .as_ref()
        .is_some_and(|stored| equal(stored, &secret_mac(keyring, &client.client_id, presented)))
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
            let developer = change.topic == "organization";
            if (developer || change.topic == "client")
                && let Some(cache) = listening.upgrade()
            {
                cache.generation.fetch_add(1, Ordering::AcqRel);
                let mut entries = cache.entries.write().unwrap_or_else(PoisonError::into_inner);
                match developer {
                    // What its developers keep falls asleep and wakes with it.
                    true => entries.retain(|_, client| {
                        client.keeping.developer.is_none_or(|id| id.as_i64() != change.key)
                    }),
                    false => entries.clear(),
                }
            }
        });
        Self { db, cache }
    }
    /// A client that works now.
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
        let Some(client) = found.filter(Client::works).map(Arc::new) else {
            return Ok(None);
        };
        self.keep(&client, generation);
        Ok(Some(client))
    }
    /// Those of them that work now, by their identifiers; what is not in memory in one statement.
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
        for client in rows.into_iter().filter(Client::works).map(Arc::new) {
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
