//! Strict `application/x-www-form-urlencoded`: nothing is replaced or dropped silently.
use crate::{Failure, form::malformed};
use kernel::Error;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, IntoDeserializer, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};
use std::fmt;

/// Pairs in order. Refuses bad escapes and UTF-8, NUL, and a name given twice unless it ends in `[]`.
pub(crate) fn parse(input: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for pair in input.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(at);
        let (name, value) = (decode(name)?, decode(value.get(1..).unwrap_or(&[]))?);
        if !name.ends_with("[]") && !seen.insert(name.clone()) {
            return Err(malformed(Error::invalid("request.duplicate_member")));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}
fn decode(text: &[u8]) -> Result<String, Failure> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|b| char::from(*b).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err(malformed(Error::invalid("request.encoding"))),
                }
            }
            other => *other,
        });
    }
    if out.contains(&0) {
        return Err(malformed(Error::invalid("request.nul")));
    }
    String::from_utf8(out).map_err(|_| malformed(Error::invalid("request.encoding")))
}

pub(crate) fn deserialize<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Failure> {
    T::deserialize(Members::new(pairs)).map_err(|Fault(error)| malformed(error))
}

/// Carries the `kernel::Error` through serde.
#[derive(Debug)]
struct Fault(Error);
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl std::error::Error for Fault {}
impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Error::invalid("request.member_type").because(message.to_string()))
    }
    fn missing_field(field: &'static str) -> Self {
        Self(Error::invalid("request.member_missing").at(field).arg("name", field))
    }
}

/// Members grouped by name.
struct Members {
    groups: std::vec::IntoIter<(String, Vec<String>)>,
    value: Option<(String, Vec<String>)>,
    fields: &'static [&'static str],
}
impl Members {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for (name, value) in pairs {
            let place = *places.entry(name.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, values)) => values.push(value),
                None => groups.push((name, vec![value])),
            }
        }
        Self { groups: groups.into_iter(), value: None, fields: &[] }
    }
}
impl<'de> Deserializer<'de> for Members {
    type Error = Fault;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.fields = fields;
        visitor.visit_map(self)
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
impl<'de> de::MapAccess<'de> for Members {
    type Error = Fault;
    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, values)) = self.groups.next() else { return Ok(None) };
        let key = seed.deserialize(name.clone().into_deserializer())?;
        self.value = Some((name, values));
        Ok(Some(key))
    }
    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, values) = self.value.take().unwrap_or_default();
        seed.deserialize(Member { list: name.ends_with("[]"), values }).map_err(|Fault(mut error)| {
            if error.field.is_none() {
                error.field = self.fields.iter().find(|field| **field == name).copied();
            }
            Fault(error)
        })
    }
}

/// One member: text, or a list if its name says so.
struct Member {
    values: Vec<String>,
    list: bool,
}
impl Member {
    fn text(self) -> String {
        self.values.into_iter().next().unwrap_or_default()
    }
    fn parse<T: std::str::FromStr>(self) -> Result<T, Fault> {
        self.text().trim().parse().map_err(|_| Fault(Error::invalid("request.member_type")))
    }
}
macro_rules! numbers { ($($method:ident $visit:ident),*) => { $(
    fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> { visitor.$visit(self.parse()?) }
)* } }
impl<'de> Deserializer<'de> for Member {
    type Error = Fault;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.list { self.deserialize_seq(visitor) } else { visitor.visit_string(self.text()) }
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text().as_str() {
            "on" | "true" | "1" | "yes" => visitor.visit_bool(true),
            "" | "off" | "false" | "0" | "no" => visitor.visit_bool(false),
            _ => Err(Fault(Error::invalid("request.member_type"))),
        }
    }
    numbers!(
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32, deserialize_i64 visit_i64,
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64
    );
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.values.iter().all(String::is_empty) { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(SeqDeserializer::new(self.values.into_iter().map(Item)))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.text().into_deserializer())
    }
    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}
struct Item(String);
impl<'de> IntoDeserializer<'de, Fault> for Item {
    type Deserializer = Member;
    fn into_deserializer(self) -> Member {
        Member { values: vec![self.0], list: false }
    }
}

/// The raw members of a form, for pages whose fields are not known in advance.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<(String, String)>);
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("form members")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name.ends_with("[]") {
                        for value in map.next_value::<Vec<String>>()? {
                            pairs.push((name.clone(), value));
                        }
                    } else {
                        pairs.push((name, map.next_value()?));
                    }
                }
                Ok(Fields(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
