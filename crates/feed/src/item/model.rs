use crate::entry::model::{Refusal, external_id, time};
use crate::link::Origins;
use kernel::{Error, Id, Result, Timestamp, id::ProductId, id::mark, text};
use organization::{organization_type::Words, product::Audience};
use serde::Deserialize;
use utoipa::ToSchema;

pub type ItemId = Id<mark::Item>;

const MOST_NAME: usize = 100;
const MOST_SUMMARY: usize = 300;

/// An item as pages show it.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: ItemId,
    pub product: ProductId,
    pub product_name: Words,
    pub name: Words,
    pub summary: Words,
    pub department: Option<String>,
    pub audience: Audience,
    pub link: Option<String>,
    pub starred: bool,
}

#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    pub product: Option<ProductId>,
    pub audience: Option<Audience>,
    pub text: Option<String>,
    pub before: Option<ItemId>,
}
#[derive(Clone, Debug, Default)]
pub struct Items {
    pub items: Vec<Item>,
    pub next: Option<ItemId>,
    pub refine: bool,
}

/// A name in both languages.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordsRow {
    pub zh: String,
    pub en: String,
}
/// One row of a batch.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRow {
    /// The product's own number: 1 to 64 printable ASCII characters. The same number again is the same item.
    #[schema(min_length = 1, max_length = 64)]
    pub external_id: String,
    /// When the product changed it (RFC 3339). Older news than what is kept is ignored.
    #[schema(value_type = String)]
    pub updated_at: String,
    /// True takes the item away; then only `external_id` and `updated_at` are read.
    #[serde(default)]
    pub deleted: bool,
    /// Up to 100 characters each.
    pub name: Option<WordsRow>,
    /// Up to 300 characters each.
    pub summary: Option<WordsRow>,
    /// Who is in charge.
    #[schema(max_length = 60)]
    pub department: Option<String>,
    /// `person`, `organization` or `both`.
    pub audience: Option<String>,
    /// https, on an origin that is registered for the product.
    #[schema(max_length = 1000)]
    pub link: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub external_id: String,
    pub updated_at: Timestamp,
    pub name: Words,
    pub summary: Words,
    pub department: Option<String>,
    pub audience: Audience,
    pub link: Option<String>,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    Put(Box<Put>),
    Delete { external_id: String, updated_at: Timestamp },
}
impl ItemRow {
    /// The first fault is told at its field.
    pub fn parse(self, origins: &Origins, now: Timestamp) -> std::result::Result<Push, Refusal> {
        Ok(self.checked(origins, now)?)
    }
    fn checked(self, origins: &Origins, now: Timestamp) -> Result<Push> {
        let external_id = external_id(&self.external_id)?;
        let updated_at = time("updated_at", &self.updated_at, now)?;
        if self.deleted {
            return Ok(Push::Delete { external_id, updated_at });
        }
        let name = self.name.ok_or(Error::invalid("field.required").at("name"))?;
        let name = Words {
            zh: text::line("name", &name.zh, MOST_NAME)?,
            en: text::line("name", &name.en, MOST_NAME)?,
        };
        let summary = match self.summary {
            None => Words { zh: String::new(), en: String::new() },
            Some(words) => Words {
                zh: text::optional_line("summary", &words.zh, MOST_SUMMARY)?.unwrap_or_default(),
                en: text::optional_line("summary", &words.en, MOST_SUMMARY)?.unwrap_or_default(),
            },
        };
        let department = text::optional_line("department", &self.department.unwrap_or_default(), 60)?;
        let audience = self.audience.ok_or(Error::invalid("field.required").at("audience"))?;
        let audience = audience.parse().map_err(|_| Error::invalid("field.unknown_value").at("audience"))?;
        let link = match self.link.as_deref() {
            None | Some("") => None,
            Some(link) => Some(origins.allow(link).ok_or(Error::invalid("feed.link_foreign").at("link"))?),
        };
        Ok(Push::Put(Box::new(Put { external_id, updated_at, name, summary, department, audience, link })))
    }
}
