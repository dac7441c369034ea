//! What closing an account takes out of the record of earlier systems: whom a line named, and what that system knew of them.
use crate::{
    import::{known_in, sealed},
    model::Known,
    store,
};
use db::{Keyring, Tx};
use kernel::{Result, id::AccountId};

/// Lines that are this account's; what was parted from it again is another's. The organization stays with the line. The old
/// logins lie in `identity::former`, which erases them.
pub fn erase_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<()> {
    for id in store::list_merged_into(tx, account)? {
        let known = known_in(tx, keyring, id)?;
        let kept = Known { organization: known.organization, code: known.code, ..Known::default() };
        store::erase(tx, id, &sealed(keyring, id, &kept)?)?;
    }
    Ok(())
}
