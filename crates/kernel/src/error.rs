//! One error for every room. `kind` is closed and maps to HTTP in one place (`web::problem`); `code` is stable and keys the
//! translation (`error-` + code with dots as dashes), the API and the documentation. Outcomes that a use case expects
//! (a wrong code, a refusal) are values, not errors.
use std::{borrow::Cow, fmt};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooMany,
    Overloaded,
    Unavailable,
    Internal,
}

pub struct Error {
    pub kind: Kind,
    /// `room.what_happened`, for example `membership.last_administrator`.
    pub code: &'static str,
    /// The form field or JSON member at fault.
    pub field: Option<&'static str>,
    /// Named arguments of the translated message. Never secrets or personal data.
    pub args: Vec<(&'static str, Cow<'static, str>)>,
    /// For the log alone.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

macro_rules! constructors { ($($name:ident $kind:ident),* $(,)?) => { $(
    pub fn $name(code: &'static str) -> Self { Self::new(Kind::$kind, code) }
)* } }

impl Error {
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self { kind, code, field: None, args: Vec::new(), source: None }
    }
    constructors!(
        invalid Invalid,
        unauthenticated Unauthenticated,
        forbidden Forbidden,
        not_found NotFound,
        conflict Conflict,
        too_many TooMany,
        overloaded Overloaded,
        unavailable Unavailable,
        internal Internal,
    );
    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.args.push((name, value.into()));
        self
    }
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
    /// A unique key was taken. Prefer `ON CONFLICT DO NOTHING RETURNING`; this is for keys that only a race can hit.
    pub fn is_duplicate(&self) -> bool {
        self.code == "db.duplicate"
    }
}
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.code, self.kind)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} field={:?} args={:?}", self.field, self.args)
    }
}
impl std::error::Error for Error {}
