//! Both drivers' errors as `kernel::Error`: duplicate keys and lost races are told apart, the rest is for the log.
use kernel::Error;

/// Reserved for the workers: the transaction lost a race and may run again.
pub(crate) const SERIALIZATION: &str = "db.serialization";

pub(crate) fn sqlite(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let mapped = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => match (failure.extended_code, failure.code) {
            (1555 | 2067 | 2579, _) => Error::conflict("db.duplicate"),
            (787, _) => Error::conflict("db.reference"),
            (_, Code::DatabaseBusy | Code::DatabaseLocked) => Error::overloaded("db.busy"),
            (_, Code::DiskFull | Code::SystemIoFailure | Code::CannotOpen | Code::DatabaseCorrupt) => {
                Error::unavailable("db.unavailable")
            }
            _ => Error::internal("db.statement"),
        },
        _ => Error::internal("db.statement"),
    };
    mapped.because(error)
}

pub(crate) fn postgres(error: postgres::Error) -> Error {
    let mapped = match error.code().map(|code| code.code()) {
        Some("23505") => Error::conflict("db.duplicate"),
        Some("23503") => Error::conflict("db.reference"),
        Some("40001" | "40P01") => Error::conflict(SERIALIZATION),
        Some("55P03" | "57014") => Error::overloaded("db.busy"),
        // Classes 08 (connection), 53 (resources), 57P (shutdown).
        Some(code) if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            Error::unavailable("db.unavailable")
        }
        Some(_) => Error::internal("db.statement"),
        None if error.is_closed()
            || std::error::Error::source(&error).is_some_and(|s| s.is::<std::io::Error>()) =>
        {
            Error::unavailable("db.unavailable")
        }
        None => Error::internal("db.statement"),
    };
    // `postgres::Error` alone prints "db error"; its cause says which, and holds no row data but key values of duplicates.
    let reason = match error.as_db_error() {
        Some(db) => format!("{} {} {}", db.code().code(), db.message(), db.constraint().unwrap_or_default()),
        None => error.to_string(),
    };
    mapped.because(reason)
}
