//! Access tokens: a text that says nothing and that the database answers for, or, by the client's setting, a signed one
//! (RFC 9068) that a resource server reads by itself and that lives for minutes. Both have a row, but those of programs that
//! act for themselves: a signed one of theirs is believed for as long as their registration allows it.
use super::{
    handle::{self, Handle},
    model::split_lines_or,
    store::TokenId,
};
use crate::{
    OpenId,
    client::{Client, TokenFormat, settings::MOST_JWT_SECONDS},
    keys::Kind,
};
use kernel::{Error, Result, Timestamp, TokenHash, id::OrganizationId};
use organization::membership::Role;
use serde::{Deserialize, Serialize};

/// Longest text that is looked at as a token.
pub const MOST_TOKEN: usize = 8192;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub jkt: String,
}

/// What a signed token says (RFC 9068 §2.2).
#[derive(Debug, Serialize)]
pub struct AccessClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: Vec<String>,
    pub client_id: &'a str,
    pub iat: i64,
    pub exp: i64,
    pub jti: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub amr: &'a [String],
    /// `person`, `organization` or, for a program of the platform itself, `platform`.
    pub acting_for: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<OrganizationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What is read back of one.
#[derive(Debug, Deserialize)]
pub struct ReadClaims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub client_id: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    #[serde(default)]
    pub scope: String,
    #[serde(default)]
    pub cnf: Option<Confirmation>,
    #[serde(default)]
    pub org_id: Option<OrganizationId>,
}

/// How far the clocks of two nodes may differ, in seconds.
pub(crate) const LEEWAY: i64 = 10;
impl ReadClaims {
    /// Begun, not ended, and with no longer a life than any that is signed here: whoever held a key once cannot have signed
    /// for years to come.
    fn is_in_time(&self, now: Timestamp) -> bool {
        let now = now.as_seconds();
        let life = self.exp.saturating_sub(self.iat);
        self.iat <= now.saturating_add(LEEWAY) && now < self.exp && life <= MOST_JWT_SECONDS
    }
}

/// How a token is found.
pub enum Reference {
    /// In this row, named by the text itself or by the identifier in a signed one.
    Row(Handle),
    /// Or, if there is no row, it speaks for itself.
    Signed(Option<Handle>, Box<ReadClaims>),
    /// It is none of ours, or has run out.
    None,
}

/// The text of a token, and what stands for it in its row: a signed one is known by its identifier.
pub struct Drawn {
    pub id: TokenId,
    /// The opaque text, or `jti`.
    pub secret: String,
    pub format: TokenFormat,
}
impl Drawn {
    pub fn hash(&self) -> TokenHash {
        match self.format {
            TokenFormat::Opaque => TokenHash::of(&self.secret),
            TokenFormat::Jwt => hash_of_signed(&self.secret),
        }
    }
}
/// The identifier of a signed token stands in logs and in the token that everybody reads, so it is no token itself: nothing
/// with a dot is looked for as an opaque one.
fn hash_of_signed(jti: &str) -> TokenHash {
    TokenHash::of(&format!("jwt.{jti}"))
}

impl OpenId {
    pub(crate) fn draw_access(&self, client: &Client) -> Drawn {
        let (id, secret) = handle::draw(self.db());
        Drawn { id, secret, format: client.settings.access_token_format }
    }
    /// The text that the client is given.
    pub(crate) async fn access_text(
        &self,
        client: &Client,
        drawn: &Drawn,
        claims: &AccessClaims<'_>,
        now: Timestamp,
    ) -> Result<String> {
        if drawn.format == TokenFormat::Opaque {
            return Ok(drawn.secret.clone());
        }
        let bytes = serde_json::to_vec(claims).map_err(|error| Error::internal("internal").because(error))?;
        let keys = self.keys().current(now).await?;
        keys.signer(client.id_token_algorithm, now)?.sign(Kind::AccessToken, &bytes)
    }
    /// For what the token is meant: the resources that were named, else this provider.
    pub(crate) fn audience(&self, resources: &str) -> Vec<String> {
        split_lines_or(resources, self.issuer())
    }
    /// Where to look for a token. A signed one counts only with our signature and in its time.
    pub(crate) async fn reference(&self, token: &str, now: Timestamp) -> Result<Reference> {
        if token.is_empty() || token.len() > MOST_TOKEN {
            return Ok(Reference::None);
        }
        if !token.contains('.') {
            return Ok(Handle::of(token).map_or(Reference::None, Reference::Row));
        }
        let keys = self.keys().current(now).await?;
        let read: Option<ReadClaims> = keys.read_access_token(token, now);
        Ok(match read {
            Some(claims) if claims.iss == self.issuer() && claims.is_in_time(now) => {
                let row =
                    handle::id_of(&claims.jti).map(|id| Handle { id, hash: hash_of_signed(&claims.jti) });
                Reference::Signed(row, Box::new(claims))
            }
            _ => Reference::None,
        })
    }
}
