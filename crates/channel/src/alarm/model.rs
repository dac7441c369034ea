//! Derived each time from what holds.
use crate::{
    circuit::{State, model::near},
    gateway::{Gateway, Reason},
};
use kernel::Timestamp;
use platform::connector::Kind;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Messages of this kind wait and no gateway is switched on.
    NoGateway {
        kind: Kind,
        waiting: i64,
    },
    /// Messages wait although there are gateways.
    Waiting {
        kind: Kind,
        waiting: i64,
    },
    Resting {
        gateway: String,
        reason: Option<Reason>,
    },
    CapNear {
        gateway: String,
        taken: i64,
        cap: i64,
    },
    CapReached {
        gateway: String,
        cap: i64,
    },
}

/// `waiting` of a kind: how many, and since when the oldest.
pub fn alarms(
    gateways: &[Gateway],
    states: &[State],
    waiting: &[(Kind, i64, Option<Timestamp>)],
    today: &str,
    now: Timestamp,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for (kind, waiting, since) in waiting.iter().filter(|(_, waiting, _)| *waiting > 0) {
        let (kind, waiting) = (*kind, *waiting);
        if !gateways.iter().any(|gateway| gateway.kind == kind && gateway.enabled) {
            alarms.push(Alarm::NoGateway { kind, waiting });
        // What was queued a moment ago is no alarm.
        } else if since.is_some_and(|since| since.plus_seconds(30) <= now) {
            alarms.push(Alarm::Waiting { kind, waiting });
        }
    }
    for gateway in gateways.iter().filter(|gateway| gateway.enabled) {
        let Some(state) = states.iter().find(|state| state.connector_id == gateway.id) else { continue };
        let name = || gateway.name.clone();
        if state.is_open() {
            alarms.push(Alarm::Resting { gateway: name(), reason: state.reason });
        }
        let (taken, cap) = (state.taken_on(today), gateway.config.daily_cap);
        if cap > 0 && taken >= cap {
            alarms.push(Alarm::CapReached { gateway: name(), cap });
        } else if cap > 0 && taken >= near(cap) {
            alarms.push(Alarm::CapNear { gateway: name(), taken, cap });
        }
    }
    alarms
}
