//! The words that every room shares: ids, time, randomness, errors, identifiers. No I/O but the operating system's
//! clock and random source, both behind values that tests replace.
pub mod actor;
pub mod audit;
pub mod clock;
pub mod email;
pub mod error;
pub mod id;
pub mod login_name;
pub mod mask;
pub mod mobile;
pub mod resident_id;
pub mod rng;
pub mod secret;
pub mod text;
pub mod uscc;

pub use actor::{Actor, ActorKind};
pub use audit::Event;
pub use clock::{Clock, Timestamp};
pub use error::{Error, Kind, Result};
pub use id::Id;
pub use login_name::LoginName;
pub use mobile::Mobile;
pub use resident_id::ResidentId;
pub use rng::Rng;
pub use secret::{Secret, TokenHash};
pub use uscc::Uscc;
