//! The four ways back to a lost password, and the security questions.
pub mod question;
pub mod recovery;
#[cfg(test)]
mod testing;

/// `/recover` for everybody, `/me/security-questions` for whoever is signed in.
pub fn routes() -> web::Routes {
    recovery::pages::routes().merge(question::pages::routes())
}
