//! Accounts of enterprises from systems that Fujie replaces: brought in with their password hashes, merged into the
//! accounts of natural persons, separable again for thirty days.

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
}
