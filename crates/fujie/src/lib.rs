//! Fujie as a whole: configuration, command line and wiring. The only place that knows every room; a library, so that the
//! integration tests see the same router that the binary serves.
pub mod cli;
pub mod config;
pub mod defaults;
pub mod demo;
mod opening;
mod outbound;
mod telemetry;
pub mod wiring;
