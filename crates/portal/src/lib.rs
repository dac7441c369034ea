//! Pages that compose several rooms: the way in, the personal home, the desk of the platform's staff. No SQL and no rule
//! lives here; services below decide, and these pages show what they decided.
pub mod desk;
pub mod home;
pub mod personal;
pub mod staffing;

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new().merge(home::routes()).merge(personal::routes()).merge(desk::routes())
}
