//! Why something was refused, in both languages: for the person, and for whoever runs the product. Each code's words are
//! looked up once.
use organization::decision::{Layer, layer_key};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};
use web::Lang;

/// The words of one code, in the order of `Lang::ALL`.
pub struct Words {
    /// For the person.
    pub user: [String; 2],
    /// Name of the layer, and the code.
    pub admin: [String; 2],
}

pub fn of_layer(layer: &Layer) -> Arc<Words> {
    remembered(layer.code, || {
        let name = format!("organization-layer-{}", layer.kind.as_str().replace('_', "-"));
        Words {
            user: Lang::ALL.map(|lang| lang.t(&layer_key(layer.code))),
            admin: Lang::ALL.map(|lang| format!("{} ({})", lang.t(&name), layer.code)),
        }
    })
}
/// Of a refusal that no decision made.
pub fn of_unknown(code: &'static str) -> Arc<Words> {
    remembered(code, || {
        let user = match code {
            crate::resolve::RESOURCE_UNKNOWN => "authzen-resource-unknown",
            crate::resolve::ACTION_UNKNOWN => "authzen-action-unknown",
            "decision.membership_missing" => "organization-decision-membership-missing",
            _ => "authzen-subject-unknown",
        };
        Words {
            user: Lang::ALL.map(|lang| lang.t(user)),
            admin: Lang::ALL.map(|lang| format!("{} ({code})", lang.t(user))),
        }
    })
}

fn remembered(code: &'static str, make: impl FnOnce() -> Words) -> Arc<Words> {
    static KNOWN: LazyLock<RwLock<HashMap<&'static str, Arc<Words>>>> = LazyLock::new(RwLock::default);
    if let Some(words) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(code) {
        return Arc::clone(words);
    }
    let words = Arc::new(make());
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(code, Arc::clone(&words));
    words
}
