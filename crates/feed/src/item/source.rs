//! What the catalog, in a room below, shows of items.
use super::{
    model::{Item, ItemFilter},
    service,
};
use db::Db;
use identity::SignedIn;
use kernel::id::ProductId;
use organization::{
    catalogue::{Found, ItemLine, ItemSource},
    decision::Space,
    product::Audience,
};

/// Given to the room of organizations by the binary.
pub struct Items(Db);
impl Items {
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}
const fn audience(space: Space) -> Audience {
    match space {
        Space::Personal => Audience::Person,
        Space::Organization(_) => Audience::Organization,
    }
}
fn line(item: Item) -> ItemLine {
    ItemLine {
        product: item.product,
        id: item.id.to_string(),
        name: item.name,
        summary: item.summary,
        department: item.department,
        starred: item.starred,
    }
}
/// A product's page shows so many, and leads to all of them.
const OF_PRODUCT: usize = 8;

impl ItemSource for Items {
    fn search<'a>(&'a self, who: &'a SignedIn, space: Space, typed: &'a str) -> Found<'a> {
        Box::pin(async move {
            let text = Some(typed.to_owned());
            let filter = ItemFilter { text, audience: Some(audience(space)), ..ItemFilter::default() };
            Ok(service::search(&self.0, who, filter).await?.items.into_iter().map(line).collect())
        })
    }
    fn of_product<'a>(&'a self, who: &'a SignedIn, space: Space, product: ProductId) -> Found<'a> {
        Box::pin(async move {
            let filter = ItemFilter {
                product: Some(product),
                audience: Some(audience(space)),
                ..ItemFilter::default()
            };
            let found = service::search(&self.0, who, filter).await?;
            Ok(found.items.into_iter().take(OF_PRODUCT).map(line).collect())
        })
    }
}
