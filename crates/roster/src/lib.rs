//! Many people at once: import from spreadsheets, export, the staff's search of people.

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
}
