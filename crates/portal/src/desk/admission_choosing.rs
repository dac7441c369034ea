//! What a batch of admissions is about: organizations of a filtered list or pasted numbers for one product, or products for one
//! organization.
use super::{
    Desk, FOR_ORGANIZATIONS, ORGANIZATION_ROLES,
    admissions::{may_edit, state_of},
};
use ::organization::{
    admission::{
        AdmissionState,
        batch::{BatchAction, BatchId, Chosen, MOST_ROWS, Mark, NewBatch},
        roll::{Candidate, CandidateFilter, CandidateState},
    },
    product::Product,
};
use kernel::{
    Error, Timestamp,
    id::{OrganizationId, ProductId},
};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Query, Routes, html_status, see_other};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_ORGANIZATIONS);
    Routes::new()
        .get("/desk/products/{product}/admissions/batch", staff, of_product)
        .post("/desk/products/{product}/admissions/batch", staff, draft_of_product)
        .get("/desk/organizations/{organization}/admissions/batch", staff, of_organization)
        .post("/desk/organizations/{organization}/admissions/batch", staff, draft_of_organization)
}
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    state: String,
    before: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    #[serde(rename = "chosen[]")]
    chosen: Vec<String>,
    pasted: String,
    /// Everything that the filter shows.
    matching: String,
    action: String,
    valid_until: String,
    reason: String,
}
struct Choice {
    value: String,
    label: String,
    hint: String,
    state: &'static str,
    tone: &'static str,
    chosen: bool,
}
struct Item {
    value: String,
    label: String,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_batch_form.html")]
struct Blank {
    page: Page,
    back: (String, String),
    /// Of the filter.
    here: String,
    action: String,
    /// Organizations are filtered and can be pasted; products stand in one list.
    by_product: bool,
    asked: Asked,
    kinds: Vec<Item>,
    choices: Vec<Choice>,
    next: Option<String>,
    most: usize,
    form: Typed,
    errors: FormErrors,
}

fn action_of(text: &str) -> kernel::Result<BatchAction> {
    text.parse().map_err(|_| Error::invalid("field.required").at("action"))
}
/// What both forms have in common; every fault at once.
fn common(desk: &Desk, typed: &Typed, errors: &mut FormErrors) -> Option<(BatchAction, Timestamp, String)> {
    let lang = desk.ctx.lang;
    let action = errors.take(action_of(&typed.action), lang);
    let until = errors.take(desk.end_of("valid_until", &typed.valid_until), lang);
    let reason = errors.take(kernel::text::line("reason", &typed.reason, 200), lang);
    Some((action?, until?, reason?))
}
fn fresh(desk: &Desk) -> Typed {
    Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<Mark>()),
        action: BatchAction::Admit.as_str().to_owned(),
        ..Typed::default()
    }
}
async fn draft(
    desk: &Desk,
    typed: &Typed,
    chosen: Chosen,
    common: (BatchAction, Timestamp, String),
) -> Result<BatchId, Error> {
    let id: BatchId = desk.ctx.check_form_id(&typed.id)?;
    let (action, valid_until, reason) = common;
    let new = NewBatch { id, chosen, action, valid_until, reason };
    desk.organizations.draft_batch(&desk.operator, new, desk.ctx.now).await
}

/// The product, for whoever edits its admissions or looks after organizations.
async fn product(desk: &Desk, id: ProductId) -> Result<Product, Failure> {
    desk.must_be(ORGANIZATION_ROLES)?;
    Ok(desk.organizations.product(id).await?)
}
impl Asked {
    fn filter(&self) -> kernel::Result<CandidateFilter> {
        Ok(CandidateFilter {
            state: self.state.parse().unwrap_or(CandidateState::Without),
            name: kernel::text::optional_line("name", &self.name, 120)?,
            kind: self.kind.parse().ok(),
            before: self.before.parse().ok(),
        })
    }
    fn query(&self, before: Option<OrganizationId>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("name", &self.name)
            .append_pair("type", &self.kind)
            .append_pair("state", &self.state);
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }
}
async fn render_product(
    desk: &Desk,
    id: ProductId,
    asked: Asked,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let product = product(desk, id).await?;
    let rooms = &desk.organizations;
    let mut found = rooms.admission_candidates(&desk.operator, id, asked.filter()?, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let home = format!("/desk/products/{id}");
    let here = format!("{home}/admissions/batch");
    let next = found.last().filter(|_| more).map(|last| format!("{here}?{}", asked.query(Some(last.id))));
    let english = desk.english();
    let kinds = rooms.organization_types().await?;
    let name = product.name.of(english).to_owned();
    let page = desk.page(desk.t1("portal-batch-product-title", "product", &name), "/desk/products").await?;
    let view = Blank {
        back: (format!("{home}/admissions"), name),
        action: format!("{here}?{}", asked.query(asked.before.parse().ok())),
        here,
        by_product: true,
        kinds: kinds
            .into_iter()
            .map(|kind| Item { value: kind.id.to_string(), label: kind.name.of(english).to_owned() })
            .collect(),
        choices: found.into_iter().map(|found| candidate(&form, found, english)).collect(),
        next,
        most: MOST_ROWS,
        asked,
        form,
        page: page.with_errors(&errors),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn candidate(form: &Typed, found: Candidate, english: bool) -> Choice {
    let value = found.id.to_string();
    let (state, tone) = match found.state {
        None => ("portal-admission-missing", "wait"),
        Some(AdmissionState::Suspended) => ("portal-admission-suspended", "bad"),
        Some(_) => ("portal-batch-admitted", "ok"),
    };
    Choice {
        chosen: form.chosen.contains(&value),
        label: found.name,
        hint: [found.kind.of(english).to_owned(), found.identifier.unwrap_or_default()].join(" "),
        state,
        tone,
        value,
    }
}
async fn of_product(desk: Desk, Path(id): Path<ProductId>, Query(asked): Query<Asked>) -> web::Result {
    let form = fresh(&desk);
    render_product(&desk, id, asked, form, FormErrors::none()).await
}
async fn draft_of_product(
    desk: Desk,
    Path(id): Path<ProductId>,
    Query(asked): Query<Asked>,
    Form(typed): Form<Typed>,
) -> web::Result {
    product(&desk, id).await?;
    let mut errors = FormErrors::none();
    let common = common(&desk, &typed, &mut errors);
    let organizations: Result<Vec<OrganizationId>, _> =
        typed.chosen.iter().map(|text| text.parse()).collect();
    let organizations = errors
        .take(organizations.map_err(|_| Error::invalid("field.unknown_value").at("chosen")), desk.ctx.lang);
    let (Some(common), Some(organizations)) = (common, organizations) else {
        return render_product(&desk, id, asked, typed, errors).await;
    };
    let matching = match typed.matching.as_str() {
        "yes" => Some(CandidateFilter { before: None, ..asked.filter()? }),
        _ => None,
    };
    let chosen =
        Chosen::Organizations { product: id, organizations, typed: numbers(&typed.pasted), matching };
    match draft(&desk, &typed, chosen, common).await {
        Ok(batch) => Ok(see_other(&format!("/desk/admission-batches/{batch}"))),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render_product(&desk, id, asked, typed, errors).await
        }
    }
}
/// One number a line, or separated by commas; each once.
fn numbers(pasted: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in pasted.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、')) {
        let word = kernel::text::normalize(word).to_uppercase();
        if !word.is_empty() && word.chars().count() <= 40 && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

async fn render_organization(
    desk: &Desk,
    id: OrganizationId,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let organization = desk.organization(id).await?;
    let found = desk.organizations.desk_admissions(&desk.operator, &organization, desk.ctx.now).await?;
    let home = format!("/desk/organizations/{id}");
    let english = desk.english();
    let choices = found
        .lines
        .iter()
        .filter(|line| may_edit(desk, &organization, &line.product).is_ok())
        .map(|line| {
            let value = line.product.id.to_string();
            let (state, tone) = state_of(line);
            Choice {
                chosen: form.chosen.contains(&value),
                label: line.product.name.of(english).to_owned(),
                hint: desk.t(super::words::class(line.product.admission_class)),
                state,
                tone,
                value,
            }
        })
        .collect();
    let page = desk
        .page(desk.t1("portal-batch-organization-title", "name", &organization.name), "/desk/organizations")
        .await?;
    let view = Blank {
        action: format!("{home}/admissions/batch"),
        back: (home, organization.name),
        here: String::new(),
        by_product: false,
        asked: Asked::default(),
        kinds: Vec::new(),
        choices,
        next: None,
        most: MOST_ROWS,
        form,
        page: page.with_errors(&errors),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn of_organization(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let form = fresh(&desk);
    render_organization(&desk, id, form, FormErrors::none()).await
}
async fn draft_of_organization(
    desk: Desk,
    Path(id): Path<OrganizationId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    desk.organization(id).await?;
    let mut errors = FormErrors::none();
    let common = common(&desk, &typed, &mut errors);
    let products: Result<Vec<ProductId>, _> = typed.chosen.iter().map(|text| text.parse()).collect();
    let products =
        errors.take(products.map_err(|_| Error::invalid("field.unknown_value").at("chosen")), desk.ctx.lang);
    let (Some(common), Some(products)) = (common, products) else {
        return render_organization(&desk, id, typed, errors).await;
    };
    match draft(&desk, &typed, Chosen::Products { organization: id, products }, common).await {
        Ok(batch) => Ok(see_other(&format!("/desk/admission-batches/{batch}"))),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render_organization(&desk, id, typed, errors).await
        }
    }
}
