//! The demonstration: a plan that is plain data, the seeding that turns it into rows, and the report of who can sign in.
pub mod plan;
