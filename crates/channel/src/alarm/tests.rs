use super::{Alarm, model::alarms};
use crate::{
    circuit::State,
    gateway::{Gateway, Provider, Reason, setup},
};
use kernel::{Id, Timestamp};
use platform::connector::Kind;

fn gateway(id: i64, enabled: bool, cap: &str) -> Gateway {
    let mut typed = setup::blank(Provider::Http);
    for (name, value) in [("name", "G"), ("url", "https://sms.example.cn/send"), ("daily_cap", cap)] {
        typed.insert(name.into(), value.into());
    }
    let config = setup::parse(Provider::Http, &typed, None).map_err(|e| format!("{e:?}")).unwrap().2;
    Gateway {
        id: Id::from_i64(id),
        name: format!("G{id}"),
        kind: Kind::Sms,
        provider: Provider::Http,
        enabled,
        rev: 1,
        config,
    }
}
fn state(id: i64, day: &str, taken: i64, failures: i64) -> State {
    State {
        connector_id: Id::from_i64(id),
        day: day.into(),
        taken,
        failed: 0,
        failures,
        open_until: Timestamp::default(),
        succeeded_at: None,
        failed_at: None,
        reason: Some(Reason::Timeout),
        said: None,
    }
}

#[test]
fn staff_is_told_what_holds_and_nothing_else() {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let old = Some(now.plus_seconds(-60));
    let of = |gateways: &[Gateway], states: &[State], waiting: &[(Kind, i64, Option<Timestamp>)]| {
        alarms(gateways, states, waiting, "today", now)
    };
    assert!(of(&[], &[], &[(Kind::Sms, 0, None)]).is_empty(), "nothing waits");
    let none = Alarm::NoGateway { kind: Kind::Sms, waiting: 2 };
    assert_eq!(of(&[], &[], &[(Kind::Sms, 2, Some(now))]), std::slice::from_ref(&none));
    assert_eq!(of(&[gateway(1, false, "")], &[], &[(Kind::Sms, 2, old)]), [none], "it is switched off");
    assert!(of(&[gateway(1, true, "")], &[], &[(Kind::Sms, 2, Some(now))]).is_empty(), "just queued");
    assert_eq!(
        of(&[gateway(1, true, "")], &[], &[(Kind::Sms, 2, old)]),
        [Alarm::Waiting { kind: Kind::Sms, waiting: 2 }]
    );
    let gateways =
        [gateway(1, true, "10"), gateway(2, true, "10"), gateway(3, true, "10"), gateway(4, false, "10")];
    let states = [
        state(1, "today", 8, 0),
        state(2, "today", 10, 5),
        state(3, "yesterday", 10, 0),
        state(4, "today", 10, 5),
    ];
    assert_eq!(
        of(&gateways, &states, &[]),
        [
            Alarm::CapNear { gateway: "G1".into(), taken: 8, cap: 10 },
            Alarm::Resting { gateway: "G2".into(), reason: Some(Reason::Timeout) },
            Alarm::CapReached { gateway: "G2".into(), cap: 10 },
        ]
    );
}
