//! The person's own pages: profile, security center, reminders, messages, data, closing.
mod address;
mod authenticator;
mod closing;
mod consent;
mod contact;
mod data;
mod devices;
mod history;
mod linked;
mod me;
mod message;
mod own;
mod passkey;
mod recovery_code;
mod reminder;
mod second_factor;
mod security;
#[cfg(test)]
mod testing;

/// Every page of the room.
pub fn routes() -> web::Routes {
    authenticator::pages::routes()
        .merge(devices::pages::routes())
        .merge(passkey::pages::routes())
        .merge(recovery_code::pages::routes())
        .merge(linked::pages::routes())
        .merge(security::pages::routes())
        .merge(own::pages::routes())
        .merge(contact::pages::routes())
        .merge(address::pages::routes())
        .merge(reminder::pages::routes())
        .merge(message::pages::routes())
        .merge(history::pages::routes())
        .merge(consent::pages::routes())
        .merge(data::pages::routes())
        .merge(closing::pages::routes())
}

/// Work that time makes due: accounts whose last day came are closed, deleted addresses are erased. The binary calls it
/// every few minutes, on every node.
pub async fn tidy_up(rooms: &organization::Organizations) -> kernel::Result<()> {
    let now = rooms.db().clock().now();
    closing::service::finish_due(rooms, now).await?;
    feed::tidy_up(rooms.db()).await?;
    address::service::forget_old(rooms.db()).await
}
