//! Use cases of tokens: redeem a code, answer userinfo.
use super::{
    model::{ACCESS_TOKEN_SECONDS, TokenError, TokenResponse, split_zones},
    store::{self, Code, NewToken},
};
use crate::{
    OpenId,
    authorize::model::{Scope, verifier_fits},
    claims::{self, Claims, Subject},
    client::Client,
    keys::Kind,
    session_facts,
};
use identity::session::model::strength;
use kernel::{Actor, ActorKind, Event, Result, Timestamp, TokenHash, id::MembershipId, secret::equal};
use organization::decision::{InSpace, Space, decide_in};
use serde_json::json;
use std::sync::Arc;

/// What a client brings to the token endpoint, authenticated before.
pub struct Redeem {
    pub client: Arc<Client>,
    pub code: String,
    pub redirect_uri: String,
    pub verifier: String,
    pub actor: Actor,
    pub now: Timestamp,
}

/// Everything that the response needs, gathered inside the transaction.
struct Redeemed {
    code: Code,
    subject: claims::Facts,
}
enum Outcome {
    Redeemed(Box<Redeemed>),
    Refused(&'static str),
}

impl OpenId {
    /// Consumes the code and issues tokens in one transaction. Whatever is wrong with the code, its bearer learns no more
    /// than `invalid_grant` and, when the halves no longer fit, the reason.
    pub async fn redeem(&self, redeem: Redeem) -> Result<std::result::Result<TokenResponse, TokenError>> {
        let Redeem { client, code, redirect_uri, verifier, actor, now } = redeem;
        let access_token = self.db().rng().token();
        let token = NewToken {
            id: self.db().draw(),
            hash: TokenHash::of(&access_token),
            client: client.id,
            now,
            expires_at: now.plus_seconds(ACCESS_TOKEN_SECONDS),
        };
        let actor = Actor { kind: ActorKind::Client, client: Some(client.id), ..actor };
        let hash = TokenHash::of(&code);
        let product = client.product;
        let outcome = self
            .db()
            .write(move |tx| {
                let refuse =
                    |action: &'static str, reason: &'static str, token: &NewToken, code: Option<&Code>| {
                        let mut actor = actor.clone();
                        actor.account = code.map(|code| code.account);
                        let mut event = Event::refused(&actor, action).on("client", token.client);
                        event.organization = code.and_then(|code| code.organization);
                        (Outcome::Refused(reason), vec![event.with(json!({ "reason": reason }))])
                    };
                let Some(code) = store::consume_code(tx, &hash, token.client, now)? else {
                    let Some(used) = store::find_consumed(tx, &hash, token.client)? else {
                        return Ok((Outcome::Refused("code.unknown"), Vec::new()));
                    };
                    // Somebody holds a copy of the code: what was issued for it stops at once (RFC 6749 §4.1.2).
                    for id in store::revoke_of_code(tx, used, now)? {
                        tx.changed("token", id);
                    }
                    return Ok(refuse("code.reused", "code.used", &token, None));
                };
                if code.expires_at <= now {
                    return Ok(refuse("code.refused", "code.expired", &token, Some(&code)));
                }
                let same_uri = equal(redirect_uri.as_bytes(), code.redirect_uri.as_bytes());
                if !verifier_fits(&verifier, &code.code_challenge) || !same_uri {
                    return Ok(refuse("code.refused", "code.mismatch", &token, Some(&code)));
                }
                let found = claims::find(tx, code.account, code.organization, code.session, now)?;
                let Some(subject) = found else {
                    return Ok(refuse("code.refused", "session.ended", &token, Some(&code)));
                };
                let space = code.organization.map_or(Space::Personal, Space::Organization);
                let facts = session_facts(&subject.methods, split_zones(&code.zones));
                let found = decide_in(tx, code.account, &facts, space, product, now)?;
                let found = match fits(found, code.membership) {
                    Ok(found) => found,
                    Err(reason) => return Ok(refuse("code.refused", reason, &token, Some(&code))),
                };
                store::insert(tx, &token, &code, found.membership)?;
                store::insert_use(tx, product, &code, now)?;
                let mut actor = actor.clone();
                actor.account = Some(code.account);
                actor.session = Some(code.session);
                actor.acting_for = code.organization;
                let event = Event::done(&actor, "token.issued").on("client", token.client);
                let redeemed = Redeemed { code, subject };
                Ok((Outcome::Redeemed(Box::new(redeemed)), vec![event]))
            })
            .await?;
        match outcome {
            Outcome::Redeemed(redeemed) => self.respond(*redeemed, &client, access_token, now).await.map(Ok),
            Outcome::Refused(reason) => Ok(Err(TokenError::InvalidGrant(reason))),
        }
    }

    async fn respond(
        &self,
        redeemed: Redeemed,
        client: &Client,
        access_token: String,
        now: Timestamp,
    ) -> Result<TokenResponse> {
        let Redeemed { code, subject } = redeemed;
        let keyring = self.db().keyring();
        let scope = code.scope();
        let methods: Vec<String> = subject.methods.split_whitespace().map(str::to_owned).collect();
        let authenticated_at = subject.authenticated_at;
        let subject = Subject::new(subject, scope, keyring)?;
        let claims = Claims {
            issuer: self.issuer(),
            client_id: &client.client_id,
            now,
            authenticated_at,
            nonce: code.nonce.as_deref(),
            strength: strength(&methods),
            methods: &methods,
            session: code.session.as_i64(),
            access_token: &access_token,
        };
        let keys = self.keys().current(now).await?;
        let id_token =
            keys.signer(client.id_token_algorithm, now)?.sign(Kind::IdToken, &claims.id_token(&subject, keyring)?)?;
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_SECONDS,
            scope: scope.text(),
            id_token,
        })
    }

    /// Who an access token speaks for, if everything that it rests on still holds now; None otherwise.
    pub async fn userinfo(&self, access_token: &str, now: Timestamp) -> Result<Option<Subject>> {
        let hash = TokenHash::of(access_token);
        let keyring = self.db().keyring().clone();
        self.db()
            .read(move |tx| {
                let Some(live) = store::find_live(tx, &hash, now)? else { return Ok(None) };
                let found = claims::find(tx, live.account, live.organization, live.session, now)?;
                let Some(subject) = found else { return Ok(None) };
                let space = live.organization.map_or(Space::Personal, Space::Organization);
                let facts = session_facts(&subject.methods, split_zones(&live.zones));
                let found = decide_in(tx, live.account, &facts, space, live.product, now)?;
                if fits(found, live.membership).is_err() {
                    return Ok(None);
                }
                Subject::new(subject, Scope::of_text(&live.scope), &keyring).map(Some)
            })
            .await
    }
}

/// The decision as it is now, for the very membership that the code or token was issued to: one that was ended and made
/// anew is another. Error: the reason code.
fn fits(
    found: Option<InSpace>,
    membership: Option<MembershipId>,
) -> std::result::Result<InSpace, &'static str> {
    match found {
        Some(found) if !found.decision.allow => Err(found.decision.code()),
        Some(found) if found.membership == membership => Ok(found),
        _ => Err("decision.membership_missing"),
    }
}
