use super::{
    model::{Address, AddressId, MOST, Typed},
    service,
};
use crate::me::{Me, Nothing};
use askama::Template;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/me/addresses";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .post(HERE, Policy::SignedIn, add)
        .get("/me/addresses/new", Policy::SignedIn, blank)
        .get("/me/addresses/{address}", Policy::SignedIn, show)
        .post("/me/addresses/{address}", Policy::SignedIn, change)
        .post("/me/addresses/{address}/default", Policy::SignedIn, make_default)
        .post("/me/addresses/{address}/delete", Policy::SignedIn, delete)
        .post("/me/addresses/{address}/restore", Policy::SignedIn, restore)
}

#[derive(Template)]
#[template(path = "address/list.html")]
struct List {
    page: Page,
    addresses: Vec<Address>,
    full: bool,
    most: i64,
    /// Deleted by the last step; it can be put back.
    deleted: Option<String>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    deleted: String,
}
async fn list(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let addresses = service::list(me.identity.db(), me.who.account).await?;
    Ok(html(List {
        page: me.page("profile-addresses-title").await?,
        full: addresses.len() as i64 >= MOST,
        most: MOST,
        addresses,
        deleted: asked.deleted.parse::<AddressId>().ok().map(|id| id.to_string()),
    }))
}

#[derive(Template)]
#[template(path = "address/form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    action: String,
    /// Already the default: nothing to wish.
    is_default: bool,
}
async fn blank(me: Me) -> web::Result {
    let id = me.ctx.form_id(me.identity.db().draw::<kernel::id::mark::Address>());
    new_page(&me, Typed { id, ..Typed::default() }, FormErrors::none()).await
}
async fn new_page(me: &Me, form: Typed, errors: FormErrors) -> web::Result {
    let page = me.page("profile-address-new").await?.with_errors(&errors);
    Ok(html_status(errors.status(), Blank { page, errors, form, action: HERE.into(), is_default: false }))
}
async fn add(me: Me, Form(typed): Form<Typed>) -> web::Result {
    let id = me.ctx.check_form_id(&typed.id)?;
    let content = match typed.parse(me.ctx.lang) {
        Ok(content) => content,
        Err(errors) => return new_page(&me, typed, errors).await,
    };
    let wish = typed.is_default.is_some();
    match service::add(me.identity.db(), &me.who, id, content, wish, me.ctx.now).await {
        Ok(_) => Ok(with_flash(see_other(HERE), "ok", "profile-address-added", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, me.ctx.lang)?;
            new_page(&me, typed, errors).await
        }
    }
}
async fn show(me: Me, Path(id): Path<AddressId>) -> web::Result {
    let address = service::find(me.identity.db(), me.who.account, id).await?;
    edit_page(&me, id, Typed::from(&address.content), address.is_default, FormErrors::none()).await
}
async fn edit_page(me: &Me, id: AddressId, form: Typed, is_default: bool, errors: FormErrors) -> web::Result {
    let page = me.page("profile-address-edit").await?.with_errors(&errors);
    let action = format!("{HERE}/{id}");
    Ok(html_status(errors.status(), Blank { page, errors, form, action, is_default }))
}
async fn change(me: Me, Path(id): Path<AddressId>, Form(typed): Form<Typed>) -> web::Result {
    let content = match typed.parse(me.ctx.lang) {
        Ok(content) => content,
        Err(errors) => {
            let address = service::find(me.identity.db(), me.who.account, id).await?;
            return edit_page(&me, id, typed, address.is_default, errors).await;
        }
    };
    service::change(me.identity.db(), &me.who, id, content, typed.is_default.is_some()).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-address-changed", &[]))
}
async fn make_default(me: Me, Path(id): Path<AddressId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    service::make_default(me.identity.db(), &me.who, id).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-address-default-set", &[]))
}
/// Deleting what is deleted is as good.
async fn delete(me: Me, Path(id): Path<AddressId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    service::delete(me.identity.db(), &me.who, id, me.ctx.now).await?;
    Ok(see_other(&format!("{HERE}?deleted={id}")))
}
async fn restore(me: Me, Path(id): Path<AddressId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    service::restore(me.identity.db(), &me.who, id, me.ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-address-restored", &[]))
}
