use crate::decision::{Decision, Layer, SessionFacts, Space};
use kernel::{
    Id, Timestamp,
    id::{AccountId, OrganizationId, ProductId, mark},
};
use serde::{Deserialize, Serialize};

pub type RefusalId = Id<mark::Refusal>;

/// Within this time the same refusal is the same record.
pub(super) const SAME_SECONDS: i64 = 600;
/// New records of one account in that time.
pub(super) const MOST: i64 = 60;
/// How long somebody may come back to a number.
pub(super) const KEPT_DAYS: i64 = 180;

/// What is noted.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    pub account: AccountId,
    pub space: Space,
    pub product: ProductId,
    pub session: &'a SessionFacts,
    pub decision: &'a Decision,
}
impl Refused<'_> {
    /// Everything by which two refusals are the same.
    pub(super) fn words(&self, now: Timestamp) -> String {
        let organization = self.space.organization().map_or(0, OrganizationId::as_i64);
        let window = now.as_millis().div_euclid(SAME_SECONDS * 1000);
        let codes: Vec<&str> = self.decision.layers.iter().map(|layer| layer.code).collect();
        let (account, product) = (self.account.as_i64(), self.product.as_i64());
        format!("{account} {organization} {product} {window} {}", codes.join(" "))
    }
}

/// A layer as it was told; codes of versions before this one included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedLayer {
    pub kind: String,
    pub state: String,
    pub code: String,
    until: Option<i64>,
}
impl RecordedLayer {
    pub fn until(&self) -> Option<Timestamp> {
        self.until.map(Timestamp::from_millis)
    }
}
impl From<&Layer> for RecordedLayer {
    fn from(layer: &Layer) -> Self {
        Self {
            kind: layer.kind.as_str().to_owned(),
            state: layer.state.as_str().to_owned(),
            code: layer.code.to_owned(),
            until: layer.until.map(Timestamp::as_millis),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Refusal {
    pub id: RefusalId,
    pub number: String,
    pub account: AccountId,
    pub product: ProductId,
    pub product_zh: String,
    pub product_en: String,
    pub organization: Option<OrganizationId>,
    pub organization_name: Option<String>,
    pub code: String,
    pub layers: Vec<RecordedLayer>,
    pub session: SessionFacts,
    pub times: i64,
    pub created_at: Timestamp,
    pub last_at: Timestamp,
}
impl Refusal {
    pub fn space(&self) -> Space {
        self.organization.map_or(Space::Personal, Space::Organization)
    }
}

/// Which refusals a list shows, besides what the reader's role leaves out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// As it was read out on the telephone: case, blanks and dashes do not matter.
    pub number: Option<String>,
    pub before: Option<RefusalId>,
}
impl Wanted {
    pub fn of_number(typed: &str) -> Self {
        let plain: Vec<char> = typed.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        let number = plain
            .chunks(4)
            .map(|part| part.iter().collect::<String>().to_ascii_uppercase())
            .collect::<Vec<_>>()
            .join("-");
        Self { number: Some(number), before: None }
    }
}
