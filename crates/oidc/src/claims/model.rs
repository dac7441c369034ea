use super::{
    authority::{self, AuthorityFacts},
    pairwise::Sector,
    store::Facts,
    verified::{self, ProofFacts},
};
use crate::{
    authorize::{model::Scope, wishes::Place},
    client::Algorithm,
};
use db::Keyring;
use identity::realname::RealNameLevel;
use kernel::{Error, Result, Timestamp, id::OrganizationId};
use organization::membership::Role;
use serde::Serialize;
use serde_json::{Value, json};

/// The organization acted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrganizationClaims {
    pub id: OrganizationId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_number: Option<String>,
}

/// Who signed in and for whom they act. `sub` is always the person's account, never the organization: products key on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    pub sub: String,
    /// `person` or `organization`.
    pub acting_for: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationClaims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<OrganizationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    pub real_name_level: RealNameLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_claims: Option<Value>,
}

/// To whom it is told, and what was asked for: by scope, and for this place by the claims parameter.
pub struct Telling<'a> {
    pub client_id: &'a str,
    pub sector: &'a Sector,
    pub scope: Scope,
    pub place: &'a Place,
}
impl Telling<'_> {
    pub fn wants_authority(&self) -> bool {
        self.scope.organization || self.place.asks("authority") || self.place.asks("grant")
    }
}

/// What was read because it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    pub authority: Option<AuthorityFacts>,
    pub proof: Option<ProofFacts>,
}

impl Subject {
    /// Opens the sealed columns that were asked for, and no others.
    pub fn new(
        facts: Facts,
        more: &More,
        telling: &Telling<'_>,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Self> {
        let row = facts.account.as_i64();
        let (scope, place) = (telling.scope, telling.place);
        let open = |wanted: bool, column: &'static str, sealed: Option<&Vec<u8>>| match sealed {
            Some(sealed) if wanted => keyring.open(column, row, sealed).map(Some),
            _ => Ok(None),
        };
        let asked = |name: &str, value: Value| place.takes(name, &value);
        let phone = place.asks("phone_number") || place.asks("phone_number_verified");
        let phone_number = open(scope.phone || phone, "account.phone", facts.phone.as_ref())?;
        let phone_verified = phone_number.is_some().then_some(facts.phone_proven);
        let email = place.asks("email") || place.asks("email_verified");
        let email = open(scope.email || email, "account.email", facts.email.as_ref())?;
        let email_verified = email.is_some().then_some(facts.email_proven);
        let verified_name = place.verified.iter().any(|wish| wish.claims.contains_key("name"));
        let name = open(
            scope.profile || place.asks("name") || (verified_name && more.proof.is_some()),
            "account.name",
            Some(&facts.name),
        )?;
        let verified_claims = more.proof.as_ref().and_then(|proof| {
            let claim = |wanted: &str| match wanted {
                "name" => name.as_ref().map(|name| json!(name)),
                "cn_id_hash" => proof
                    .document
                    .as_ref()
                    .map(|document| json!(telling.sector.document(keyring, telling.client_id, document))),
                _ => None,
            };
            let mut found: Vec<Value> =
                place.verified.iter().filter_map(|wish| verified::answer(wish, proof, claim, now)).collect();
            if found.len() > 1 { Some(Value::Array(found)) } else { found.pop() }
        });
        let organization = match (facts.organization, facts.organization_name) {
            (Some(id), Some(name)) => {
                Some(OrganizationClaims { id, name, uscc: facts.uscc, member_number: facts.member_number })
            }
            _ => None,
        };
        let authority = more.authority.as_ref().zip(organization.as_ref());
        Ok(Self {
            sub: telling.sector.subject(keyring, &facts.sub),
            acting_for: if organization.is_some() { "organization" } else { "person" },
            org_id: organization.as_ref().map(|organization| organization.id),
            role: facts.role,
            grant: authority
                .filter(|_| scope.organization || place.asks("grant"))
                .map(|(facts, _)| authority::grant(facts)),
            authority: authority
                .filter(|_| scope.organization || place.asks("authority"))
                .map(|(facts, organization)| authority::authority(facts, organization)),
            organization,
            real_name_level: RealNameLevel::from_rank(facts.level),
            name: name.filter(|name| scope.profile || asked("name", json!(name))),
            preferred_username: Some(facts.login_name)
                .filter(|login| scope.profile || asked("preferred_username", json!(login))),
            phone_number_verified: phone_verified
                .filter(|proven| scope.phone || asked("phone_number_verified", json!(proven))),
            phone_number: phone_number.filter(|phone| scope.phone || asked("phone_number", json!(phone))),
            email_verified: email_verified
                .filter(|proven| scope.email || asked("email_verified", json!(proven))),
            email: email.filter(|email| scope.email || asked("email", json!(email))),
            verified_claims,
        })
    }
}

/// Claims about the sign-in itself, around the subject's (OpenID Connect Core §2).
#[derive(Clone, Debug, Serialize)]
pub struct IdToken<'a> {
    pub iss: &'a str,
    pub aud: &'a str,
    pub iat: i64,
    pub exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    pub acr: &'a str,
    /// Absent where nothing has a registered name.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub amr: &'a [String],
    pub sid: String,
    pub at_hash: String,
    #[serde(flatten)]
    pub subject: &'a Subject,
}

/// ID tokens are looked at once, at sign-in.
pub const ID_TOKEN_SECONDS: i64 = 600;

/// What a sign-in was, for [`IdToken`].
pub struct Claims<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub now: Timestamp,
    /// None where the person has signed in again since: a renewed token tells the sign-in that it came of, or none (Core §12.2).
    pub authenticated_at: Option<Timestamp>,
    pub nonce: Option<&'a str>,
    pub acr: &'a str,
    pub methods: &'a [String],
    pub session: i64,
    /// Of the ID token.
    pub algorithm: Algorithm,
    pub access_token: &'a str,
}
impl Claims<'_> {
    /// The bytes that are signed.
    pub fn id_token(&self, subject: &Subject, keyring: &Keyring) -> Result<Vec<u8>> {
        let token = IdToken {
            iss: self.issuer,
            aud: self.client_id,
            iat: self.now.as_seconds(),
            exp: self.now.plus_seconds(ID_TOKEN_SECONDS).as_seconds(),
            auth_time: self.authenticated_at.map(Timestamp::as_seconds),
            nonce: self.nonce,
            acr: self.acr,
            amr: self.methods,
            sid: session_identifier(keyring, self.session, self.client_id),
            at_hash: half_hash(self.algorithm, self.access_token),
            subject,
        };
        serde_json::to_vec(&token).map_err(|error| Error::internal("internal").because(error))
    }
}

/// The session under a name of this client's own, so that two clients cannot compare.
pub fn session_identifier(keyring: &Keyring, session: i64, client_id: &str) -> String {
    let mac = keyring.mac("oidc.sid", &[&session.to_be_bytes(), client_id.as_bytes()]);
    data_encoding::BASE64URL_NOPAD.encode(mac.first_chunk::<16>().map_or(&[][..], |half| half))
}

/// The left half of the hash that belongs to the ID token's algorithm (Core §3.1.3.6): for Ed25519 that is SHA-512 (RFC 8032 §5.1).
pub fn half_hash(algorithm: Algorithm, token: &str) -> String {
    use sha2::{Digest, Sha256, Sha512};
    let digest = match algorithm {
        Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Ps256 => Sha256::digest(token.as_bytes()).to_vec(),
        Algorithm::EdDsa => Sha512::digest(token.as_bytes()).to_vec(),
    };
    data_encoding::BASE64URL_NOPAD.encode(digest.get(..digest.len() / 2).unwrap_or_default())
}
