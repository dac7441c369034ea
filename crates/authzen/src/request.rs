//! Requests as they come: read in place, without copies of their texts. What is unknown is skipped, what has another type is
//! refused; an object is an object, never a list in its place.
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// Longest text that means anything here.
pub const MOST_TEXT: usize = 256;
/// Evaluations or subjects of one request.
pub const MOST_ITEMS: usize = 1_000;

/// A text that lies in the request where it needs no unescaping.
#[derive(Clone, Debug)]
pub struct Text<'a>(pub Cow<'a, str>);
impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InPlace;
        impl<'de> Visitor<'de> for InPlace {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(InPlace).map(Text)
    }
}

/// An object: serde would take a list for a struct too.
#[derive(Clone, Debug)]
pub struct Object<T>(pub T);
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Properties<'a> {
    #[serde(borrow, default)]
    pub organization: Option<Text<'a>>,
}

/// A subject or a resource.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entity<'a> {
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub properties: Option<Object<Properties<'a>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Action<'a> {
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    #[serde(default, rename = "properties")]
    _properties: Option<Object<Anything>>,
}
/// Members that mean nothing here.
#[derive(Clone, Debug, Default, Deserialize)]
struct Anything {}

/// The four that make a question; in a batch also the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tuple<'a> {
    #[serde(borrow, default)]
    pub subject: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub action: Option<Object<Action<'a>>>,
    #[serde(borrow, default)]
    pub resource: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub context: Option<Object<Properties<'a>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    #[default]
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Options {
    #[serde(default)]
    pub evaluations_semantic: Option<Semantic>,
    /// Of the list of subjects: the code of each refusal too.
    #[serde(default)]
    pub codes: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Batch<'a> {
    #[serde(borrow, default)]
    pub subject: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub action: Option<Object<Action<'a>>>,
    #[serde(borrow, default)]
    pub resource: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub context: Option<Object<Properties<'a>>>,
    #[serde(borrow, default)]
    pub evaluations: Option<Vec<Object<Tuple<'a>>>>,
    #[serde(borrow, default)]
    pub subjects: Option<Vec<Text<'a>>>,
    #[serde(default)]
    pub options: Option<Object<Options>>,
}
impl<'a> Batch<'a> {
    /// The defaults, or the one question.
    pub fn tuple(&mut self) -> Tuple<'a> {
        Tuple {
            subject: self.subject.take(),
            action: self.action.take(),
            resource: self.resource.take(),
            context: self.context.take(),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Page<'a> {
    #[serde(borrow, default)]
    pub token: Option<Text<'a>>,
    #[serde(default)]
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search<'a> {
    #[serde(borrow, default)]
    pub subject: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub action: Option<Object<Action<'a>>>,
    #[serde(borrow, default)]
    pub resource: Option<Object<Entity<'a>>>,
    #[serde(borrow, default)]
    pub context: Option<Object<Properties<'a>>>,
    #[serde(borrow, default)]
    pub page: Option<Object<Page<'a>>>,
}
impl<'a> Search<'a> {
    pub fn tuple(&mut self) -> Tuple<'a> {
        Tuple {
            subject: self.subject.take(),
            action: self.action.take(),
            resource: self.resource.take(),
            context: self.context.take(),
        }
    }
}

/// Error: what is wrong, for the client's developer.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    // Checked once as a whole, not text by text.
    let body = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    serde_json::from_str::<Object<T>>(body)
        .map(|object| object.0)
        .map_err(|error| format!("the body is not the JSON that is expected: {error}"))
}
