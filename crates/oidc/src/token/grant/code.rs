//! `grant_type=authorization_code`.
use super::{Draw, Outcome, Told, acting};
use crate::{
    OpenId,
    authorize::model::{Scope, verifier_fits},
    client::{Client, GrantType},
    token::{
        grounds::{self, Asked, Question, Where},
        handle::Handle,
        model::{TokenError, TokenResponse},
        resource,
        store::{self, Code, Standing},
    },
};
use kernel::{Actor, Event, Result, Timestamp, secret::equal};
use serde_json::json;
use std::sync::Arc;

/// What a client brings to the token endpoint, authenticated before.
pub struct Redeem {
    pub client: Arc<Client>,
    pub code: String,
    /// May be left out where a challenge binds the code to the request (OAuth 2.1 §4.1.3).
    pub redirect_uri: Option<String>,
    pub verifier: Option<String>,
    pub resources: Vec<String>,
    /// The thumbprint of the key that was proven with the request.
    pub jkt: Option<String>,
    pub actor: Actor,
    pub now: Timestamp,
}

impl Redeem {
    /// What is wrong with how the code is brought; its bearer learns no more than that.
    fn fault(&self, code: &Code) -> Option<&'static str> {
        if code.expires_at <= self.now {
            return Some("code.expired");
        }
        let same_uri = match &self.redirect_uri {
            Some(uri) => equal(uri.as_bytes(), code.redirect_uri.as_bytes()),
            None => code.code_challenge.is_some(),
        };
        let proven = match (&self.verifier, &code.code_challenge) {
            (Some(verifier), Some(challenge)) => verifier_fits(verifier, challenge),
            // A verifier for a request without challenge: somebody took the challenge away (RFC 9700 §2.1.1).
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => !self.client.settings.demands().pkce,
        };
        // An address that was taken from the client since is sent nothing, and what it was sent is worth nothing.
        let registered = self.client.allows_redirect(&code.redirect_uri);
        if !same_uri || !registered || !proven {
            return Some("code.mismatch");
        }
        let same_key = code.dpop_jkt.as_ref().is_none_or(|jkt| self.jkt.as_ref() == Some(jkt));
        (!same_key).then_some("code.key_mismatch")
    }
}

impl OpenId {
    /// Consumes the code and issues tokens in one transaction. Whatever is wrong with the code, its bearer learns no more
    /// than `invalid_grant` and, when the halves no longer fit, the reason.
    pub async fn redeem(&self, redeem: Redeem) -> Result<std::result::Result<TokenResponse, TokenError>> {
        let (client, now) = (redeem.client.clone(), redeem.now);
        let may_refresh = client.settings.allows(GrantType::RefreshToken);
        let draw = Arc::new(Draw::new(self, &client, may_refresh, redeem.jkt.clone(), now));
        let asked = Asked::of(&client);
        let issuer = self.issuer().to_owned();
        let Some(handle) = Handle::of(&redeem.code) else {
            return Ok(Err(TokenError::InvalidGrant("code.unknown")));
        };
        let actor = acting(redeem.actor.clone(), &client);
        let (drawn, questioner) = (draw.clone(), asked.clone());
        let outcome = self
            .db()
            .write(move |tx| {
                let client = &redeem.client;
                let refuse = |action: &'static str,
                              reason: &'static str,
                              code: Option<&Code>|
                 -> Result<(Outcome<Told>, Vec<Event>)> {
                    let mut actor = actor.clone();
                    actor.account = code.map(|code| code.account);
                    let mut event = Event::refused(&actor, action).on("client", client.id);
                    event.organization = code.and_then(|code| code.organization);
                    let refused = Outcome::Refused(TokenError::InvalidGrant(reason));
                    Ok((refused, vec![event.with(json!({ "reason": reason }))]))
                };
                let Some(code) = store::consume_code(tx, &handle, client.id, now)? else {
                    let Some(used) = store::find_consumed(tx, &handle, client.id)? else {
                        let unknown = TokenError::InvalidGrant("code.unknown");
                        return Ok((Outcome::Refused(unknown), Vec::new()));
                    };
                    // Somebody holds a copy of the code: what was issued for it stops at once (RFC 6749 §4.1.2).
                    for id in store::revoke_family(tx, used, now)? {
                        tx.changed("token", id);
                    }
                    return refuse("code.reused", "code.used", None);
                };
                if let Some(reason) = redeem.fault(&code) {
                    return refuse("code.refused", reason, Some(&code));
                }
                let question = Question {
                    client: &questioner,
                    account: code.account,
                    session: code.session,
                    // Whatever comes of it, it begins with the person there.
                    away: false,
                    organization: code.organization,
                    membership: code.membership,
                    scope: &code.scope,
                    zones: &code.zones,
                    claims: code.claims.as_deref(),
                    place: Where::IdToken,
                };
                let grounds = match grounds::find_in(tx, &question, now)? {
                    Ok(grounds) => grounds,
                    Err(reason) => return refuse("code.refused", reason, Some(&code)),
                };
                let narrowed = resource::narrowed(&redeem.resources, &code.resources, client, &issuer);
                let resources = match narrowed {
                    Ok(resources) => resources,
                    Err(error) => return Ok((Outcome::Refused(error), Vec::new())),
                };
                let standing = Standing {
                    family: Some(code.id),
                    client: client.id,
                    account: Some(code.account),
                    session: Some(code.session),
                    organization: code.organization,
                    membership: grounds.membership,
                    zones: code.zones.clone(),
                    claims: code.claims.clone(),
                };
                let refresh = if Scope::of_text(&code.scope).offline_access {
                    drawn.refresh(client, &code.scope, &code.resources, None)
                } else {
                    None
                };
                let ends_at = refresh.as_ref().and_then(|refresh| refresh.ends_at);
                store::insert(tx, &drawn.access(client, &code.scope, &resources, ends_at), &standing)?;
                if let Some(refresh) = &refresh {
                    store::insert(tx, refresh, &standing)?;
                }
                store::insert_use(tx, client.product, code.account, code.organization, now)?;
                let mut actor = actor.clone();
                actor.account = Some(code.account);
                actor.session = Some(code.session);
                actor.acting_for = code.organization;
                let event = Event::done(&actor, "token.issued").on("client", client.id);
                let told = Told {
                    grounds,
                    session: code.session.as_i64(),
                    begun_at: code.id.drawn_at(),
                    nonce: code.nonce,
                    scope: code.scope,
                    resources,
                    refresh: refresh.is_some(),
                };
                Ok((Outcome::Issued(Box::new(told)), vec![event]))
            })
            .await?;
        self.tell(outcome, &client, &asked, draw).await
    }

    pub(super) async fn tell(
        &self,
        outcome: Outcome<Told>,
        client: &Arc<Client>,
        asked: &Asked,
        draw: Arc<Draw>,
    ) -> Result<std::result::Result<TokenResponse, TokenError>> {
        match outcome {
            Outcome::Issued(told) => self.answer(*told, client, asked, &draw).await.map(Ok),
            Outcome::Refused(error) => Ok(Err(error)),
        }
    }
}
