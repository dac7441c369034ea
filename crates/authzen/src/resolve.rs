//! From a request to a question: which subject, for whom it acts, and whether the rest names what this client may ask about.
use crate::request::{Entity, MOST_TEXT, Object, Properties, Text, Tuple};
use organization::decision::Space;

/// Codes of refusals that no decision makes; stable.
pub const SUBJECT_UNKNOWN: &str = "authzen.subject_unknown";
pub const RESOURCE_UNKNOWN: &str = "authzen.resource_unknown";
pub const ACTION_UNKNOWN: &str = "authzen.action_unknown";

/// The one action: to use the product.
pub const USE: &str = "use";
pub const USER: &str = "user";
pub const MACHINE: &str = "machine";
pub const PRODUCT: &str = "product";
pub const ITEM: &str = "item";

/// What the request is faulted for, in English for the client's developer.
pub type Fault = &'static str;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    User(&'a str),
    Machine(&'a str),
    /// Of a type that is not known here.
    Other,
}

/// A request that says everything that it must.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub subject: Subject<'a>,
    pub space: Space,
    /// Why it is refused without a decision.
    pub refused: Option<&'static str>,
}

/// A text that is there and that can mean something.
fn text<'t>(
    own: Option<&'t Text<'_>>,
    default: Option<&'t Text<'_>>,
    faults: [Fault; 2],
) -> Result<&'t str, Fault> {
    let [missing, unfit] = faults;
    let text = own.or(default).ok_or(missing)?.0.as_ref();
    if text.is_empty() || text.len() > MOST_TEXT { Err(unfit) } else { Ok(text) }
}
fn inner<T>(object: Option<&Object<T>>) -> Option<&T> {
    object.map(|object| &object.0)
}
fn organization<'t>(object: Option<&'t Object<Properties<'_>>>) -> Option<&'t str> {
    inner(object)?.organization.as_ref().map(|text| text.0.as_ref())
}

/// An entity of the item stands in the place of the default as a whole; only type and id, where the item's own leaves them
/// out, are taken from the default.
fn entities<'t, 'a>(
    item: Option<&'t Object<Entity<'a>>>,
    default: Option<&'t Object<Entity<'a>>>,
    missing: Fault,
) -> Result<(&'t Entity<'a>, Option<&'t Entity<'a>>), Fault> {
    match (inner(item), inner(default)) {
        (Some(own), default) => Ok((own, default)),
        (None, Some(default)) => Ok((default, None)),
        (None, None) => Err(missing),
    }
}

pub fn subject<'t>(item: &'t Tuple<'_>, default: &'t Tuple<'_>) -> Result<Subject<'t>, Fault> {
    let (own, fallback) = entities(item.subject.as_ref(), default.subject.as_ref(), "subject is missing")?;
    let kind = kind(own, fallback, ["subject.type is missing", "subject.type is empty or too long"])?;
    let id = text(
        own.id.as_ref(),
        fallback.and_then(|entity| entity.id.as_ref()),
        ["subject.id is missing", "subject.id is empty or too long"],
    )?;
    Ok(match kind {
        USER => Subject::User(id),
        MACHINE => Subject::Machine(id),
        _ => Subject::Other,
    })
}
/// The type of subjects that are looked for.
pub fn subject_kind<'t>(asked: &'t Tuple<'_>) -> Result<&'t str, Fault> {
    let own = inner(asked.subject.as_ref()).ok_or("subject is missing")?;
    kind(own, None, ["subject.type is missing", "subject.type is empty or too long"])
}
/// The type of resources that are looked for.
pub fn resource_kind<'t>(asked: &'t Tuple<'_>) -> Result<&'t str, Fault> {
    let own = inner(asked.resource.as_ref()).ok_or("resource is missing")?;
    kind(own, None, ["resource.type is missing", "resource.type is empty or too long"])
}
fn kind<'t>(
    own: &'t Entity<'_>,
    fallback: Option<&'t Entity<'_>>,
    faults: [Fault; 2],
) -> Result<&'t str, Fault> {
    text(own.kind.as_ref(), fallback.and_then(|entity| entity.kind.as_ref()), faults)
}

/// Whether the client's own product is meant, or something that belongs to it.
pub fn resource(item: &Tuple<'_>, default: &Tuple<'_>, code: &str) -> Result<bool, Fault> {
    let (own, fallback) = entities(item.resource.as_ref(), default.resource.as_ref(), "resource is missing")?;
    let kind = kind(own, fallback, ["resource.type is missing", "resource.type is empty or too long"])?;
    let id = text(
        own.id.as_ref(),
        fallback.and_then(|entity| entity.id.as_ref()),
        ["resource.id is missing", "resource.id is empty or too long"],
    )?;
    Ok(match kind {
        PRODUCT => id == code,
        // The product names its items; whoever may use the product may use them.
        ITEM => true,
        _ => false,
    })
}

pub fn action(item: &Tuple<'_>, default: &Tuple<'_>) -> Result<bool, Fault> {
    let (own, fallback) = match (inner(item.action.as_ref()), inner(default.action.as_ref())) {
        (Some(own), default) => (own, default),
        (None, Some(default)) => (default, None),
        (None, None) => return Err("action is missing"),
    };
    let name = text(
        own.name.as_ref(),
        fallback.and_then(|action| action.name.as_ref()),
        ["action.name is missing", "action.name is empty or too long"],
    )?;
    Ok(name == USE)
}

/// For whom the subject acts: `context.organization`, else `subject.properties.organization`; without either the personal
/// space. Both may be there if they say the same.
pub fn space(item: &Tuple<'_>, default: &Tuple<'_>) -> Result<Space, Fault> {
    let by_context = organization(item.context.as_ref().or(default.context.as_ref()));
    let subject = inner(item.subject.as_ref().or(default.subject.as_ref()));
    let by_subject = subject.and_then(|subject| organization(subject.properties.as_ref()));
    let named = match (by_context, by_subject) {
        (Some(one), Some(other)) if one != other => {
            return Err("context.organization and subject.properties.organization differ");
        }
        (one, other) => one.or(other),
    };
    match named {
        None | Some("person") => Ok(Space::Personal),
        Some(id) => id.parse().map(Space::Organization).map_err(|_| "organization is no organization's id"),
    }
}

/// Everything of one question.
pub fn asked<'t>(item: &'t Tuple<'_>, default: &'t Tuple<'_>, code: &str) -> Result<Asked<'t>, Fault> {
    let subject = subject(item, default)?;
    let may = action(item, default)?;
    let own = resource(item, default, code)?;
    let space = space(item, default)?;
    let refused = if !own {
        Some(RESOURCE_UNKNOWN)
    } else if !may {
        Some(ACTION_UNKNOWN)
    } else if subject == Subject::Other {
        Some(SUBJECT_UNKNOWN)
    } else {
        None
    };
    Ok(Asked { subject, space, refused })
}
