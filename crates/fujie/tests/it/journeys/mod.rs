//! What people do, in a browser, over TLS. A name begins with the rows of the requirements that it walks.
mod channels;
mod defence;
mod desk;
mod factors;
mod looks;
mod members;
mod onward;
mod products;
mod profile;
mod real_name;
mod recover;
mod register;
mod second_step;
mod sign_in;
pub mod steps;
mod upstream;
