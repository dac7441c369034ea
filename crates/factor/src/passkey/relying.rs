//! This installation as authenticators know it: its host name and its origin.
use kernel::{Error, Result};
use web::App;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

/// Keys are bound to a host name: an installation reached by a bare address has none.
pub fn possible(app: &App) -> bool {
    app.base_url.domain().is_some()
}
/// Error: `passkey.no_host`.
pub(super) fn party(app: &App) -> Result<Webauthn> {
    let host = app.base_url.domain().ok_or_else(|| Error::invalid("passkey.no_host"))?;
    WebauthnBuilder::new(host, &app.base_url)
        .and_then(|builder| builder.rp_name(&app.brand.name_zh).build())
        .map_err(|error| Error::internal("passkey.party").because(error))
}
