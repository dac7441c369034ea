//! One store, two engines: embedded SQLite (one writing thread with group commit) or PostgreSQL (threads that each own a
//! connection). The only place that knows which. Rules of use:
//! - closures are synchronous, may run twice and hold no side effect; ids, codes and `now` are drawn before;
//! - a closure that returns `Err` has written nothing; what must survive (a counter, a refusal) is an `Ok` outcome;
//! - `write` wants the audit events of the change and appends them in the same transaction;
//! - one SQL text serves both engines, registered by `sql!` and prepared on both in a test.
#![expect(
    unsafe_code,
    reason = "linkme's registry of statements sets link sections; sqlite.rs turns off memory statistics"
)]

pub mod audit;
mod backup;
mod change;
mod error;
mod migrate;
mod node;
mod open;
#[cfg(any(test, feature = "testing"))]
pub mod plan;
mod postgres;
mod query;
mod seal;
mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tx;
mod upkeep;
mod value;
mod worker;

pub use backup::{backup_sqlite, check_sqlite};
pub use change::{Change, Numbered};
#[doc(hidden)]
pub use linkme;
pub use migrate::LATEST as LATEST_MIGRATION;
pub use open::{Db, Engine, Options};
pub use query::Query;
pub use seal::Keyring;
pub use tx::{Repeated, Statement, Tx};
pub use value::{Cell, FromRow, Param, Row, Value};

/// Every static statement of the program, with the place that wrote it.
#[linkme::distributed_slice]
pub static STATEMENTS: [(&'static str, &'static str)];

/// Registers a statement, so that one test prepares them all on both engines, and is the statement.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {{
        #[$crate::linkme::distributed_slice($crate::STATEMENTS)]
        #[linkme(crate = $crate::linkme)]
        static STATEMENT: (&str, &str) = (concat!(file!(), ":", line!()), $text);
        STATEMENT.1
    }};
}
