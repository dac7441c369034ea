//! Who somebody is: accounts, credentials, sign-in, sessions, registration, captcha, real-name levels.
pub mod account;
pub mod captcha;
pub mod code;
pub use platform::challenge;
pub mod credential;
pub mod device;
pub mod external;
pub mod former;
pub mod notice;
pub mod passkey;
pub mod realname;
pub mod registration;
pub mod scan;
pub mod search;
pub mod session;
pub mod signin;
pub mod staff;
pub mod stepup;
#[cfg(test)]
mod testing;

use credential::{
    BreachList, PasswordPool,
    in_use::{InUse, Sample, Sampled},
};
use db::{Db, Tx};
use kernel::{Error, Result, clock::Zone, id::AccountId};
use platform::{Outbox, Settings, exchange::Asking};
use std::sync::{Arc, OnceLock};
use upstream::Upstreams;
use web::Outbound;

pub use session::{MaybeSignedIn, SignedIn};

/// The room: cheap to clone, travels as an extension of every request.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);
struct Inner {
    db: Db,
    settings: Settings,
    outbox: Outbox,
    outbound: Outbound,
    upstreams: Upstreams,
    passwords: PasswordPool,
    in_use: Sampled,
    breach_list: OnceLock<BreachList>,
    zone: OnceLock<Zone>,
    holder_words: OnceLock<Box<HolderWords>>,
}
/// What rooms above know of whoever holds an account, and a guesser knows too.
type HolderWords = dyn Fn(&mut Tx<'_>, AccountId) -> Result<Vec<String>> + Send + Sync;

impl Identity {
    /// Starts the threads that hash passwords.
    pub fn new(db: Db, settings: Settings, outbox: Outbox, outbound: Outbound) -> Result<Self> {
        let passwords = PasswordPool::with_defaults(db.rng().clone())?;
        let upstreams = Upstreams::new(outbound.clone());
        Ok(Self(Arc::new(Inner {
            db,
            settings,
            outbox,
            outbound,
            upstreams,
            passwords,
            in_use: Sampled::default(),
            breach_list: OnceLock::new(),
            zone: OnceLock::new(),
            holder_words: OnceLock::new(),
        })))
    }
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
    pub fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }
    /// The guarded way out over HTTP.
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }
    /// For questions to services that share a secret with us.
    pub fn asking(&self) -> Asking<'_> {
        Asking { outbound: &self.0.outbound, clock: self.db().clock(), rng: self.db().rng() }
    }
    /// What other identity providers publish, and the way to them.
    pub fn upstreams(&self) -> &Upstreams {
        &self.0.upstreams
    }
    pub fn passwords(&self) -> &PasswordPool {
        &self.0.passwords
    }
    /// With which parameters the stored hashes of a kind were made. A sample: the first to ask waits for it, later ones get the
    /// last one while another is taken.
    pub async fn hashes_in_use(&self, kind: &'static str, sample: Sample) -> Result<Arc<InUse>> {
        match self.0.in_use.find(kind) {
            (Some(found), false) => Ok(found),
            (Some(found), true) => {
                let room = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = room.sample_hashes(kind, sample).await {
                        tracing::warn!(%error, "which parameters are in use was not looked at anew");
                    }
                });
                Ok(found)
            }
            (None, _) => self.sample_hashes(kind, sample).await,
        }
    }
    /// Whoever is asked about has this hash: no set of parameters may be theirs alone.
    pub fn met_hash(&self, kind: &'static str, stored: &str) {
        self.0.in_use.meet(kind, stored);
    }
    async fn sample_hashes(&self, kind: &'static str, sample: Sample) -> Result<Arc<InUse>> {
        let stored = self.db().read(sample).await?;
        Ok(self.0.in_use.keep(kind, InUse::of(stored.iter().map(String::as_str))))
    }
    /// Notices that leave the house say days and times of this zone from now on; the first one counts.
    pub fn use_zone(&self, zone: Zone) {
        self.0.zone.get_or_init(|| zone);
    }
    /// The platform's zone, for whatever leaves the house without a request: a notice, a file.
    pub fn zone(&self) -> &Zone {
        self.0.zone.get_or_init(Zone::default)
    }
    /// New passwords are looked up in this list from now on; the first one counts.
    pub fn use_breach_list(&self, list: BreachList) {
        if self.0.breach_list.set(list).is_err() {
            tracing::warn!("a list of leaked passwords was in use already");
        }
    }
    /// New passwords are measured against these words too, beside name, phone and document: the names of the organizations
    /// that the holder belongs to. The first one counts: a room is made over one identity many times.
    pub fn use_holder_words(
        &self,
        words: impl Fn(&mut Tx<'_>, AccountId) -> Result<Vec<String>> + Send + Sync + 'static,
    ) {
        self.0.holder_words.get_or_init(|| Box::new(words));
    }
    pub(crate) fn holder_words_in(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<String>> {
        self.0.holder_words.get().map_or(Ok(Vec::new()), |words| words(tx, account))
    }
    pub fn breach_list(&self) -> Option<&BreachList> {
        self.0.breach_list.get()
    }
    pub(crate) fn of(extensions: &http::Extensions) -> Result<Self> {
        extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("internal").because("the router lacks the identity room"))
    }
}

/// Sign-in, registration, captcha, the own password.
pub fn routes() -> web::Routes {
    signin::pages::routes()
        .merge(scan::pages::routes())
        .merge(stepup::pages::routes())
        .merge(registration::pages::routes())
        .merge(captcha::pages::routes())
        .merge(credential::pages::routes())
        .merge(external::pages::routes())
        .merge(passkey::pages::routes())
}
/// Unaudited work that keeps tables small; the binary calls it every few minutes.
pub async fn tidy_up(db: &Db) -> Result<()> {
    device::service::tidy_up(db).await?;
    scan::service::tidy_up(db).await?;
    challenge::service::forget_old(db).await?;
    notice::service::forget_old(db).await
}
