//! Kinds, the state table, and one request.
use kernel::{
    Actor, Event, Id, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId, mark},
};

db::text_enum! {
    pub enum ApplicationKind {
        ProductAccess = "product_access",
        /// To act for an organization as its agent.
        AgentAuthorization = "agent_authorization",
        Material = "material",
        RegistrationChange = "registration_change",
        NameChange = "name_change",
        /// To be the head of an organization, a new one or one that is here.
        Head = "head",
        AccountMerge = "account_merge",
        /// Another administrator in place of the present one.
        Replacement = "replacement",
        /// 机构准入: the organization asks to be admitted to a product.
        Admission = "admission",
    }
}
impl ApplicationKind {
    /// Decided inside the organization, where somebody can.
    pub const BY_ADMINISTRATORS: [Self; 2] = [Self::ProductAccess, Self::AgentAuthorization];
    /// Decided by staff alone.
    pub const BY_STAFF: [Self; 7] = [
        Self::Head,
        Self::Material,
        Self::RegistrationChange,
        Self::NameChange,
        Self::AccountMerge,
        Self::Replacement,
        Self::Admission,
    ];
    /// The organization is only typed, and the applicant does not learn whether it is here.
    pub const fn waits(self) -> bool {
        matches!(self, Self::AgentAuthorization | Self::Head)
    }
    /// Key of the kind's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ProductAccess => "organization-kind-product-access",
            Self::AgentAuthorization => "organization-kind-agent-authorization",
            Self::Material => "organization-kind-material",
            Self::RegistrationChange => "organization-kind-registration-change",
            Self::NameChange => "organization-kind-name-change",
            Self::Head => "organization-kind-head",
            Self::AccountMerge => "organization-kind-account-merge",
            Self::Replacement => "organization-kind-replacement",
            Self::Admission => "organization-kind-admission",
        }
    }
}

db::text_enum! {
    /// `Submitted`, `FirstApproved` and `Returned` are open; the others are ends.
    pub enum ApplicationState {
        Submitted = "submitted",
        /// One of two approved; another person approves or refuses.
        FirstApproved = "first_approved",
        /// 退回补正: the applicant completes it and hands it in again.
        Returned = "returned",
        Approved = "approved",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}
db::text_enum! {
    pub enum Step {
        Submit = "submit",
        FirstApprove = "first_approve",
        Approve = "approve",
        Reject = "reject",
        Return = "return",
        Resubmit = "resubmit",
        Withdraw = "withdraw",
        Expire = "expire",
    }
}
impl ApplicationState {
    pub const OPEN: [Self; 3] = [Self::Submitted, Self::FirstApproved, Self::Returned];
    /// Those in which somebody other than the applicant has something to do.
    pub const WAITING: [Self; 2] = [Self::Submitted, Self::FirstApproved];

    /// The whole table; None for what cannot happen. `Submit` makes the row, so it leads from nowhere.
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Submitted, Step::FirstApprove) => Some(Self::FirstApproved),
            (Self::Submitted | Self::FirstApproved, Step::Approve) => Some(Self::Approved),
            (Self::Submitted | Self::FirstApproved, Step::Reject) => Some(Self::Rejected),
            (Self::Submitted | Self::FirstApproved, Step::Return) => Some(Self::Returned),
            (Self::Returned, Step::Resubmit) => Some(Self::Submitted),
            (Self::Submitted | Self::FirstApproved | Self::Returned, Step::Withdraw) => Some(Self::Withdrawn),
            (Self::Submitted | Self::FirstApproved | Self::Returned, Step::Expire) => Some(Self::Expired),
            _ => None,
        }
    }
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::FirstApproved | Self::Returned)
    }
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Submitted | Self::FirstApproved)
    }
    /// Key of the state's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Submitted => "organization-application-submitted",
            Self::FirstApproved => "organization-application-first-approved",
            Self::Returned => "organization-application-returned",
            Self::Approved => "organization-application-approved",
            Self::Rejected => "organization-application-rejected",
            Self::Withdrawn => "organization-application-withdrawn",
            Self::Expired => "organization-application-expired",
        }
    }
    /// Of the state's tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Submitted | Self::FirstApproved | Self::Returned => "wait",
            Self::Approved => "ok",
            Self::Rejected => "bad",
            Self::Withdrawn | Self::Expired => "",
        }
    }
}
impl Step {
    /// Of the audit record.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Submit => "application.submitted",
            Self::FirstApprove => "application.first_approved",
            Self::Approve => "application.approved",
            Self::Reject => "application.rejected",
            Self::Return => "application.returned",
            Self::Resubmit => "application.resubmitted",
            Self::Withdraw => "application.withdrawn",
            Self::Expire => "application.expired",
        }
    }
    /// Key of what happened, as the timeline says it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Submit => "organization-step-submit",
            Self::FirstApprove => "organization-step-first-approve",
            Self::Approve => "organization-step-approve",
            Self::Reject => "organization-step-reject",
            Self::Return => "organization-step-return",
            Self::Resubmit => "organization-step-resubmit",
            Self::Withdraw => "organization-step-withdraw",
            Self::Expire => "organization-step-expire",
        }
    }
    pub const fn tone(self) -> &'static str {
        match self {
            Self::FirstApprove | Self::Approve => "ok",
            Self::Reject => "bad",
            Self::Return => "warn",
            Self::Submit | Self::Resubmit | Self::Withdraw | Self::Expire => "",
        }
    }
    /// Whoever is refused or sent back is told why.
    pub const fn wants_note(self) -> bool {
        matches!(self, Self::Reject | Self::Return)
    }
}

/// An open request that nobody decides, or completes, ends by itself.
pub const OPEN_DAYS: i64 = 60;
pub const REASON_MAX: usize = 500;

#[derive(Clone, Debug)]
pub struct Application {
    pub id: ApplicationId,
    pub kind: ApplicationKind,
    pub applicant: AccountId,
    /// None while it waits for an organization that is not here.
    pub organization: Option<OrganizationId>,
    pub product: Option<ProductId>,
    /// The row that it is about, by its kind.
    pub subject: Option<i64>,
    pub state: ApplicationState,
    pub reason: Option<String>,
    /// Two persons approve, one after the other.
    pub two_steps: bool,
    pub first_by: Option<AccountId>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Timestamp>,
    /// What was said with the last decision or return.
    pub decision_note: Option<String>,
    pub rev: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
impl Application {
    /// Expiry is evaluated when read.
    pub fn state_at(&self, now: Timestamp) -> ApplicationState {
        if self.state.is_open() && self.expires_at <= now { ApplicationState::Expired } else { self.state }
    }
    /// As the table says, and no single person approves what two have to.
    pub fn after(&self, step: Step, now: Timestamp) -> Option<ApplicationState> {
        let alone = self.two_steps && self.state == ApplicationState::Submitted && step == Step::Approve;
        let early = step == Step::FirstApprove && !self.two_steps;
        let late = step != Step::Expire && self.state_at(now) != self.state;
        if alone || early || late { None } else { self.state.after(step) }
    }
    /// What a yes means now: the first of two, or the last.
    pub fn approval(&self) -> Step {
        if self.two_steps && self.state == ApplicationState::Submitted {
            Step::FirstApprove
        } else {
            Step::Approve
        }
    }
    /// The event of a step, to be committed with its effect. What an applicant does who only typed an organization stands in
    /// no record of one: whether it is here would show in their own.
    pub fn event(&self, actor: &Actor, step: Step) -> Event {
        let own = matches!(step, Step::Submit | Step::Resubmit | Step::Withdraw);
        let hidden = self.kind.waits() && own;
        let mut event = Event::done(actor, step.action()).on("application", self.id);
        event.organization = self.organization.filter(|_| !hidden).or(event.organization);
        event.with(serde_json::json!({ "kind": self.kind, "applicant": self.applicant }))
    }
}

/// What a feature hands to the engine.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: ApplicationId,
    pub kind: ApplicationKind,
    pub applicant: AccountId,
    pub organization: Option<OrganizationId>,
    pub product: Option<ProductId>,
    pub subject: Option<i64>,
    pub reason: Option<String>,
    /// Sealed at rest; what it means is the kind's affair.
    pub data: Option<serde_json::Value>,
}

/// One line of the timeline.
#[derive(Clone, Debug)]
pub struct StepRecord {
    pub number: i64,
    pub step: Step,
    pub by: Option<AccountId>,
    pub note: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Reject,
    Return,
}

/// Who follows a link to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Applicant,
    Administrator,
    Staff,
}
/// The page of an application, by its kind and reader.
pub fn link_of(application: &Application, reader: Reader) -> String {
    use ApplicationKind as Kind;
    let id = application.id;
    match (reader, application.kind, application.organization) {
        (Reader::Staff, Kind::Material, _) => {
            let material = application.subject.map(Id::<mark::Material>::from_i64);
            format!("/desk/materials/{}", material.map(|id| id.to_string()).unwrap_or_default())
        }
        (Reader::Staff, Kind::NameChange | Kind::RegistrationChange, _) => format!("/desk/changes/{id}"),
        (Reader::Staff, Kind::Replacement, _) => format!("/desk/replacements/{id}"),
        (Reader::Staff, Kind::Admission, _) => format!("/desk/admission-requests/{id}"),
        (_, Kind::Admission, Some(organization)) => format!("/org/{organization}/admissions"),
        (Reader::Staff, Kind::AccountMerge, _) => "/desk/legacy".to_owned(),
        (Reader::Staff, ..) => format!("/desk/applications/{id}"),
        (_, Kind::Replacement, Some(organization)) => format!("/org/{organization}/replacements/{id}"),
        (_, Kind::Material, Some(organization)) => format!("/org/{organization}/materials"),
        (_, Kind::NameChange | Kind::RegistrationChange, Some(organization)) => {
            format!("/org/{organization}/changes/{id}")
        }
        (Reader::Administrator, _, Some(organization))
        | (Reader::Applicant, Kind::ProductAccess, Some(organization)) => {
            format!("/org/{organization}/applications/{id}")
        }
        _ => format!("/me/applications/{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        prop::collection::vec(prop::sample::select(Step::ALL), 0..40)
    }
    proptest! {
        /// Whatever is tried in whatever order: an end stays an end, nothing is approved that was sent back and not handed
        /// in again, and each open state can be left.
        #[test]
        fn m38_no_sequence_of_steps_leads_out_of_an_end_or_past_a_return(tried in steps()) {
            let mut state = ApplicationState::Submitted;
            let mut ends = 0;
            for step in tried {
                let Some(next) = state.after(step) else { continue };
                prop_assert!(state.is_open(), "{state} was an end");
                prop_assert_ne!(state, next);
                if state == ApplicationState::Returned {
                    prop_assert!(matches!(step, Step::Resubmit | Step::Withdraw | Step::Expire));
                }
                if next == ApplicationState::FirstApproved {
                    prop_assert_eq!(state, ApplicationState::Submitted);
                }
                ends += i32::from(!next.is_open());
                state = next;
            }
            prop_assert!(ends <= 1);
        }
        /// Where two approve, no sequence approves with one.
        #[test]
        fn m38_two_approvals_are_two_steps(tried in steps(), two in any::<bool>()) {
            let now = Timestamp::from_millis(1);
            let mut application = sample(two);
            let mut firsts = 0;
            for step in tried {
                let Some(next) = application.after(step, now) else { continue };
                match step {
                    Step::FirstApprove => firsts += 1,
                    Step::Return => firsts = 0,
                    _ => {}
                }
                application.state = next;
            }
            if application.state == ApplicationState::Approved {
                prop_assert_eq!(firsts, i32::from(two));
            }
        }
    }
    #[test]
    fn m38_what_expired_is_neither_decided_nor_completed() {
        let mut application = sample(false);
        for state in ApplicationState::OPEN {
            application.state = state;
            for step in Step::ALL {
                let after = application.after(*step, application.expires_at);
                assert_eq!(after.is_some(), *step == Step::Expire, "{state} {step}");
            }
        }
    }
    #[test]
    fn every_kind_is_decided_by_somebody() {
        for kind in ApplicationKind::ALL {
            let within = ApplicationKind::BY_ADMINISTRATORS.contains(kind);
            assert_ne!(within, ApplicationKind::BY_STAFF.contains(kind), "{kind}");
        }
    }
    fn sample(two_steps: bool) -> Application {
        Application {
            id: kernel::Id::from_i64(1),
            kind: ApplicationKind::Head,
            applicant: kernel::Id::from_i64(2),
            organization: None,
            product: None,
            subject: None,
            state: ApplicationState::Submitted,
            reason: None,
            two_steps,
            first_by: None,
            decided_by: None,
            decided_at: None,
            decision_note: None,
            rev: 0,
            created_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(1_000),
        }
    }
}
