//! Members who come, are led in, sleep and wake.
use super::super::oracle::{Account, Invitation, Invited, Oracle, Owner, Standing, State, Verdict, refused};
use kernel::Id;
use organization::membership::Role;

impl Oracle {
    /// Somebody new with an account of the organization.
    pub(super) fn hire(
        &mut self,
        own: Option<Role>,
        place: usize,
        role: Role,
        login: &str,
        password: bool,
    ) -> Verdict {
        if self.login_taken(login) {
            return refused(409, "account.login_name_taken");
        }
        self.accounts.push(Account {
            id: Id::from_i64(0),
            login: login.to_owned(),
            owner: Owner::Organization(place),
            standing: if password { Standing::Active } else { Standing::Unactivated },
            phone: None,
            document: String::new(),
            proven: false,
            staff: None,
            factor: false,
            has_password: password,
            session: None,
            signed_in: false,
        });
        let joined = self.join(own, place, self.accounts.len() - 1, role);
        if joined.is_err() {
            self.accounts.pop();
        }
        joined
    }
    pub(super) fn invite(&mut self, by: usize, place: usize, person: usize, role: Role) -> Verdict {
        if role == Role::Administrator {
            self.room(place)?;
        }
        let phone = self.accounts[person].phone.clone().unwrap_or_default();
        let same = |one: &Invitation| one.place == place && one.phone == phone && one.state == Invited::Open;
        if self.invitations.iter().any(same) {
            return refused(409, "invitation.open");
        }
        let (id, token) = (Id::from_i64(0), String::new());
        self.invitations.push(Invitation {
            id,
            token,
            place,
            role,
            phone,
            inviter: by,
            state: Invited::Open,
        });
        Ok(())
    }
    pub(super) fn answer(&mut self, by: usize, invitation: usize, accept: bool) -> Verdict {
        self.session(by)?;
        let found = self.invitations[invitation].clone();
        match found.state {
            Invited::Open => {}
            Invited::Accepted => return refused(410, "invitation.accepted"),
            Invited::Declined => return refused(410, "invitation.declined"),
            Invited::Revoked => return refused(410, "invitation.revoked"),
            Invited::Void => return refused(410, "invitation.void"),
        }
        if self.accounts[by].phone.as_ref() != Some(&found.phone) {
            return refused(403, "");
        }
        if !accept {
            self.invitations[invitation].state = Invited::Declined;
            return Ok(());
        }
        self.open(found.place)?;
        let power = match self.accounts[found.inviter].staff {
            Some(_) => Some(None),
            None => self.acting(found.inviter, found.place).map(Some),
        };
        match power {
            Some(own) if self.below(own, found.role).is_ok() => {
                self.join(own, found.place, by, found.role)?
            }
            _ => {
                self.invitations[invitation].state = Invited::Void;
                return refused(410, "invitation.void");
            }
        }
        self.invitations[invitation].state = Invited::Accepted;
        Ok(())
    }
    pub(super) fn suspend(&mut self, member: usize, on: bool) {
        let one = &mut self.members[member];
        let account = &mut self.accounts[one.account];
        let owned = account.owner != Owner::Themselves;
        match (one.state, on) {
            (State::Active, true) => {
                one.state = State::Suspended;
                if owned {
                    account.standing = Standing::Disabled;
                    account.signed_in = false;
                }
            }
            (State::Suspended, false) => {
                one.state = State::Active;
                if owned {
                    account.standing =
                        if account.has_password { Standing::Active } else { Standing::Unactivated };
                }
            }
            _ => {}
        }
    }
    pub(super) fn reset(&mut self, member: usize, link: bool) {
        let account = &mut self.accounts[self.members[member].account];
        if link && !account.has_password {
            return;
        }
        account.signed_in = false;
        account.has_password = true;
        if account.standing == Standing::Unactivated {
            account.standing = Standing::Active;
        }
    }
}
