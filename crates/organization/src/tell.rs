//! What members and administrators are told, in the transaction of what happened.
use crate::Organizations;
use crate::grant::Cell;
use crate::membership::{self, MemberRow};
use crate::organization::Locked;
use crate::organization_type::Words;
use crate::product;
use db::Tx;
use identity::account;
use identity::notice::{self, Kind, Notice};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ApplicationId, ProductId},
};
use std::collections::BTreeMap;

impl Organizations {
    /// Those who can decide it: above the applicant, and administering now.
    pub(crate) fn tell_request_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        applicant: &MemberRow,
        product: ProductId,
        id: ApplicationId,
        now: Timestamp,
    ) -> Result<()> {
        let name = account::service::cards_in(tx, self.db().keyring(), &[applicant.account])?
            .pop()
            .map(|card| card.name)
            .unwrap_or_default();
        let product = names_in(tx, &[product])?;
        let told = Notice::new(Kind::AccessRequested)
            .arg("applicant", name)
            .arg("organization", locked.name.as_str())
            .words("product", &product.zh, &product.en)
            .leads_to(&format!("/org/{}/applications/{id}", locked.id));
        for administrator in membership::list_administrators(tx, locked.id, now)? {
            if administrator.account != applicant.account && administrator.role.may_grant_to(applicant.role) {
                notice::tell_in(tx, self.identity(), administrator.account, &told, now)?;
            }
        }
        Ok(())
    }
    /// The applicant.
    pub(crate) fn tell_decision_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        kind: Kind,
        (applicant, product, id): (AccountId, ProductId, ApplicationId),
        note: &str,
        now: Timestamp,
    ) -> Result<()> {
        let product = names_in(tx, &[product])?;
        let told = Notice::new(kind)
            .arg("organization", locked.name.as_str())
            .words("product", &product.zh, &product.en)
            .arg("note", note)
            .leads_to(&format!("/org/{}/applications/{id}", locked.id));
        notice::tell_in(tx, self.identity(), applicant, &told, now)
    }
    /// A membership was suspended, resumed or ended.
    pub(crate) fn tell_membership_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        kind: Kind,
        account: AccountId,
        now: Timestamp,
    ) -> Result<()> {
        let told = Notice::new(kind).arg("organization", locked.name.as_str());
        notice::tell_in(tx, self.identity(), account, &told, now)
    }
    /// Whoever got or lost products: one message each way, however many products.
    pub(crate) fn tell_grants_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<()> {
        for (kind, accounts) in [(Kind::GrantGiven, &changes.given), (Kind::GrantRevoked, &changes.revoked)] {
            for (account, products) in accounts {
                let product = names_in(tx, products)?;
                let told = Notice::new(kind)
                    .arg("organization", locked.name.as_str())
                    .words("product", &product.zh, &product.en)
                    .leads_to(&format!("/org/{}/products", locked.id));
                notice::tell_in(tx, self.identity(), *account, &told, now)?;
            }
        }
        Ok(())
    }
}

/// What a change of grants did, by member. The person who made it is not told what they just did.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    by: Option<AccountId>,
    given: BTreeMap<AccountId, Vec<ProductId>>,
    revoked: BTreeMap<AccountId, Vec<ProductId>>,
}
impl Changes {
    pub(crate) fn by(by: Option<AccountId>) -> Self {
        Self { by, ..Self::default() }
    }
    pub(crate) fn given(&mut self, member: &MemberRow, cell: Cell) {
        if self.by != Some(member.account) {
            self.given.entry(member.account).or_default().push(cell.product);
        }
    }
    pub(crate) fn revoked(&mut self, member: &MemberRow, cell: Cell) {
        if self.by != Some(member.account) {
            self.revoked.entry(member.account).or_default().push(cell.product);
        }
    }
}

/// Names of products in both languages.
pub(crate) fn names_in(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Words> {
    let mut names = Vec::with_capacity(products.len());
    for id in products {
        names.extend(product::find(tx, *id)?.map(|product| product.name));
    }
    let list = |pick: fn(&Words) -> &str, joint: &str| names.iter().map(pick).collect::<Vec<_>>().join(joint);
    Ok(Words { zh: list(|name| &name.zh, "、"), en: list(|name| &name.en, ", ") })
}
