//! What a token rests on, read and decided anew each time: session, both halves of the tally, and the very membership that it
//! was issued to. One snapshot or transaction answers for all of it.
use super::{model::split_zones, store};
use crate::{
    authorize::{
        model::{Scope, acr},
        wishes::Wishes,
    },
    claims::{self, More, Sector, Subject, Telling},
    client::Client,
    session_facts,
};
use db::{Keyring, Tx};
use identity::session::model::strength;
use kernel::{
    Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId, SessionId},
};
use organization::decision::{InSpace, Space, decide_in};
use std::sync::Arc;

/// For whom, through whom, and about what is asked.
pub(super) struct Question<'a> {
    pub client: &'a Asked,
    pub account: AccountId,
    pub session: SessionId,
    /// Whether it holds while the person is away (`offline_access`).
    pub away: bool,
    pub organization: Option<OrganizationId>,
    pub membership: Option<MembershipId>,
    pub scope: &'a str,
    pub zones: &'a str,
    pub claims: Option<&'a str>,
    pub place: Where,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    IdToken,
    Userinfo,
}
/// The client, as far as an answer depends on it.
#[derive(Clone)]
pub(super) struct Asked {
    pub client_id: String,
    pub product: ProductId,
    pub sector: Sector,
    id_token_claims: bool,
}
impl Asked {
    pub fn of(client: &Arc<Client>) -> Self {
        Self {
            client_id: client.client_id.clone(),
            product: client.product,
            sector: Sector::of(client),
            id_token_claims: client.settings.id_token_claims,
        }
    }
    /// What is asked for by the scope, and by the claims parameter for this place. Where there is userinfo, what the scope tells
    /// of the person stands there (Core §5.4).
    fn telling<'a>(&'a self, scope: &str, wishes: &'a Wishes, place: Where) -> Telling<'a> {
        let scope = Scope::of_text(scope);
        let (scope, place) = match place {
            Where::Userinfo => (scope, &wishes.userinfo),
            Where::IdToken if self.id_token_claims => (scope, &wishes.id_token),
            Where::IdToken => (scope.without_person(), &wishes.id_token),
        };
        Telling { client_id: &self.client_id, sector: &self.sector, scope, place }
    }
}

/// Everything holds.
pub(super) struct Grounds {
    facts: claims::Facts,
    more: More,
    wishes: Wishes,
    place: Where,
    pub membership: Option<MembershipId>,
    /// As `amr` tells them.
    pub methods: Vec<String>,
    pub authenticated_at: Timestamp,
    /// Until when it holds if nothing is changed, the session and proofs of identity aside.
    pub until: Timestamp,
}

/// The reason against, if there is one.
pub(super) fn find_in(
    tx: &mut Tx<'_>,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<std::result::Result<Grounds, &'static str>> {
    let Question { client, account, session, organization, membership, .. } = *question;
    let Some(facts) = claims::find(tx, account, organization, session, question.away, now)? else {
        return Ok(Err("session.ended"));
    };
    let space = organization.map_or(Space::Personal, Space::Organization);
    let session = session_facts(&facts.methods, split_zones(question.zones));
    let found = decide_in(tx, account, &session, space, client.product, now)?;
    let found = match fits(found, membership) {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let wishes = Wishes::of_stored(question.claims);
    let telling = client.telling(question.scope, &wishes, question.place);
    let more = claims::more(tx, &telling, account, found.membership, client.product, now)?;
    let until = found.decision.layers.iter().filter_map(|layer| layer.until).min();
    Ok(Ok(Grounds {
        methods: facts
            .methods
            .split_whitespace()
            .filter(|method| is_registered(method))
            .map(str::to_owned)
            .collect(),
        authenticated_at: facts.authenticated_at,
        membership: found.membership,
        until: until.unwrap_or(Timestamp::FOREVER),
        place: question.place,
        facts,
        more,
        wishes,
    }))
}
/// Of RFC 8176. By whom else somebody signed in, or that a phone let a desktop in, has no name there.
fn is_registered(method: &str) -> bool {
    !matches!(method, "fed" | "scan")
}

impl Grounds {
    /// As `acr` tells the strength of the session.
    pub fn acr(&self) -> String {
        acr(strength(&self.methods), self.wishes.acr())
    }
    /// What the client is told of the person: opens the sealed columns that the scope asks for.
    pub fn subject(self, client: &Asked, scope: &str, keyring: &Keyring, now: Timestamp) -> Result<Subject> {
        let telling = client.telling(scope, &self.wishes, self.place);
        Subject::new(self.facts, &self.more, &telling, keyring, now)
    }
}

/// The earliest moment at which time alone may make it otherwise.
pub(super) fn bound_in(
    tx: &mut Tx<'_>,
    grounds: &Grounds,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<Timestamp> {
    let bound = store::find_bound(tx, question.session, question.account, question.away, now)?;
    Ok(bound.map_or(now, |bound| bound.min(grounds.until)))
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
