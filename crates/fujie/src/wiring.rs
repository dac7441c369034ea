//! The rooms put together: the only place where all of them meet. Tests build the same router from here.
use crate::{config::Config, defaults, opening, outbound, telemetry};
use anyhow::{Context as _, Result};
use authzen::AuthZen;
use axum::http::Extensions;
use axum::{Router, extract::Request, middleware, middleware::Next};
use channel::Channels;
use db::Db;
use identity::{Identity, credential::BreachList};
use legacy::Legacy;
use oidc::OpenId;
use organization::Organizations;
use platform::{Outbox, Settings, outbox};
use registry::Registry;
use roster::Roster;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use url::Url;
use verification::Verification;
use web::{App, Brand, Outbound, Probes, RouteInfo, Routes, Standing};

/// A node further off the database's clock than this is not ready.
const MOST_SKEW_MS: i64 = 2_000;
/// A poll of the change log that began longer ago than this says that the store is out of reach.
const MOST_SILENCE: Duration = Duration::from_secs(3);
const TIDY_EVERY: Duration = Duration::from_secs(300);

/// A server that is ready to be served.
pub struct Built {
    pub router: axum::Router,
    pub standing: Arc<Standing>,
    pub route_table: Vec<RouteInfo>,
    pub app: Arc<App>,
    pub db: Db,
    pub identity: Identity,
    pub organizations: Organizations,
    pub openid: OpenId,
    pub outbox: Outbox,
    workers: Vec<JoinHandle<()>>,
}
impl Built {
    /// Ends the workers and leaves the store in order.
    pub async fn close(self) {
        for worker in &self.workers {
            worker.abort();
        }
        self.db.close().await;
    }
}

/// Every route of the program but those of the demonstration.
pub fn routes() -> Routes {
    identity::routes()
        .merge(organization::routes())
        .merge(recovery::routes())
        .merge(oidc::routes())
        .merge(authzen::routes())
        .merge(verification::routes())
        .merge(registry::routes())
        .merge(roster::routes())
        .merge(feed::routes())
        .merge(legacy::routes())
        .merge(profile::routes())
        .merge(portal::routes())
}

/// Opens the store, migrates it and puts the rooms together. `demo` shows what would have been sent at `/dev/outbox`.
pub async fn build(config: &Config, base_url: &Url, demo: bool) -> Result<Built> {
    let outbound = outbound::build(config)?;
    let leaked = breach_list(config)?;
    let db = opening::open(config).await?;
    let built = assemble(config, db, outbound, base_url, demo).await;
    let built = built.map_err(|error| opening::plain(error, config))?;
    if let Some(leaked) = leaked {
        built.identity.use_breach_list(leaked);
    }
    Ok(built)
}

async fn assemble(
    config: &Config,
    db: Db,
    outbound: Outbound,
    base_url: &Url,
    demo: bool,
) -> kernel::Result<Built> {
    db.migrate().await?;
    let mut app =
        App::new(base_url.as_str(), Arc::clone(db.keyring()), db.clock().clone(), db.rng().clone())?;
    let brand = Brand::default();
    app.brand = Brand {
        name_zh: config.brand_zh.clone().unwrap_or(brand.name_zh),
        name_en: config.brand_en.clone().unwrap_or(brand.name_en),
        icp: config.icp.clone(),
    };
    app.zone = config.zone.clone();
    app.demo = demo;
    app.trusted_proxies = config.trusted_proxies.clone();
    let app = Arc::new(app);

    let settings = Settings::new(db.clone());
    let channels = Channels::new(db.clone(), outbound.clone(), app.brand.clone(), app.zone.clone());
    let outbox =
        if demo { Outbox::local(db.clone()) } else { Outbox::new(db.clone(), Arc::new(channels.clone())) };
    let identity = Identity::new(db.clone(), settings, outbox.clone(), outbound)?;
    identity.use_zone(app.zone.clone());
    let organizations = Organizations::new(db.clone(), identity.clone());
    defaults::ensure_types(&organizations).await?;
    defaults::ensure_categories(&organizations).await?;
    let openid = OpenId::open(db.clone(), organizations.clone(), app.origin()).await?;

    let verification = Verification::new(organizations.clone());
    let registry = Registry::new(organizations.clone(), app.zone.clone());
    organizations.use_registry(Arc::new(registry.clone()));
    organizations.use_tasks(Arc::new(registry.clone()));
    organizations.use_items(Arc::new(feed::item::Items::new(db.clone())));
    let roster = Roster::new(organizations.clone());
    let legacy = Legacy::new(organizations.clone());

    let routes = routes().merge(outbox::pages::routes(demo));
    let route_table = routes.table().to_vec();
    let mut rooms = Extensions::new();
    rooms.insert(identity.clone());
    rooms.insert(organizations.clone());
    rooms.insert(openid.clone());
    rooms.insert(AuthZen::new(openid.clone()));
    rooms.insert(verification.clone());
    rooms.insert(registry.clone());
    rooms.insert(roster.clone());
    rooms.insert(legacy.clone());
    rooms.insert(outbox.clone());
    rooms.insert(channels.clone());
    let router = web::frame(with_rooms(routes.into_router(), rooms), &app, probes(&db));
    let standing = Arc::new(oidc::discovery::standing(&openid, Arc::clone(&app)));
    openid.start_upkeep();
    let workers = vec![
        tokio::spawn(outbox.clone().work()),
        tokio::spawn(openid.clone().send_webhooks()),
        tokio::spawn(openid.clone().send_logouts()),
        tokio::spawn(verification.work()),
        tokio::spawn(registry.work()),
        tokio::spawn(roster.work()),
        tokio::spawn(legacy.work()),
        tokio::spawn(organizations.clone().work()),
        tokio::spawn(organizations.entitlements().clone().work()),
        tokio::spawn(organizations.clone().work_batches()),
        tokio::spawn(tidy(organizations.clone(), channels.clone())),
    ];
    Ok(Built { router, standing, route_table, app, db, identity, organizations, openid, outbox, workers })
}

/// What handlers take as `Extension`. One layer for all: each of its own would box every route and copy every room again.
fn with_rooms(router: Router, rooms: Extensions) -> Router {
    let rooms = Arc::new(rooms);
    router.layer(middleware::from_fn(move |mut request: Request, next: Next| {
        request.extensions_mut().extend(rooms.as_ref().clone());
        next.run(request)
    }))
}
/// The list of leaked passwords, if there is one.
pub fn breach_list(config: &Config) -> Result<Option<BreachList>> {
    let Some(path) = &config.breach_list else { return Ok(None) };
    let named = || format!("{}: breach_list: {} cannot be used", config.file.display(), path.display());
    BreachList::open(path).map(Some).with_context(named)
}

fn probes(db: &Db) -> Probes {
    let db = db.clone();
    Probes {
        ready: Arc::new(move || {
            let db = db.clone();
            Box::pin(async move { is_ready(&db).await })
        }),
        metrics: telemetry::recorder(),
        metrics_token: None,
    }
}
async fn is_ready(db: &Db) -> bool {
    let followed = db.change_age().is_some_and(|age| age <= MOST_SILENCE);
    followed && db.clock_skew().await.is_ok_and(|skew| skew.abs() <= MOST_SKEW_MS)
}

/// Small tables stay small; nothing depends on it being done on time.
async fn tidy(rooms: Organizations, channels: Channels) {
    let db = rooms.db().clone();
    let mut every = tokio::time::interval(TIDY_EVERY);
    every.tick().await;
    loop {
        every.tick().await;
        if let Err(error) = platform::tidy_up(&db).await {
            tracing::warn!(%error, "old counters and messages were not cleared away");
        }
        if let Err(error) = channel::tidy_up(&channels).await {
            tracing::warn!(%error, "expired messages and old deliveries were not cleared away");
        }
        if let Err(error) = identity::tidy_up(&db).await {
            tracing::warn!(%error, "old challenges were not cleared away");
        }
        if let Err(error) = organization::membership::warn_expiring(&rooms, db.clock().now()).await {
            tracing::warn!(%error, "memberships that end soon are warned of in the next round");
        }
        if let Err(error) = organization::admission::warn_expiring(&rooms, db.clock().now()).await {
            tracing::warn!(%error, "contracts and admissions that end soon are warned of in the next round");
        }
        if let Err(error) = organization::grant::warn_expiring(&rooms, db.clock().now()).await {
            tracing::warn!(%error, "grants that end soon are warned of in the next round");
        }
        if let Err(error) = profile::tidy_up(&rooms).await {
            tracing::warn!(%error, "accounts that are to be closed wait for the next round");
        }
    }
}
