use super::model::{Offer, Section};
use super::store;
use crate::Organizations;
use crate::decision::{Decision, InSpace, SessionFacts, Space};
use crate::product::Product;
use crate::tile;
use identity::session::SignedIn;
use kernel::{Error, Result, Timestamp, id::ProductId};
use std::collections::HashMap;

/// Where a click on a product leads.
pub enum Lead {
    /// Into the product, for this space.
    Out(String),
    /// To the reason why not.
    Why,
    /// To its page: it has no address of its own.
    Page,
}

impl Organizations {
    /// Every product that is published, with its state for this person in this space.
    pub async fn catalogue(
        &self,
        who: &SignedIn,
        session: &SessionFacts,
        space: Space,
        now: Timestamp,
    ) -> Result<Vec<Section>> {
        let account = who.account;
        let decided = self.decide_catalog(account, session, space, now);
        let (organization, key) = (space.organization(), tile::key(space));
        let placed =
            self.db().read_one(move |statement| store::list(statement, account, organization, key, now));
        let (decided, placed, products) = tokio::try_join!(decided, placed, self.products(false))?;
        let mut decisions: HashMap<ProductId, Decision> = decided.into_iter().collect();
        let mut products: HashMap<ProductId, Product> =
            products.into_iter().map(|product| (product.id, product)).collect();
        let mut sections: Vec<Section> = Vec::new();
        for place in placed {
            // One that was published between two statements comes with the next look.
            let both = products.remove(&place.product).zip(decisions.remove(&place.product));
            let Some((product, decision)) = both else { continue };
            // Those without a heading stand together.
            let code = if place.category.is_some() { product.category.clone() } else { String::new() };
            let offer = Offer { product, decision, starred: place.starred, pending: place.pending };
            match sections.last_mut().filter(|section| section.code == code) {
                Some(section) => section.offers.push(offer),
                None => sections.push(Section { code, name: place.category, offers: vec![offer] }),
            }
        }
        Ok(sections)
    }
    /// Asks the decision at this instant, and remembers what was opened. Error `product.unknown`.
    pub async fn open_product(
        &self,
        who: &SignedIn,
        session: &SessionFacts,
        space: Space,
        id: ProductId,
        now: Timestamp,
    ) -> Result<Lead> {
        let unknown = || Error::not_found("product.unknown");
        let product = self.product(id).await?;
        let decided: InSpace =
            self.decide_one(who.account, session, space, id, now).await?.ok_or_else(unknown)?;
        if !decided.decision.allow {
            return Ok(Lead::Why);
        }
        let Some(address) = product.launch_address(space.organization()) else { return Ok(Lead::Page) };
        // "Opened lately" is a convenience; a full queue of the database keeps nobody from work.
        if let Err(error) = self.remember_opened(who.account, space, id, now).await {
            tracing::warn!(%error, product.id = %id, "an opened product is not remembered");
        }
        Ok(Lead::Out(address))
    }
}
