//! What happens to applications by itself: their time runs out; the organization that one waits for appears; somebody who
//! can decide appears. All of it apart from the request that handed in, whose answer must not depend on it.
use super::model::Application;
use super::{engine, store, typed};
use crate::{Organizations, organization};
use db::Tx;
use kernel::{
    Actor, Event, Result,
    id::{ApplicationId, OrganizationId},
};
use std::sync::Arc;
use std::time::Duration;

/// Rows of one transaction: a writer's job stays short.
const SLICE: i64 = 20;
const POLL: Duration = Duration::from_secs(2);

impl Organizations {
    /// Works until the process ends. Errors of the store are logged and waited out.
    pub async fn work(self) {
        let mut every = tokio::time::interval(POLL);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = self.settle_applications().await {
                tracing::warn!(%error, "applications wait for the next round");
            }
        }
    }
    /// Everything that is due now; the number of applications that something happened to.
    pub async fn settle_applications(&self) -> Result<usize> {
        Ok(self.expire_applications().await?
            + self.attach_applications().await?
            + self.tell_applications().await?)
    }
    async fn expire_applications(&self) -> Result<usize> {
        let mut done = 0;
        loop {
            let now = self.db().clock().now();
            // Asked by reading first, so that an idle table costs no write.
            let due = self.db().read(move |tx| store::list_due(tx, now, SLICE)).await?;
            if due.is_empty() {
                return Ok(done);
            }
            done += due.len();
            let rooms = self.clone();
            self.db()
                .write(move |tx| {
                    let mut events = Vec::new();
                    for application in &due {
                        events.extend(engine::expire_in(tx, &rooms, application, now)?);
                    }
                    Ok(((), events))
                })
                .await?;
        }
    }
    async fn attach_applications(&self) -> Result<usize> {
        let (mut done, mut after) = (0, None);
        loop {
            // Once through all of them: one that fits nobody must not keep the others waiting.
            let pairs = self.db().read(move |tx| store::list_candidates(tx, after, SLICE)).await?;
            let Some((last, _)) = pairs.last().copied() else { return Ok(done) };
            after = Some(last);
            for (id, organization) in pairs {
                done += usize::from(self.attach(id, organization).await?);
            }
        }
    }
    /// True if what was typed is what the organization is. Otherwise it is not held against this revision again.
    async fn attach(&self, id: ApplicationId, organization: OrganizationId) -> Result<bool> {
        let keyring = Arc::clone(self.db().keyring());
        let check = move |tx: &mut Tx<'_>| {
            let Some(found) = organization::find_in(tx, organization)? else { return Ok(None) };
            let Some(application) = store::find(tx, id)? else { return Ok(None) };
            let fits = typed::fits_in(tx, &keyring, &application, &found)?;
            Ok(fits.then(|| found.policy.approved_by_two.contains(&application.kind)))
        };
        let first = check.clone();
        if self.db().read(move |tx| first(tx)).await?.is_none() {
            self.db().exec("application held against", move |s| store::set_seen(s, id, organization)).await?;
            return Ok(false);
        }
        self.db()
            .write(move |tx| {
                // It may be another one since it was looked at.
                let Some(two_steps) = check(tx)? else { return Ok((false, Vec::new())) };
                if !store::attach(tx, id, organization, two_steps)? {
                    return Ok((false, Vec::new()));
                }
                let event = Event::done(&Actor::system(), "application.attached")
                    .on("application", id)
                    .of(organization);
                Ok((true, vec![event]))
            })
            .await
    }
    async fn tell_applications(&self) -> Result<usize> {
        let untold = self.db().read(|tx| store::list_untold(tx, SLICE)).await?;
        let mut done = 0;
        for application in untold {
            done += usize::from(self.tell_attached(application).await?);
        }
        Ok(done)
    }
    async fn tell_attached(&self, application: Application) -> Result<bool> {
        let (rooms, now) = (self.clone(), self.db().clock().now());
        self.db()
            .write_unaudited("notices of applications", move |tx| {
                rooms.tell_attached_in(tx, &application, now)
            })
            .await
    }
}
