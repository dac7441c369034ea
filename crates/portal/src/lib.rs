//! Pages that compose several rooms: the way in, the personal home, the desk of the platform's staff, the clients of products
//! at the desk and in the space of whoever develops them. No SQL and no rule lives here; services below decide, and these
//! pages show what they decided.
pub mod clients;
pub mod desk;
pub mod home;
pub mod org;
pub mod personal;
pub mod staffing;

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
        .merge(home::routes())
        .merge(personal::routes())
        .merge(desk::routes())
        .merge(clients::routes())
        .merge(org::routes())
}
