//! What people ask for, and what those who may decide make of it.
use super::super::call::Verdict as Said;
use super::super::oracle::{About, Application, Asked, Expect, Oracle, Owner, State, Verdict, refused};
use kernel::Id;
use organization::membership::Role;

impl Oracle {
    pub(super) fn apply(&mut self, by: usize, place: usize, about: About) -> Verdict {
        self.session(by)?;
        if self.accounts[by].owner != Owner::Themselves {
            return refused(403, "application.managed_account");
        }
        if self.accounts[by].staff.is_some() {
            return refused(403, "application.staff");
        }
        if !self.accounts[by].proven {
            return refused(403, "application.level");
        }
        let head = match &about {
            About::Agent(false) => "zqxa".to_owned(),
            About::Head(name) => name.clone(),
            _ => self.places[place].head_name.clone(),
        };
        let typed = (self.places[place].name.clone(), head);
        let same = |one: &Application| {
            let kind = std::mem::discriminant(&one.about) == std::mem::discriminant(&about);
            one.applicant == by && one.place == place && kind && one.typed == typed && one.state.open()
        };
        if self.applications.iter().any(same) {
            return Ok(());
        }
        let two_steps = self.places[place].kind.two_steps && about == About::Agent(true);
        self.ask(by, place, about, typed, two_steps);
        Ok(())
    }
    fn ask(&mut self, by: usize, place: usize, about: About, typed: (String, String), two_steps: bool) {
        let (id, state) = (Id::from_i64(0), Asked::Submitted);
        self.applications.push(Application {
            id,
            about,
            applicant: by,
            place,
            typed,
            state,
            two_steps,
            first_by: None,
        });
    }
    /// Staff who may see the application at all.
    pub(super) fn desk(&self, by: usize, application: usize) -> Verdict {
        match self.staff(by, self.applications[application].place) {
            Err(Expect::Refused(404, "organization.unknown")) => refused(404, "application.unknown"),
            other => other,
        }
    }
    pub(super) fn decide_agent(
        &mut self,
        by: usize,
        own: Option<Role>,
        application: usize,
        verdict: Said,
    ) -> Verdict {
        let found = self.applications[application].clone();
        if !found.state.waiting() {
            return refused(409, "application.decided");
        }
        let state = match verdict {
            Said::Reject => Asked::Rejected,
            Said::Return => Asked::Returned,
            Said::Approve if found.two_steps && found.state == Asked::Submitted => Asked::FirstApproved,
            Said::Approve if found.state == Asked::FirstApproved && found.first_by == Some(by) => {
                return refused(409, "application.second_person");
            }
            Said::Approve => {
                self.join(own, found.place, found.applicant, Role::Agent)?;
                Asked::Approved
            }
        };
        let found = &mut self.applications[application];
        found.state = state;
        if state == Asked::FirstApproved {
            found.first_by = Some(by);
        }
        Ok(())
    }
    pub(super) fn decide_head(&mut self, application: usize, verdict: Said, replace: bool) -> Verdict {
        let found = self.applications[application].clone();
        let decided = || refused(409, "application.decided");
        if verdict != Said::Approve {
            if !found.state.waiting() {
                return decided();
            }
            let state = if verdict == Said::Return { Asked::Returned } else { Asked::Rejected };
            self.applications[application].state = state;
            return Ok(());
        }
        let (place, claimant) = (found.place, found.applicant);
        let head = self.head(place).map(|member| self.members[member].account);
        match head {
            Some(head) if head == claimant => return refused(409, "founding.head_already"),
            Some(_) if !replace => return refused(409, "founding.head_exists"),
            _ => {}
        }
        let live = self.live_of(place, claimant);
        let acts =
            live.is_some_and(|one| self.members[one].state == State::Active && !self.members[one].ran_out());
        if live.is_some_and(|one| !acts && !self.members[one].ran_out()) {
            return refused(409, "membership.exists");
        }
        if !found.state.waiting() {
            return decided();
        }
        if head.is_some() || self.places[place].head_name != found.typed.1 {
            self.succeed(place, &found.typed.1);
        }
        match live.filter(|_| acts) {
            Some(member) => self.change_role(member, Role::LegalRepresentative),
            None => self.join(None, place, claimant, Role::LegalRepresentative)?,
        }
        self.applications[application].state = Asked::Approved;
        Ok(())
    }
    pub(super) fn ask_replacement(
        &mut self,
        by: usize,
        place: usize,
        goes: usize,
        comes: usize,
        stays: bool,
    ) -> Verdict {
        self.member(by, place)?;
        // By login name: somebody who is no member any more cannot be named.
        let named = self.live_of(place, self.members[comes].account);
        let Some(comes) = named else { return refused(422, "replacement.incoming") };
        self.open(place)?;
        self.pair(place, goes, comes)?;
        let open = |one: &Application| {
            let same = matches!(one.about, About::Replacement(out, ..) if out == goes);
            one.applicant == by && one.place == place && same && one.state.open()
        };
        if !self.applications.iter().any(open) {
            self.ask(by, place, About::Replacement(goes, comes, stays), Default::default(), false);
        }
        Ok(())
    }
    fn pair(&self, place: usize, goes: usize, comes: usize) -> Verdict {
        let out = &self.members[goes];
        if out.place != place || !out.live() || out.role != Role::Administrator {
            return refused(409, "replacement.outgoing");
        }
        let new = &self.members[comes];
        let acts =
            new.place == place && new.state == State::Active && !new.ran_out() && new.role == Role::Agent;
        if acts { Ok(()) } else { refused(409, "replacement.incoming") }
    }
    pub(super) fn decide_replacement(&mut self, application: usize, verdict: Said) -> Verdict {
        let found = self.applications[application].clone();
        let About::Replacement(goes, comes, stays) = found.about else {
            return refused(404, "application.unknown");
        };
        if !found.state.waiting() {
            return refused(409, "application.decided");
        }
        let state = match verdict {
            Said::Reject => Asked::Rejected,
            Said::Return => Asked::Returned,
            Said::Approve => {
                self.pair(found.place, goes, comes)?;
                let mut after = self.clone();
                if stays {
                    after.change_role(goes, Role::Agent);
                } else {
                    after.dismiss(goes);
                }
                after.room(found.place)?;
                after.change_role(comes, Role::Administrator);
                *self = after;
                Asked::Approved
            }
        };
        self.applications[application].state = state;
        Ok(())
    }
}
