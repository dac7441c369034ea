//! The personal space: who I am, the organizations I act for, what I can open, where I am signed in.
mod me;
mod organizations;
mod sessions;

use web::Routes;

pub fn routes() -> Routes {
    me::routes().merge(organizations::routes()).merge(sessions::routes())
}
