//! What every first factor ends in: a session, or the second step before it.
use super::{
    model::{Begun, First, Next},
    second,
};
use crate::{
    Identity,
    account::{self, AccountState},
    challenge::{self, ChallengeId, NewChallenge},
    credential,
    device::{self, model::Shown},
    former::{self, FormerLoginId},
    notice::{self, Kind, Notice},
    session::{self, Device, NewSession},
};
use db::Tx;
use kernel::{Actor, ActorKind, Event, Result, Timestamp, TokenHash, id::AccountId};
use platform::setting::Policies;
use web::Ctx;

/// How long the second step may take.
const SECOND_MINUTES: i64 = 10;
const SECOND_ATTEMPTS: i64 = 5;

/// What a new session needs, drawn before the transaction.
#[derive(Clone)]
pub struct Start {
    pub(super) identity: Identity,
    id: kernel::id::SessionId,
    token: String,
    before: Option<TokenHash>,
    address: std::net::IpAddr,
    user_agent: Option<String>,
    pub(super) device: Shown,
    /// For how long a browser may be remembered in place of the second step.
    remember_days: i64,
    second: ChallengeId,
    pub(super) browser: [u8; 32],
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
    expires_at: Timestamp,
    lang: web::Lang,
}
impl Start {
    pub fn new(identity: &Identity, ctx: &Ctx, headers: &http::HeaderMap, policies: &Policies) -> Self {
        let user_agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            identity: identity.clone(),
            id: identity.db().draw(),
            token: identity.db().rng().token(),
            before: web::cookie::session_token(headers, &ctx.app).map(|token| TokenHash::of(&token)),
            address: ctx.address,
            user_agent: user_agent.map(session::model::clean_user_agent),
            device: device::service::shown(identity, ctx, headers),
            remember_days: policies.second_factor.remember_days,
            second: identity.db().draw(),
            browser: ctx.browser,
            actor: ctx.actor(),
            now: ctx.now,
            expires_at: session::service::expires_at(&policies.session, ctx.now),
            lang: ctx.lang,
        }
    }
    /// The one way on from a first factor, whichever it was. The caller has locked the account, found it active, and commits
    /// the events.
    pub fn begin_or_second_in(&self, tx: &mut Tx<'_>, first: &First) -> Result<(Next, Vec<Event>)> {
        let asked = !session::model::is_whole(&first.methods)
            && factor::has_second_factor_in(tx, first.account)?
            && !device::service::is_trusted_in(
                tx,
                &self.device,
                first.account,
                self.remember_days,
                self.now,
            )?;
        if !asked {
            let (begun, event) =
                self.begin_in(tx, first.account, first.methods.clone(), first.must_change_password)?;
            return Ok((Next::Done(begun), vec![event]));
        }
        let new = NewChallenge {
            id: self.second,
            kind: "second",
            purpose: second::PURPOSE,
            browser: self.browser,
            target: None,
            // Judged elsewhere: no text is the answer.
            code: None,
            data: second::model::Kept::of(first).to_json()?,
            attempts_allowed: SECOND_ATTEMPTS,
            now: self.now,
            expires_at: self.now.plus_seconds(SECOND_MINUTES * 60),
        };
        challenge::service::open_in(tx, self.identity.db().keyring(), &new)?;
        let detail = serde_json::json!({ "methods": first.methods });
        let event = Event::done(&self.actor, "session.second_step").on("account", first.account).with(detail);
        Ok((Next::Second(self.second), vec![event]))
    }
    /// Begins the session and says so in an event of the account that signed in. For what is strong by itself, or whose
    /// second step is done, or an account made a moment ago; all else goes through [`Self::begin_or_second_in`].
    pub fn begin_in(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        methods: Vec<&'static str>,
        must_change_password: bool,
    ) -> Result<(Begun, Event)> {
        let detail = serde_json::json!({ "methods": methods });
        let seen = device::service::see_in(tx, &self.device, account, self.now)?;
        // The first of all sign-ins is no surprise to whoever made it.
        if seen.new && account::service::has_signed_in(tx, account)? {
            let agent = Device::of(self.user_agent.as_deref().unwrap_or_default());
            let notice = Notice::new(Kind::NewDevice)
                .words("device", &agent.words(web::Lang::Zh), &agent.words(web::Lang::En))
                .arg("address", self.address.to_string())
                .leads_to("/me/devices")
                .in_language(self.lang);
            notice::tell_in(tx, &self.identity, account, &notice, self.now)?;
        }
        let new = NewSession {
            id: self.id,
            token: self.token.clone(),
            account,
            methods,
            address: self.address,
            user_agent: self.user_agent.clone(),
            now: self.now,
            expires_at: self.expires_at,
        };
        let session = session::service::begin_in(tx, &new, self.before.as_ref())?;
        let actor = Actor {
            kind: ActorKind::Account,
            account: Some(account),
            session: Some(session),
            ..self.actor.clone()
        };
        let event = Event::done(&actor, "session.begun").on("account", account).with(detail);
        let closing = account::closing::find_in(tx, account)?.is_some();
        let begun =
            Begun { token: self.token.clone(), account, must_change_password, closing, device: seen.token };
        Ok((begun, event))
    }
}

/// Whether the password that was compared is still the account's and the account still active, under its row lock:
/// a reset or a suspension that came while the hash was computed must not be outlived by the session that begins.
pub(super) fn still_fits_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    compared: Option<&str>,
    former: Option<FormerLoginId>,
) -> Result<bool> {
    let active = account::service::lock_state_in(tx, account)? == Some(AccountState::Active);
    // A statement of its own, after the lock: it sees what was committed while this one waited for it.
    let stored = stored_in(tx, account, former)?;
    Ok(active && stored.as_deref() == compared)
}
/// The hash of the account's password, or of its login of an earlier system.
pub(super) fn stored_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    former: Option<FormerLoginId>,
) -> Result<Option<String>> {
    match former {
        Some(former) => former::store::find_hash(tx, former),
        None => Ok(credential::store::find(tx, account)?.map(|stored| stored.hash)),
    }
}
