//! The three ways to a token: a code, a refresh token, the client's own standing. Each is one transaction that consumes,
//! decides, writes and records; what the client is told is made afterwards from what the transaction read.
mod code;
mod issued;
mod machine;
mod product;
mod refresh;

pub use code::Redeem;
pub(crate) use issued::Issued;
pub use machine::Own;
pub(crate) use machine::acting_for;
pub use refresh::Renew;

use super::{
    access::{AccessClaims, Confirmation, Drawn, LEEWAY},
    grounds::{Asked, Grounds},
    handle,
    model::{TokenError, TokenResponse},
    store::{NewToken, TokenId, TokenKind},
};
use crate::{OpenId, authorize::model::Scope, claims::Claims, client::Client, keys::Kind};
use kernel::{Actor, ActorKind, Result, Timestamp, TokenHash};
use std::sync::Arc;

/// What a transaction came to: the answer's grounds, or an error that was recorded with it.
enum Outcome<T> {
    Issued(Box<T>),
    Refused(TokenError),
}

/// What a person's tokens are made of, drawn before the transaction.
struct Draw {
    access: Drawn,
    refresh: Option<(TokenId, String)>,
    jkt: Option<String>,
    now: Timestamp,
}
impl Draw {
    /// A refresh token where the client may have one; whether it gets one is the grant's to say.
    fn new(openid: &OpenId, client: &Client, refresh: bool, jkt: Option<String>, now: Timestamp) -> Self {
        Self {
            access: openid.draw_access(client),
            refresh: refresh.then(|| handle::draw(openid.db())),
            jkt,
            now,
        }
    }
    /// `ends_at`: as of [`Self::refresh`], if one was given with it.
    fn access(&self, client: &Client, scope: &str, resources: &str, ends_at: Option<Timestamp>) -> NewToken {
        NewToken {
            id: self.access.id,
            hash: self.access.hash(),
            kind: TokenKind::Access,
            scope: scope.to_owned(),
            resources: resources.to_owned(),
            jkt: self.jkt.clone(),
            now: self.now,
            expires_at: self.now.plus_seconds(client.settings.access_seconds()),
            ends_at,
        }
    }
    /// It is bound to the key only where nothing else proves who brings it (RFC 9449 §5): a confidential client proves that
    /// itself, and may change its key.
    fn refresh(
        &self,
        client: &Client,
        scope: &str,
        resources: &str,
        ends_at: Option<Timestamp>,
    ) -> Option<NewToken> {
        let (id, secret) = self.refresh.as_ref()?;
        let settings = &client.settings;
        let ends_at = ends_at.unwrap_or_else(|| self.now.plus_seconds(settings.refresh_absolute_seconds));
        Some(NewToken {
            id: *id,
            hash: TokenHash::of(secret),
            kind: TokenKind::Refresh,
            scope: scope.to_owned(),
            resources: resources.to_owned(),
            jkt: self.jkt.clone().filter(|_| !client.is_confidential()),
            now: self.now,
            expires_at: self.now.plus_seconds(settings.refresh_idle_seconds).min(ends_at),
            ends_at: Some(ends_at),
        })
    }
}

/// The client acts, for the person whose token it is.
fn acting(actor: Actor, client: &Client) -> Actor {
    Actor { kind: ActorKind::Client, client: Some(client.id), ..actor }
}
const fn token_type(jkt: Option<&String>) -> &'static str {
    if jkt.is_some() { "DPoP" } else { "Bearer" }
}

/// When the person had signed in by the time of their request; None if they have done so again since. Of two nodes the one that
/// issued the code may have the slower clock.
fn as_of(begun_at: Timestamp, authenticated_at: Timestamp) -> Option<Timestamp> {
    (authenticated_at <= begun_at.plus_seconds(LEEWAY)).then(|| authenticated_at.min(begun_at))
}

/// What a person's answer needs besides its grounds.
struct Told {
    grounds: Grounds,
    session: i64,
    /// When the person came with the request that all of it came of.
    begun_at: Timestamp,
    nonce: Option<String>,
    scope: String,
    resources: String,
    /// Whether the client gets the refresh token that was drawn.
    refresh: bool,
}

impl OpenId {
    async fn answer(
        &self,
        told: Told,
        client: &Arc<Client>,
        asked: &Asked,
        draw: &Draw,
    ) -> Result<TokenResponse> {
        let Told { grounds, session, begun_at, nonce, scope, resources, refresh } = told;
        let (keyring, now) = (self.db().keyring(), draw.now);
        let (acr, authenticated_at) = (grounds.acr(), grounds.authenticated_at);
        let methods = grounds.methods.clone();
        let subject = grounds.subject(asked, &scope, keyring, now)?;
        let seconds = client.settings.access_seconds();
        let claims = AccessClaims {
            iss: self.issuer(),
            sub: &subject.sub,
            aud: self.audience(&resources),
            client_id: &client.client_id,
            iat: now.as_seconds(),
            exp: now.plus_seconds(seconds).as_seconds(),
            jti: &draw.access.secret,
            scope: &scope,
            cnf: draw.jkt.clone().map(|jkt| Confirmation { jkt }),
            auth_time: Some(authenticated_at.as_seconds()),
            acr: Some(acr.clone()),
            amr: &methods,
            acting_for: subject.acting_for,
            org_id: subject.org_id,
            role: subject.role,
        };
        let access_token = self.access_text(client, &draw.access, &claims, now).await?;
        let claims = Claims {
            issuer: self.issuer(),
            client_id: &client.client_id,
            now,
            authenticated_at: as_of(begun_at, authenticated_at),
            nonce: nonce.as_deref(),
            acr: &acr,
            methods: &methods,
            session,
            algorithm: client.id_token_algorithm,
            access_token: &access_token,
        };
        let id_token = if Scope::of_text(&scope).openid {
            let keys = self.keys().current(now).await?;
            let signer = keys.signer(client.id_token_algorithm, now)?;
            Some(signer.sign(Kind::IdToken, &claims.id_token(&subject, keyring)?)?)
        } else {
            None
        };
        Ok(TokenResponse {
            access_token,
            token_type: token_type(draw.jkt.as_ref()),
            expires_in: seconds,
            scope,
            refresh_token: draw.refresh.as_ref().filter(|_| refresh).map(|(_, secret)| secret.clone()),
            id_token,
        })
    }
}
