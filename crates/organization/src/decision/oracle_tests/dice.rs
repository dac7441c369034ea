//! Random facts, the same every time.
use super::super::model::*;
use super::{HERE, LEVELS, NOW, THERE, at};
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use identity::account::AccountState;
use kernel::Timestamp;

/// SplitMix64: a million sets in seconds, the same every time.
pub(super) struct Dice(pub(super) u64);
impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
    pub(super) fn any<T: Copy>(&mut self, all: &[T]) -> T {
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
    pub(super) fn organization(&mut self) -> OrganizationFacts {
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
    pub(super) fn facts(&mut self) -> Facts {
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
