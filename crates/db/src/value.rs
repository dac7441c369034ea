//! What travels between Rust and a column, the same for both engines: integers, booleans, text, bytes, NULL.
use kernel::{Error, Id, Result, Timestamp, TokenHash};
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// What can be bound.
pub trait Param: Sync {
    fn value(&self) -> Value<'_>;
}
/// What a column can be read as. NULL is read by `Option` alone.
pub trait Cell: Sized {
    fn from_value(value: Value<'_>) -> Result<Self>;
}

fn mismatch(wanted: &'static str, got: Value<'_>) -> Error {
    let got = match got {
        Value::Null => "NULL",
        Value::Int(_) => "an integer",
        Value::Bool(_) => "a boolean",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
    };
    Error::internal("db.column_type").because(format!("{wanted} wanted, {got} found"))
}

macro_rules! simple {
    ($($type:ty, $name:literal, $to:expr, $from:pat => $value:expr;)*) => { $(
        impl Param for $type {
            fn value(&self) -> Value<'_> { let to: fn(&$type) -> Value<'_> = $to; to(self) }
        }
        impl Cell for $type {
            fn from_value(value: Value<'_>) -> Result<Self> {
                match value { $from => Ok($value), other => Err(mismatch($name, other)) }
            }
        }
    )* }
}
simple! {
    i64, "an integer", |v| Value::Int(*v), Value::Int(v) => v;
    String, "text", |v| Value::Text(v), Value::Text(v) => v.to_owned();
    Vec<u8>, "bytes", |v| Value::Blob(v), Value::Blob(v) => v.to_vec();
    Timestamp, "an integer", |v| Value::Int(v.as_millis()), Value::Int(v) => Timestamp::from_millis(v);
    TokenHash, "bytes", |v| Value::Blob(&v.0), Value::Blob(v) => TokenHash(v.to_vec());
}
impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}
impl Cell for bool {
    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Bool(v) => Ok(v),
            // SQLite has no booleans of its own.
            Value::Int(v @ (0 | 1)) => Ok(v == 1),
            other => Err(mismatch("a boolean", other)),
        }
    }
}
impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}
impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}
impl<T: Cell> Cell for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self> {
        if value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}
impl<T> Param for Id<T> {
    fn value(&self) -> Value<'_> {
        Value::Int(self.as_i64())
    }
}
impl<T> Cell for Id<T> {
    fn from_value(value: Value<'_>) -> Result<Self> {
        i64::from_value(value).map(Id::from_i64)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::ValueRef;
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(v) => ValueRef::Integer(v),
            Value::Bool(v) => ValueRef::Integer(i64::from(v)),
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Blob(v) => ValueRef::Blob(v),
        }))
    }
}
type Boxed = Box<dyn std::error::Error + Sync + Send>;
impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(v) if *ty == Type::INT4 => i32::try_from(v)?.to_sql(ty, out),
            Value::Int(v) if *ty == Type::INT8 => v.to_sql(ty, out),
            Value::Bool(v) if *ty == Type::BOOL => v.to_sql(ty, out),
            Value::Text(v) if <&str as ToSql>::accepts(ty) => v.to_sql(ty, out),
            Value::Blob(v) if *ty == Type::BYTEA => v.to_sql(ty, out),
            other => Err(format!("{other:?} does not fit a parameter of type {ty}").into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    postgres::types::to_sql_checked!();
}
impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Value::Blob(raw),
            _ => Value::Text(<&str>::from_sql(ty, raw)?),
        })
    }
    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Value::Null)
    }
    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL | Type::BYTEA)
            || <&str as FromSql>::accepts(ty)
    }
}

/// One row of an answer.
pub enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}
impl Row<'_> {
    /// The column at `index`, counted from 0. Error: `db.column_type`.
    pub fn get<T: Cell>(&self, index: usize) -> Result<T> {
        use rusqlite::types::ValueRef;
        let value = match self {
            Row::Sqlite(row) => match row.get_ref(index).map_err(crate::error::sqlite)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(v) => Value::Int(v),
                ValueRef::Text(v) => Value::Text(
                    std::str::from_utf8(v).map_err(|e| Error::internal("db.column_type").because(e))?,
                ),
                ValueRef::Blob(v) => Value::Blob(v),
                ValueRef::Real(_) => {
                    return Err(Error::internal("db.column_type").because("a real number found"));
                }
            },
            Row::Postgres(row) => row.try_get(index).map_err(crate::error::postgres)?,
        };
        T::from_value(value)
            .map_err(|e| Error::internal("db.column_type").because(format!("column {index}: {e}")))
    }
}

/// Built from a row by position: by `row!` for structs, or a tuple, or a single cell.
pub trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self>;
}
impl<T: Cell> FromRow for T {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}
macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => { $(
        impl<$($name: Cell),+> FromRow for ($($name,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> { Ok(($(row.get::<$name>($index)?,)+)) }
        }
    )* }
}
tuples! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// `row!(Struct { a, b })`: the columns of the SELECT, in this order, fill these fields.
#[macro_export]
macro_rules! row {
    ($type:path { $($field:ident),* $(,)? }) => {
        impl $crate::FromRow for $type {
            fn from_row(row: &$crate::Row<'_>) -> ::kernel::Result<Self> {
                let mut index = 0usize;
                let mut next = || { index += 1; index - 1 };
                Ok(Self { $($field: row.get(next())?),* })
            }
        }
    };
}

/// An enum that is stored, shown in JSON and parsed as the given words.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$vmeta])* $variant),* }
        impl $name {
            $vis const ALL: &'static [Self] = &[$(Self::$variant),*];
            $vis const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),* } }
        }
        impl ::std::str::FromStr for $name {
            type Err = ::kernel::Error;
            fn from_str(text: &str) -> ::kernel::Result<Self> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(::kernel::Error::invalid("field.unknown_value")) }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl $crate::Param for $name {
            fn value(&self) -> $crate::Value<'_> { $crate::Value::Text(self.as_str()) }
        }
        impl $crate::Cell for $name {
            fn from_value(value: $crate::Value<'_>) -> ::kernel::Result<Self> {
                let text = <String as $crate::Cell>::from_value(value)?;
                text.parse().map_err(|_| ::kernel::Error::internal("db.column_type").because(format!("{text} is no {}", stringify!($name))))
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| ::serde::de::Error::custom("unknown value"))
            }
        }
    };
}
