//! Pages of an import, the same in the organization's space and at the desk; whoever calls has made the capability.
use super::model::{Column, Fault, ImportJobId, Job, JobState};
use super::service::{Importer, Incoming};
use crate::{Roster, download, sheet};
use identity::{SignedIn, stepup};
use kernel::{Error, id::mark};
use platform::document::upload;
use serde::Deserialize;
use sheet::Format;
use std::future::Future;
use web::{Ctx, FormErrors, Page, Result, html_status, see_other, with_flash};

/// Bytes of the form: a file and what stands beside it.
pub const MOST_BODY: usize = sheet::MOST_BYTES + 512 * 1024;
/// Faults that the page shows; all of them are in the file.
const SHOWN: usize = 20;
const MOST_FAULTS: usize = sheet::MOST_ROWS;

/// Where the pages lie, and who works there.
pub struct Place {
    pub importer: Importer,
    /// Address of the form; jobs lie below it.
    pub base: String,
    /// The pages above: address and label.
    pub above: Vec<(String, String)>,
    /// Where the members are seen.
    pub members: String,
}

struct Line {
    href: String,
    at: String,
    rows: String,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "roster/start.html")]
struct Start {
    page: Page,
    errors: FormErrors,
    base: String,
    above: Vec<(String, String)>,
    form_id: String,
    lines: Vec<Line>,
    most_rows: String,
    most_megabytes: String,
}
/// The form, and what was imported before.
pub async fn start(ctx: &Ctx, room: &Roster, place: &Place, page: Page, errors: FormErrors) -> Result {
    let jobs = room.imports(place.importer.organization).await?;
    let line = |job: &Job| {
        let (state, tone) = words(job.state);
        Line {
            href: format!("{}/{}", place.base, job.id),
            at: page.minute(&job.created_at),
            rows: page.t1("roster-rows", "rows", job.rows_valid),
            state,
            tone,
        }
    };
    let errors = errors.labelled(ctx.lang, &[("file", ctx.lang.t("roster-file"))]);
    let view = Start {
        base: place.base.clone(),
        above: place.above.clone(),
        form_id: ctx.form_id(room.db().draw::<mark::ImportJob>()),
        lines: jobs.iter().map(line).collect(),
        most_rows: sheet::MOST_ROWS.to_string(),
        most_megabytes: (sheet::MOST_BYTES >> 20).to_string(),
        page: page.with_errors(&errors),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
/// The file. What is wrong with it as a whole comes back to the form; faulty rows are the next page's.
pub async fn receive<P: Future<Output = kernel::Result<Page>>>(
    ctx: &Ctx,
    room: &Roster,
    place: &Place,
    form: upload::Sent,
    page: P,
) -> Result {
    let read = upload::read_sent(ctx, form, "file").await?;
    let id: ImportJobId = read.id(ctx, "id")?;
    let received = match (read.too_large, read.file) {
        (Some(_), _) => Err(too_large()),
        (None, None) => Err(Error::invalid("roster.file_none").at("file")),
        (None, Some(bytes)) if bytes.len() > sheet::MOST_BYTES => Err(too_large()),
        (None, Some(bytes)) => {
            let (origin, zone) = (ctx.app.origin().to_owned(), ctx.app.zone.clone());
            room.receive(&place.importer, Incoming { id, bytes, lang: ctx.lang, origin, zone }, ctx.now).await
        }
    };
    match received {
        Ok(()) => Ok(see_other(&format!("{}/{id}", place.base))),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            start(ctx, room, place, page.await?, errors).await
        }
    }
}
fn too_large() -> Error {
    Error::invalid("roster.file_large").at("file").arg("most", (sheet::MOST_BYTES >> 20).to_string())
}

#[derive(askama::Template)]
#[template(path = "roster/job.html")]
struct Shown {
    page: Page,
    errors: FormErrors,
    base: String,
    above: Vec<(String, String)>,
    members: String,
    here: String,
    job: Job,
    state: &'static str,
    tone: &'static str,
    working: bool,
    /// A job that stopped and whose rows are still there.
    resumable: bool,
    reason: Option<String>,
    printable: bool,
    faults: Vec<Fault>,
    has_faults: bool,
    more_faults: bool,
    done: i64,
    total: i64,
    minutes: String,
}
pub async fn show(
    ctx: &Ctx,
    room: &Roster,
    place: &Place,
    page: Page,
    job: Job,
    errors: FormErrors,
) -> Result {
    if matches!(job.state, JobState::Receiving | JobState::Discarded) {
        return Err(Error::not_found("roster.import_unknown").into());
    }
    let (state, tone) = words(job.state);
    let mut faults = room.faults(&job, SHOWN + 1).await?;
    let more_faults = faults.len() > SHOWN;
    faults.truncate(SHOWN);
    let reason = job.reason.as_deref().map(|code| {
        let key = match code {
            "roster.stopped_by_hand" => "roster-stopped-by-hand",
            "organization.suspended" => "roster-stopped-suspended",
            _ => "roster-stopped-power",
        };
        ctx.lang.t(key)
    });
    let (done, total) = match job.state {
        JobState::Notifying => (job.notified, job.with_phone),
        _ => (job.created + job.failed, job.rows_valid),
    };
    let view = Shown {
        base: place.base.clone(),
        above: place.above.clone(),
        members: place.members.clone(),
        here: format!("{}/{}", place.base, job.id),
        working: job.state.is_working(),
        resumable: job.state == JobState::Stopped && job.erased_at.is_none(),
        has_faults: !faults.is_empty(),
        printable: job.may_print() && job.created > 0,
        minutes: (job.with_phone / 1200 + 1).to_string(),
        page: page.with_errors(&errors),
        state,
        tone,
        reason,
        faults,
        more_faults,
        done,
        total,
        errors,
        job,
    };
    Ok(html_status(view.errors.status(), view))
}
fn words(state: JobState) -> (&'static str, &'static str) {
    match state {
        JobState::Receiving | JobState::Checked => ("roster-state-checked", "wait"),
        JobState::Creating => ("roster-state-creating", "info"),
        JobState::Indexing => ("roster-state-indexing", "info"),
        JobState::Notifying => ("roster-state-notifying", "info"),
        JobState::Done => ("roster-state-done", "ok"),
        JobState::Stopped => ("roster-state-stopped", "bad"),
        JobState::Discarded => ("roster-state-discarded", ""),
    }
}

db::text_enum! {
    /// What people decide about a job.
    pub enum Decision {
        Confirm = "confirm",
        Discard = "discard",
        Stop = "stop",
        Resume = "resume",
        /// Slips on a page of their own.
        Print = "print",
    }
}
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Decided {
    decision: String,
    notify: Option<String>,
    /// Slips: from which slice on, and for those with a number too.
    from: Option<i64>,
    everybody: Option<String>,
}
/// Whoever hands out so many ways in proves to be there.
pub async fn decide<P: Future<Output = kernel::Result<Page>>>(
    ctx: &Ctx,
    room: &Roster,
    place: &Place,
    who: &SignedIn,
    job: Job,
    decided: Decided,
    page: P,
) -> Result {
    let here = format!("{}/{}", place.base, job.id);
    let decision: Decision =
        decided.decision.parse().map_err(|_| Error::invalid("field.unknown_value").at("decision"))?;
    if matches!(decision, Decision::Confirm | Decision::Resume | Decision::Print) {
        let identity = room.organizations().identity();
        let asked = stepup::service::required(identity, ctx, who, stepup::Need::Fresh, &here).await?;
        if let Some(asked) = asked {
            return Ok(asked);
        }
    }
    let importer = &place.importer;
    let done = match decision {
        Decision::Confirm => room.confirm(importer, &job, decided.notify.is_some(), ctx.now).await,
        Decision::Discard => room.discard(importer, &job, ctx.now).await,
        Decision::Stop => room.stop(importer, &job, ctx.now).await,
        Decision::Resume => room.resume(importer, &job, ctx.now).await,
        Decision::Print => {
            let from = (decided.from.unwrap_or_default().max(0), decided.everybody.is_some());
            return super::slips::page(room, place, page.await?, &job, from).await;
        }
    };
    match (done, decision) {
        (Ok(()), Decision::Discard) => {
            Ok(with_flash(see_other(&place.base), "info", "roster-flash-discarded", &[]))
        }
        (Ok(()), _) => Ok(see_other(&here)),
        (Err(error), _) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            let job = room.import(place.importer.organization, job.id).await?;
            show(ctx, room, place, page.await?, job, errors).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    format: String,
}
impl Wanted {
    fn format(&self) -> Format {
        self.format.parse().unwrap_or(Format::Xlsx)
    }
}
/// An empty file with the columns.
pub fn template(ctx: &Ctx, wanted: &Wanted) -> Result {
    let header: Vec<String> = Column::TEMPLATE.iter().map(|column| ctx.lang.t(column.key())).collect();
    let bytes = sheet::workbook(wanted.format(), &header, &[])?;
    Ok(download(wanted.format(), "fujie-import", bytes.into()))
}
/// The faulty rows again, with what is wrong beside them: mended, the same file can be sent.
pub async fn faults(ctx: &Ctx, room: &Roster, job: &Job, wanted: &Wanted) -> Result {
    let faults = room.faults(job, MOST_FAULTS).await?;
    let format = wanted.format();
    let lang = ctx.lang;
    let bytes = tokio::task::spawn_blocking(move || -> kernel::Result<Vec<u8>> {
        let has_role = faults.iter().any(|fault| fault.cells.len() > Column::TEMPLATE.len());
        let columns = Column::TEMPLATE.into_iter().chain(has_role.then_some(Column::Role));
        let mut header = vec![lang.t("roster-column-row"), lang.t(Column::Remark.key())];
        header.extend(columns.map(|column| lang.t(column.key())));
        let mut sink = sheet::Sink::new(format, &header)?;
        for fault in &faults {
            let mut row = vec![fault.row.to_string(), fault.problems.join("；")];
            row.extend(fault.cells.iter().cloned());
            sink.row(&row)?;
        }
        sink.finish()
    })
    .await
    .map_err(|error| Error::internal("internal").because(error))??;
    Ok(download(format, "fujie-import-problems", bytes.into()))
}
