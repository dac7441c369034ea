//! What people do, in a browser, over TLS. A name begins with the rows of the requirements that it walks.
mod looks;
mod onward;
mod register;
mod sign_in;
pub mod steps;
