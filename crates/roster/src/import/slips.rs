//! Activation slips of one import, for those who cannot be sent a link. As with a single slip, what is on the page is shown this
//! once, and opens the account in place of whatever was handed out before.
use super::model::{Draft, Job, JobState};
use super::service::{Importer, opened};
use super::store;
use super::view::Place;
use super::worker::apart;
use crate::Roster;
use askama::filters::Safe;
use identity::scan;
use kernel::{Error, Result, Timestamp};
use organization::activation::{Draft as LinkDraft, Issued, Link};
use organization::membership::{activation_in, managing_in};
use std::sync::Arc;
use web::{Page, html};

/// Slips of one page, and some more: a page ends where a slice does.
pub const PAGE: usize = 40;
/// Slices read at a time, and slips made in one transaction.
const READ: i64 = 50;
const AT_ONCE: usize = 40;

pub(super) struct Slips {
    pub made: Vec<(Draft, Issued)>,
    /// The slice that the next page begins with.
    pub next: Option<i64>,
}
impl Job {
    /// Whether slips can be printed: rows are kept a week, and links by SMS would take their place while they go out.
    pub fn may_print(&self) -> bool {
        self.erased_at.is_none() && matches!(self.state, JobState::Done | JobState::Stopped)
    }
}
impl Roster {
    /// Slips for those who wait for their way in, from a slice on. Error: `roster.import_gone`.
    pub(super) async fn print(
        &self,
        importer: &Importer,
        job: &Job,
        (from, everybody): (i64, bool),
        link: &Link,
        now: Timestamp,
    ) -> Result<Slips> {
        if !job.may_print() {
            return Err(Error::conflict("roster.import_gone"));
        }
        let (wanted, next) = self.without_link(job, from, everybody).await?;
        let mut made = Vec::with_capacity(wanted.len());
        for drafts in wanted.chunks(AT_ONCE) {
            let (drafts, rooms) = (drafts.to_vec(), self.organizations().clone());
            let (importer, link) = (importer.clone(), link.clone());
            let links: Vec<LinkDraft> = drafts.iter().map(|_| LinkDraft::new(&rooms)).collect();
            let printed = self
                .db()
                .write(move |tx| {
                    let managing = managing_in(tx, &importer.by, importer.organization, now)?;
                    let (mut printed, mut events) = (Vec::new(), Vec::new());
                    for (draft, new) in drafts.iter().zip(&links) {
                        let holder = (draft.membership(), draft.account());
                        if !store::is_waiting(tx, draft.account(), draft.membership())? {
                            continue;
                        }
                        let (issued, event) = activation_in(tx, &rooms, &managing, holder, new, &link, now)?;
                        events.push(event);
                        printed.push((draft.clone(), issued));
                    }
                    Ok((printed, events))
                })
                .await?;
            made.extend(printed);
        }
        Ok(Slips { made, next })
    }
    /// Rows to print for, and where the next page begins.
    async fn without_link(&self, job: &Job, from: i64, everybody: bool) -> Result<(Vec<Draft>, Option<i64>)> {
        let (id, mut from, mut wanted) = (job.id, from, Vec::new());
        loop {
            let slices = self.db().read(move |tx| store::list_slices(tx, id, from, READ)).await?;
            let Some((last, _)) = slices.last() else { return Ok((wanted, None)) };
            from = last + 1;
            let (keyring, mut before) = (Arc::clone(self.db().keyring()), wanted);
            let (found, full) = apart(move || {
                for (number, data) in slices {
                    let drafts = opened(&keyring, id, &data)?;
                    before.extend(drafts.into_iter().filter(|draft| everybody || draft.phone.is_none()));
                    if before.len() >= PAGE {
                        return Ok((before, Some(number + 1)));
                    }
                }
                Ok((before, None))
            })
            .await?;
            wanted = found;
            if full.is_some() {
                return Ok((wanted, full));
            }
        }
    }
}

struct Slip {
    name: String,
    login_name: String,
    link: String,
    code: String,
    until: String,
    picture: Safe<String>,
}
#[derive(askama::Template)]
#[template(path = "roster/slips.html")]
struct Printed {
    page: Page,
    above: Vec<(String, String)>,
    job: String,
    organization: String,
    typing: String,
    slips: Vec<Slip>,
    count: String,
    everybody: bool,
    next: Option<i64>,
}
/// The page that is printed.
pub(super) async fn page(
    room: &Roster,
    place: &Place,
    page: Page,
    job: &Job,
    (from, everybody): (i64, bool),
) -> web::Result {
    let link = Link::of(&page.ctx, organization::activation::Way::Print);
    let now = page.ctx.now;
    let printed = room.print(&place.importer, job, (from, everybody), &link, now).await?;
    let slip = |(draft, issued): (Draft, Issued)| -> Result<Slip> {
        Ok(Slip {
            name: draft.name,
            login_name: draft.login_name,
            picture: Safe(scan::model::picture(&issued.link)?),
            link: issued.link,
            code: issued.code,
            until: page.minute(&issued.expires_at),
        })
    };
    let slips: Vec<Slip> = printed.made.into_iter().map(slip).collect::<Result<_>>()?;
    Ok(html(Printed {
        job: format!("{}/{}", place.base, job.id),
        above: place.above.clone(),
        organization: room.organizations().organization(job.organization).await?.name,
        typing: page.ctx.app.url("/activate"),
        count: slips.len().to_string(),
        next: printed.next,
        everybody,
        slips,
        page,
    }))
}
