//! What staff do with a client that its keepers cannot: switching one of a program, and handing one to the developers of its
//! product or taking it to the desk.
use super::{Desk, FOR_PRODUCTS, products::editable};
use crate::clients::{Kept, switched};
use kernel::{
    Error,
    id::{ClientId, ProductId},
};
use oidc::client::{ClientState, keeper, service};
use serde::Deserialize;
use web::{Form, Path, Policy, Routes, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new().post("/desk/products/{product}/clients/{client}/state", staff, set_state).post(
        "/desk/products/{product}/clients/{client}/keeper",
        staff,
        hand_over,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switch {
    state: String,
}
async fn set_state(
    desk: Desk,
    Path((id, client)): Path<(ProductId, ClientId)>,
    Form(typed): Form<Switch>,
) -> web::Result {
    editable(&desk, id).await?;
    let (state, flash) = switched(&typed.state)?;
    // Off goes at once; on again, answers flow to its addresses.
    if state == ClientState::Active {
        desk.must_be_fresh(&format!("/desk/products/{id}")).await?;
    }
    let db = desk.organizations.db();
    let known = service::list_of_product(db, id).await?.into_iter().find(|known| known.id == client);
    let known = known.ok_or_else(|| Error::not_found("client.unknown"))?;
    service::set_state(db, &desk.operator, &known, state).await?;
    Ok(with_flash(see_other(&format!("/desk/products/{id}")), "ok", flash, &[]))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HandOver {
    rev: i64,
    /// `developer` or `desk`.
    to: String,
}
async fn hand_over(desk: Desk, kept: Kept, Form(typed): Form<HandOver>) -> web::Result {
    let here = kept.address();
    // Whoever gets it can have the answers of everybody's sign-in sent elsewhere.
    kept.console.must_be_fresh(&here).await?;
    let to_developer = match typed.to.as_str() {
        "developer" => true,
        "desk" => false,
        _ => return Err(Error::invalid("field.unknown_value").at("to").into()),
    };
    let which = (kept.console.product, kept.client.id, typed.rev);
    match keeper::hand_over(kept.console.db(), &desk.operator, which, to_developer).await {
        Ok(()) => Ok(with_flash(see_other(&here), "ok", "portal-client-handed-over", &[])),
        Err(error) if error.code == "client.changed_meanwhile" => {
            Ok(with_flash(see_other(&here), "warn", "portal-client-overtaken", &[]))
        }
        Err(error) => Err(error.into()),
    }
}
