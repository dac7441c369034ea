use super::model::Pending;
use crate::application::ApplicationState;
use crate::organization_type::Words;
use db::{Statement, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
};

struct PlaceRow {
    product: ProductId,
    category_zh: Option<String>,
    category_en: Option<String>,
    starred: bool,
    application: Option<ApplicationId>,
    state: Option<ApplicationState>,
}
row!(PlaceRow { product, category_zh, category_en, starred, application, state });

/// A product's place in the catalog and how the person stands to it.
pub(super) struct Placed {
    pub product: ProductId,
    pub category: Option<Words>,
    pub starred: bool,
    pub pending: Option<Pending>,
}

/// In the catalog's order, for one person in one space (`key` is 0 in the personal one).
pub(super) fn list(
    statement: Statement<'_, '_>,
    account: AccountId,
    organization: Option<OrganizationId>,
    key: i64,
    now: Timestamp,
) -> Result<Vec<Placed>> {
    let rows = statement.all::<PlaceRow>(
        sql!(
            "SELECT p.id, c.name_zh, c.name_en, t.place IS NOT NULL, a.id, a.state
            FROM product p
            LEFT JOIN product_category c ON c.code = p.category
            LEFT JOIN product_tile t ON t.account_id = $1 AND t.organization_id = $3 AND t.product_id = p.id
            LEFT JOIN application a ON a.applicant_id = $1 AND a.organization_id = $2 AND a.product_id = p.id
                AND a.kind = 'product_access' AND a.state IN ('submitted', 'first_approved', 'returned')
                AND a.expires_at > $4
            WHERE p.state IN ('active', 'suspended')
            ORDER BY COALESCE(c.place, 9223372036854775807), p.category, p.code LIMIT 500"
        ),
        &[&account, &organization, &key, &now],
    )?;
    let pending = |id: Option<ApplicationId>, state: Option<ApplicationState>| {
        id.zip(state).map(|(id, state)| Pending { id, returned: state == ApplicationState::Returned })
    };
    Ok(rows
        .into_iter()
        .map(|row| Placed {
            product: row.product,
            category: row.category_zh.zip(row.category_en).map(|(zh, en)| Words { zh, en }),
            starred: row.starred,
            pending: pending(row.application, row.state),
        })
        .collect())
}
