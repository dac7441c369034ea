//! `decide` against an oracle that was written from MODEL.md as a table of conditions, over random facts: 20,000 sets, and
//! 1,000,000 under FUJIE_PROOF=full. Then what must hold of any two decisions: mending one layer worsens none, and whoever is
//! named as able to mend a layer is.
mod dice;
mod mending;
mod table;

use super::model::*;
use dice::Dice;
use identity::realname::RealNameLevel;
use kernel::{Timestamp, id::OrganizationId};
use mending::{act, mend};
use std::collections::BTreeMap;
use table::{oracle, told_truly};

const HERE: OrganizationId = OrganizationId::from_i64(7);
const THERE: OrganizationId = OrganizationId::from_i64(8);
const NOW: i64 = 1_000;
const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

const LEVELS: &[RealNameLevel] = &[
    RealNameLevel::Unverified,
    RealNameLevel::Primary,
    RealNameLevel::Intermediate,
    RealNameLevel::Advanced,
];

const fn rank(state: LayerState) -> u8 {
    match state {
        LayerState::Missing => 0,
        LayerState::Asleep => 1,
        LayerState::Met => 2,
    }
}

fn sets() -> usize {
    if std::env::var("FUJIE_PROOF").is_ok_and(|v| v == "full") { 1_000_000 } else { 20_000 }
}
fn each(seed: u64, mut check: impl FnMut(&mut Dice, &Facts, &Decision)) {
    let mut dice = Dice(seed);
    for _ in 0..sets() {
        let facts = dice.facts();
        let decision = decide(&facts);
        check(&mut dice, &facts, &decision);
    }
}

#[test]
fn m49_decide_agrees_with_the_table_on_every_layer_of_every_set() {
    let (mut allowed, mut codes) = (0, std::collections::BTreeSet::new());
    each(1, |_, facts, decision| {
        let (allow, layers) = oracle(facts);
        let told: BTreeMap<LayerKind, LayerState> =
            decision.layers.iter().map(|layer| (layer.kind, layer.state)).collect();
        assert_eq!((decision.allow, &told), (allow, &layers), "{facts:?}");
        assert_eq!(told.len(), decision.layers.len(), "each layer once: {facts:?}");
        assert_eq!(allow, decision.first_missing().is_none());
        assert!(!allow || decision.remedies.is_empty());
        for layer in decision.layers.iter().filter(|layer| layer.state == LayerState::Missing) {
            assert!(told_truly(layer.code, facts), "{} {facts:?}", layer.code);
            codes.insert(layer.code);
        }
        allowed += usize::from(allow);
    });
    // A test that draws no permission, or not every reason, proves nothing about them.
    assert!(allowed * 100 > sets(), "{allowed} of {}", sets());
    assert_eq!(codes.len(), 41, "{codes:?}");
}

#[test]
fn mending_one_layer_worsens_no_other() {
    each(2, |dice, facts, decision| {
        let kind = decision.layers[dice.below(decision.layers.len())].kind;
        let mut better = facts.clone();
        mend(&mut better, kind);
        let after = decide(&better);
        let mended = after.layer(kind).unwrap().state;
        let holds =
            if kind == LayerKind::Grant { mended != LayerState::Missing } else { mended == LayerState::Met };
        assert!(holds, "{kind}: {better:?}");
        for before in &decision.layers {
            let now = after.layer(before.kind).unwrap();
            assert!(rank(now.state) >= rank(before.state), "{kind} worsens {}: {facts:?}", before.kind);
        }
        assert!(!decision.allow || after.allow);
    });
}

#[test]
fn m49_whoever_is_named_can_mend_the_layer() {
    each(3, |_, facts, decision| {
        for layer in decision.layers.iter().filter(|layer| layer.state == LayerState::Missing) {
            let mut better = facts.clone();
            let mut layer = *layer;
            let named = decision.remedies.iter().find(|remedy| remedy.layer == layer.kind);
            let Some(mut remedy) = named.copied() else {
                // Only what no act at this layer alone could mend is left without a name.
                assert!(
                    layer.kind == LayerKind::Role && layer.code == "decision.role_missing"
                        || layer.kind == LayerKind::Grant,
                    "{} {facts:?}",
                    layer.code
                );
                continue;
            };
            // A contract is signed by one office and granted by another: each is named when it is their turn.
            for _ in 0..4 {
                act(&mut better, &layer, &remedy);
                let after = decide(&better);
                let Some(there) = after.layer(layer.kind) else { break };
                if there.state != LayerState::Missing {
                    break;
                }
                let next = *after.remedies.iter().find(|next| next.layer == layer.kind).unwrap();
                let further = there.code != layer.code || next != remedy;
                assert!(further, "{remedy:?} does not mend it: {facts:?}");
                (layer, remedy) = (*there, next);
            }
            let after = decide(&better);
            let mended = after.layer(layer.kind).is_none_or(|there| there.state != LayerState::Missing);
            assert!(mended, "{layer:?} {facts:?}");
        }
    });
}
