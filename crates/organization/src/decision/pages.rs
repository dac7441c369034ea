//! A decision in words: the fragment that every explanation page shows.
use super::explain::Explanation;
use super::model::{Decision, Layer, LayerKind, LayerState};
use askama::{Template, filters::Safe};
use kernel::{Error, Result};
use web::Page;

/// One layer as a page shows it.
pub(crate) struct LayerView {
    pub name: String,
    pub tone: &'static str,
    pub word: String,
    pub text: String,
    pub hint: String,
}
impl LayerView {
    pub fn new(page: &Page, layer: &Layer) -> Self {
        let (tone, word) = match layer.state {
            LayerState::Met => ("ok", "organization-layer-met"),
            LayerState::Asleep => ("wait", "organization-layer-asleep"),
            LayerState::Missing => ("bad", "organization-layer-missing"),
        };
        let hint = match (layer.state, layer.until) {
            (LayerState::Met, Some(until)) => {
                page.t1("organization-layer-until", "date", page.last_day(&until))
            }
            (LayerState::Met, None) => String::new(),
            (_, Some(at)) => page.t1("organization-layer-date", "date", page.date(&at)),
            (_, None) => page.t(who_mends(layer)),
        };
        Self {
            name: page.t(&format!("organization-layer-{}", layer.kind.as_str().replace('_', "-"))),
            tone,
            word: page.t(word),
            text: page.t(&layer_key(layer.code)),
            hint,
        }
    }
}
/// `decision.grant_missing` → `organization-decision-grant-missing`.
pub fn layer_key(code: &str) -> String {
    format!("organization-decision-{}", code.strip_prefix("decision.").unwrap_or(code).replace('_', "-"))
}
fn who_mends(layer: &Layer) -> &'static str {
    match layer.kind {
        LayerKind::Admission => "organization-layer-where-admission",
        LayerKind::Grant => "organization-layer-where-grant",
        _ => "organization-layer-where-other",
    }
}

#[derive(Template)]
#[template(path = "decision/why.html")]
struct Why<'a> {
    page: &'a Page,
    halves: Option<(LayerView, LayerView)>,
    missing: Vec<LayerView>,
    /// Folded away: what is in order needs nobody's attention.
    met: Vec<LayerView>,
    tally: &'static str,
    tally_label: String,
}

/// Class of the tally: which halves are present.
pub fn tally_class(decision: &Decision) -> &'static str {
    match (decision.organization_half(), decision.member_half()) {
        (Some(true), Some(true)) => "o m",
        (Some(true), _) => "o",
        (_, Some(true)) => "m",
        _ => "",
    }
}

impl Explanation {
    /// The first sentence of the page: usable, or the first thing that is missing.
    pub fn lead(&self, page: &Page) -> String {
        page.t(&layer_key(self.decision.code()))
    }
    /// Ready HTML of both halves and the other layers; the page around it brings heading and ways out.
    pub fn why_html(&self, page: &Page) -> Result<Safe<String>> {
        let half = |kind| self.decision.layer(kind).map(|layer| LayerView::new(page, layer));
        let halves = half(LayerKind::Admission).zip(half(LayerKind::Grant));
        let word = |there: Option<bool>| {
            page.t(if there == Some(true) { "organization-layer-met" } else { "organization-layer-missing" })
        };
        let others = self.decision.layers.iter().filter(|layer| {
            halves.is_none() || !matches!(layer.kind, LayerKind::Admission | LayerKind::Grant)
        });
        let (met, missing): (Vec<_>, Vec<_>) = others.partition(|layer| layer.state == LayerState::Met);
        let views =
            |layers: Vec<&Layer>| layers.into_iter().map(|layer| LayerView::new(page, layer)).collect();
        let why = Why {
            page,
            halves,
            missing: views(missing),
            met: views(met),
            tally: tally_class(&self.decision),
            tally_label: page.t2(
                "organization-why-tally",
                "first",
                word(self.decision.organization_half()),
                "second",
                word(self.decision.member_half()),
            ),
        };
        why.render().map(Safe).map_err(|e| Error::internal("internal").because(e))
    }
}
