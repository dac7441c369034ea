use super::items::ItemLine;
use crate::decision::{Decision, LayerKind};
use crate::organization_type::Words;
use crate::product::Product;
use identity::search::phrase_fits;
use kernel::id::ApplicationId;

/// A request of the person's for the product that is not decided yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    pub id: ApplicationId,
    /// It came back and waits for the person.
    pub returned: bool,
}

/// One product of the catalog, for one person in one space.
#[derive(Clone, Debug)]
pub struct Offer {
    pub product: Product,
    pub decision: Decision,
    pub starred: bool,
    pub pending: Option<Pending>,
}
impl Offer {
    /// Whether this space has to do with it; in another one it may be at home. A managed account learns why it has no
    /// private business.
    pub fn is_at_home(&self) -> bool {
        !self.decision.is_missing(LayerKind::Audience) || self.decision.code() == "decision.account_managed"
    }
    /// `word` is normalized and in lower case: a part of name, summary or code, or pinyin of the name.
    pub fn fits(&self, word: &str) -> bool {
        let product = &self.product;
        phrase_fits(&product.name.zh, word)
            || [&product.name.zh, &product.name.en, &product.summary.zh, &product.summary.en, &product.code]
                .iter()
                .any(|text| folded(text).contains(word))
    }
}

/// As what is typed is compared: full-width letters are letters, upper case is lower case.
fn folded(text: &str) -> String {
    kernel::text::normalize(text).to_lowercase()
}

/// Products under one heading; without a name: those whose category is none of the rows.
#[derive(Clone, Debug)]
pub struct Section {
    pub code: String,
    pub name: Option<Words>,
    pub offers: Vec<Offer>,
}

/// What the page was asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub text: String,
    pub usable: bool,
    pub category: String,
}

/// The catalog as a page shows it.
pub struct Shelf {
    /// All headings of this space with what fits, whatever the chosen category.
    pub counts: Vec<(String, Option<Words>, usize)>,
    pub total: usize,
    pub sections: Vec<Section>,
    /// Products that are at home in other spaces.
    pub elsewhere: Vec<Offer>,
}
impl Shelf {
    /// Filters what the store found. An item that fits brings its product along.
    pub fn of(sections: Vec<Section>, asked: &Asked, items: &[ItemLine]) -> Self {
        let wanted = folded(&asked.text);
        // Every word, in whatever order, of the product or of its heading.
        let named = |offer: &Offer, heading: &str| {
            wanted.split(' ').all(|word| offer.fits(word) || heading.contains(word))
                || items.iter().any(|item| item.product == offer.product.id)
        };
        let fits = |offer: &Offer, heading: &str| {
            (wanted.is_empty() || named(offer, heading)) && (!asked.usable || offer.decision.allow)
        };
        let (mut counts, mut shown, mut elsewhere, mut total) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for mut section in sections {
            let offers = std::mem::take(&mut section.offers);
            let heading = section
                .name
                .as_ref()
                .map_or_else(String::new, |name| format!("{} {}", folded(&name.zh), folded(&name.en)));
            let (here, there): (Vec<Offer>, Vec<Offer>) =
                offers.into_iter().filter(|offer| fits(offer, &heading)).partition(Offer::is_at_home);
            if asked.category.is_empty() {
                elsewhere.extend(there);
            }
            if here.is_empty() {
                continue;
            }
            total += here.len();
            counts.push((section.code.clone(), section.name.clone(), here.len()));
            if asked.category.is_empty() || asked.category == section.code {
                section.offers = here;
                shown.push(section);
            }
        }
        Self { counts, total, sections: shown, elsewhere }
    }
}
