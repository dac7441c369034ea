//! What people do, in a browser, over TLS. A name begins with the rows of the requirements that it walks.
mod desk;
mod looks;
mod members;
mod onward;
mod products;
mod register;
mod sign_in;
pub mod steps;
