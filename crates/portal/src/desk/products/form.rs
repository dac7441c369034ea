//! Adding a product and changing what it is and demands.
use super::{HERE, editable_at_desk, may_create};
use crate::desk::{
    Desk, FOR_PRODUCTS,
    words::{self, Item, Listed},
};
use ::organization::{
    membership::Role,
    organization_type::{LONGEST_NAME, NAMES, Words},
    product::{
        AdmissionClass, AdmissionEditor, AtDesk, Audience, GrantMode, LONGEST_SUMMARY, Product, ProductState,
        SUMMARIES,
    },
};
use identity::realname::RealNameLevel;
use kernel::{
    Error,
    id::{ProductId, mark},
};
use platform::StaffRole;
use serde::Deserialize;
use std::str::FromStr;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

const ROLES: [Role; 3] = [Role::LegalRepresentative, Role::Administrator, Role::Agent];
const STRENGTHS: [(i64, &str); 3] = [(1, "1"), (2, "2"), (3, "3")];

pub(super) fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/new", staff, blank)
        .post("/desk/products/new", staff, create)
        .get("/desk/products/{product}/edit", staff, edit)
        .post("/desk/products/{product}/edit", staff, change)
}
pub(super) const fn strength_key(strength: i64) -> &'static str {
    match strength {
        ..=1 => "portal-product-strength-1",
        2 => "portal-product-strength-2",
        _ => "portal-product-strength-3",
    }
}
pub(super) const fn role_key(role: Role) -> &'static str {
    match role {
        Role::LegalRepresentative => "portal-organizations-legal-representative",
        Role::Administrator => "portal-organizations-administrator",
        Role::Agent => "portal-organizations-agent",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    rev: i64,
    code: String,
    name_zh: String,
    name_en: String,
    summary_zh: String,
    summary_en: String,
    category: String,
    icon: String,
    launch_url: String,
    audience: String,
    admission_class: String,
    grant_mode: String,
    admission_editor: String,
    minimum_level: String,
    minimum_strength: String,
    network_zone: String,
    #[serde(rename = "roles[]")]
    roles: Vec<String>,
}
impl Typed {
    fn of(found: &AtDesk) -> Self {
        let product = &found.product;
        Self {
            id: product.id.to_string(),
            rev: found.rev,
            code: product.code.clone(),
            name_zh: product.name.zh.clone(),
            name_en: product.name.en.clone(),
            summary_zh: product.summary.zh.clone(),
            summary_en: product.summary.en.clone(),
            category: product.category.clone(),
            icon: product.icon_name().to_owned(),
            launch_url: product.launch_url.clone().unwrap_or_default(),
            audience: product.audience.as_str().to_owned(),
            admission_class: product.admission_class.as_str().to_owned(),
            grant_mode: product.grant_mode.as_str().to_owned(),
            admission_editor: product.admission_editor.as_str().to_owned(),
            minimum_level: product.minimum_level.as_str().to_owned(),
            minimum_strength: product.minimum_strength.to_string(),
            network_zone: product.network_zone.clone().unwrap_or_default(),
            roles: product.roles_allowed.iter().map(|role| role.as_str().to_owned()).collect(),
        }
    }
    fn has_role(&self, value: &str) -> bool {
        self.roles.iter().any(|role| role == value)
    }
}
#[derive(askama::Template)]
#[template(path = "desk/products/form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    action: String,
    back: String,
    /// None for a product that is being added: then its code is typed too.
    exists: Option<String>,
    icons: Vec<Item>,
    categories: Vec<(String, String)>,
    audiences: Vec<Item>,
    classes: Vec<Item>,
    modes: Vec<Item>,
    editors: Vec<Item>,
    levels: Vec<Item>,
    strengths: Vec<(&'static str, &'static str)>,
    roles: Vec<(&'static str, &'static str)>,
    zones: Vec<String>,
}

async fn show(desk: &Desk, existing: Option<&AtDesk>, form: Typed, errors: FormErrors) -> web::Result {
    let english = desk.english();
    let kept = existing.map(|found| &found.product);
    let mut categories: Vec<(String, String)> = desk
        .organizations
        .categories()
        .await?
        .into_iter()
        .map(|category| (category.code, category.name.of(english).to_owned()))
        .collect();
    // One whose row went stays chosen until another is.
    if let Some(product) =
        kept.filter(|product| !categories.iter().any(|(code, _)| *code == product.category))
    {
        categories.insert(0, (product.category.clone(), desk.t("portal-category-none")));
    }
    let title = match kept {
        Some(_) => desk.t("portal-product-edit"),
        None => desk.t("portal-product-new"),
    };
    let page = Blank {
        page: desk.page(title, HERE).await?.with_errors(&errors),
        action: kept.map_or_else(|| format!("{HERE}/new"), |product| format!("{HERE}/{}/edit", product.id)),
        back: kept.map_or_else(|| HERE.to_owned(), |product| format!("{HERE}/{}", product.id)),
        exists: kept.map(|product| product.name.of(english).to_owned()),
        icons: words::ICONS.to_vec(),
        categories,
        audiences: Audience::items(),
        classes: AdmissionClass::items(),
        modes: GrantMode::items(),
        editors: AdmissionEditor::items(),
        levels: RealNameLevel::items(),
        strengths: STRENGTHS.iter().map(|(strength, value)| (*value, strength_key(*strength))).collect(),
        roles: ROLES.iter().map(|role| (role.as_str(), role_key(*role))).collect(),
        zones: zones(desk, kept).await?,
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
/// Those that the settings define; one that was taken away there stays until another is chosen.
async fn zones(desk: &Desk, kept: Option<&Product>) -> kernel::Result<Vec<String>> {
    let policies = desk.organizations.identity().settings().policies().await?;
    let mut zones = policies.network.names();
    if let Some(zone) = kept.and_then(|product| product.network_zone.clone())
        && !zones.contains(&zone)
    {
        zones.push(zone);
    }
    Ok(zones)
}

async fn blank(desk: Desk) -> web::Result {
    if !may_create(&desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let typed = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Product>()),
        icon: "grid".to_owned(),
        audience: Audience::Organization.as_str().to_owned(),
        admission_class: AdmissionClass::Discretionary.as_str().to_owned(),
        grant_mode: GrantMode::Explicit.as_str().to_owned(),
        admission_editor: AdmissionEditor::AccountManager.as_str().to_owned(),
        minimum_level: RealNameLevel::Unverified.as_str().to_owned(),
        minimum_strength: "1".to_owned(),
        // Whether administrators do business is up to the type of their organization.
        roles: ROLES.iter().map(|role| role.as_str().to_owned()).collect(),
        ..Typed::default()
    };
    show(&desk, None, typed, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    if !may_create(&desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let id = desk.ctx.check_form_id(&typed.id)?;
    let mut errors = FormErrors::none();
    let Some(new) = parse(&desk, id, None, &typed, &mut errors).await? else {
        return show(&desk, None, typed, errors).await;
    };
    let name = new.name.of(desk.english()).to_owned();
    match desk.organizations.create_product(&desk.operator, new, desk.ctx.now).await {
        Ok(id) => {
            let response = see_other(&format!("{HERE}/{id}"));
            Ok(with_flash(response, "ok", "portal-product-created", &[("name", &name)]))
        }
        Err(error) => show(&desk, None, typed, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}
async fn edit(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    let found = editable_at_desk(&desk, id).await?;
    let typed = Typed::of(&found);
    show(&desk, Some(&found), typed, FormErrors::none()).await
}
async fn change(desk: Desk, Path(id): Path<ProductId>, Form(typed): Form<Typed>) -> web::Result {
    let found = editable_at_desk(&desk, id).await?;
    let mut errors = FormErrors::none();
    let Some(new) = parse(&desk, id, Some(&found.product), &typed, &mut errors).await? else {
        return show(&desk, Some(&found), typed, errors).await;
    };
    match desk.organizations.change_product(&desk.operator, typed.rev, new).await {
        Ok(()) => Ok(with_flash(see_other(&format!("{HERE}/{id}")), "ok", "portal-product-changed", &[])),
        Err(error) => show(&desk, Some(&found), typed, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}

/// All faults of the form at once; `None` if there is one. What the form does not hold stays as it is.
async fn parse(
    desk: &Desk,
    id: ProductId,
    kept: Option<&Product>,
    typed: &Typed,
    errors: &mut FormErrors,
) -> kernel::Result<Option<Product>> {
    let lang = desk.ctx.lang;
    let categories = desk.organizations.categories().await?;
    let zones = zones(desk, kept).await?;
    let code = match kept {
        Some(product) => Some(product.code.clone()),
        None => errors.take(::organization::product::code(&typed.code), lang),
    };
    let name = Words::new(&typed.name_zh, &typed.name_en);
    let name = words::both(errors, lang, &name, NAMES, LONGEST_NAME);
    let summary = Words::new(&typed.summary_zh, &typed.summary_en);
    let summary = words::both(errors, lang, &summary, SUMMARIES, LONGEST_SUMMARY);
    let known = categories.iter().map(|category| category.code.as_str());
    let known = known.chain(kept.map(|product| product.category.as_str()));
    let category = errors.take(one_of(known, "category", &typed.category), lang);
    let icons = words::ICONS.iter().map(|icon| icon.value).chain(kept.map(Product::icon_name));
    let icon = errors.take(one_of(icons, "icon", &typed.icon), lang);
    let launch_url = match typed.launch_url.trim() {
        "" => Some(None),
        url => errors.take(::organization::product::launch_url(url).map(Some), lang),
    };
    let audience = errors.take(value::<Audience>("audience", &typed.audience), lang);
    let admission_class =
        errors.take(value::<AdmissionClass>("admission_class", &typed.admission_class), lang);
    let grant_mode = errors.take(value::<GrantMode>("grant_mode", &typed.grant_mode), lang);
    let admission_editor =
        errors.take(value::<AdmissionEditor>("admission_editor", &typed.admission_editor), lang);
    let minimum_level = errors.take(value::<RealNameLevel>("minimum_level", &typed.minimum_level), lang);
    let strength = STRENGTHS.iter().find(|(_, value)| *value == typed.minimum_strength);
    let strength = strength.map(|(strength, _)| *strength).ok_or_else(|| unknown_value("minimum_strength"));
    let minimum_strength = errors.take(strength, lang);
    let network_zone = match typed.network_zone.as_str() {
        "" => Some(None),
        zone => errors.take(one_of(zones.iter().map(String::as_str), "network_zone", zone).map(Some), lang),
    };
    let roles: Vec<Role> = ROLES.into_iter().filter(|role| typed.has_role(role.as_str())).collect();
    if roles.is_empty() {
        errors.push(&Error::invalid("product.roles").at("roles"), lang);
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    let new = || {
        Some(Product {
            id,
            code: code?,
            name: name?,
            summary: summary?,
            category: category?,
            icon: icon?,
            launch_url: launch_url?,
            audience: audience?,
            admission_class: admission_class?,
            grant_mode: grant_mode?,
            admission_editor: admission_editor?,
            minimum_level: minimum_level?,
            minimum_strength: minimum_strength?,
            roles_allowed: roles,
            network_zone: network_zone?,
            manager: match kept {
                Some(product) => product.manager,
                None => (desk.role == StaffRole::ProductManager).then_some(desk.signed_in.account),
            },
            state: kept.map_or(ProductState::Draft, |product| product.state),
        })
    };
    Ok(new())
}
fn unknown_value(field: &'static str) -> Error {
    Error::invalid("field.unknown_value").at(field)
}
fn one_of<'a>(
    mut known: impl Iterator<Item = &'a str>,
    field: &'static str,
    text: &str,
) -> kernel::Result<String> {
    known.find(|value| *value == text).map(str::to_owned).ok_or_else(|| unknown_value(field))
}
fn value<T: FromStr>(field: &'static str, text: &str) -> kernel::Result<T> {
    text.parse().map_err(|_| unknown_value(field))
}
