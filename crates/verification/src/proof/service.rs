//! What unbinding costs, and unbinding.
use crate::{Verification, method::model::key_of};
use db::Tx;
use identity::{
    SignedIn, account,
    notice::{self, Kind, Notice},
    realname::{self, Proof, RealNameLevel},
};
use kernel::{
    Error, Event, Id, Result, Timestamp,
    id::{AccountId, mark},
};
use organization::decision::{SessionFacts, Space};
use organization::membership::MEMBERSHIPS;
use serde_json::json;

pub type ProofId = Id<mark::IdentityProof>;

/// Which proofs are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    One(ProofId),
    All,
}
impl Chosen {
    /// Error: `proof.unknown`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "all" => Ok(Self::All),
            id => id.parse().map(Self::One).map_err(|_| unknown()),
        }
    }
    fn takes(self, proof: &Proof) -> bool {
        match self {
            Self::One(id) => proof.id == id,
            Self::All => true,
        }
    }
}

/// What goes with a proof.
#[derive(Clone, Debug)]
pub struct Loss {
    pub before: RealNameLevel,
    pub after: RealNameLevel,
    /// None where proofs ran out and what is given up is the person alone.
    pub going: Vec<Proof>,
    /// Product and space that open today and will not.
    pub products: Vec<LostProduct>,
    /// The person has more spaces than were looked at.
    pub more: bool,
    /// Organizations whose head the person is by the proof: that office sleeps.
    pub offices: Vec<String>,
    /// The name can be changed freely again, and somebody else may prove the document.
    pub releases: bool,
}
#[derive(Clone, Debug)]
pub struct LostProduct {
    pub name: organization::organization_type::Words,
    /// None in the personal space.
    pub organization: Option<String>,
    pub needs: RealNameLevel,
}
fn unknown() -> Error {
    Error::not_found("proof.unknown")
}
/// Every proof ran out, and the account is still bound to the person: whoever has another document by now proves it only after
/// giving the old one up.
fn is_left_over_in(tx: &mut Tx<'_>, account: AccountId, chosen: Chosen, proofs: &[Proof]) -> Result<bool> {
    Ok(chosen == Chosen::All
        && proofs.is_empty()
        && account::service::require_in(tx, account)?.person.is_some())
}

impl Verification {
    /// Error: `proof.unknown` if there is no such proof in force, and for all of them nothing that one left behind.
    pub async fn loss(&self, signed_in: &SignedIn, chosen: Chosen, now: Timestamp) -> Result<Loss> {
        let (account, rooms) = (signed_in.account, self.organizations().clone());
        let (proofs, left_over, offices) = self
            .db()
            .read_few(move |tx| {
                let proofs = realname::service::proofs_in(tx, account, now)?;
                let left_over = is_left_over_in(tx, account, chosen, &proofs)?;
                let releases = left_over || proofs.iter().all(|proof| chosen.takes(proof));
                let offices = if releases { rooms.offices_in(tx, account)? } else { Vec::new() };
                Ok((proofs, left_over, offices))
            })
            .await?;
        let before = realname::service::level_of_proofs(&proofs);
        let (going, left): (Vec<_>, Vec<_>) = proofs.into_iter().partition(|proof| chosen.takes(proof));
        if going.is_empty() && !left_over {
            return Err(unknown());
        }
        let after = realname::service::level_of_proofs(&left);
        let (products, more) = if after < before {
            self.lost_products(signed_in, after, now).await?
        } else {
            Default::default()
        };
        Ok(Loss { before, after, going, products, more, offices, releases: left.is_empty() })
    }
    /// Every product that opens now in one of the first spaces and asks for more than `after`; true if there are more spaces.
    async fn lost_products(
        &self,
        signed_in: &SignedIn,
        after: RealNameLevel,
        now: Timestamp,
    ) -> Result<(Vec<LostProduct>, bool)> {
        let rooms = self.organizations();
        let products: Vec<_> = rooms
            .products(false)
            .await?
            .into_iter()
            .filter(|product| product.minimum_level.rank() > after.rank())
            .collect();
        if products.is_empty() {
            return Ok(Default::default());
        }
        // The best session there can be: what a stronger sign-in or another network would open is lost as well.
        let zones = rooms.identity().settings().policies().await?.network.names();
        let facts = SessionFacts { strength: 3, card: false, zones };
        let mut spaces = vec![(Space::Personal, None)];
        let memberships = rooms.memberships(signed_in.account).await?;
        let more = memberships.len() as i64 == MEMBERSHIPS;
        for membership in memberships {
            spaces.push((Space::Organization(membership.organization), Some(membership.organization_name)));
        }
        let mut lost = Vec::new();
        for (space, organization) in spaces {
            let decisions = rooms.decide_catalog(signed_in.account, &facts, space, now).await?;
            for product in &products {
                if decisions.iter().any(|(id, decision)| *id == product.id && decision.allow) {
                    lost.push(LostProduct {
                        name: product.name.clone(),
                        organization: organization.clone(),
                        needs: product.minimum_level,
                    });
                }
            }
        }
        Ok((lost, more))
    }
    /// Revokes; with the last proof, or after it ran out, the account gives the person up. Told by every way. Whoever calls
    /// stepped up.
    /// Error: `proof.unknown`.
    pub async fn unbind(
        &self,
        signed_in: &SignedIn,
        chosen: Chosen,
        now: Timestamp,
    ) -> Result<RealNameLevel> {
        let (room, who) = (self.clone(), signed_in.clone());
        self.db()
            .write(move |tx| {
                account::service::touch_in(tx, who.account)?;
                let proofs = realname::service::proofs_in(tx, who.account, now)?;
                let going: Vec<&Proof> = proofs.iter().filter(|proof| chosen.takes(proof)).collect();
                let left_over = is_left_over_in(tx, who.account, chosen, &proofs)?;
                if going.is_empty() && !left_over {
                    return Err(unknown());
                }
                let mut events = Vec::new();
                if left_over {
                    let detail = json!({ "because": "unbound", "ran_out": true });
                    events.push(Event::done(&who.actor, "realname.revoked").on("account", who.account).with(detail));
                    let notice = Notice::new(Kind::RealNameRemoved)
                        .key("method", "verification-unbind-ran-out")
                        .leads_to("/me/real-name");
                    notice::service::tell_all_in(tx, room.identity(), who.account, &notice, now)?;
                }
                for proof in &going {
                    realname::service::revoke_because_in(tx, who.account, proof.id, "unbound", now)?;
                    let detail =
                        json!({ "proof": proof.id, "method": proof.method, "level": proof.level, "because": "unbound" });
                    events.push(Event::done(&who.actor, "realname.revoked").on("account", who.account).with(detail));
                    let notice = Notice::new(Kind::RealNameRemoved)
                        .key("method", key_of(&proof.method))
                        .leads_to("/me/real-name");
                    notice::service::tell_all_in(tx, room.identity(), who.account, &notice, now)?;
                }
                if going.len() == proofs.len() {
                    realname::service::release_in(tx, room.db().keyring(), who.account, "unbound", now)?;
                    events.extend(room.organizations().suspend_offices_in(tx, &who.actor, who.account, now)?);
                }
                Ok((realname::service::level_in(tx, who.account, now)?, events))
            })
            .await
    }
}
