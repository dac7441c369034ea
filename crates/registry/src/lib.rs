//! What an organization is by record: materials that its type asks for, registrations at departments, contacts, and
//! synchronisation with the authority's register, whose differences are shown before they are applied.

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
}
