use crate::{OpenId, token::store as tokens};
use identity::session::{self, SignedIn};
use kernel::{Event, Result, Timestamp};

impl OpenId {
    /// Ends the session and, in the same transaction, every token that rests on it.
    pub async fn sign_out(&self, signed_in: &SignedIn, now: Timestamp) -> Result<()> {
        let (session, actor) = (signed_in.session, signed_in.actor.clone());
        self.db()
            .write(move |tx| {
                let ended = session::service::end_in(tx, session, now)?;
                for token in tokens::revoke_of_session(tx, session, now)? {
                    tx.changed("token", token);
                }
                let event = |account| Event::done(&actor, "session.ended").on("account", account);
                Ok(((), ended.map(event).into_iter().collect()))
            })
            .await
    }
}
