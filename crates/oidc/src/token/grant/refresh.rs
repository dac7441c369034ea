//! `grant_type=refresh_token`. A refresh token is exchanged for the next one: of all who bring it at the same time one wins,
//! durably, and one that comes twice ends everything that came of its code (RFC 9700 §4.14.2). There is no grace for an answer
//! that was lost: within it a thief would win as well, and of two hundred parallel uses more than one. Clients that cannot
//! live with that have tokens that are bound to a key and do not rotate (the profile `fapi2`).
use super::{Draw, Outcome, Told, acting};
use crate::{
    OpenId,
    authorize::model::Scope,
    client::Client,
    token::{
        grounds::{self, Asked, Question, Where},
        handle::Handle,
        model::{TokenError, TokenResponse},
        resource,
        store::{self, Family, Refresh, Standing},
    },
};
use db::Tx;
use kernel::{Actor, Event, Id, Result, Timestamp, id::OrganizationId};
use serde_json::json;
use std::sync::Arc;

/// What a client brings, authenticated before.
pub struct Renew {
    pub client: Arc<Client>,
    pub token: String,
    /// Less than was granted, if anything.
    pub scope: Option<String>,
    pub resources: Vec<String>,
    pub jkt: Option<String>,
    pub actor: Actor,
    pub now: Timestamp,
}

/// What a transaction came to, with what is recorded of it.
type Done = (Outcome<Told>, Vec<Event>);
const UNKNOWN: TokenError = TokenError::InvalidGrant("refresh.unknown");

impl Renew {
    /// The scope of the new access token.
    fn narrowed(
        &self,
        granted: &str,
        organization: Option<OrganizationId>,
    ) -> std::result::Result<String, TokenError> {
        let Some(wanted) = &self.scope else { return Ok(granted.to_owned()) };
        let (before, after) = (Scope::of_text(granted), Scope::of_text(wanted));
        // The organization that the token acts for may be named, as it was when it was authorized.
        let names_own = |word: &str| {
            let named = word.strip_prefix("organization:").and_then(|id| id.parse::<OrganizationId>().ok());
            before.organization && named.is_some() && named == organization
        };
        // What is not known here was never granted.
        let known =
            wanted.split(' ').all(|word| names_own(word) || granted.split(' ').any(|held| held == word));
        if known && before.covers(after) && (before.organization || !after.organization) {
            Ok(after.text())
        } else {
            Err(TokenError::InvalidScope("scope exceeds what was granted"))
        }
    }
    /// What is wrong with a token that is there, apart from having been used.
    fn fault(&self, found: &Refresh) -> Option<TokenError> {
        if found.revoked_at.is_some() || found.expires_at <= self.now {
            return Some(TokenError::InvalidGrant("refresh.ended"));
        }
        let same_key = found.jkt.as_ref().is_none_or(|jkt| self.jkt.as_ref() == Some(jkt));
        (!same_key).then_some(TokenError::InvalidGrant("refresh.key_mismatch"))
    }
}

impl OpenId {
    /// Exchanges a refresh token, if everything that it rests on still holds.
    pub async fn renew(&self, renew: Renew) -> Result<std::result::Result<TokenResponse, TokenError>> {
        let (client, now) = (renew.client.clone(), renew.now);
        let rotates = client.settings.demands().rotates;
        let draw = Arc::new(Draw::new(self, &client, rotates, renew.jkt.clone(), now));
        let asked = Asked::of(&client);
        let issuer = self.issuer().to_owned();
        let Some(handle) = Handle::of(&renew.token) else { return Ok(Err(UNKNOWN)) };
        let actor = acting(renew.actor.clone(), &client);
        let (drawn, questioner) = (draw.clone(), asked.clone());
        let outcome = self
            .db()
            .write(move |tx| {
                let client = &renew.client;
                let refused =
                    |error: TokenError| -> Result<Done> { Ok((Outcome::Refused(error), Vec::new())) };
                let event = |action: Event, found: &Refresh| {
                    let event = action.on("client", client.id);
                    match found.organization {
                        Some(organization) => event.of(organization),
                        None => event,
                    }
                };
                let actor_of = |found: &Refresh| Actor {
                    account: Some(found.account),
                    session: Some(found.session),
                    acting_for: found.organization,
                    ..actor.clone()
                };
                let Some(found) = store::find_refresh(tx, &handle, client.id)? else {
                    return refused(UNKNOWN);
                };
                let reused = |tx: &mut Tx<'_>, found: &Refresh| -> Result<Done> {
                    end_family(tx, found, now)?;
                    let again = Event::refused(&actor_of(found), "refresh.reused");
                    let error = TokenError::InvalidGrant("refresh.used");
                    Ok((Outcome::Refused(error), vec![event(again, found)]))
                };
                if found.used_at.is_some() {
                    return reused(tx, &found);
                }
                if let Some(error) = renew.fault(&found) {
                    return refused(error);
                }
                let scope = match renew.narrowed(&found.scope, found.organization) {
                    Ok(scope) => scope,
                    Err(error) => return refused(error),
                };
                let resources = match resource::narrowed(&renew.resources, &found.resources, client, &issuer)
                {
                    Ok(resources) => resources,
                    Err(error) => return refused(error),
                };
                let question = Question {
                    client: &questioner,
                    account: found.account,
                    session: found.session,
                    away: true,
                    organization: found.organization,
                    membership: found.membership,
                    scope: &scope,
                    zones: &found.zones,
                    claims: found.claims.as_deref(),
                    place: Where::IdToken,
                };
                let grounds = match grounds::find_in(tx, &question, now)? {
                    Ok(grounds) => grounds,
                    Err(reason) => {
                        let no = Event::refused(&actor_of(&found), "refresh.refused");
                        let no = event(no, &found).with(json!({ "reason": reason }));
                        return Ok((Outcome::Refused(TokenError::InvalidGrant(reason)), vec![no]));
                    }
                };
                let standing = Standing {
                    family: found.family,
                    client: client.id,
                    account: Some(found.account),
                    session: Some(found.session),
                    organization: found.organization,
                    membership: grounds.membership,
                    zones: found.zones.clone(),
                    claims: found.claims.clone(),
                };
                let next = drawn.refresh(client, &found.scope, &found.resources, Some(found.ends_at));
                let won = match &next {
                    Some(_) => store::use_refresh(tx, found.id, now)?,
                    None => {
                        let idle = now.plus_seconds(client.settings.refresh_idle_seconds);
                        store::extend_refresh(tx, found.id, idle.min(found.ends_at))?
                    }
                };
                if !won {
                    return reused(tx, &found);
                }
                store::insert(tx, &drawn.access(client, &scope, &resources, Some(found.ends_at)), &standing)?;
                if let Some(next) = &next {
                    store::insert(tx, next, &standing)?;
                }
                let done = Event::done(&actor_of(&found), "token.refreshed");
                let events = vec![event(done, &found)];
                let told = Told {
                    grounds,
                    session: found.session.as_i64(),
                    begun_at: found.family.map_or(now, Id::drawn_at),
                    nonce: None,
                    scope,
                    resources,
                    refresh: next.is_some(),
                };
                Ok((Outcome::Issued(Box::new(told)), events))
            })
            .await?;
        self.tell(outcome, &client, &asked, draw).await
    }
}

/// Somebody holds a copy: whichever of the two is the thief, both stop.
fn end_family(tx: &mut Tx<'_>, found: &Refresh, now: Timestamp) -> Result<()> {
    let ended = match found.family {
        Some(code) => store::revoke_family(tx, Family { code, session: found.session }, now)?,
        None => store::revoke_one(tx, found.id, now)?,
    };
    for id in ended {
        tx.changed("token", id);
    }
    Ok(())
}
