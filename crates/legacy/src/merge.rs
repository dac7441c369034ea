//! One account of an earlier system becomes an agent's: by what is on record, by whoever knew its password, or by staff.
use crate::{
    Legacy,
    import::known_in,
    model::{Claimant, How, Known, LegacyAccountId, LegacyState, MergeId, Whose, usable_name, whose},
    store::{self, NewMerge},
};
use db::{Keyring, Tx};
use identity::{
    account::{self, Identifier, NewSelfOwned, OwnerKind, model::today},
    former,
    notice::{self, Kind, Notice},
};
use kernel::{
    Actor, Error, Event, LoginName, Mobile, ResidentId, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use serde_json::json;

/// Ids, drawn before the transaction, which may run twice.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    merge: MergeId,
    account: AccountId,
    sub: String,
    /// For an account whose former name is none of ours.
    login_name: LoginName,
    membership: MembershipId,
}
impl Drawn {
    pub fn new(legacy: &Legacy) -> Result<Self> {
        let account: AccountId = legacy.db().draw();
        Ok(Self {
            merge: legacy.db().draw(),
            sub: legacy.db().rng().short_token(),
            // With the hyphen no id reads as the number of a document, which no login name may.
            login_name: LoginName::parse(&format!("u-{}", account.to_string().to_lowercase()))?,
            membership: legacy.db().draw(),
            account,
        })
    }
}

impl Legacy {
    /// Settles a line that waits. A line that another node settled is left as it is.
    pub(crate) async fn merge_automatically(
        &self,
        id: LegacyAccountId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<()> {
        let (room, keyring, drawn) = (self.clone(), self.keyring(), Drawn::new(self)?);
        self.db()
            .write(move |tx| {
                let actor = Actor::system();
                let Some(row) = store::find(tx, id)?.filter(|row| row.state == LegacyState::Waiting) else {
                    return Ok(((), Vec::new()));
                };
                store::set_organization(tx, id, organization)?;
                let known = known_in(tx, &keyring, id)?;
                let (hash, _) = store::secrets(tx, id)?.unwrap_or_default();
                let claimants = claimants_in(tx, &keyring, &known, now)?;
                let on_record = known.holder.is_some() && known.document.is_some();
                let (state, mut events) = match whose(on_record, &claimants) {
                    Whose::Theirs(account) => {
                        add_login_in(tx, (id, &row.login_name), &hash, Some(account), now)?;
                        (LegacyState::Merged, Vec::new())
                    }
                    Whose::Nobodys => {
                        let events = room.make_account_in(
                            tx,
                            &keyring,
                            (id, &row.login_name, &hash),
                            &known,
                            &drawn,
                            now,
                        )?;
                        (LegacyState::Merged, events)
                    }
                    Whose::Unknown => {
                        add_login_in(tx, (id, &row.login_name), &hash, None, now)?;
                        (LegacyState::Asks, Vec::new())
                    }
                    Whose::Several => {
                        add_login_in(tx, (id, &row.login_name), &hash, None, now)?;
                        (LegacyState::Several, Vec::new())
                    }
                };
                if !store::set_state(tx, id, LegacyState::Waiting, state, None)? {
                    return Err(Error::conflict("legacy.settled"));
                }
                let account = match whose(on_record, &claimants) {
                    Whose::Theirs(account) => Some((account, false)),
                    Whose::Nobodys => Some((drawn.account, true)),
                    Whose::Unknown | Whose::Several => None,
                };
                if let Some((account, made)) = account {
                    let by = By { actor: &actor, account: None, how: How::Automatic };
                    events.extend(room.join_in(tx, &by, (id, organization), (account, made), &drawn, now)?);
                }
                Ok(((), events))
            })
            .await
    }
    /// The membership, the record of the merge, and telling the holder. The line's state has been set under its guard.
    pub(crate) fn join_in(
        &self,
        tx: &mut Tx<'_>,
        by: &By<'_>,
        (legacy, organization): (LegacyAccountId, OrganizationId),
        (account, made_account): (AccountId, bool),
        drawn: &Drawn,
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        let pair = (drawn.membership, account);
        let (joined, mut events) =
            self.organizations().join_merged_in(tx, by.actor, organization, pair, now)?;
        let merge = NewMerge {
            id: drawn.merge,
            legacy,
            account,
            membership: joined.membership,
            made_account,
            made_membership: joined.made,
            how: by.how,
            by: by.account,
        };
        store::insert_merge(tx, &merge, now)?;
        let login_name = store::find(tx, legacy)?.map(|row| row.login_name).unwrap_or_default();
        let name = organization::merging::name_in(tx, organization)?;
        let told = Notice::new(Kind::FormerMerged)
            .arg("former", login_name)
            .arg("organization", name)
            .leads_to("/me/former");
        notice::tell_in(tx, self.identity(), account, &told, now)?;
        let detail = json!({ "legacy": legacy, "how": by.how, "account_made": made_account });
        events.push(
            Event::done(by.actor, "legacy.merged").on("account", account).of(organization).with(detail),
        );
        Ok(events)
    }
    /// A person is on record who has no account here: the former login becomes one, with the person's data unproven.
    fn make_account_in(
        &self,
        tx: &mut Tx<'_>,
        keyring: &Keyring,
        (legacy, login_name, hash): (LegacyAccountId, &str, &str),
        known: &Known,
        drawn: &Drawn,
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        let usable = match usable_name(login_name) {
            Some(name) => account::service::find_by_login_name_in(tx, &name)?.is_none().then_some(name),
            None => None,
        };
        let keeps_name = usable.is_some();
        let document = match &known.document {
            Some(number) => Some(ResidentId::parse(number, today(now))?),
            None => None,
        };
        let new = NewSelfOwned {
            id: drawn.account,
            sub: drawn.sub.clone(),
            login_name: usable.unwrap_or_else(|| drawn.login_name.clone()),
            name: known.holder.clone().unwrap_or_else(|| known.organization.chars().take(60).collect()),
            phone: None,
            document,
            password_hash: hash.to_owned(),
            now,
        };
        account::service::create_self_owned_in(tx, keyring, &new)?;
        if let Some(phone) = &known.phone {
            account::service::set_phone_in(tx, keyring, drawn.account, Some(&Mobile::parse(phone)?))?;
        }
        // An account that has the former name needs no other entrance.
        if !keeps_name {
            add_login_in(tx, (legacy, login_name), hash, Some(drawn.account), now)?;
        }
        Ok(vec![Event::done(&Actor::system(), "account.created").on("account", drawn.account)])
    }
}
/// Who merges, and by what right.
pub(crate) struct By<'a> {
    pub actor: &'a Actor,
    pub account: Option<AccountId>,
    pub how: How,
}

/// Error: `legacy.login_taken` if an open login of an earlier system has the name.
pub(crate) fn add_login_in(
    tx: &mut Tx<'_>,
    (id, login_name): (LegacyAccountId, &str),
    hash: &str,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    if !former::service::add_in(tx, id, login_name, hash, account, now)? {
        return Err(Error::conflict("legacy.login_taken"));
    }
    store::set_former_login(tx, id, id).map(drop)
}
/// Own accounts that have the document on record, proven or typed.
pub(crate) fn claimants_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    known: &Known,
    now: Timestamp,
) -> Result<Vec<Claimant>> {
    let Some(number) = &known.document else { return Ok(Vec::new()) };
    let document = Identifier::Document(ResidentId::parse(number, today(now))?);
    let found = account::service::matches_in(tx, keyring, &document)?;
    Ok(found
        .into_iter()
        .filter(|found| found.owner.kind() == OwnerKind::SelfOwned)
        .map(|found| Claimant { account: found.id, proven: found.person.is_some() })
        .collect())
}
