use super::model::{Incoming, NewReplacement, Outgoing, Replacement, Shown};
use crate::activation::{Draft, Issued, Link, Way};
use crate::application::{
    self, Application, ApplicationKind, ApplicationState, NewApplication, REASON_MAX, Requested, Step,
    Verdict, documents_of,
};
use crate::membership::{self, Basis, ManagedMember, Managing, Member, MemberRow, MembershipState, Role};
use crate::organization;
use crate::{Authority, Operator, Organizations};
use db::Tx;
use identity::account;
use kernel::{
    Error, Event, LoginName, Mobile, Result, Timestamp,
    id::{AccountId, ApplicationId, MembershipId, OrganizationId},
    text,
};
use platform::document::{self, DocumentId, Upload};

/// Letters of one request.
const MOST_LETTERS: usize = 3;

/// Drawn before the transaction, for somebody who is not here yet.
#[derive(Clone)]
struct Drawn {
    membership: MembershipId,
    account: AccountId,
    sub: String,
    draft: Draft,
}
impl Drawn {
    fn new(rooms: &Organizations) -> Self {
        let db = rooms.db();
        let (membership, account, sub) = (db.draw(), db.draw(), db.rng().short_token());
        Self { membership, account, sub, draft: Draft::new(rooms) }
    }
}

impl Organizations {
    /// A member hands in the letter; the account manager is told. Errors at `letter` as [`document::kind_of`], at `incoming`:
    /// `replacement.incoming`, at `outgoing`: `replacement.outgoing`.
    pub async fn ask_replacement(
        &self,
        by: &Member,
        new: NewReplacement,
        letter: &Upload,
        now: Timestamp,
    ) -> Result<Requested> {
        let reason = text::line("reason", &new.reason, REASON_MAX)?;
        if !matches!(new.what.incoming, Incoming::Member(_)) {
            return Err(Error::invalid("replacement.incoming").at("incoming"));
        }
        let letter = document::service::prepare(self.db().keyring(), "letter", letter, Some(by.account()))?;
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                if locked.state != organization::OrganizationState::Active {
                    return Err(Error::forbidden("organization.suspended"));
                }
                membership::find_acting_role(tx, by.account(), organization, now)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                pair_in(tx, organization, &new.what, now)?;
                let application = submission(&new, by.account(), organization, &reason)?;
                let (requested, events) = application::submit_in(tx, &rooms, &application, by.actor(), now)?;
                if requested.new {
                    let subject = documents_of(requested.id);
                    document::service::add_in(tx, "letter", subject, &letter, MOST_LETTERS, now)?;
                    let handed_in = application::find_in(tx, requested.id)?;
                    rooms.tell_staff_in(tx, &handed_in, now)?;
                }
                Ok((requested, events))
            })
            .await
    }
    /// Sent back for completion: another letter, another reason. By the applicant alone.
    pub async fn complete_replacement(
        &self,
        by: &Member,
        id: ApplicationId,
        reason: &str,
        letter: Option<&Upload>,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::line("reason", reason, REASON_MAX)?;
        let keyring = self.db().keyring();
        let letter = letter
            .map(|upload| document::service::prepare(keyring, "letter", upload, Some(by.account())))
            .transpose()?;
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                own_in(tx, &by, id)?;
                let account = Some(by.account());
                let application = application::must_step_in(tx, id, Step::Resubmit, account, None, now)?;
                application::set_reason_in(tx, id, Some(&reason))?;
                if let Some(letter) = &letter {
                    let subject = documents_of(id);
                    document::service::erase_in(tx, subject, now)?;
                    document::service::add_in(tx, "letter", subject, letter, MOST_LETTERS, now)?;
                }
                rooms.tell_staff_in(tx, &application, now)?;
                Ok(((), vec![application.event(by.actor(), Step::Resubmit)]))
            })
            .await
    }
    pub async fn withdraw_replacement(&self, by: &Member, id: ApplicationId, now: Timestamp) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                own_in(tx, &by, id)?;
                let account = Some(by.account());
                let application = application::must_step_in(tx, id, Step::Withdraw, account, None, now)?;
                application::erase_documents_in(tx, id, now)?;
                Ok(((), vec![application.event(by.actor(), Step::Withdraw)]))
            })
            .await
    }
    /// The account manager has the letter on the table: it is handed in and decided at once, or waits for the second
    /// approval where the type asks for two. The link of a slip comes back where somebody new gets an account.
    pub async fn replace_administrator(
        &self,
        by: &Operator,
        organization: OrganizationId,
        new: NewReplacement,
        letter: &Upload,
        link: Link,
        now: Timestamp,
    ) -> Result<(ApplicationState, Option<Issued>)> {
        let reason = text::line("reason", &new.reason, REASON_MAX)?;
        let account = by.account().ok_or_else(|| Error::forbidden("staff.role_required"))?;
        let letter = document::service::prepare(self.db().keyring(), "letter", letter, Some(account))?;
        let (by, rooms, drawn) = (Authority::from(by.clone()), self.clone(), Drawn::new(self));
        self.db()
            .write(move |tx| {
                let managing = membership::managing_in(tx, &by, organization, now)?;
                pair_in(tx, organization, &new.what, now)?;
                let submitted = submission(&new, account, organization, &reason)?;
                let (requested, mut events) =
                    application::submit_in(tx, &rooms, &submitted, by.actor(), now)?;
                if !requested.new {
                    let there = application::find_in(tx, requested.id)?;
                    return Ok(((there.state, None), events));
                }
                let subject = documents_of(requested.id);
                document::service::add_in(tx, "letter", subject, &letter, MOST_LETTERS, now)?;
                let step = application::find_in(tx, requested.id)?.approval();
                let decided =
                    application::must_step_in(tx, requested.id, step, Some(account), Some(&reason), now)?;
                events.push(decided.event(by.actor(), step));
                let mut issued = None;
                if step == Step::Approve {
                    issued = rooms.pass_in(tx, &by, &managing, &new.what, &drawn, &link, &mut events, now)?;
                }
                Ok(((decided.state, issued), events))
            })
            .await
    }
    /// By the organization's account manager. Errors: `application.decided`, `application.note_required` at `note`,
    /// `application.second_person`, `replacement.outgoing`, `replacement.incoming`.
    pub async fn decide_replacement(
        &self,
        by: &Operator,
        id: ApplicationId,
        verdict: Verdict,
        note: &str,
        link: Link,
        now: Timestamp,
    ) -> Result<(ApplicationState, Option<Issued>)> {
        let note = text::paragraph("note", note, REASON_MAX)?;
        let (by, rooms, drawn) = (Authority::from(by.clone()), self.clone(), Drawn::new(self));
        self.db()
            .write(move |tx| {
                let found = of_kind_in(tx, id)?;
                let organization = found.organization.ok_or_else(unknown)?;
                let managing = membership::managing_in(tx, &by, organization, now)?;
                let what = what_in(tx, &rooms, id)?;
                // Under the lock: of two desks that decide at once, one does.
                let step = match verdict {
                    Verdict::Approve => of_kind_in(tx, id)?.approval(),
                    Verdict::Reject => Step::Reject,
                    Verdict::Return => Step::Return,
                };
                let decided = application::must_step_in(tx, id, step, by.account(), note.as_deref(), now)?;
                let mut events = vec![decided.event(by.actor(), step)];
                let mut issued = None;
                if step == Step::Approve {
                    issued = rooms.pass_in(tx, &by, &managing, &what, &drawn, &link, &mut events, now)?;
                }
                if by.account() != Some(decided.applicant) {
                    rooms.tell_applicant_in(tx, &decided, step, note.as_deref(), now)?;
                }
                Ok(((decided.state, issued), events))
            })
            .await
    }
    /// The powers pass: the one who goes loses them, the one who comes has them, or neither.
    #[expect(clippy::too_many_arguments, reason = "who passes what to whom, and how it is handed out")]
    fn pass_in(
        &self,
        tx: &mut Tx<'_>,
        by: &Authority,
        managing: &Managing,
        what: &Replacement,
        drawn: &Drawn,
        link: &Link,
        events: &mut Vec<Event>,
        now: Timestamp,
    ) -> Result<Option<Issued>> {
        let locked = managing.locked();
        let (outgoing, incoming) = pair_in(tx, locked.id, what, now)?;
        match what.becomes {
            Outgoing::Agent => {
                let to = (Role::Agent, Basis::Appointed);
                events.extend(membership::change_role_in(tx, by, locked, &outgoing, to, now)?);
                self.tell_role_in(tx, locked, outgoing.account, Role::Agent, now)?;
            }
            Outgoing::End => {
                events.extend(membership::dismiss_in(tx, self, by.actor(), locked, &outgoing, None, now)?);
            }
        }
        membership::must_have_room_in(tx, locked, now)?;
        let (member, issued) = match (incoming, &what.incoming) {
            (Some(member), _) => (member, None),
            (None, Incoming::New { login_name, name, phone }) => {
                let (member, issued) = self.welcome_in(
                    tx,
                    managing,
                    (login_name, name, phone.as_deref()),
                    drawn,
                    link,
                    events,
                    now,
                )?;
                (member, Some(issued))
            }
            (None, Incoming::Member(_)) => return Err(incoming_gone()),
        };
        let to = (Role::Administrator, Basis::Appointed);
        events.extend(membership::change_role_in(tx, by, locked, &member, to, now)?);
        self.tell_role_in(tx, locked, member.account, Role::Administrator, now)?;
        Ok(issued)
    }
    /// An account of the organization for somebody who is not here yet, handed out by SMS, or on a slip without a number.
    #[expect(clippy::too_many_arguments, reason = "who comes, and how it is handed out")]
    fn welcome_in(
        &self,
        tx: &mut Tx<'_>,
        managing: &Managing,
        (login_name, name, phone): (&str, &str, Option<&str>),
        drawn: &Drawn,
        link: &Link,
        events: &mut Vec<Event>,
        now: Timestamp,
    ) -> Result<(MemberRow, Issued)> {
        let new = ManagedMember {
            membership: drawn.membership,
            account: drawn.account,
            sub: drawn.sub.clone(),
            login_name: LoginName::parse(login_name)?,
            name: name.to_owned(),
            phone: phone.map(Mobile::parse).transpose()?,
            document: None,
            valid_from: None,
            valid_until: None,
            scope: None,
            reason: None,
        };
        let made = membership::create_managed_in(tx, self.db().keyring(), managing, &new, now)?;
        events.extend(made.ok_or_else(incoming_gone)?);
        let way = if new.phone.is_some() { Way::Sms } else { Way::Print };
        let link = Link { way, ..link.clone() };
        let holder = (drawn.membership, drawn.account);
        let (issued, event) =
            membership::activation_in(tx, self, managing, holder, &drawn.draft, &link, now)?;
        events.push(event);
        let member =
            membership::find(tx, managing.locked().id, drawn.membership)?.ok_or_else(incoming_gone)?;
        Ok((member, issued))
    }

    /// For its applicant.
    pub async fn own_replacement(&self, by: &Member, id: ApplicationId) -> Result<Shown> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .read(move |tx| {
                let application = own_in(tx, &by, id)?;
                shown_in(tx, &rooms, application)
            })
            .await
    }
    /// For the account manager of the organization, or the system administrator.
    pub async fn desk_replacement(&self, by: &Operator, id: ApplicationId) -> Result<Shown> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .read(move |tx| {
                let application = of_kind_in(tx, id)?;
                let organization = application.organization.ok_or_else(unknown)?;
                must_see(tx, &by, organization)?;
                shown_in(tx, &rooms, application)
            })
            .await
    }
    /// A letter, for its applicant.
    pub async fn own_letter(
        &self,
        by: &Member,
        id: ApplicationId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .read(move |tx| {
                own_in(tx, &by, id)?;
                document::service::open_in(tx, rooms.db().keyring(), documents_of(id), file)
            })
            .await
    }
    /// A letter, for whoever decides; looking at it is on record.
    pub async fn desk_letter(
        &self,
        by: &Operator,
        id: ApplicationId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = of_kind_in(tx, id)?.organization.ok_or_else(unknown)?;
                must_see(tx, &by, organization)?;
                let opened = document::service::open_in(tx, rooms.db().keyring(), documents_of(id), file)?;
                let event = Event::done(by.actor(), "application.document_viewed")
                    .on("application", id)
                    .of(organization)
                    .with(serde_json::json!({ "document": file }));
                Ok((opened, vec![event]))
            })
            .await
    }
    /// The member of the organization with this login name; None if there is none.
    pub async fn member_by_login_name(
        &self,
        organization: OrganizationId,
        login_name: &str,
    ) -> Result<Option<MemberRow>> {
        let Ok(login_name) = LoginName::parse(login_name) else { return Ok(None) };
        self.db()
            .read(move |tx| match account::service::find_by_login_name_in(tx, &login_name)? {
                Some(found) => membership::find_live_by_account(tx, organization, found.id),
                None => Ok(None),
            })
            .await
    }
}

fn unknown() -> Error {
    Error::not_found("application.unknown")
}
fn incoming_gone() -> Error {
    Error::conflict("replacement.incoming").at("incoming")
}
/// Another manager's portfolio is not theirs to know.
fn must_see(tx: &mut Tx<'_>, by: &Operator, organization: OrganizationId) -> Result<()> {
    let Some(manager) = by.portfolio_in(tx)? else { return Ok(()) };
    let found = organization::find_in(tx, organization)?.ok_or_else(unknown)?;
    if found.account_manager == Some(manager) { Ok(()) } else { Err(unknown()) }
}
fn of_kind_in(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Application> {
    let found = application::find_in(tx, id)?;
    if found.kind == ApplicationKind::Replacement { Ok(found) } else { Err(unknown()) }
}
fn own_in(tx: &mut Tx<'_>, by: &Member, id: ApplicationId) -> Result<Application> {
    let found = of_kind_in(tx, id)?;
    let own = found.applicant == by.account() && found.organization == Some(by.organization());
    if own { Ok(found) } else { Err(unknown()) }
}
fn what_in(tx: &mut Tx<'_>, rooms: &Organizations, id: ApplicationId) -> Result<Replacement> {
    application::data_in(tx, rooms.db().keyring(), id)?.ok_or_else(unknown)
}
fn shown_in(tx: &mut Tx<'_>, rooms: &Organizations, application: Application) -> Result<Shown> {
    let organization = application.organization.ok_or_else(unknown)?;
    let what = what_in(tx, rooms, application.id)?;
    let incoming = match what.incoming {
        Incoming::Member(id) => membership::find(tx, organization, id)?,
        Incoming::New { .. } => None,
    };
    Ok(Shown {
        outgoing: membership::find(tx, organization, what.outgoing)?,
        incoming,
        documents: document::service::list_in(tx, documents_of(application.id))?,
        timeline: application::timeline_in(tx, application.id)?,
        application,
        what,
    })
}
/// The administrator who goes and the agent who comes, as they are now.
fn pair_in(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    what: &Replacement,
    now: Timestamp,
) -> Result<(MemberRow, Option<MemberRow>)> {
    let outgoing = membership::find(tx, organization, what.outgoing)?
        .filter(|row| row.role == Role::Administrator && row.state != MembershipState::Ended)
        .ok_or_else(|| Error::conflict("replacement.outgoing").at("outgoing"))?;
    let Incoming::Member(id) = what.incoming else { return Ok((outgoing, None)) };
    let incoming = membership::find(tx, organization, id)?
        .filter(|row| row.role == Role::Agent && row.is_in_force(now))
        .ok_or_else(incoming_gone)?;
    Ok((outgoing, Some(incoming)))
}
fn submission(
    new: &NewReplacement,
    applicant: AccountId,
    organization: OrganizationId,
    reason: &str,
) -> Result<NewApplication> {
    let data = serde_json::to_value(&new.what).map_err(|e| Error::internal("application.data").because(e))?;
    Ok(NewApplication {
        id: new.id,
        kind: ApplicationKind::Replacement,
        applicant,
        organization: Some(organization),
        product: None,
        subject: Some(new.what.outgoing.as_i64()),
        reason: Some(reason.to_owned()),
        data: Some(data),
    })
}
