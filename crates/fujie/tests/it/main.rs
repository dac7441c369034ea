//! The end-to-end tests: the real binary on either store, driven by a browser, by plain HTTP and by the command line.
//! Tests that run on both engines are modules with a `sqlite` and a `postgres` function.
#[cfg(test)]
#[macro_use]
mod support;

#[cfg(test)]
mod batch_crash;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod desk_clients;
#[cfg(test)]
mod developers;
#[cfg(test)]
mod enumeration;
#[cfg(test)]
mod import_crash;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod model;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod races;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod strength;
