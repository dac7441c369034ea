//! `grant_type=client_credentials` of a product's client: with this token its server asks the provider's own APIs, where a
//! client that signs instead of sending a secret has nothing else to bring. It is meant for nobody else, says nothing of
//! any person, and is opaque whatever the client's other tokens are.
use super::{Own, token_type};
use crate::{
    OpenId,
    token::{
        handle,
        model::{TokenError, TokenResponse},
        store::{self, NewToken, Standing, TokenKind},
    },
};
use kernel::{Actor, ActorKind, Event, Result, TokenHash};

impl OpenId {
    pub(super) async fn product_token(
        &self,
        own: Own,
    ) -> Result<std::result::Result<TokenResponse, TokenError>> {
        let Own { client, scope, resources, jkt, actor, now } = own;
        if scope.is_some_and(|scope| !scope.trim().is_empty()) {
            return Ok(Err(TokenError::InvalidScope("a client's own token has no scope")));
        }
        if resources.iter().any(|uri| uri != self.issuer()) {
            return Ok(Err(TokenError::InvalidTarget("a client's own token is for this provider alone")));
        }
        let ((id, secret), seconds) = (handle::draw(self.db()), client.settings.access_seconds());
        let token = NewToken {
            id,
            hash: TokenHash::of(&secret),
            kind: TokenKind::Access,
            scope: String::new(),
            resources: String::new(),
            jkt: jkt.clone(),
            now,
            expires_at: now.plus_seconds(seconds),
            ends_at: None,
        };
        let standing = Standing::of_client(client.id, None, String::new());
        let actor = Actor { kind: ActorKind::Client, client: Some(client.id), ..actor };
        self.db()
            .write(move |tx| {
                store::insert(tx, &token, &standing)?;
                Ok(((), vec![Event::done(&actor, "token.issued").on("client", standing.client)]))
            })
            .await?;
        Ok(Ok(TokenResponse {
            access_token: secret,
            token_type: token_type(jkt.as_ref()),
            expires_in: seconds,
            scope: String::new(),
            refresh_token: None,
            id_token: None,
        }))
    }
}
