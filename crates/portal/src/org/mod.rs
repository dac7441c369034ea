//! Pages of an organization's space that compose several rooms: the clients that its developers keep, and the programs that
//! act for it.
mod developers;
mod development;
mod machines;

pub fn routes() -> web::Routes {
    development::routes().merge(developers::routes()).merge(machines::routes())
}
