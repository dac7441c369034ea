//! What should be: plain lists, and the rules of the model written down a second time, without a look at the program.
use super::world::{Kind, PRODUCTS, Session};
use kernel::id::{AccountId, ApplicationId, MembershipId, OrganizationId};
use organization::membership::Role;
use std::collections::BTreeSet;

pub const FOREVER: i64 = i64::MAX;
/// The end of a membership whose time a sequence let pass.
pub const RAN_OUT: i64 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Themselves,
    /// The organization at this place of the list.
    Organization(usize),
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Unactivated,
    Active,
    Disabled,
    Closed,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staff {
    /// Account manager of the organizations that name this number.
    Manager(usize),
    System,
    Auditor,
}
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub login: String,
    pub owner: Owner,
    pub standing: Standing,
    /// Proven.
    pub phone: Option<String>,
    pub document: String,
    /// Document and real-name level.
    pub proven: bool,
    pub staff: Option<Staff>,
    pub factor: bool,
    pub has_password: bool,
    /// The browser, whether or not its session still counts.
    pub session: Option<Session>,
    pub signed_in: bool,
}
impl Account {
    pub fn usable(&self) -> bool {
        matches!(self.standing, Standing::Active | Standing::Unactivated)
    }
}
#[derive(Clone, Debug)]
pub struct Place {
    pub id: OrganizationId,
    pub kind: Kind,
    pub name: String,
    pub short_name: String,
    pub head_name: String,
    pub address: String,
    pub uscc: String,
    pub member_number: String,
    pub suspended: bool,
    /// Which account manager has it.
    pub manager: usize,
    /// One administrator more is allowed.
    pub extra: bool,
    pub admitted: [bool; PRODUCTS],
    /// Files of imports: the program takes twenty an hour.
    pub received: usize,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    Suspended,
    Ended,
}
#[derive(Clone, Debug)]
pub struct Member {
    /// Known once the program has said it.
    pub id: Option<MembershipId>,
    pub place: usize,
    pub account: usize,
    pub role: Role,
    pub state: State,
    pub until: i64,
    pub granted: BTreeSet<usize>,
    /// Waits for the new head.
    pub waiting: bool,
}
impl Member {
    pub fn live(&self) -> bool {
        self.state != State::Ended
    }
    /// Its time is over.
    pub fn ran_out(&self) -> bool {
        self.until == RAN_OUT
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invited {
    Open,
    Accepted,
    Declined,
    Revoked,
    Void,
}
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: kernel::Id<kernel::id::mark::Invitation>,
    pub token: String,
    pub place: usize,
    pub role: Role,
    pub phone: String,
    pub inviter: usize,
    pub state: Invited,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Submitted,
    FirstApproved,
    Returned,
    Approved,
    Rejected,
    Withdrawn,
}
impl Asked {
    pub fn waiting(self) -> bool {
        matches!(self, Self::Submitted | Self::FirstApproved)
    }
    pub fn open(self) -> bool {
        self.waiting() || self == Self::Returned
    }
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// To be an agent; false where what was typed is nobody's.
    Agent(bool),
    Head(String),
    /// Who goes, who comes, whether the one who goes stays as an agent.
    Replacement(usize, usize, bool),
}
#[derive(Clone, Debug)]
pub struct Application {
    pub id: ApplicationId,
    pub about: About,
    pub applicant: usize,
    pub place: usize,
    /// The name and head under which the organization was looked for.
    pub typed: (String, String),
    pub state: Asked,
    pub two_steps: bool,
    pub first_by: Option<usize>,
}
#[derive(Clone, Debug)]
pub struct Merged {
    pub line: String,
    pub account: usize,
    pub place: usize,
    /// What it made.
    pub member: Option<usize>,
    pub undone: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pub accounts: Vec<Account>,
    pub places: Vec<Place>,
    pub members: Vec<Member>,
    pub invitations: Vec<Invitation>,
    pub applications: Vec<Application>,
    pub merged: Vec<Merged>,
    /// An open succession at the place.
    pub succession: Vec<bool>,
}

/// What the program must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    Done,
    Refused(u16, &'static str),
}
pub type Verdict = Result<(), Expect>;
pub fn refused<T>(status: u16, code: &'static str) -> Result<T, Expect> {
    Err(Expect::Refused(status, code))
}

impl Oracle {
    pub fn live_of(&self, place: usize, account: usize) -> Option<usize> {
        self.members.iter().position(|one| one.live() && one.place == place && one.account == account)
    }
    /// The role with which the account may act there at this moment.
    pub fn acting(&self, account: usize, place: usize) -> Option<Role> {
        let member = &self.members[self.live_of(place, account)?];
        let acts = member.state == State::Active && !member.ran_out() && self.accounts[account].usable();
        acts.then_some(member.role)
    }
    pub fn session(&self, account: usize) -> Verdict {
        let account = &self.accounts[account];
        if account.signed_in && account.usable() { Ok(()) } else { refused(401, "session.required") }
    }
    /// What a page of the organization's space asks of whoever opens it: without the account's own standing, which the
    /// session has answered for.
    pub fn member(&self, account: usize, place: usize) -> Result<Role, Expect> {
        self.session(account)?;
        self.acting(account, place).map_or_else(|| refused(404, "organization.unknown"), Ok)
    }
    pub fn administrator(&self, account: usize, place: usize) -> Result<Role, Expect> {
        let role = self.member(account, place)?;
        if role > Role::Agent { Ok(role) } else { refused(403, "membership.administrators_only") }
    }
    /// Platform staff who manage this organization.
    pub fn staff(&self, account: usize, place: usize) -> Verdict {
        self.session(account)?;
        match self.accounts[account].staff {
            None => refused(404, "page.unknown"),
            Some(Staff::System) => Ok(()),
            Some(Staff::Manager(own)) if self.places[place].manager == own => Ok(()),
            Some(Staff::Manager(_)) => refused(404, "organization.unknown"),
            Some(Staff::Auditor) => refused(403, "staff.role_required"),
        }
    }
    /// A suspended organization can only be looked at.
    pub fn open(&self, place: usize) -> Verdict {
        if self.places[place].suspended { refused(403, "organization.suspended") } else { Ok(()) }
    }
    /// Nobody acts at or above the own role.
    pub fn below(&self, own: Option<Role>, other: Role) -> Verdict {
        match own {
            None => Ok(()),
            Some(own) if own > Role::Agent && other < own => Ok(()),
            Some(_) => refused(403, "membership.role_too_high"),
        }
    }
    /// A member of this organization, below the own role, who is still there.
    pub fn touchable(&self, own: Option<Role>, place: usize, target: usize) -> Verdict {
        if own.is_some() {
            self.open(place)?;
        }
        self.here(place, target)?;
        let target = &self.members[target];
        self.below(own, target.role)?;
        if target.live() { Ok(()) } else { refused(409, "membership.ended") }
    }
    pub fn here(&self, place: usize, target: usize) -> Verdict {
        if self.members[target].place == place { Ok(()) } else { refused(404, "membership.unknown") }
    }
    /// Name, phone and ways in are the organization's affair only where the account is its own.
    pub fn owned(&self, own: Option<Role>, place: usize, target: usize) -> Verdict {
        self.touchable(own, place, target)?;
        match self.accounts[self.members[target].account].owner {
            Owner::Organization(_) => Ok(()),
            Owner::Themselves => refused(403, "membership.self_owned"),
        }
    }
    pub fn room(&self, place: usize) -> Verdict {
        let there = |one: &&Member| {
            one.live() && one.place == place && one.role == Role::Administrator && !one.ran_out()
        };
        let most = self.places[place].kind.administrators + usize::from(self.places[place].extra);
        if self.members.iter().filter(there).count() < most {
            Ok(())
        } else {
            refused(409, "membership.administrators_full")
        }
    }
    pub fn login_taken(&self, login: &str) -> bool {
        self.accounts.iter().any(|one| one.login == login && one.standing != Standing::Closed)
    }
    /// Somebody joins: one live membership for a pair; one that ran out below the own power makes room.
    pub fn join(&mut self, own: Option<Role>, place: usize, account: usize, role: Role) -> Verdict {
        if let Some(before) = self.live_of(place, account) {
            let may = self.members[before].ran_out() && self.below(own, self.members[before].role).is_ok();
            if !may {
                return refused(409, "membership.exists");
            }
            // Only if there is room for what comes: the transaction writes all or nothing.
            let kept = self.members[before].state;
            self.members[before].state = State::Ended;
            if role == Role::Administrator
                && let Err(full) = self.room(place)
            {
                self.members[before].state = kept;
                return Err(full);
            }
            self.end(before);
        } else if role == Role::Administrator {
            self.room(place)?;
        }
        self.members.push(Member {
            id: None,
            place,
            account,
            role,
            state: State::Active,
            until: FOREVER,
            granted: BTreeSet::new(),
            waiting: false,
        });
        Ok(())
    }
    /// A membership ends with its grants.
    pub fn end(&mut self, member: usize) {
        let member = &mut self.members[member];
        member.state = State::Ended;
        member.granted.clear();
        member.waiting = false;
    }
    /// As [`Self::end`]; an account of the organization's closes with it.
    pub fn dismiss(&mut self, member: usize) {
        self.end(member);
        let account = &mut self.accounts[self.members[member].account];
        if account.owner != Owner::Themselves {
            account.standing = Standing::Closed;
            account.signed_in = false;
        }
    }
    pub fn change_role(&mut self, member: usize, role: Role) {
        let business = self.places[self.members[member].place].kind.do_business;
        let member = &mut self.members[member];
        member.role = role;
        if role == Role::Administrator && !business {
            member.granted.clear();
        }
        if role != Role::Administrator {
            member.waiting = false;
        }
    }
    /// The record names another head: the former one's authority ends, administrators stay and wait.
    pub fn succeed(&mut self, place: usize, head: &str) {
        self.places[place].head_name = head.to_owned();
        self.succession[place] = true;
        for member in 0..self.members.len() {
            let one = &mut self.members[member];
            if one.place != place || !one.live() {
                continue;
            }
            match one.role {
                Role::LegalRepresentative => self.dismiss(member),
                Role::Administrator => one.waiting = true,
                Role::Agent => {}
            }
        }
    }
    pub fn head(&self, place: usize) -> Option<usize> {
        let head = |one: &Member| one.live() && one.place == place && one.role == Role::LegalRepresentative;
        self.members.iter().position(head)
    }
    /// What always holds, whatever was done.
    pub fn invariants(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (place, one) in self.places.iter().enumerate() {
            let live: Vec<&Member> = self.members.iter().filter(|m| m.live() && m.place == place).collect();
            if live.iter().filter(|m| m.role == Role::LegalRepresentative).count() > 1 {
                broken.push(format!("{} has two heads", one.name));
            }
            let mut accounts: Vec<usize> = live.iter().map(|m| m.account).collect();
            accounts.sort_unstable();
            if accounts.windows(2).any(|pair| pair[0] == pair[1]) {
                broken.push(format!("{} has a pair twice", one.name));
            }
        }
        for (index, account) in self.accounts.iter().enumerate() {
            let mut live = self.members.iter().filter(|m| m.live() && m.account == index);
            if let Owner::Organization(owner) = account.owner {
                let places: Vec<usize> = live.map(|m| m.place).collect();
                let right = if account.standing == Standing::Closed { vec![] } else { vec![owner] };
                if places != right {
                    broken
                        .push(format!("{} is managed by {owner} and a member of {places:?}", account.login));
                }
            } else if account.staff.is_some() && live.next().is_some() {
                broken.push(format!("{} is staff and a member", account.login));
            }
        }
        broken
    }
}
