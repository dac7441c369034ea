//! Merges what waits, a line at a time, off the request path; two nodes that take the same line meet its guard.
use crate::{
    Legacy,
    model::{Known, LegacyAccountId, LegacyState},
    store,
};
use kernel::{Actor, Error, Kind, Result, Uscc, id::OrganizationId};
use organization::{merging, organization::NewOrganization};
use std::time::Duration;

/// Another node may have brought something in, or have died over it.
const POLL: Duration = Duration::from_secs(5);
const SLICE: i64 = 50;

impl Legacy {
    /// Works until the process ends. Errors of the store are logged and waited out.
    pub async fn work(self) {
        loop {
            if let Err(error) = self.drain().await {
                tracing::warn!(%error, "accounts of an earlier system wait for the next round");
            }
            tokio::time::timeout(POLL, self.wake().notified()).await.ok();
        }
    }
    /// Everything that waits; answers how many lines were settled.
    pub async fn drain(&self) -> Result<usize> {
        let mut settled = 0;
        loop {
            let waiting = self.db().read(|tx| store::list_waiting(tx, SLICE)).await?;
            if waiting.is_empty() {
                return Ok(settled);
            }
            for id in waiting {
                match self.settle(id).await {
                    Ok(()) => settled += 1,
                    Err(error) if error.kind == Kind::Unavailable => return Err(error),
                    Err(error) => {
                        tracing::warn!(%error, legacy.id = %id, "an account of an earlier system was not settled");
                        self.give_up(id, &error).await?;
                    }
                }
            }
        }
    }
    /// What a person can mend in the file ends the line; anything else is tried three times.
    async fn give_up(&self, id: LegacyAccountId, error: &Error) -> Result<()> {
        let (mendable, code) =
            (matches!(error.kind, Kind::Invalid | Kind::Conflict | Kind::Forbidden), error.code);
        self.db()
            .write_unaudited("a line of an import that was tried", move |tx| {
                store::count_try(tx, id)?;
                if mendable {
                    store::set_state(tx, id, LegacyState::Waiting, LegacyState::Refused, Some(code))?;
                }
                Ok(())
            })
            .await
    }
    async fn settle(&self, id: LegacyAccountId) -> Result<()> {
        let now = self.db().clock().now();
        let keyring = self.keyring();
        let known = self.db().read(move |tx| crate::import::known_in(tx, &keyring, id)).await?;
        let organization = self.organization_of(id, &known, now).await?;
        self.merge_automatically(id, organization, now).await
    }
    /// The one on record, made where there is none.
    async fn organization_of(
        &self,
        id: LegacyAccountId,
        known: &Known,
        now: kernel::Timestamp,
    ) -> Result<OrganizationId> {
        let kind = self.db().read(move |tx| store::type_of(tx, id)).await?;
        let new = NewOrganization {
            id: self.db().draw(),
            type_id: kind.ok_or_else(|| Error::not_found("legacy.unknown"))?,
            name: known.organization.clone(),
            short_name: known.organization.chars().take(30).collect(),
            uscc: known.code.as_deref().map(Uscc::parse).transpose()?,
            member_number: None,
            registration_number: None,
            head_name: None,
            address: None,
            account_manager: None,
        };
        self.db().write(move |tx| merging::find_or_create_in(tx, &Actor::system(), &new, now)).await
    }
}
