//! What can be done, as a sequence holds it (numbers that mean something wherever they stand) and as it is done (who, where,
//! to whom).
use super::oracle::{About, Invited, Oracle, Owner};
use super::world::word;
use organization::membership::Role;
use std::fmt;

/// A small generator that gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);
impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// One operation of a sequence. What its numbers choose from depends on what is there when its turn comes, so that a
/// sequence from which others were dropped still means something.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    pub what: u8,
    pub who: u8,
    pub place: u8,
    pub whom: u8,
    pub how: u8,
}
impl Op {
    pub fn draw(dice: &mut Dice) -> Self {
        let [what, who, place, whom, how, ..] = dice.roll().to_be_bytes();
        Self { what, who, place, whom, how }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Reject,
    Return,
}
impl Verdict {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Return => "return",
        }
    }
}
/// Pages of an organization that are read, and whether they are for those who administer.
pub const PAGES: [(&str, bool); 16] = [
    ("", false),
    ("profile", false),
    ("administrators", false),
    ("applications", false),
    ("products", false),
    ("cases", false),
    ("members", true),
    ("members/new", true),
    ("members/import", true),
    ("members/export", true),
    ("invitations", true),
    ("grants", true),
    ("admissions", true),
    ("record", true),
    ("contacts", true),
    ("succession", true),
];

/// Numbers are places in the oracle's lists.
#[derive(Clone, Debug)]
pub enum Call {
    Create {
        place: usize,
        role: Role,
        login: String,
        link: bool,
    },
    Invite {
        place: usize,
        person: usize,
        role: Role,
    },
    Answer {
        invitation: usize,
        accept: bool,
    },
    Revoke {
        place: usize,
        invitation: usize,
    },
    Apply {
        place: usize,
        fits: bool,
    },
    Decide {
        place: usize,
        application: usize,
        verdict: Verdict,
    },
    TakeBack {
        application: usize,
    },
    Complete {
        application: usize,
    },
    /// Login names; those marked ask for a role above an agent's.
    Import {
        place: usize,
        rows: Vec<(String, bool)>,
    },
    Edit {
        place: usize,
        member: usize,
    },
    Suspend {
        place: usize,
        member: usize,
        on: bool,
    },
    Renew {
        place: usize,
        member: usize,
        dated: bool,
    },
    Delete {
        place: usize,
        member: usize,
    },
    Leave {
        place: usize,
    },
    Reset {
        place: usize,
        member: usize,
        link: bool,
    },
    Factors {
        place: usize,
        member: usize,
    },
    Grant {
        place: usize,
        member: usize,
        product: usize,
        give: bool,
    },
    OwnRecord {
        place: usize,
    },
    Look {
        place: usize,
        page: usize,
    },
    LookAt {
        place: usize,
        member: usize,
    },
    Export {
        place: usize,
    },
    Claim {
        place: usize,
    },
    DeskDecide {
        application: usize,
        verdict: Verdict,
        replace: bool,
    },
    Confirm {
        place: usize,
        member: usize,
        keep: bool,
    },
    AskReplacement {
        place: usize,
        goes: usize,
        comes: usize,
        stays: bool,
    },
    DecideReplacement {
        application: usize,
        verdict: Verdict,
    },
    DeskCreate {
        place: usize,
        login: String,
    },
    DeskInvite {
        place: usize,
        person: usize,
    },
    DeskEnd {
        place: usize,
        member: usize,
    },
    DeskSuspend {
        place: usize,
        member: usize,
        on: bool,
    },
    DeskReset {
        place: usize,
        member: usize,
    },
    DeskRename {
        place: usize,
    },
    Hold {
        place: usize,
        on: bool,
    },
    Extra {
        place: usize,
    },
    Merge {
        place: usize,
        person: usize,
    },
    Part {
        merged: usize,
    },
    /// A form that was written on the page of another organization.
    Mixed {
        place: usize,
        other: usize,
    },
    /// The membership's time is over.
    RunOut {
        member: usize,
    },
    /// The holder of an account adds a second factor.
    AddFactor {
        account: usize,
    },
}

impl Oracle {
    /// What an operation means now; None where there is nothing that it could be about.
    pub fn call(&self, op: Op, fresh: u64) -> Option<(usize, Call)> {
        let place = usize::from(op.place) % self.places.len();
        let (whom, how) = (usize::from(op.whom), usize::from(op.how));
        let actor = self.actor(op, place);
        let staff = self.staff_actor(op);
        let person = {
            let people: Vec<usize> =
                (0..self.accounts.len()).filter(|one| self.accounts[*one].phone.is_some()).collect();
            people[whom % people.len()]
        };
        let verdict = match how % 8 {
            0 => Verdict::Reject,
            1 => Verdict::Return,
            _ => Verdict::Approve,
        };
        let role = match how % 8 {
            0..5 => Role::Agent,
            5 | 6 => Role::Administrator,
            _ => Role::LegalRepresentative,
        };
        let login = if how / 8 % 8 == 0 {
            self.accounts[whom % self.accounts.len()].login.clone()
        } else {
            word('m', fresh)
        };
        let member = self.target(op, place);
        let call = match op.what {
            0..20 => Call::Create { place, role, login, link: how >= 128 },
            20..36 => Call::Invite { place, person, role },
            36..54 => {
                let open: Vec<usize> = (0..self.invitations.len())
                    .filter(|one| self.invitations[*one].state == Invited::Open || how % 16 == 0)
                    .collect();
                let invitation = *open.get(whom % open.len().max(1))?;
                let holder = (0..self.accounts.len()).find(|one| {
                    self.accounts[*one].phone.as_ref() == Some(&self.invitations[invitation].phone)
                });
                let by = if how % 8 == 1 { actor } else { holder? };
                return Some((by, Call::Answer { invitation, accept: how >= 40 }));
            }
            54..58 => Call::Revoke { place, invitation: (whom % self.invitations.len().max(1)).min(whom) },
            58..70 => {
                let by = if how % 8 == 0 { actor } else { person };
                return Some((by, Call::Apply { place, fits: how % 4 != 1 }));
            }
            70..84 => Call::Decide {
                place,
                application: self.application(op, |a| matches!(a, About::Agent(_)))?,
                verdict,
            },
            84..87 => {
                let application = self.application(op, |a| !matches!(a, About::Replacement(..)))?;
                let by = if how % 4 == 0 { actor } else { self.applications[application].applicant };
                let call = match how % 2 {
                    0 => Call::TakeBack { application },
                    _ => Call::Complete { application },
                };
                return Some((by, call));
            }
            87..94 => {
                let other = self.accounts[whom % self.accounts.len()].login.clone();
                let mut rows: Vec<(String, bool)> = (0..1 + how % 3)
                    .map(|row| (word(['i', 'j', 'k'][row], fresh), how / 4 % 4 == row))
                    .collect();
                if how >= 128 {
                    rows.push((other, false));
                }
                Call::Import { place, rows }
            }
            94..106 => Call::Edit { place, member: member? },
            106..122 => Call::Suspend { place, member: member?, on: how % 2 == 0 },
            122..132 => Call::Renew { place, member: member?, dated: how % 3 != 0 },
            132..146 => Call::Delete { place, member: member? },
            146..152 => Call::Leave { place },
            152..160 => Call::Reset { place, member: member?, link: how % 2 == 0 },
            160..166 => Call::Factors { place, member: member? },
            166..184 => Call::Grant { place, member: member?, product: how % 2, give: how % 3 != 0 },
            184..188 => Call::OwnRecord { place },
            188..194 => Call::Look { place, page: how % PAGES.len() },
            194..196 => Call::LookAt { place, member: member? },
            196..199 => Call::Export { place },
            199..207 => {
                let by = if how % 2 == 0 { actor } else { person };
                return Some((by, Call::Claim { place }));
            }
            207..215 => {
                let application = self.application(op, |a| !matches!(a, About::Replacement(..)))?;
                return Some((staff, Call::DeskDecide { application, verdict, replace: how % 16 < 12 }));
            }
            215..221 => {
                // Mostly where a head has somebody to confirm, the head themself among them.
                let open = (0..self.places.len()).find(|one| self.succession[*one] && how % 4 != 0);
                let place = open.unwrap_or(place);
                let head = self.head(place).map(|one| self.members[one].account);
                let by = head.filter(|_| how % 8 != 1).unwrap_or(actor);
                let waits: Vec<usize> = (0..self.members.len())
                    .filter(|one| self.members[*one].place == place && self.members[*one].role > Role::Agent)
                    .collect();
                let member = waits.get(whom % waits.len().max(1)).copied().or(member)?;
                return Some((by, Call::Confirm { place, member, keep: how % 2 == 0 }));
            }
            221..227 => {
                let comes = self.target(Op { whom: op.how, ..op }, place)?;
                Call::AskReplacement { place, goes: self.leader(op, place)?, comes, stays: how % 2 == 0 }
            }
            227..232 => {
                let application = self.application(op, |a| matches!(a, About::Replacement(..)))?;
                return Some((staff, Call::DecideReplacement { application, verdict }));
            }
            232..235 => return Some((staff, Call::DeskCreate { place, login })),
            235..237 => return Some((staff, Call::DeskInvite { place, person })),
            237..239 => return Some((staff, Call::DeskEnd { place, member: member? })),
            239..241 => return Some((staff, Call::DeskSuspend { place, member: member?, on: how % 2 == 0 })),
            241 => return Some((staff, Call::DeskReset { place, member: member? })),
            242 => return Some((staff, Call::DeskRename { place })),
            243 => return Some((staff, Call::Hold { place, on: how % 2 == 0 })),
            // Soon resumed, else little could happen there.
            244 | 245 => return Some((staff, Call::Hold { place, on: false })),
            246 => return Some((staff, Call::Extra { place })),
            247 | 248 => return Some((person, Call::Merge { place, person })),
            249 if !self.merged.is_empty() => {
                return Some((staff, Call::Part { merged: whom % self.merged.len() }));
            }
            249 => return None,
            250 => {
                Call::Mixed { place, other: (place + 1 + how % (self.places.len() - 1)) % self.places.len() }
            }
            251 | 252 => Call::RunOut { member: member? },
            _ => Call::AddFactor { account: whom % self.accounts.len() },
        };
        match call {
            Call::Revoke { invitation, .. } if invitation >= self.invitations.len() => None,
            call => Some((actor, call)),
        }
    }
    /// Mostly somebody who administers the place, often anybody else.
    fn actor(&self, op: Op, place: usize) -> usize {
        let who = usize::from(op.who);
        let leaders: Vec<usize> = (0..self.accounts.len())
            .filter(|one| self.acting(*one, place).is_some_and(|role| role > Role::Agent))
            .collect();
        let members: Vec<usize> =
            (0..self.accounts.len()).filter(|one| self.acting(*one, place).is_some()).collect();
        match who {
            0..150 if !leaders.is_empty() => leaders[who % leaders.len()],
            150..185 if !members.is_empty() => members[who % members.len()],
            _ => who % self.accounts.len(),
        }
    }
    fn staff_actor(&self, op: Op) -> usize {
        let staff: Vec<usize> =
            (0..self.accounts.len()).filter(|one| self.accounts[*one].staff.is_some()).collect();
        match op.who {
            0..235 => staff[usize::from(op.who) % staff.len()],
            who => usize::from(who) % self.accounts.len(),
        }
    }
    /// Mostly a live member of the place, sometimes a former one or one of another organization.
    fn target(&self, op: Op, place: usize) -> Option<usize> {
        let whom = usize::from(op.whom);
        let here: Vec<usize> = (0..self.members.len())
            .filter(|one| self.members[*one].live() && self.members[*one].place == place)
            .collect();
        match whom {
            0..205 if !here.is_empty() => Some(here[whom % here.len()]),
            _ if self.members.is_empty() => None,
            _ => Some(whom % self.members.len()),
        }
    }
    fn leader(&self, op: Op, place: usize) -> Option<usize> {
        let here: Vec<usize> = (0..self.members.len())
            .filter(|one| {
                let one = &self.members[*one];
                one.live() && one.place == place && one.role == Role::Administrator
            })
            .collect();
        let whom = usize::from(op.whom);
        if here.is_empty() || whom > 220 { self.target(op, place) } else { Some(here[whom % here.len()]) }
    }
    /// Mostly one that waits.
    fn application(&self, op: Op, fits: impl Fn(&About) -> bool) -> Option<usize> {
        let all: Vec<usize> =
            (0..self.applications.len()).filter(|one| fits(&self.applications[*one].about)).collect();
        let waiting: Vec<usize> =
            all.iter().copied().filter(|one| self.applications[*one].state.open()).collect();
        let from = if waiting.is_empty() || op.whom > 220 { all } else { waiting };
        from.get(usize::from(op.whom) % from.len().max(1)).copied()
    }
    /// `zqpe (LegalRepresentative of zqoc)`.
    pub fn named(&self, account: usize) -> String {
        let one = &self.accounts[account];
        let mut roles: Vec<String> = self
            .members
            .iter()
            .filter(|m| m.live() && m.account == account)
            .map(|m| format!("{:?} of {}", m.role, self.places[m.place].short_name))
            .collect();
        roles.extend(one.staff.map(|staff| format!("{staff:?}")));
        if let Owner::Organization(owner) = one.owner {
            roles.push(format!("owned by {}", self.places[owner].short_name));
        }
        format!("{} ({})", one.login, roles.join(", "))
    }
    pub fn told(&self, by: usize, call: &Call) -> String {
        format!("{} {}", self.named(by), Told(self, call))
    }
}
struct Told<'a>(&'a Oracle, &'a Call);
impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(oracle, call) = self;
        // The debug form, with names in place of numbers.
        let mut text = format!("{call:?}");
        for (field, names) in [
            ("place: ", oracle.places.iter().map(|one| one.short_name.clone()).collect::<Vec<_>>()),
            ("member: ", (0..oracle.members.len()).map(|one| member(oracle, one)).collect()),
            ("goes: ", (0..oracle.members.len()).map(|one| member(oracle, one)).collect()),
            ("comes: ", (0..oracle.members.len()).map(|one| member(oracle, one)).collect()),
            ("person: ", (0..oracle.accounts.len()).map(|one| oracle.named(one)).collect()),
            ("account: ", (0..oracle.accounts.len()).map(|one| oracle.named(one)).collect()),
            ("application: ", oracle.applications.iter().map(|one| format!("{one:?}")).collect()),
            ("invitation: ", oracle.invitations.iter().map(|one| format!("{one:?}")).collect()),
        ] {
            let Some(at) = text.find(field).map(|at| at + field.len()) else { continue };
            let digits: String =
                text.get(at..).into_iter().flat_map(str::chars).take_while(char::is_ascii_digit).collect();
            if let Some(name) = digits.parse::<usize>().ok().and_then(|number| names.get(number)) {
                text.replace_range(at..at + digits.len(), name);
            }
        }
        f.write_str(&text)
    }
}
fn member(oracle: &Oracle, index: usize) -> String {
    let one = &oracle.members[index];
    let login = &oracle.accounts[one.account].login;
    format!("{login} [{:?} of {}, {:?}]", one.role, oracle.places[one.place].short_name, one.state)
}
