//! The person's own pages: profile, security center, reminders, messages, data, closing.
mod authenticator;
mod devices;
mod linked;
mod passkey;
mod recovery_code;

/// Every page of the room.
pub fn routes() -> web::Routes {
    authenticator::pages::routes().merge(devices::pages::routes())
        .merge(passkey::pages::routes())
        .merge(recovery_code::pages::routes())
        .merge(linked::pages::routes())
}
