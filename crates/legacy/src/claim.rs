//! Whoever knew the password of a login that belongs to nobody says, from the own account, whose it is; staff decide where
//! several claim it.
use crate::{
    Legacy,
    import::known_in,
    merge::{By, Drawn, claimants_in},
    model::{How, Known, LegacyAccount, LegacyAccountId, LegacyState},
    store,
};
use identity::{SignedIn, account, challenge::ChallengeId, former};
use kernel::{Error, Event, LoginName, Result, Timestamp, id::OrganizationId};
use organization::Operator;
use platform::staff::StaffRole;

/// What the page before the confirmation shows.
#[derive(Clone, Debug)]
pub struct Claim {
    pub login_name: String,
    pub organization: String,
    /// A person is on record: only that one, or staff, may take it over.
    pub recorded: bool,
}

impl Legacy {
    /// None once it was used or is over.
    pub async fn claim(&self, id: ChallengeId, token: &str, now: Timestamp) -> Result<Option<Claim>> {
        let (keyring, token) = (self.keyring(), token.to_owned());
        self.db()
            .read(move |tx| {
                let former = former::service::claimed_in(tx, &keyring, (id, &token), now)?;
                let Some(former) = former else { return Ok(None) };
                let Some(row) = store::find_by_former_login(tx, former)? else { return Ok(None) };
                let known = known_in(tx, &keyring, row.id)?;
                Ok(Some(Claim {
                    login_name: row.login_name,
                    organization: known.organization,
                    recorded: known.document.is_some(),
                }))
            })
            .await
    }
    /// Uses the claim up. Errors: `legacy.claim_over`, `legacy.other_person` where somebody else is on record,
    /// `legacy.own_account` for an account that an organization owns, `legacy.level`, `organization.suspended`.
    pub async fn take(
        &self,
        by: &SignedIn,
        id: ChallengeId,
        token: &str,
        now: Timestamp,
    ) -> Result<OrganizationId> {
        if by.owner.organization().is_some() {
            return Err(Error::forbidden("legacy.own_account"));
        }
        let (room, keyring, drawn) = (self.clone(), self.keyring(), Drawn::new(self)?);
        let (by, token) = (by.clone(), token.to_owned());
        let over = || Error::conflict("legacy.claim_over");
        self.db()
            .write(move |tx| {
                let former =
                    former::service::use_claim_in(tx, &keyring, (id, &token), now)?.ok_or_else(over)?;
                let row = store::find_by_former_login(tx, former)?.ok_or_else(over)?;
                let organization = row.organization.ok_or_else(over)?;
                let known = known_in(tx, &keyring, row.id)?;
                if known.document.is_some() {
                    let claimants = claimants_in(tx, &keyring, &known, now)?;
                    let is_theirs = claimants.iter().any(|one| one.proven && one.account == by.account);
                    if !is_theirs {
                        return Err(Error::forbidden("legacy.other_person"));
                    }
                }
                organization::merging::must_fit_in(tx, organization, by.account, now)?;
                leave_in(tx, &row)?;
                if !former::service::give_in(tx, former, by.account)? {
                    return Err(over());
                }
                let whose = By { actor: &by.actor, account: Some(by.account), how: How::Claimed };
                let pair = (row.id, organization);
                let events = room.join_in(tx, &whose, pair, (by.account, false), &drawn, now)?;
                Ok((organization, events))
            })
            .await
    }
    /// One line as staff sees it; an account manager those of the own portfolio alone.
    pub async fn line(&self, by: &Operator, id: LegacyAccountId) -> Result<(LegacyAccount, Known)> {
        let (by, keyring) = (by.clone(), self.keyring());
        self.db()
            .read(move |tx| {
                let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                may_decide_in(tx, &by, &row)?;
                let known = known_in(tx, &keyring, id)?;
                Ok((row, known))
            })
            .await
    }
    /// Staff say whose it is, by the login name of an own account. Errors at `login_name`: `account.unknown`,
    /// `legacy.own_account`; `legacy.settled` if it was decided meanwhile.
    pub async fn decide(
        &self,
        by: &Operator,
        id: LegacyAccountId,
        login_name: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let login_name = LoginName::parse(login_name).map_err(|error| error.at("login_name"))?;
        let reason = kernel::text::line("reason", reason, 200)?;
        let (room, drawn, by) = (self.clone(), Drawn::new(self)?, by.clone());
        self.db()
            .write(move |tx| {
                let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("legacy.unknown"))?;
                may_decide_in(tx, &by, &row)?;
                let settled = || Error::conflict("legacy.settled");
                let (organization, former) = row.organization.zip(row.former_login).ok_or_else(settled)?;
                let found = account::service::find_by_login_name_in(tx, &login_name)?
                    .ok_or_else(|| Error::invalid("account.unknown").at("login_name"))?;
                if found.owner.organization().is_some() {
                    return Err(Error::invalid("legacy.own_account").at("login_name"));
                }
                leave_in(tx, &row)?;
                if !former::service::give_in(tx, former, found.id)? {
                    return Err(settled());
                }
                // Staff's word is no proof that who knows the old password is the holder.
                former::service::share_password_in(tx, former)?;
                let whose = By { actor: by.actor(), account: by.account(), how: How::Staff };
                let pair = (row.id, organization);
                let mut events = room.join_in(tx, &whose, pair, (found.id, false), &drawn, now)?;
                let detail = serde_json::json!({ "legacy": id, "reason": reason });
                events.push(
                    Event::done(by.actor(), "legacy.decided")
                        .on("account", found.id)
                        .of(organization)
                        .with(detail),
                );
                Ok(((), events))
            })
            .await
    }
}
/// From a state that asks; guarded, so that of two who decide one does.
fn leave_in(tx: &mut db::Tx<'_>, row: &LegacyAccount) -> Result<()> {
    let asks = matches!(row.state, LegacyState::Asks | LegacyState::Several);
    if !asks || !store::set_state(tx, row.id, row.state, LegacyState::Merged, None)? {
        return Err(Error::conflict("legacy.settled"));
    }
    Ok(())
}
/// The system administrator, and the account manager of the organization.
pub(crate) fn may_decide_in(tx: &mut db::Tx<'_>, by: &Operator, row: &LegacyAccount) -> Result<()> {
    by.must_be(tx, &[StaffRole::SystemAdministrator, StaffRole::AccountManager])?;
    match row.organization {
        Some(organization) => organization::merging::must_manage_in(tx, by, organization),
        None => by.must_be(tx, &[StaffRole::SystemAdministrator]),
    }
}
