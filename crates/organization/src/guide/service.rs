use super::model::{About, Guide, Language};
use super::store;
use crate::product::recheck_manager_in;
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp, id::ProductId, text};
use serde_json::json;

fn changed_meanwhile() -> Error {
    Error::conflict("guide.changed_meanwhile")
}
/// For pages that show it beside other things.
pub(crate) fn find_in(tx: &mut Tx<'_>, product: ProductId) -> Result<Guide> {
    Ok(store::find(tx, product)?.unwrap_or_else(Guide::blank))
}

impl Organizations {
    pub async fn guide(&self, product: ProductId) -> Result<Guide> {
        self.db().read(move |tx| find_in(tx, product)).await
    }
    /// Keeps what was written so far; nobody but the desk reads it. The same again is as good. Errors:
    /// `guide.changed_meanwhile`, those of the product.
    pub async fn save_guide(
        &self,
        by: &Operator,
        product: ProductId,
        rev: i64,
        (language, typed): (Language, &str),
        now: Timestamp,
    ) -> Result<()> {
        let typed = text::paragraph("markdown", typed, language.most())?.unwrap_or_default();
        let by = by.clone();
        self.db()
            .write(move |tx| {
                recheck_manager_in(tx, &by, product)?;
                store::ensure(tx, product, now)?;
                if find_in(tx, product)?.draft.of(language == Language::En) == typed {
                    return Ok(((), Vec::new()));
                }
                if !store::set_draft(tx, product, rev, (language, &typed), now)? {
                    return Err(changed_meanwhile());
                }
                let event = Event::done(by.actor(), "guide.saved")
                    .on("product", product)
                    .with(json!({ "language": language, "characters": typed.chars().count() }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// From now on people read it. Errors: `guide.language_missing`, `guide.changed_meanwhile`, those of the product.
    pub async fn publish_guide(
        &self,
        by: &Operator,
        product: ProductId,
        rev: i64,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                recheck_manager_in(tx, &by, product)?;
                let guide = find_in(tx, product)?;
                // Pressed twice, or there is nothing yet.
                if !guide.is_ahead() {
                    return Ok(((), Vec::new()));
                }
                if guide.draft.zh.is_empty() != guide.draft.en.is_empty() {
                    return Err(Error::invalid("guide.language_missing").at("markdown"));
                }
                if !store::publish(tx, product, rev, now)? {
                    return Err(changed_meanwhile());
                }
                let event = Event::done(by.actor(), "guide.published").on("product", product).with(json!({
                    "before": { "zh": guide.text.zh, "en": guide.text.en },
                    "after": { "zh": guide.draft.zh, "en": guide.draft.en },
                }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Knowledge base and contact show at once. Errors: `guide.about_changed_meanwhile`, those of the product.
    pub async fn set_product_about(
        &self,
        by: &Operator,
        product: ProductId,
        rev: i64,
        about: About,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                recheck_manager_in(tx, &by, product)?;
                let before = find_in(tx, product)?.about;
                if before == about {
                    return Ok(((), Vec::new()));
                }
                store::ensure(tx, product, now)?;
                if !store::set_about(tx, product, rev, &about, now)? {
                    return Err(Error::conflict("guide.about_changed_meanwhile"));
                }
                let pair = |about: &About| json!([about.knowledge_url, about.contact_zh, about.contact_en]);
                let event = Event::done(by.actor(), "guide.contact_changed")
                    .on("product", product)
                    .with(json!({ "before": pair(&before), "after": pair(&about) }));
                Ok(((), vec![event]))
            })
            .await
    }
}
