//! What products tell a person or an organization: cases, inquiries, complaints, messages; items and favourites.

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
}
