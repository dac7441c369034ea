//! Everything that happened to a membership, from the audit record: the page keeps no history of its own.
use super::store::MemberRow;
use crate::organization::{self, Happened};
use crate::{Organizations, People};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use serde_json::Value;
use web::Page;

/// One line: who did what, when, and why.
pub struct Entry {
    pub tone: &'static str,
    pub who: String,
    pub what: String,
    pub at: String,
    pub note: String,
}
impl Organizations {
    pub async fn member_timeline(
        &self,
        organization: OrganizationId,
        row: &MemberRow,
    ) -> Result<Vec<Happened>> {
        // The event was written a moment after the time that the row carries.
        let (id, since) = (row.id.as_i64(), row.created_at);
        self.db()
            .read(move |tx| organization::list_happened_to(tx, organization, "membership", id, since))
            .await
    }
}
pub fn people(happened: &[Happened]) -> Vec<AccountId> {
    happened.iter().filter_map(|one| one.account).collect()
}
/// The newest first.
pub fn entries(page: &Page, happened: &[Happened], people: &People) -> Vec<Entry> {
    happened.iter().rev().map(|one| entry(page, one, people)).collect()
}
fn entry(page: &Page, one: &Happened, people: &People) -> Entry {
    let who = one.account.map(|account| people.name(account));
    let line = organization::happened(page, &one.action, &one.outcome, who, one.at);
    Entry { tone: line.tone, who: line.who, what: line.what, at: line.at, note: note(page, &one.detail) }
}
/// Why, and until when, as whoever did it wrote.
fn note(page: &Page, detail: &str) -> String {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut parts = Vec::new();
    if let Some(until) = text("until").and_then(day) {
        parts.push(page.t1("organization-timeline-until", "until", until.last_day(&page.ctx.app.zone)));
    }
    if let Some(days) = detail.get("days").and_then(Value::as_i64) {
        parts.push(page.t1("organization-timeline-days", "days", days));
    }
    match text("reason") {
        Some("left") => parts.push(page.t("organization-timeline-left")),
        Some("replaced") => parts.push(page.t("organization-timeline-replaced")),
        Some(reason) => parts.push(page.t1("organization-timeline-reason", "reason", reason)),
        None => {}
    }
    parts.join(&page.t("organization-list-separator"))
}
fn day(rfc3339: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(rfc3339)
}
