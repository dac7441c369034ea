//! What apps that show codes and passkeys have in common: the page of one with its name and its removal, what is answered to
//! a change, and telling the holder by every proven channel.
pub mod pages;

use db::Tx;
use factor::recovery_code::Code;
use identity::{
    Identity,
    notice::{self, Kind, Notice},
};
use kernel::{Result, Timestamp, id::AccountId};

pub struct Sort {
    pub here: &'static str,
    /// Key of the list's title.
    pub title: &'static str,
    /// Key of what one is called in notices.
    pub name: &'static str,
    /// Keys of what is said when one was added, and on the button that removes it.
    pub added: &'static str,
    pub remove: &'static str,
}
pub static AUTHENTICATOR: Sort = Sort {
    here: "/me/authenticator",
    title: "profile-authenticator-title",
    name: "profile-factor-authenticator",
    added: "profile-authenticator-added",
    remove: "profile-authenticator-remove",
};
pub static PASSKEY: Sort = Sort {
    here: "/me/passkeys",
    title: "profile-passkey-title",
    name: "profile-factor-passkey",
    added: "profile-passkey-added",
    remove: "profile-passkey-remove",
};

pub enum Added {
    /// With codes for the paper if it is the account's first second factor.
    Done(Option<Vec<Code>>),
    /// The form was sent twice.
    Already,
}

impl Sort {
    /// `what` happened to one: it was added or removed.
    pub fn told_in(
        &self,
        tx: &mut Tx<'_>,
        identity: &Identity,
        account: AccountId,
        what: Kind,
        now: Timestamp,
    ) -> Result<()> {
        let told = Notice::new(what).key("factor", self.name).leads_to(self.here);
        notice::tell_all_in(tx, identity, account, &told, now)
    }
}
