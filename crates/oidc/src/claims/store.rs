use db::{Tx, sql};
use kernel::{
    Result,
    id::{AccountId, OrganizationId},
};

/// What may be told about an account and, if it acts for one, an organization; personal columns still sealed.
pub struct Facts {
    pub account: AccountId,
    pub sub: String,
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub phone_proven: bool,
    pub email: Option<Vec<u8>>,
    pub email_proven: bool,
    pub organization: Option<OrganizationId>,
    pub organization_name: Option<String>,
    pub uscc: Option<String>,
    pub member_number: Option<String>,
}
db::row!(Facts {
    account,
    sub,
    login_name,
    name,
    phone,
    phone_proven,
    email,
    email_proven,
    organization,
    organization_name,
    uscc,
    member_number,
});

pub fn find(tx: &mut Tx<'_>, account: AccountId, organization: Option<OrganizationId>) -> Result<Option<Facts>> {
    tx.opt(
        sql!(
            "SELECT a.id, a.sub, a.login_name, a.name, a.phone, a.phone_proven, a.email, a.email_proven,
                 o.id, o.name, o.uscc, o.member_number
             FROM account a LEFT JOIN organization o ON o.id = $2
             WHERE a.id = $1"
        ),
        &[&account, &organization],
    )
}
