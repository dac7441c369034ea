//! `decide` against an oracle that was written from MODEL.md as a table of conditions, over random facts: 20,000 sets, and
//! 1,000,000 under FUJIE_PROOF=full. Then what must hold of any two decisions: mending one layer worsens none, and whoever is
//! named as able to mend a layer is.
use super::model::*;
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{Timestamp, id::OrganizationId};
use std::collections::BTreeMap;

const HERE: OrganizationId = OrganizationId::from_i64(7);
const THERE: OrganizationId = OrganizationId::from_i64(8);
const NOW: i64 = 1_000;
const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// SplitMix64: a million sets in seconds, the same every time.
struct Dice(u64);
impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
    fn any<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
    /// Mostly the good one, so that "allow" comes often enough to be tested.
    fn mostly<T: Copy>(&mut self, good: T, all: &[T]) -> T {
        if self.percent(85) { good } else { self.any(all) }
    }
    fn times(&mut self) -> (Timestamp, Timestamp) {
        let edges = [NOW - 1, NOW, NOW + 1];
        (at(self.mostly(0, &edges)), at(self.mostly(i64::MAX, &edges)))
    }
    fn zones(&mut self) -> Vec<String> {
        ["vpn", "office"].into_iter().filter(|_| self.percent(40)).map(str::to_owned).collect()
    }
    fn contract(&mut self) -> ContractFacts {
        let (valid_from, valid_until) = self.times();
        ContractFacts {
            state: self.mostly(ContractState::Active, ContractState::ALL),
            valid_from,
            valid_until,
            lists_product: self.percent(92),
        }
    }
    fn organization(&mut self) -> OrganizationFacts {
        OrganizationFacts {
            id: HERE,
            state: self.mostly(OrganizationState::Active, OrganizationState::ALL),
            has_member_number: self.percent(60),
            registry_state: self.mostly(RegistryState::Live, RegistryState::ALL),
            administrators_do_business: self.percent(50),
            network_zones: if self.percent(20) { self.zones() } else { Vec::new() },
            membership: self.percent(94).then(|| {
                let (valid_from, valid_until) = self.times();
                MembershipFacts {
                    role: self.any(Role::ALL),
                    state: self.mostly(MembershipState::Active, MembershipState::ALL),
                    valid_from,
                    valid_until,
                }
            }),
            admission: self.percent(85).then(|| {
                let (valid_from, valid_until) = self.times();
                AdmissionFacts {
                    state: self.mostly(AdmissionState::Active, AdmissionState::ALL),
                    suspended_by: self.percent(70).then(|| self.any(AdmissionEditor::ALL)),
                    valid_from,
                    valid_until,
                    contract: self.percent(90).then(|| self.contract()),
                }
            }),
            signed: self.percent(60).then(|| self.contract()),
            grant: self.percent(85).then(|| {
                let (valid_from, valid_until) = self.times();
                GrantFacts {
                    state: self.mostly(GrantState::Active, GrantState::ALL),
                    valid_from,
                    valid_until,
                }
            }),
        }
    }
    fn facts(&mut self) -> Facts {
        let owner = self.any(&[None, None, Some(HERE), Some(HERE), Some(THERE)]);
        let subject = if self.percent(80) {
            Subject::Person(AccountFacts {
                state: self.mostly(
                    AccountState::Active,
                    &[AccountState::Unactivated, AccountState::Disabled, AccountState::Closed],
                ),
                owner,
                level: self.any(LEVELS),
            })
        } else {
            Subject::Machine(MachineFacts { active: self.percent(85), owner, registered: self.percent(85) })
        };
        Facts {
            subject,
            organization: self.percent(75).then(|| self.organization()),
            product: ProductFacts {
                state: self.mostly(ProductState::Active, ProductState::ALL),
                audience: self.any(Audience::ALL),
                admission_class: self.any(AdmissionClass::ALL),
                admission_editor: self.any(AdmissionEditor::ALL),
                grant_mode: self.any(GrantMode::ALL),
                roles_allowed: Role::ALL.iter().copied().filter(|_| self.percent(70)).collect(),
                minimum_level: self.any(LEVELS),
                minimum_strength: self.mostly(1, &[2, 3]),
                network_zone: self.percent(15).then(|| "vpn".to_owned()),
            },
            session: SessionFacts {
                strength: self.any(&[1, 2, 3]),
                card: self.percent(40),
                zones: self.zones(),
            },
            now: at(NOW),
        }
    }
}
const LEVELS: &[RealNameLevel] = &[
    RealNameLevel::Unverified,
    RealNameLevel::Primary,
    RealNameLevel::Intermediate,
    RealNameLevel::Advanced,
];

fn now_in(from: Timestamp, until: Timestamp) -> bool {
    (from.as_millis()..until.as_millis()).contains(&NOW)
}
fn person(f: &Facts) -> Option<&AccountFacts> {
    f.subject.person()
}
fn machine(f: &Facts) -> Option<&MachineFacts> {
    match &f.subject {
        Subject::Machine(machine) => Some(machine),
        Subject::Person(_) => None,
    }
}
fn live_row(f: &Facts) -> Option<&AdmissionFacts> {
    let row = f.organization.as_ref()?.admission.as_ref()?;
    (row.state == AdmissionState::Active && now_in(row.valid_from, row.valid_until)).then_some(row)
}
fn in_zone(f: &Facts, zone: &str) -> bool {
    f.session.zones.iter().any(|own| own == zone)
}

type Condition = fn(&Facts) -> bool;
/// Layer, in whose decisions it stands, and when it holds. The oracle: every row that applies has to hold.
const TABLE: &[(LayerKind, Condition, Condition)] = &[
    (
        LayerKind::Account,
        |f| person(f).is_some(),
        |f| {
            let state = person(f).unwrap().state;
            state == AccountState::Active || state == AccountState::Unactivated && f.session.card
        },
    ),
    (LayerKind::Client, |f| machine(f).is_some(), |f| machine(f).unwrap().active),
    (LayerKind::Product, |_| true, |f| f.product.state == ProductState::Active),
    (
        LayerKind::Audience,
        |_| true,
        |f| match (f.organization.is_some(), machine(f).is_some()) {
            (true, _) => f.product.audience != Audience::Person,
            (false, true) => true,
            (false, false) => {
                f.product.audience != Audience::Organization && person(f).unwrap().owner.is_none()
            }
        },
    ),
    (
        LayerKind::Organization,
        |f| f.organization.is_some(),
        |f| f.organization.as_ref().unwrap().state == OrganizationState::Active,
    ),
    (
        LayerKind::Owner,
        |f| machine(f).is_some(),
        |f| machine(f).unwrap().owner == f.organization.as_ref().map(|o| o.id),
    ),
    (
        LayerKind::Membership,
        |f| person(f).is_some() && f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            let owner_fits = [None, Some(o.id)].contains(&person(f).unwrap().owner);
            o.membership.as_ref().is_some_and(|m| {
                owner_fits && m.state == MembershipState::Active && now_in(m.valid_from, m.valid_until)
            })
        },
    ),
    (
        LayerKind::Role,
        |f| person(f).is_some() && f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            o.membership.as_ref().is_some_and(|m| {
                let idle = m.role == Role::Administrator && !o.administrators_do_business;
                !idle && f.product.roles_allowed.contains(&m.role)
            })
        },
    ),
    (
        LayerKind::Admission,
        |f| f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            let struck_off = matches!(o.registry_state, RegistryState::Revoked | RegistryState::Cancelled);
            let basis = match f.product.admission_class {
                AdmissionClass::Open => true,
                AdmissionClass::Membership => o.has_member_number,
                AdmissionClass::Discretionary => live_row(f).is_some(),
                AdmissionClass::Contract => {
                    live_row(f).and_then(|row| row.contract.as_ref()).is_some_and(|c| {
                        c.lists_product
                            && c.state == ContractState::Active
                            && now_in(c.valid_from, c.valid_until)
                    })
                }
            };
            basis && !struck_off
        },
    ),
    (
        LayerKind::Grant,
        |f| f.organization.is_some() || machine(f).is_some(),
        |f| match machine(f) {
            Some(machine) => machine.registered,
            None => {
                let grant = f.organization.as_ref().unwrap().grant.as_ref();
                f.product.grant_mode == GrantMode::EveryAgent
                    || grant
                        .is_some_and(|g| g.state == GrantState::Active && now_in(g.valid_from, g.valid_until))
            }
        },
    ),
    (
        LayerKind::RealName,
        |f| person(f).is_some(),
        |f| person(f).unwrap().level.rank() >= f.product.minimum_level.rank(),
    ),
    (LayerKind::Strength, |f| person(f).is_some(), |f| f.product.minimum_strength <= f.session.strength),
    (
        LayerKind::Network,
        |_| true,
        |f| {
            let types = f.organization.as_ref().map_or(&[][..], |o| &o.network_zones);
            f.product.network_zone.as_ref().is_none_or(|zone| in_zone(f, zone))
                && (types.is_empty() || types.iter().any(|zone| in_zone(f, zone)))
        },
    ),
];
/// What the table says of every layer, and of the whole.
fn oracle(f: &Facts) -> (bool, BTreeMap<LayerKind, LayerState>) {
    let applies = TABLE.iter().filter(|row| row.1(f));
    let held: BTreeMap<LayerKind, bool> = applies.map(|row| (row.0, row.2(f))).collect();
    let asleep = held.get(&LayerKind::Admission) == Some(&false);
    let state = |(kind, held): (&LayerKind, &bool)| {
        let state = match held {
            true if *kind == LayerKind::Grant && asleep => LayerState::Asleep,
            true => LayerState::Met,
            false => LayerState::Missing,
        };
        (*kind, state)
    };
    (held.values().all(|held| *held), held.iter().map(state).collect())
}

/// What must be so when a code is told. A code that is not here is not told.
fn told_truly(code: &str, f: &Facts) -> bool {
    let o = f.organization.as_ref();
    let m = o.and_then(|o| o.membership.as_ref());
    let row = o.and_then(|o| o.admission.as_ref()).filter(|row| row.state != AdmissionState::Ended);
    let contract = match row {
        Some(row) => row.contract.as_ref(),
        None => o.and_then(|o| o.signed.as_ref()),
    };
    let grant = o.and_then(|o| o.grant.as_ref()).filter(|grant| grant.state != GrantState::Ended);
    let class = f.product.admission_class;
    let (later, over) =
        (|from: Timestamp| from.as_millis() > NOW, |until: Timestamp| until.as_millis() <= NOW);
    match code {
        "decision.account_unactivated" => {
            person(f).unwrap().state == AccountState::Unactivated && !f.session.card
        }
        "decision.account_disabled" => person(f).unwrap().state == AccountState::Disabled,
        "decision.account_closed" => person(f).unwrap().state == AccountState::Closed,
        "decision.client_disabled" => !machine(f).unwrap().active,
        "decision.product_suspended" => f.product.state == ProductState::Suspended,
        "decision.product_unavailable" => {
            [ProductState::Draft, ProductState::Withdrawn].contains(&f.product.state)
        }
        "decision.audience_person_only" => o.is_some() && f.product.audience == Audience::Person,
        "decision.audience_organization_only" => o.is_none() && f.product.audience == Audience::Organization,
        "decision.account_managed" => o.is_none() && person(f).unwrap().owner.is_some(),
        "decision.organization_suspended" => o.unwrap().state == OrganizationState::Suspended,
        "decision.organization_closed" => o.unwrap().state == OrganizationState::Closed,
        "decision.owner_foreign" => machine(f).unwrap().owner != o.map(|o| o.id),
        "decision.membership_missing" => m.is_none_or(|m| m.state == MembershipState::Ended),
        "decision.membership_foreign" => person(f).unwrap().owner == Some(THERE),
        "decision.membership_suspended" => m.unwrap().state == MembershipState::Suspended,
        "decision.membership_not_yet" => later(m.unwrap().valid_from),
        "decision.membership_expired" => over(m.unwrap().valid_until),
        "decision.role_missing" => m.is_none(),
        "decision.role_administers_only" => {
            m.unwrap().role == Role::Administrator && !o.unwrap().administrators_do_business
        }
        "decision.role_not_allowed" => !f.product.roles_allowed.contains(&m.unwrap().role),
        "decision.registry_revoked" => o.unwrap().registry_state == RegistryState::Revoked,
        "decision.registry_cancelled" => o.unwrap().registry_state == RegistryState::Cancelled,
        "decision.member_number_missing" => {
            class == AdmissionClass::Membership && !o.unwrap().has_member_number
        }
        "decision.admission_missing" => class == AdmissionClass::Discretionary && row.is_none(),
        "decision.admission_suspended" => row.unwrap().state == AdmissionState::Suspended,
        "decision.admission_not_yet" => later(row.unwrap().valid_from),
        "decision.admission_expired" => over(row.unwrap().valid_until),
        "decision.contract_not_signed" => row.is_none() && contract.is_none_or(|c| !c.lists_product),
        "decision.contract_not_granted" => {
            row.is_none() && contract.is_some_and(|c| now_in(c.valid_from, c.valid_until))
        }
        "decision.contract_missing" => row.is_some() && contract.is_none(),
        "decision.contract_terminated" => contract.unwrap().state == ContractState::Terminated,
        "decision.contract_excludes_product" => !contract.unwrap().lists_product,
        "decision.contract_not_yet" => later(contract.unwrap().valid_from),
        "decision.contract_expired" => over(contract.unwrap().valid_until),
        "decision.grant_not_registered" => !machine(f).unwrap().registered,
        "decision.grant_missing" => grant.is_none(),
        "decision.grant_not_yet" => later(grant.unwrap().valid_from),
        "decision.grant_expired" => over(grant.unwrap().valid_until),
        "decision.real_name_too_low" => person(f).unwrap().level < f.product.minimum_level,
        "decision.strength_too_low" => f.session.strength < f.product.minimum_strength,
        "decision.network_outside" => true,
        _ => false,
    }
}

const fn rank(state: LayerState) -> u8 {
    match state {
        LayerState::Missing => 0,
        LayerState::Asleep => 1,
        LayerState::Met => 2,
    }
}
fn member(f: &mut Facts, role: Role) {
    let Some(o) = &mut f.organization else { return };
    let role = o.membership.as_ref().map_or(role, |m| m.role);
    o.membership = Some(MembershipFacts {
        role,
        state: MembershipState::Active,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
    });
}
fn in_force() -> ContractFacts {
    ContractFacts {
        state: ContractState::Active,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
        lists_product: true,
    }
}
fn granted() -> GrantFacts {
    GrantFacts { state: GrantState::Active, valid_from: at(0), valid_until: Timestamp::FOREVER }
}
fn admit(o: &mut OrganizationFacts) {
    let held = |row: &AdmissionFacts| row.state != AdmissionState::Ended;
    let contract = match o.admission.take().filter(held) {
        Some(row) => row.contract,
        None => o.signed.clone(),
    };
    o.admission = Some(AdmissionFacts {
        state: AdmissionState::Active,
        suspended_by: None,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
        contract,
    });
}
fn account(f: &mut Facts) -> Option<&mut AccountFacts> {
    match &mut f.subject {
        Subject::Person(account) => Some(account),
        Subject::Machine(_) => None,
    }
}
fn everywhere(f: &mut Facts) {
    f.session.zones = vec!["vpn".into(), "office".into()];
    if let Some(o) = &mut f.organization {
        // A type that names zones nobody stands in would keep everybody out; the random ones name these two.
        o.network_zones.retain(|zone| zone == "vpn" || zone == "office");
    }
}

/// Mends one layer by whatever means there are.
fn mend(f: &mut Facts, kind: LayerKind) {
    match kind {
        LayerKind::Account => account(f).unwrap().state = AccountState::Active,
        LayerKind::Client => {
            if let Subject::Machine(machine) = &mut f.subject {
                machine.active = true;
            }
        }
        LayerKind::Product => f.product.state = ProductState::Active,
        LayerKind::Audience => {
            f.product.audience = Audience::Both;
            if f.organization.is_none()
                && let Some(account) = account(f)
            {
                account.owner = None;
            }
        }
        LayerKind::Organization => f.organization.as_mut().unwrap().state = OrganizationState::Active,
        LayerKind::Owner => {
            let here = f.organization.as_ref().map(|o| o.id);
            if let Subject::Machine(machine) = &mut f.subject {
                machine.owner = here;
            }
        }
        LayerKind::Membership => {
            member(f, Role::Agent);
            account(f).unwrap().owner = None;
        }
        LayerKind::Role => {
            member(f, Role::Agent);
            f.product.roles_allowed = Role::ALL.to_vec();
            f.organization.as_mut().unwrap().administrators_do_business = true;
        }
        LayerKind::Admission => {
            let o = f.organization.as_mut().unwrap();
            o.registry_state = RegistryState::Live;
            o.has_member_number = true;
            admit(o);
            o.admission.as_mut().unwrap().contract = Some(in_force());
        }
        LayerKind::Grant => match (&mut f.subject, &mut f.organization) {
            (Subject::Machine(machine), _) => machine.registered = true,
            (_, Some(o)) => o.grant = Some(granted()),
            (_, None) => {}
        },
        LayerKind::RealName => account(f).unwrap().level = RealNameLevel::Advanced,
        LayerKind::Strength => f.session.strength = 3,
        LayerKind::Network => everywhere(f),
    }
}

/// What the named person or office does about the layer, within what is theirs to change.
fn act(f: &mut Facts, layer: &Layer, remedy: &Remedy) {
    let own = |f: &mut Facts| {
        let level = RealNameLevel::Advanced;
        f.subject = Subject::Person(AccountFacts { state: AccountState::Active, owner: None, level });
    };
    match (remedy.who, remedy.how, remedy.layer) {
        (Mender::Person, Means::Activate, _) => account(f).unwrap().state = AccountState::Active,
        (Mender::Person, Means::RaiseLevel, _) => account(f).unwrap().level = RealNameLevel::Advanced,
        (Mender::Person, Means::StepUp, _) => f.session.strength = 3,
        (_, Means::ChangeNetwork, _) => everywhere(f),
        (Mender::Person, Means::SwitchSpace, _) => {
            f.organization = match f.organization.take() {
                Some(_) => None,
                None => Some(Dice(1).organization()),
            };
        }
        (Mender::Person, Means::OwnAccount, LayerKind::Audience) => {
            own(f);
            f.organization = None;
        }
        (Mender::Person, Means::OwnAccount, _) => {
            own(f);
            member(f, Role::Agent);
        }
        (Mender::Person, Means::AskAgent | Means::AskColleague, _) => {
            let business = f.organization.as_ref().unwrap().administrators_do_business;
            let does = |role: &&Role| {
                f.product.roles_allowed.contains(role) && (**role != Role::Administrator || business)
            };
            let role = match remedy.how {
                Means::AskAgent => Role::Agent,
                _ => *Role::ALL.iter().find(does).expect("a role that the product allows"),
            };
            f.organization.as_mut().unwrap().membership.as_mut().unwrap().role = role;
        }
        (Mender::Person, Means::GrantYourself, _) | (Mender::Administrators, Means::RequestAccess, _) => {
            f.organization.as_mut().unwrap().grant = Some(granted());
        }
        (Mender::Administrators | Mender::Platform, Means::Contact, LayerKind::Account) => {
            account(f).unwrap().state = AccountState::Active;
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Product) => {
            f.product.state = ProductState::Active
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Role) => {
            f.product.roles_allowed = Role::ALL.to_vec()
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Audience) => f.product.audience = Audience::Both,
        (Mender::ProductManager, Means::Contact, LayerKind::Client | LayerKind::Owner | LayerKind::Grant) => {
            mend(f, remedy.layer)
        }
        (Mender::AccountManager, Means::Contact, LayerKind::Organization) => {
            f.organization.as_mut().unwrap().state = OrganizationState::Active;
        }
        (Mender::Administrators | Mender::AccountManager, Means::Contact, LayerKind::Membership) => {
            member(f, Role::Agent);
        }
        (office, Means::Contact, LayerKind::Admission) => {
            let editor: Mender = f.product.admission_editor.into();
            let o = f.organization.as_mut().unwrap();
            match layer.code {
                "decision.admission_suspended" => {
                    assert_eq!(Some(office), layer.by.or(Some(editor)), "who suspended it resumes it");
                    o.admission.as_mut().unwrap().state = AdmissionState::Active;
                }
                code if code.starts_with("decision.admission") || code == "decision.contract_not_granted" => {
                    assert_eq!(office, editor, "admissions are the editor's");
                    admit(o);
                }
                // Register, number and contracts.
                _ => {
                    assert_eq!(office, Mender::AccountManager);
                    o.registry_state = RegistryState::Live;
                    o.has_member_number = true;
                    match o.admission.as_mut().filter(|row| row.state != AdmissionState::Ended) {
                        Some(row) => row.contract = Some(in_force()),
                        None => o.signed = Some(in_force()),
                    }
                }
            }
        }
        (who, how, kind) => panic!("nobody does that: {who} {how} {kind}"),
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
