//! Every call by the rules of the model: what must be refused, with which code, and what is so afterwards.
mod applications;
mod people;

use super::call::{Call, PAGES};
use super::oracle::{
    About, Asked, Expect, FOREVER, Invited, Merged, Oracle, Owner, RAN_OUT, Staff, Verdict, refused,
};
use organization::membership::Role;

impl Oracle {
    /// Changes nothing where it refuses, but for what the program writes down in refusing.
    pub fn act(&mut self, by: usize, call: &Call, dated: i64) -> Verdict {
        match call {
            Call::Create { place, role, login, link } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                self.below(Some(own), *role)?;
                self.hire(Some(own), *place, *role, login, !link)
            }
            Call::DeskCreate { place, login } => {
                self.staff(by, *place)?;
                self.hire(None, *place, Role::Administrator, login, true)
            }
            Call::Invite { place, person, role } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                self.below(Some(own), *role)?;
                self.invite(by, *place, *person, *role)
            }
            Call::DeskInvite { place, person } => {
                self.staff(by, *place)?;
                self.invite(by, *place, *person, Role::Administrator)
            }
            Call::Answer { invitation, accept } => self.answer(by, *invitation, *accept),
            Call::Revoke { place, invitation } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                let found = &self.invitations[*invitation];
                if found.place != *place {
                    return refused(404, "invitation.unknown");
                }
                self.below(Some(own), found.role)?;
                let found = &mut self.invitations[*invitation];
                if found.state == Invited::Open {
                    found.state = Invited::Revoked;
                }
                Ok(())
            }
            Call::Apply { place, fits } => self.apply(by, *place, About::Agent(*fits)),
            Call::Claim { place } => {
                let name = self.accounts[by].login.clone();
                self.apply(by, *place, About::Head(name))
            }
            Call::Decide { place, application, verdict } => {
                let own = self.administrator(by, *place)?;
                let found = &self.applications[*application];
                if found.about != About::Agent(true) || found.place != *place {
                    return refused(404, "application.unknown");
                }
                self.open(*place)?;
                self.decide_agent(by, Some(own), *application, *verdict)
            }
            Call::DeskDecide { application, verdict, replace } => {
                self.desk(by, *application)?;
                let found = &self.applications[*application];
                match &found.about {
                    // What somebody of the organization can decide is theirs, and not the platform's to read.
                    About::Agent(fits) => {
                        let place = found.place;
                        let theirs = (0..self.accounts.len())
                            .any(|one| self.acting(one, place).is_some_and(|role| role > Role::Agent));
                        if !fits || theirs {
                            return refused(404, "application.unknown");
                        }
                        self.decide_agent(by, None, *application, *verdict)
                    }
                    About::Head(_) => self.decide_head(*application, *verdict, *replace),
                    About::Replacement(..) => refused(404, "application.unknown"),
                }
            }
            Call::TakeBack { application } => {
                self.session(by)?;
                let found = &mut self.applications[*application];
                if found.applicant != by {
                    return refused(404, "application.unknown");
                }
                if !found.state.open() {
                    return refused(409, "application.decided");
                }
                found.state = Asked::Withdrawn;
                Ok(())
            }
            Call::Complete { application } => {
                self.session(by)?;
                let found = &mut self.applications[*application];
                if found.applicant != by {
                    return refused(404, "application.unknown");
                }
                if found.state != Asked::Returned {
                    return refused(409, "application.decided");
                }
                found.state = Asked::Submitted;
                Ok(())
            }
            Call::Import { place, rows } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                self.places[*place].received += 1;
                if self.places[*place].received > 20 {
                    return refused(429, "roster.import_often");
                }
                let good: Vec<String> = rows
                    .iter()
                    .filter(|(login, above)| !above && !self.login_taken(login))
                    .map(|(login, _)| login.clone())
                    .collect();
                if good.is_empty() {
                    return refused(409, "roster.import_gone");
                }
                for login in good {
                    self.hire(Some(own), *place, Role::Agent, &login, false)?;
                }
                Ok(())
            }
            Call::Edit { place, member } => {
                let own = self.administrator(by, *place)?;
                self.owned(Some(own), *place, *member)
            }
            Call::Suspend { place, member, on } => {
                let own = self.administrator(by, *place)?;
                self.touchable(Some(own), *place, *member)?;
                self.suspend(*member, *on);
                Ok(())
            }
            Call::DeskSuspend { place, member, on } => {
                self.desk_member(by, *place, *member)?;
                self.touchable(None, *place, *member)?;
                self.suspend(*member, *on);
                Ok(())
            }
            Call::Renew { place, member, dated: with_end } => {
                let own = self.administrator(by, *place)?;
                self.touchable(Some(own), *place, *member)?;
                let one = &self.members[*member];
                if one.ran_out() && one.role == Role::Administrator {
                    self.room(*place)?;
                }
                self.members[*member].until = if *with_end { dated } else { FOREVER };
                Ok(())
            }
            Call::Delete { place, member } => {
                let own = self.administrator(by, *place)?;
                self.here(*place, *member)?;
                match self.touchable(Some(own), *place, *member) {
                    Err(Expect::Refused(409, _)) => Ok(()),
                    Err(other) => Err(other),
                    Ok(()) => {
                        self.dismiss(*member);
                        Ok(())
                    }
                }
            }
            Call::DeskEnd { place, member } => {
                self.desk_member(by, *place, *member)?;
                if self.members[*member].live() {
                    self.dismiss(*member);
                }
                Ok(())
            }
            Call::Leave { place } => {
                let own = self.member(by, *place)?;
                if self.accounts[by].owner != Owner::Themselves {
                    return refused(409, "membership.managed_stays");
                }
                if own == Role::LegalRepresentative {
                    return refused(409, "membership.head_stays");
                }
                let another = (0..self.accounts.len())
                    .any(|one| one != by && self.acting(one, *place).is_some_and(|role| role > Role::Agent));
                if own > Role::Agent && !another {
                    return refused(409, "membership.last_administrator");
                }
                if let Some(member) = self.live_of(*place, by) {
                    self.end(member);
                }
                Ok(())
            }
            Call::Reset { place, member, link } => {
                let own = self.administrator(by, *place)?;
                self.owned(Some(own), *place, *member)?;
                self.reset(*member, *link);
                Ok(())
            }
            Call::DeskReset { place, member } => {
                self.desk_member(by, *place, *member)?;
                self.owned(None, *place, *member)?;
                self.reset(*member, false);
                Ok(())
            }
            Call::Factors { place, member } => {
                let own = self.administrator(by, *place)?;
                self.owned(Some(own), *place, *member)?;
                let account = &mut self.accounts[self.members[*member].account];
                if !account.factor {
                    return refused(409, "membership.no_factor");
                }
                account.factor = false;
                account.signed_in = false;
                Ok(())
            }
            Call::Grant { place, member, product, give } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                self.grant(own, *place, *member, *product, *give)
            }
            Call::OwnRecord { place } => {
                self.administrator(by, *place)?;
                self.open(*place)?;
                self.places[*place].address = format!("{} No. {by}", self.places[*place].short_name);
                Ok(())
            }
            Call::Look { place, page } => {
                if PAGES[*page].1 {
                    self.administrator(by, *place).map(drop)
                } else {
                    self.member(by, *place).map(drop)
                }
            }
            Call::LookAt { place, member } => {
                self.administrator(by, *place)?;
                self.here(*place, *member)
            }
            Call::Export { place } => self.administrator(by, *place).map(drop),
            Call::Confirm { place, member, keep } => {
                let own = self.administrator(by, *place)?;
                self.open(*place)?;
                if own != Role::LegalRepresentative {
                    return refused(403, "succession.head_only");
                }
                self.here(*place, *member)?;
                if !self.succession[*place] || !self.members[*member].waiting {
                    return refused(409, "succession.decided");
                }
                self.members[*member].waiting = false;
                if !keep {
                    self.dismiss(*member);
                }
                let left = self.members.iter().any(|one| one.place == *place && one.waiting);
                self.succession[*place] = left;
                Ok(())
            }
            Call::AskReplacement { place, goes, comes, stays } => {
                self.ask_replacement(by, *place, *goes, *comes, *stays)
            }
            Call::DecideReplacement { application, verdict } => {
                self.desk(by, *application)?;
                self.decide_replacement(*application, *verdict)
            }
            Call::DeskRename { place } => {
                self.staff(by, *place)?;
                let name = &mut self.places[*place].name;
                name.push('x');
                Ok(())
            }
            Call::Hold { place, on } => {
                self.staff(by, *place)?;
                self.places[*place].suspended = *on;
                Ok(())
            }
            Call::Extra { place } => {
                self.staff(by, *place)?;
                self.places[*place].extra = true;
                Ok(())
            }
            Call::Merge { place, person } => {
                let before = self.live_of(*place, *person).filter(|one| !self.members[*one].ran_out());
                let member = match before {
                    Some(_) => None,
                    None => {
                        self.join(None, *place, *person, Role::Agent)?;
                        Some(self.members.len() - 1)
                    }
                };
                let line = String::new();
                self.merged.push(Merged { line, account: *person, place: *place, member, undone: false });
                Ok(())
            }
            Call::Part { merged } => {
                self.session(by)?;
                let found = self.merged[*merged].clone();
                self.staff(by, found.place)?;
                if found.undone {
                    return refused(409, "legacy.settled");
                }
                self.merged[*merged].undone = true;
                if let Some(member) = found.member
                    && self.members[member].live()
                    && self.members[member].role == Role::Agent
                {
                    self.end(member);
                }
                self.accounts[found.account].signed_in = false;
                Ok(())
            }
            Call::Mixed { place, .. } => {
                self.administrator(by, *place)?;
                refused(403, "form.other_space")
            }
            Call::RunOut { member } => {
                if self.members[*member].live() {
                    self.members[*member].until = RAN_OUT;
                }
                Ok(())
            }
            Call::AddFactor { account } => {
                self.accounts[*account].factor = true;
                Ok(())
            }
        }
    }

    /// One of the organization's administrators, at the desk.
    fn desk_member(&self, by: usize, place: usize, member: usize) -> Verdict {
        self.staff(by, place)?;
        self.here(place, member)?;
        if self.members[member].role > Role::Agent { Ok(()) } else { refused(404, "membership.unknown") }
    }
    fn grant(&mut self, own: Role, place: usize, member: usize, product: usize, give: bool) -> Verdict {
        let one = &self.members[member];
        self.here(place, member)?;
        if !one.live() {
            return refused(404, "membership.unknown");
        }
        // Not as it was shown: somebody was faster.
        if one.granted.contains(&product) == give {
            return refused(409, "");
        }
        // What cannot be is told on the page of the plan, line by line.
        let head = own == Role::LegalRepresentative && one.role == Role::LegalRepresentative;
        if !head && self.below(Some(own), one.role).is_err() {
            return refused(409, "grant.changed");
        }
        if !give {
            self.members[member].granted.remove(&product);
            return Ok(());
        }
        let fits = match one.role {
            Role::Agent => true,
            Role::Administrator => self.places[place].kind.do_business,
            Role::LegalRepresentative => false,
        };
        if !fits {
            return refused(409, "grant.changed");
        }
        if !self.places[place].admitted[product] {
            return refused(409, "grant.changed");
        }
        self.members[member].granted.insert(product);
        Ok(())
    }
    /// Organizations that a member of staff looks after.
    pub fn portfolio(&self, account: usize) -> Vec<usize> {
        (0..self.places.len())
            .filter(|place| match self.accounts[account].staff {
                Some(Staff::System | Staff::Auditor) => true,
                Some(Staff::Manager(own)) => self.places[*place].manager == own,
                None => false,
            })
            .collect()
    }
}
