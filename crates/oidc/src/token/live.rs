//! What a token says now, for userinfo and introspection. The first time everything is read and decided; for a few seconds
//! after, memory answers, as long as nothing has changed: each change of the log empties it before the change is acknowledged
//! here and within a poll elsewhere, and while the poll is late the database is asked. What ends by time alone ends on time.
use super::{
    access::{Confirmation, Reference},
    grant,
    grounds::{self, Asked, Question, Where},
    handle::Handle,
    model::split_zones,
    resource,
    store::{self, Live, TokenId, TokenKind},
};
use crate::{
    OpenId,
    authorize::model::Scope,
    claims::Subject,
    client::{Client, GrantType},
    once,
};
use bytes::Bytes;
use db::Db;
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, OrganizationId, ProductId, SessionId},
};
use organization::membership::Role;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Memory is believed only while the change log was read this recently.
const MOST_SILENCE: Duration = Duration::from_millis(900);
/// And never for longer than this.
const MOST_SECONDS: i64 = 10;
/// Beyond this, memory starts anew.
const MOST_ENTRIES: usize = 50_000;

/// What a living token says.
pub struct Said {
    pub client_id: String,
    pub product: ProductId,
    pub jkt: Option<String>,
    /// None if nobody signed in for it, if it was not asked for with `openid`, or if it is meant for others.
    pub userinfo: Option<Bytes>,
    /// Whether it is meant for this server; one that is meant for an API alone is none here (RFC 9068 §4).
    pub for_provider: bool,
    pub introspection: Bytes,
    kind: TokenKind,
    token: Option<TokenId>,
    session: Option<SessionId>,
    until: Timestamp,
}

impl Said {
    pub fn is_access(&self) -> bool {
        self.kind == TokenKind::Access
    }
    /// Whether nobody signed in for it.
    pub fn is_of_client(&self) -> bool {
        self.session.is_none()
    }
}

/// RFC 7662 §2.2.
#[derive(Serialize)]
struct Introspection<'a> {
    active: bool,
    iss: &'a str,
    client_id: &'a str,
    sub: &'a str,
    aud: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
    acting_for: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrganizationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// Answers of a moment, by the hash of the token.
#[derive(Clone, Default)]
pub struct Living(Arc<Inner>);
#[derive(Default)]
struct Inner {
    /// Rises with every change, so that what was read before one is not kept after it.
    generation: AtomicU64,
    kept: RwLock<Kept>,
}
#[derive(Default)]
struct Kept {
    entries: HashMap<[u8; 32], Arc<Said>>,
    /// Tokens and sessions that changed, which is to say ended: nothing is said of them from memory again.
    gone: HashSet<i64>,
}

impl Living {
    pub fn new(db: &Db) -> Self {
        let living = Self::default();
        let listening = Arc::downgrade(&living.0);
        db.on_change(move |change| {
            let Some(inner) = listening.upgrade() else { return };
            inner.generation.fetch_add(1, Ordering::AcqRel);
            let mut kept = inner.kept.write().unwrap_or_else(PoisonError::into_inner);
            match change.topic.as_str() {
                "token" | "session" => {
                    kept.gone.insert(change.key);
                    if kept.gone.len() >= MOST_ENTRIES {
                        *kept = Kept::default();
                    }
                }
                // Who may do what: hardly anything is independent of it.
                _ => *kept = Kept::default(),
            }
        });
        living
    }
    fn find(&self, key: &[u8; 32], now: Timestamp) -> Option<Arc<Said>> {
        let kept = self.0.kept.read().unwrap_or_else(PoisonError::into_inner);
        let said = kept.entries.get(key)?;
        let ended = [said.token.map(|id| id.as_i64()), said.session.map(|id| id.as_i64())];
        let gone = ended.iter().flatten().any(|id| kept.gone.contains(id));
        (!gone && now < said.until).then(|| said.clone())
    }
    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }
    fn keep(&self, key: [u8; 32], said: &Arc<Said>, generation: u64) {
        let mut kept = self.0.kept.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() != generation {
            return;
        }
        if kept.entries.len() >= MOST_ENTRIES {
            *kept = Kept::default();
        }
        kept.entries.insert(key, said.clone());
    }
}

impl OpenId {
    /// What a token says now; None if it is none, has ended, or what it rests on no longer holds.
    pub async fn said(&self, token: &str, now: Timestamp) -> Result<Option<Arc<Said>>> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if self.db().change_age().is_some_and(|age| age <= MOST_SILENCE)
            && let Some(said) = self.living().find(&key, now)
        {
            return Ok(Some(said));
        }
        let generation = self.living().generation();
        let said = match self.reference(token, now).await? {
            Reference::None => None,
            Reference::Row(handle) => self.said_by_row(handle, now).await?,
            Reference::Signed(handle, claims) => {
                let row = match handle {
                    Some(handle) => self.said_by_row(handle, now).await?,
                    None => None,
                };
                match row {
                    Some(said) => Some(said),
                    None => self.said_by_itself(*claims, now).await?,
                }
            }
        };
        let Some(mut said) = said else { return Ok(None) };
        said.until = said.until.min(now.plus_seconds(MOST_SECONDS));
        let said = Arc::new(said);
        if said.kind == TokenKind::Access {
            self.living().keep(key, &said, generation);
        }
        Ok(Some(said))
    }

    async fn said_by_row(&self, handle: Handle, now: Timestamp) -> Result<Option<Said>> {
        let live = self.db().read_one(move |statement| store::find_live(statement, &handle, now)).await?;
        let Some(live) = live else { return Ok(None) };
        let Some(client) = self.clients().find(&live.client_id).await? else { return Ok(None) };
        match (live.account, live.session) {
            (Some(account), Some(session)) => {
                self.said_of_person(Arc::new(live), &client, account, session, now).await
            }
            _ => self.said_of_program(&live, &client, now).await,
        }
    }

    async fn said_of_person(
        &self,
        live: Arc<Live>,
        client: &Arc<Client>,
        account: AccountId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Said>> {
        let asked = Asked::of(client);
        let (keyring, questioner, row) = (self.db().keyring().clone(), asked.clone(), live.clone());
        let found = self
            .db()
            .read_few(move |tx| {
                let question = Question {
                    client: &questioner,
                    account,
                    session,
                    away: row.ends_at.is_some(),
                    organization: row.organization,
                    membership: row.membership,
                    scope: &row.scope,
                    zones: &row.zones,
                    claims: row.claims.as_deref(),
                    place: Where::Userinfo,
                };
                let Ok(grounds) = grounds::find_in(tx, &question, now)? else { return Ok(None) };
                let bound = grounds::bound_in(tx, &grounds, &question, now)?;
                Ok(Some((grounds, bound)))
            })
            .await?;
        let Some((grounds, bound)) = found else { return Ok(None) };
        let (methods, acr) = (grounds.methods.clone(), grounds.acr());
        let authenticated_at = grounds.authenticated_at;
        let subject = grounds.subject(&asked, &live.scope, &keyring, now)?;
        let introspection = Introspection {
            auth_time: Some(authenticated_at.as_seconds()),
            acr: Some(acr),
            amr: &methods,
            acting_for: subject.acting_for,
            org_id: subject.org_id,
            role: subject.role,
            ..self.introspection(&live, &subject.sub)
        };
        let introspection = bytes(&introspection)?;
        Ok(Some(Said {
            userinfo: self.userinfo_of(&live, &subject)?,
            for_provider: self.is_meant(&live),
            introspection,
            until: live.expires_at.min(bound),
            ..said_of(&live, Some(session))
        }))
    }
    fn userinfo_of(&self, live: &Live, subject: &Subject) -> Result<Option<Bytes>> {
        let here =
            live.kind == TokenKind::Access && Scope::of_text(&live.scope).openid && self.is_meant(live);
        if here { bytes(subject).map(Some) } else { Ok(None) }
    }
    fn is_meant(&self, live: &Live) -> bool {
        resource::is_for_provider(&live.resources, self.issuer())
    }

    async fn said_of_program(&self, live: &Live, client: &Client, now: Timestamp) -> Result<Option<Said>> {
        // Handed to another owner, it acts for nobody whom the token names.
        if client.owner != live.organization {
            return Ok(None);
        }
        let until = if client.service {
            self.own_until(client, split_zones(&live.zones), now).await?
        } else {
            client.settings.allows(GrantType::ClientCredentials).then_some(Timestamp::FOREVER)
        };
        let Some(until) = until else { return Ok(None) };
        let introspection = Introspection {
            acting_for: grant::acting_for(client),
            org_id: client.owner,
            ..self.introspection(live, &client.client_id)
        };
        Ok(Some(Said {
            introspection: bytes(&introspection)?,
            for_provider: self.is_meant(live),
            until: live.expires_at.min(until),
            ..said_of(live, None)
        }))
    }

    /// A signed token of a program has no row; everybody else's has, and one without it is nobody's.
    async fn said_by_itself(
        &self,
        claims: super::access::ReadClaims,
        now: Timestamp,
    ) -> Result<Option<Said>> {
        let Some(client) = self.clients().find(&claims.client_id).await? else { return Ok(None) };
        if !client.service || claims.sub != client.client_id || claims.org_id != client.owner {
            return Ok(None);
        }
        if self.was_used(once::Kind::Revoked, &claims.client_id, &claims.jti).await? {
            return Ok(None);
        }
        // It was given where the program may be; from where its holder asks about it says nothing of the program.
        let policies = self.organizations().identity().settings().policies().await?;
        let Some(until) = self.own_until(&client, policies.network.names(), now).await? else {
            return Ok(None);
        };
        let expires_at = now.plus_seconds(claims.exp - now.as_seconds());
        let jkt = claims.cnf.as_ref().map(|cnf| cnf.jkt.clone());
        let introspection = Introspection {
            active: true,
            iss: self.issuer(),
            client_id: &client.client_id,
            sub: &claims.sub,
            aud: claims.aud.clone(),
            scope: &claims.scope,
            token_type: Some(if jkt.is_some() { "DPoP" } else { "Bearer" }),
            iat: claims.iat,
            exp: claims.exp,
            cnf: claims.cnf.clone(),
            auth_time: None,
            acr: None,
            amr: &[],
            acting_for: grant::acting_for(&client),
            org_id: client.owner,
            role: None,
        };
        Ok(Some(Said {
            introspection: bytes(&introspection)?,
            client_id: client.client_id.clone(),
            product: client.product,
            jkt,
            userinfo: None,
            for_provider: claims.aud.iter().any(|audience| audience == self.issuer()),
            kind: TokenKind::Access,
            token: None,
            session: None,
            until: expires_at.min(until),
        }))
    }
    /// Until when a program may act if nothing changes; None if it may not.
    async fn own_until(
        &self,
        client: &Client,
        zones: Vec<String>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let decision = self.decide_own(client, zones, now).await?.filter(|decision| decision.allow);
        Ok(decision.map(|decision| {
            decision.layers.iter().filter_map(|layer| layer.until).min().unwrap_or(Timestamp::FOREVER)
        }))
    }

    fn introspection<'a>(&'a self, live: &'a Live, sub: &'a str) -> Introspection<'a> {
        let token_type = match (live.kind, &live.jkt) {
            (TokenKind::Refresh, _) => None,
            (TokenKind::Access, Some(_)) => Some("DPoP"),
            (TokenKind::Access, None) => Some("Bearer"),
        };
        Introspection {
            active: true,
            iss: self.issuer(),
            client_id: &live.client_id,
            sub,
            aud: self.audience(&live.resources),
            scope: &live.scope,
            token_type,
            iat: live.created_at.as_seconds(),
            exp: live.expires_at.as_seconds(),
            cnf: live.jkt.clone().map(|jkt| Confirmation { jkt }),
            auth_time: None,
            acr: None,
            amr: &[],
            acting_for: "person",
            org_id: None,
            role: None,
        }
    }
}
fn said_of(live: &Live, session: Option<SessionId>) -> Said {
    Said {
        client_id: live.client_id.clone(),
        product: live.product,
        jkt: live.jkt.clone(),
        userinfo: None,
        for_provider: false,
        introspection: Bytes::new(),
        kind: live.kind,
        token: Some(live.id),
        session,
        until: live.expires_at,
    }
}
fn bytes(value: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::internal("internal").because(error))
}
