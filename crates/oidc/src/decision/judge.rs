//! What a product's server is told about people and machines: the one rule for every interface that answers it. Strength of
//! sign-in and network are judged at sign-in alone and left out.
use crate::{OpenId, claims::Sector, client::Client};
use kernel::{Result, Timestamp, id::ProductId};
use organization::{
    decision::{MachineFacts, Space},
    entitlement::{Answer, Question},
};
use std::collections::BTreeSet;

/// About whom is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// A person, by the name that the product knows them by.
    User(&'a str),
    /// A service client, by its public identifier.
    Machine(&'a str),
}
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub about: About<'a>,
    /// For whom they act. A machine acts for its owner alone: an organization that is named must be that one.
    pub space: Space,
}

impl OpenId {
    /// May these use the client's product now? In the order of the questions; people by the names that the client knows them
    /// by, and another sector's name is nobody's. However many there are, the database is asked at most once about names,
    /// twice about people and twice about machines.
    pub async fn judge(&self, client: &Client, asked: &[Asked<'_>], now: Timestamp) -> Result<Vec<Answer>> {
        let sector = Sector::of(client);
        if sector.is_common() {
            return self.judge_known(client.product, asked, now).await;
        }
        let names = asked.iter().filter_map(|one| match one.about {
            About::User(name) => Some(name),
            About::Machine(_) => None,
        });
        let subs = self.subs_of(sector, names.collect()).await?;
        let known: Vec<Option<Asked<'_>>> = asked
            .iter()
            .map(|one| match one.about {
                About::User(name) => {
                    subs.get(name).map(|sub| Asked { about: About::User(sub), space: one.space })
                }
                About::Machine(_) => Some(*one),
            })
            .collect();
        let questions: Vec<_> = known.iter().flatten().copied().collect();
        let mut answers = self.judge_known(client.product, &questions, now).await?.into_iter();
        let answers = known.iter().map(|one| one.and_then(|_| answers.next()).unwrap_or(Answer::Stranger));
        Ok(answers.collect())
    }
    /// As [`Self::judge`], people by the subjects that everybody else knows.
    pub async fn judge_known(
        &self,
        product: ProductId,
        asked: &[Asked<'_>],
        now: Timestamp,
    ) -> Result<Vec<Answer>> {
        let (mut questions, mut machines) = (Vec::with_capacity(asked.len()), Vec::new());
        for one in asked {
            match one.about {
                About::User(subject) => questions.push(Question { subject, space: one.space }),
                About::Machine(id) => machines.push((id, one.space)),
            }
        }
        let people = match questions.as_slice() {
            [] => Vec::new(),
            questions => self.organizations().may_use(product, questions, now).await?,
        };
        let machines = self.machines_may(product, &machines, now).await?;
        let (mut people, mut machines) = (people.into_iter(), machines.into_iter());
        let answers = asked.iter().map(|one| match one.about {
            About::User(_) => people.next().unwrap_or(Answer::Stranger),
            About::Machine(_) => machines.next().unwrap_or(Answer::Stranger),
        });
        Ok(answers.collect())
    }
    /// A machine that was registered for another product is as one that does not exist: whose it is and what that owner lacks
    /// is none of this product's business.
    async fn machines_may(
        &self,
        product: ProductId,
        asked: &[(&str, Space)],
        now: Timestamp,
    ) -> Result<Vec<Answer>> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let ids: BTreeSet<&str> = asked.iter().map(|(id, _)| *id).collect();
        let mut known = self.clients().find_all(ids).await?;
        known.retain(|_, client| client.service && client.product == product);
        let machines: Vec<_> = known.into_iter().collect();
        let facts = machines
            .iter()
            .map(|(_, client)| {
                (MachineFacts { active: true, owner: client.owner, registered: true }, product)
            })
            .collect();
        let decisions = self.organizations().decide_machines(facts, Vec::new(), now).await?;
        let answers = asked.iter().map(|(id, space)| {
            let found = machines.iter().zip(&decisions).find(|((known, _), _)| known == id);
            let Some(((_, client), Some(decision))) = found else { return Answer::Stranger };
            let named_another = space.organization().is_some_and(|named| client.owner != Some(named));
            if named_another { Answer::Stranger } else { Answer::of(decision.clone()) }
        });
        Ok(answers.collect())
    }
}
