//! One thing that staff review: facts, files, what happened, a verdict. Materials and changes of records share it.
use super::Desk;
use ::organization::application::{Application, ApplicationState, StepRecord, Verdict};
use kernel::{Error, id::OrganizationId};
use platform::document::Card;
use serde::Deserialize;
use web::{Failure, FormErrors, Page, html_status};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub verdict: String,
    pub note: String,
}
impl Typed {
    pub fn verdict(&self) -> kernel::Result<Verdict> {
        match self.verdict.as_str() {
            "approve" => Ok(Verdict::Approve),
            "return" => Ok(Verdict::Return),
            "reject" => Ok(Verdict::Reject),
            _ => Err(Error::invalid("field.unknown_value").at("verdict")),
        }
    }
}
pub struct Fact {
    pub label: String,
    pub value: String,
}
struct File {
    href: String,
    label: String,
    image: bool,
}
struct Happened {
    what: &'static str,
    tone: &'static str,
    who: String,
    at: String,
    note: String,
}
#[derive(askama::Template)]
#[template(path = "desk/review.html")]
struct View {
    page: Page,
    errors: FormErrors,
    here: String,
    list: &'static str,
    list_label: String,
    organization: String,
    organization_href: String,
    state: &'static str,
    tone: &'static str,
    facts: Vec<Fact>,
    files: Vec<File>,
    steps: Vec<Happened>,
    decidable: bool,
    second: bool,
    note: String,
}
/// What the page is about.
pub struct Reviewed {
    pub here: String,
    pub list: &'static str,
    pub list_label: &'static str,
    pub title: String,
    pub organization: (OrganizationId, String),
    pub application: Application,
    pub facts: Vec<Fact>,
    pub files: Vec<Card>,
    pub steps: Vec<StepRecord>,
}
pub async fn show(desk: &Desk, what: Reviewed, typed: Typed, errors: FormErrors) -> web::Result {
    let ids: Vec<_> = what.steps.iter().filter_map(|step| step.by).collect();
    let names = super::organizations::names(desk, ids).await?;
    let state = what.application.state_at(desk.ctx.now);
    let page = desk.page(what.title, what.list).await?.with_errors(&errors);
    let files = what.files.iter().filter(|file| file.erased_at.is_none());
    let view = View {
        list: what.list,
        list_label: page.t(what.list_label),
        organization_href: format!("/desk/organizations/{}", what.organization.0),
        organization: what.organization.1,
        state: state.key(),
        tone: state.tone(),
        facts: what.facts,
        files: files
            .map(|file| File {
                href: format!("{}/{}", what.here, file.id),
                label: format!("{} · {} KB", page.t(file.key()), file.kilobytes()),
                image: file.kind.starts_with("image/"),
            })
            .collect(),
        steps: what
            .steps
            .iter()
            .map(|step| Happened {
                what: step.step.key(),
                tone: step.step.tone(),
                who: step.by.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
                at: page.minute(&step.at),
                note: step.note.clone().unwrap_or_default(),
            })
            .collect(),
        decidable: state.is_waiting(),
        second: state == ApplicationState::FirstApproved,
        note: typed.note,
        here: what.here,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
/// Those that typing mends come back with the page; any other ends the request.
pub fn noted(error: Error, desk: &Desk) -> Result<FormErrors, Failure> {
    FormErrors::or_fail(error, desk.ctx.lang)
}
