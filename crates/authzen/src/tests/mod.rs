//! The endpoints as programs meet them: the specification's own examples, every parameter in every wrong shape, and what
//! nobody must learn.
mod house;
mod parameters;
mod secrecy;
mod specification;
