//! `/` leads to the personal home, or to the sign-in page.
use identity::MaybeSignedIn;
use web::{Policy, Routes, see_other};

pub fn routes() -> Routes {
    Routes::new().get("/", Policy::Public, home)
}

async fn home(MaybeSignedIn(signed_in): MaybeSignedIn) -> web::Result {
    Ok(see_other(if signed_in.is_some() { "/me" } else { "/login" }))
}
