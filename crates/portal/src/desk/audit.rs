//! The audit record: newest first, by request or organization, and whether its chain is whole.
use super::{AUDIT_ROLES, Desk, FOR_AUDIT, Nothing, organizations::names, record};
use kernel::{Error, Id, id::OrganizationId};
use platform::audit::{model::Before, service};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Policy, Query, Routes, html, html_status};

const PAGE_LENGTH: i64 = 50;
const FAULTS_SHOWN: usize = 20;

pub fn routes() -> Routes {
    Routes::new().get("/desk/audit", Policy::Staff(FOR_AUDIT), list).post(
        "/desk/audit/verify",
        Policy::Staff(FOR_AUDIT),
        verify,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    request: String,
    organization: String,
    /// `milliseconds.id` of the last line of the page before.
    before: String,
}
struct Verdict {
    tone: &'static str,
    icon: &'static str,
    title: String,
    text: String,
    faults: Vec<String>,
}
#[derive(askama::Template)]
#[template(path = "desk/audit.html")]
struct List {
    page: Page,
    verdict: Option<Verdict>,
    errors: FormErrors,
    request: String,
    organization: String,
    lines: Vec<record::Line>,
    next: Option<String>,
}

async fn list(desk: Desk, Query(filter): Query<Filter>) -> web::Result {
    show(&desk, filter, None).await
}

async fn verify(desk: Desk, Form(Nothing {}): Form<Nothing>) -> web::Result {
    desk.must_be(AUDIT_ROLES)?;
    let report = db::audit::verify(desk.organizations.db()).await?;
    let (events, checkpoints) = (report.events.to_string(), report.checkpoints.to_string());
    let whole = report.faults.is_empty();
    let verdict = Verdict {
        tone: if whole { "ok" } else { "bad" },
        icon: if whole { "check" } else { "alert" },
        title: desk.t(if whole { "portal-audit-whole" } else { "portal-audit-broken" }),
        text: desk.ctx.lang.ta("portal-audit-counts", &[("events", &events), ("checkpoints", &checkpoints)]),
        faults: report.faults.into_iter().take(FAULTS_SHOWN).collect(),
    };
    show(&desk, Filter::default(), Some(verdict)).await
}

async fn show(desk: &Desk, filter: Filter, verdict: Option<Verdict>) -> web::Result {
    desk.must_be(AUDIT_ROLES)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let request = filter.request.trim().to_owned();
    let organization = errors.take(parse_organization(filter.organization.trim()), lang).flatten();
    let before = parse_before(&filter.before);
    let db = desk.organizations.db();
    let mut entries = if !errors.is_empty() {
        Vec::new()
    } else if !request.is_empty() {
        service::of_request(db, kernel::text::line("request", &request, 64)?).await?
    } else if let Some(organization) = organization {
        service::of_organization(db, organization, before, PAGE_LENGTH + 1).await?
    } else {
        service::recent(db, before, PAGE_LENGTH + 1).await?
    };
    let more = request.is_empty() && entries.len() as i64 > PAGE_LENGTH;
    if more {
        entries.truncate(PAGE_LENGTH as usize);
    }
    let next = entries.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(organization) = organization {
            query.append_pair("organization", &organization.to_string());
        }
        let before = format!("{}.{}", last.at.as_millis(), last.id);
        format!("/desk/audit?{}", query.append_pair("before", &before).finish())
    });
    let actors = names(desk, record::actors(&entries)).await?;
    let page = List {
        page: desk.page(desk.t("portal-audit"), "/desk/audit").await?.with_errors(&errors),
        verdict,
        request,
        organization: filter.organization,
        lines: record::lines(&desk.ctx, entries, &actors),
        next,
        errors,
    };
    Ok(if page.errors.is_empty() { html(page) } else { html_status(page.errors.status(), page) })
}

fn parse_organization(text: &str) -> kernel::Result<Option<OrganizationId>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::invalid("portal.organization_number").at("organization"))
}

/// A page mark that does not parse begins at the newest.
fn parse_before(text: &str) -> Before {
    let parsed = text.split_once('.').and_then(|(at, id)| {
        Some(Before { at: kernel::Timestamp::from_millis(at.parse().ok()?), id: id.parse::<Id<_>>().ok()? })
    });
    parsed.unwrap_or(Before::NEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_mark_goes_on_where_it_says_or_begins_anew() {
        let mark = Before { at: kernel::Timestamp::from_millis(1_800_000_000_000), id: Id::from_i64(77) };
        let parsed = parse_before(&format!("{}.{}", mark.at.as_millis(), mark.id));
        assert_eq!((parsed.at, parsed.id), (mark.at, mark.id));
        for text in ["", "x", "1.", ".1", "1.0000000000000", "99999999999999999999.0000000000042"] {
            assert_eq!(parse_before(text).id, Before::NEWEST.id, "{text}");
        }
    }
    #[test]
    fn an_organization_number_is_absent_right_or_wrong() {
        assert_eq!(parse_organization("").unwrap(), None);
        assert!(parse_organization("0000000000042").unwrap().is_some());
        assert_eq!(parse_organization("澄江").unwrap_err().field, Some("organization"));
    }
}
