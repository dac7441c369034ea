//! Sends what is due. Any number of nodes may do it at once.
use super::{
    model::{DeliveryState, backoff_seconds, logout_token},
    store::{self, Claimed},
};
use crate::{
    OpenId,
    claims::{Sector, session_identifier},
    keys::model::Kind,
};
use http::{HeaderValue, StatusCode, header};
use identity::session;
use kernel::{Result, Timestamp, id::ClientId};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinSet, time::timeout};
use url::{Url, form_urlencoded::Serializer};
use web::outbound::{Call, OutboundError};

/// For the whole of a request.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a request may take: whoever died with a claim gives it up.
const LEASE_SECONDS: i64 = 20;
/// Another node may have written something.
const POLL: Duration = Duration::from_secs(1);
const MOST_AT_ONCE: usize = 32;
/// Of one client: one that hangs holds up no other.
const MOST_EACH: usize = 4;
const KEPT_DAYS: i64 = 30;

/// Deliveries under way, by client.
#[derive(Default)]
struct Round {
    running: JoinSet<Done>,
    busy: BTreeMap<ClientId, usize>,
}
struct Done {
    claimed: Claimed,
    outcome: Outcome,
    at: Timestamp,
}
enum Outcome {
    Delivered(i64),
    Refused(i64),
    /// Too late, or the client wants to hear no more.
    Expired,
    Later(Option<i64>, String),
}

impl OpenId {
    /// Sends until the process ends. Errors of the store are logged and waited out.
    pub async fn send_logouts(self) {
        let wake = Arc::new(Notify::new());
        let listening = Arc::downgrade(&wake);
        self.db().on_change(move |change| {
            if matches!(change.topic.as_str(), "session" | "account")
                && let Some(wake) = listening.upgrade()
            {
                wake.notify_one();
            }
        });
        let mut round = Round::default();
        loop {
            if let Err(error) = self.logout_pass(&mut round).await {
                tracing::warn!(%error, "sign-outs could not be told");
                tokio::time::sleep(POLL).await;
            }
            tokio::select! {
                () = wake.notified() => {}
                Some(done) = round.running.join_next() => {
                    if let Err(error) = self.logout_ended(&mut round, done).await {
                        // Its lease ends by itself, and it is sent again.
                        tracing::warn!(%error, "what became of a told sign-out was not written");
                    }
                }
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
    /// For tests: everything that is due now.
    pub async fn drain_logouts(&self) -> Result<usize> {
        let mut round = Round::default();
        let mut attempts = self.logout_pass(&mut round).await?;
        while let Some(done) = round.running.join_next().await {
            self.logout_ended(&mut round, done).await?;
            attempts += self.logout_pass(&mut round).await?;
        }
        Ok(attempts)
    }
    /// Has those hear of it whose sessions ran out, and forgets what is long over.
    pub(crate) async fn sweep_logouts(&self) -> Result<()> {
        let now = self.db().clock().now();
        loop {
            let ended = self
                .db()
                .write_bulk(move |tx| {
                    let ids = store::find_run_out(tx, now, 200)?;
                    let ended =
                        if ids.is_empty() { 0 } else { session::service::end_run_out_in(tx, &ids, now)? };
                    Ok((ended, Vec::new()))
                })
                .await?;
            if ended == 0 {
                break;
            }
        }
        let before = self.db().clock().now().plus_days(-KEPT_DAYS);
        self.db()
            .write_unaudited("old told sign-outs", move |tx| store::delete_old(tx, before).map(drop))
            .await
    }

    async fn logout_pass(&self, round: &mut Round) -> Result<usize> {
        let now = self.db().clock().now();
        let room = MOST_AT_ONCE.saturating_sub(round.running.len());
        if room == 0 || !self.db().read_one(move |statement| store::is_due(statement, now)).await? {
            return Ok(0);
        }
        let busy: Vec<ClientId> =
            round.busy.iter().filter(|(_, count)| **count >= MOST_EACH).map(|(id, _)| *id).collect();
        let most = room.min(MOST_EACH) as i64;
        let claimed = self
            .db()
            .write_unaudited("sign-outs claimed", move |tx| {
                store::claim(tx, &busy, now.plus_seconds(LEASE_SECONDS), now, most)
            })
            .await?;
        let attempts = claimed.len();
        for claimed in claimed {
            *round.busy.entry(claimed.client).or_default() += 1;
            let openid = self.clone();
            round.running.spawn(async move {
                let outcome = openid.tell_logout(&claimed).await;
                let at = openid.db().clock().now();
                Done { claimed, outcome, at }
            });
        }
        // There may be more than one claim takes.
        if attempts > 0 && round.running.len() < MOST_AT_ONCE {
            return Ok(attempts + Box::pin(self.logout_pass(round)).await?);
        }
        Ok(attempts)
    }
    async fn tell_logout(&self, claimed: &Claimed) -> Outcome {
        let now = self.db().clock().now();
        if claimed.expires_at <= now {
            return Outcome::Expired;
        }
        match timeout(TIMEOUT + Duration::from_secs(2), self.logout_request(claimed, now)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::Later(None, error.to_string()),
            Err(_) => Outcome::Later(None, OutboundError::Timeout.to_string()),
        }
    }
    async fn logout_request(&self, claimed: &Claimed, now: Timestamp) -> Result<Outcome> {
        let (id, account) = (claimed.client, claimed.account);
        let client_id = self.db().read_one(move |statement| store::find_client_id(statement, id)).await?;
        let client = match client_id {
            Some(client_id) => self.clients().find(&client_id).await?,
            None => None,
        };
        let sub = self.db().read_one(move |statement| store::find_sub(statement, account)).await?;
        let (Some(client), Some(sub)) = (client, sub) else { return Ok(Outcome::Expired) };
        let uri = client.settings.backchannel_logout_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        let Some(url) = uri else { return Ok(Outcome::Expired) };
        let keyring = self.db().keyring();
        let sid = session_identifier(keyring, claimed.session.as_i64(), &client.client_id);
        let subject = Sector::of(&client).subject(keyring, &sub);
        let jti = self.db().rng().token();
        let claims = logout_token(self.issuer(), &client.client_id, &subject, &sid, &jti, now)?;
        let keys = self.keys().current(now).await?;
        let token = keys.signer(client.id_token_algorithm, now)?.sign(Kind::LogoutToken, &claims)?;
        let body = Serializer::new(String::new()).append_pair("logout_token", &token).finish();
        let call = Call::post(url, body)
            .within(TIMEOUT)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Ok(match self.organizations().identity().outbound().send(call).await {
            Ok(answer) => {
                let status = i64::from(answer.status.as_u16());
                match answer.status {
                    taken if taken.is_success() => Outcome::Delivered(status),
                    StatusCode::BAD_REQUEST => Outcome::Refused(status),
                    _ => Outcome::Later(Some(status), format!("status {status}")),
                }
            }
            Err(error) => Outcome::Later(None, error.to_string()),
        })
    }
    async fn logout_ended(
        &self,
        round: &mut Round,
        done: std::result::Result<Done, tokio::task::JoinError>,
    ) -> Result<()> {
        let Done { claimed, outcome, at } = match done {
            Ok(done) => done,
            Err(error) => {
                // Nobody knows whose it was: the places are counted anew, the lease ends by itself.
                tracing::warn!(%error, "telling a sign-out broke off");
                round.busy.clear();
                return Ok(());
            }
        };
        if let Some(count) = round.busy.get_mut(&claimed.client) {
            *count = count.saturating_sub(1);
        }
        self.db()
            .write_unaudited("what became of a told sign-out", move |tx| {
                let (state, status, error) = match &outcome {
                    Outcome::Delivered(status) => (DeliveryState::Delivered, Some(*status), None),
                    Outcome::Refused(status) => {
                        (DeliveryState::Refused, Some(*status), Some("the client refused the token"))
                    }
                    Outcome::Expired => (DeliveryState::Expired, None, None),
                    Outcome::Later(status, error) => {
                        let again_at = at.plus_seconds(backoff_seconds(claimed.attempts));
                        store::put_back(tx, &claimed, again_at, *status, error)?;
                        return Ok(());
                    }
                };
                store::settle(tx, &claimed, state, status, error, at).map(drop)
            })
            .await
    }
}
