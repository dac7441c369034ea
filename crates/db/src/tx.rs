//! What a closure gets: one connection, inside a transaction when it came from `read` or `write`.
use crate::{
    error,
    postgres::PgConnection,
    value::{FromRow, Param, Row},
};
use kernel::{Error, Result};

pub(crate) enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut PgConnection),
}

pub struct Tx<'a> {
    connection: Connection<'a>,
    pub(crate) changes: Vec<(&'static str, i64)>,
    /// In transactions that write.
    pub(crate) ids: Option<std::sync::Arc<kernel::id::IdSource>>,
    /// PostgreSQL aborts a transaction at its first error, SQLite does not: both behave as the stricter one.
    failed: bool,
    /// So many were asked for.
    pub(crate) statements: u64,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(connection: Connection<'a>) -> Self {
        Self { connection, changes: Vec::new(), ids: None, failed: false, statements: 0 }
    }
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }
    /// All rows.
    pub fn all<R: FromRow>(&mut self, sql: &str, params: &[&dyn Param]) -> Result<Vec<R>> {
        self.rows(sql, params, usize::MAX)
    }
    /// The first row, if any.
    pub fn opt<R: FromRow>(&mut self, sql: &str, params: &[&dyn Param]) -> Result<Option<R>> {
        Ok(self.rows(sql, params, 1)?.into_iter().next())
    }
    /// The first row; error `db.no_row` where the program's own logic promises one.
    pub fn one<R: FromRow>(&mut self, sql: &str, params: &[&dyn Param]) -> Result<R> {
        self.opt(sql, params)?.ok_or_else(|| Error::internal("db.no_row"))
    }
    /// Number of rows changed.
    pub fn run(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64> {
        self.guard()?;
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => run_sqlite(connection, sql, params),
            Connection::Postgres(connection) => connection.run(sql, params),
        };
        self.note(result)
    }
    /// A statement that is run for each of many rows: found and placed once.
    pub fn repeat(&mut self, sql: &str) -> Result<Repeated<'_>> {
        self.guard()?;
        let Self { connection, failed, .. } = self;
        let ready = match connection {
            Connection::Sqlite(connection) => connection
                .prepare_cached(sql)
                .map_err(error::sqlite)
                .and_then(|statement| Ok(Ready::Sqlite { places: places(&statement)?, statement })),
            Connection::Postgres(connection) => {
                connection.prepare(sql).map(|statement| Ready::Postgres { connection, statement })
            }
        };
        *failed |= ready.is_err();
        Ok(Repeated { ready: ready?, failed })
    }
    /// For a function that runs one statement, alone or in a transaction.
    pub fn statement(&mut self) -> Statement<'_, 'a> {
        Statement(self)
    }
    /// Tells every node that the row `id` of `topic` changed. Written last, so that the log's row lock is held briefly.
    pub fn changed<T>(&mut self, topic: &'static str, id: kernel::Id<T>) {
        self.changes.push((topic, id.as_i64()));
    }
    /// The id of a row that no form and no caller names, because only the transaction knows that there will be one.
    pub fn draw<T>(&self) -> Result<kernel::Id<T>> {
        self.ids.as_ref().map(|ids| ids.draw()).ok_or_else(|| Error::internal("db.read_only"))
    }
    /// Several statements without parameters: migrations alone.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.guard()?;
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute_batch(sql).map_err(error::sqlite),
            Connection::Postgres(connection) => connection.batch(sql),
        };
        self.note(result)
    }
    /// Prepares without running: the test over all registered statements.
    pub fn prepare(&mut self, sql: &str) -> Result<()> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.prepare(sql).map(drop).map_err(error::sqlite),
            Connection::Postgres(connection) => connection.prepare(sql).map(drop),
        }
    }
    fn rows<R: FromRow>(&mut self, sql: &str, params: &[&dyn Param], most: usize) -> Result<Vec<R>> {
        self.guard()?;
        let result = match &mut self.connection {
            Connection::Sqlite(connection) => rows_sqlite(connection, sql, params, most),
            Connection::Postgres(connection) => connection.rows(sql, params, most),
        };
        self.note(result)
    }
    fn guard(&mut self) -> Result<()> {
        self.statements += 1;
        if self.failed { Err(Error::internal("db.transaction_failed")) } else { Ok(()) }
    }
    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        self.failed |= result.is_err();
        result
    }
}

/// One statement: its handle is consumed by the first.
pub struct Statement<'t, 'c>(pub(crate) &'t mut Tx<'c>);
impl Statement<'_, '_> {
    pub fn all<R: FromRow>(self, sql: &str, params: &[&dyn Param]) -> Result<Vec<R>> {
        self.0.all(sql, params)
    }
    pub fn opt<R: FromRow>(self, sql: &str, params: &[&dyn Param]) -> Result<Option<R>> {
        self.0.opt(sql, params)
    }
    pub fn one<R: FromRow>(self, sql: &str, params: &[&dyn Param]) -> Result<R> {
        self.0.one(sql, params)
    }
    pub fn run(self, sql: &str, params: &[&dyn Param]) -> Result<u64> {
        self.0.run(sql, params)
    }
}

/// What [`Tx::repeat`] gives.
pub struct Repeated<'t> {
    ready: Ready<'t>,
    failed: &'t mut bool,
}
enum Ready<'t> {
    Sqlite { statement: rusqlite::CachedStatement<'t>, places: Vec<usize> },
    Postgres { connection: &'t mut PgConnection, statement: postgres::Statement },
}
impl Repeated<'_> {
    /// Number of rows changed.
    pub fn run(&mut self, params: &[&dyn Param]) -> Result<u64> {
        if *self.failed {
            return Err(Error::internal("db.transaction_failed"));
        }
        let result = match &mut self.ready {
            Ready::Sqlite { statement, places } => run_placed(statement, places, params),
            Ready::Postgres { connection, statement } => connection.run_prepared(statement, params),
        };
        *self.failed |= result.is_err();
        result
    }
}
fn run_placed(
    statement: &mut rusqlite::CachedStatement<'_>,
    places: &[usize],
    params: &[&dyn Param],
) -> Result<u64> {
    bind_placed(statement, places, params)?;
    statement.raw_execute().map(|n| n as u64).map_err(error::sqlite)
}
fn bind_placed(
    statement: &mut rusqlite::CachedStatement<'_>,
    places: &[usize],
    params: &[&dyn Param],
) -> Result<()> {
    wanted(params.len(), places.len())?;
    for (position, place) in (1..).zip(places) {
        let value = params.get(*place).ok_or_else(misnumbered)?.value();
        statement.raw_bind_parameter(position, value).map_err(error::sqlite)?;
    }
    Ok(())
}
/// Which parameter, counted from 0, each place of the statement takes.
fn places(statement: &rusqlite::CachedStatement<'_>) -> Result<Vec<usize>> {
    (1..=statement.parameter_count())
        .map(|position| {
            let number = statement.parameter_name(position)?.get(1..)?.parse::<usize>().ok()?;
            number.checked_sub(1)
        })
        .map(|place| place.ok_or_else(misnumbered))
        .collect()
}
fn wanted(bound: usize, wanted: usize) -> Result<()> {
    if bound == wanted {
        return Ok(());
    }
    Err(Error::internal("db.parameters").because(format!("{bound} parameters bound, {wanted} wanted")))
}
fn misnumbered() -> Error {
    Error::internal("db.parameters").because("parameters are $1, $2, …")
}

/// SQLite takes `$2` for a *name*, numbered by first appearance; bind by the digits, as PostgreSQL means them.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, sql: &str, params: &[&dyn Param]) -> Result<()> {
    if !in_order(sql) {
        let places = places(statement)?;
        return bind_placed(statement, &places, params);
    }
    wanted(params.len(), statement.parameter_count())?;
    for (position, param) in (1..).zip(params) {
        statement.raw_bind_parameter(position, param.value()).map_err(error::sqlite)?;
    }
    Ok(())
}
/// Whether `$1`, `$2`, … appear for the first time one after the other. To ask SQLite for the name of each costs more than
/// many a statement.
fn in_order(sql: &str) -> bool {
    let mut highest = 0;
    sql.split('$').skip(1).all(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: usize = rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX);
        let next = number == highest + 1;
        highest += usize::from(next);
        next || number <= highest
    })
}
fn rows_sqlite<R: FromRow>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: &[&dyn Param],
    most: usize,
) -> Result<Vec<R>> {
    #[cfg(any(test, feature = "testing"))]
    crate::plan::guard(connection, sql)?;
    let mut statement = connection.prepare_cached(sql).map_err(error::sqlite)?;
    bind(&mut statement, sql, params)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    // Every row is stepped over, since an `… RETURNING` writes while it is read.
    while let Some(row) = rows.next().map_err(error::sqlite)? {
        if out.len() < most {
            out.push(R::from_row(&Row::Sqlite(row))?);
        }
    }
    Ok(out)
}
fn run_sqlite(connection: &rusqlite::Connection, sql: &str, params: &[&dyn Param]) -> Result<u64> {
    #[cfg(any(test, feature = "testing"))]
    crate::plan::guard(connection, sql)?;
    let mut statement = connection.prepare_cached(sql).map_err(error::sqlite)?;
    bind(&mut statement, sql, params)?;
    statement.raw_execute().map(|n| n as u64).map_err(error::sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_order_are_known_by_the_text() {
        for (sql, ordered) in [
            ("SELECT 1", true),
            ("SELECT $1, $2, $1, $3", true),
            ("SELECT $1, $3, $2", false),
            ("SELECT $2", false),
            ("SELECT $1, '$', $2", false),
            ("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", true),
        ] {
            assert_eq!(in_order(sql), ordered, "{sql}");
        }
    }
}
