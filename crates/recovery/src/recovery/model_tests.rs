//! No order of steps, whatever arrives, reaches "new password" without what the policy wants.
use super::model::{Flow, Standing, Step, Way, Ways};
use kernel::{Id, Timestamp};
use platform::setting::{AloneUpTo, RecoveryPolicy, RecoveryWay, model::ProofLevel};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn standing(level: i64, phone_days: Option<i64>, staff: bool, second_factor: bool) -> Standing {
    let phone_proven_at = phone_days.map(|days| NOW.plus_days(-days));
    Standing { level, phone_proven_at, staff, second_factor }
}
fn flow() -> Flow {
    Flow::begun("linzy".into(), true, [7; 32], Id::from_i64(1))
}
/// Goes through these ways, each chosen and then proven.
fn through(ways: &[Way], standing: &Standing, policy: &RecoveryPolicy) -> Flow {
    let mut flow = flow();
    for way in ways {
        flow = flow.choosing(*way, None, policy).unwrap();
        flow = flow.proved(*way, standing, policy, NOW).unwrap();
    }
    flow
}

/// Every way at every level, with a number confirmed lately and long ago, with and without a second factor.
#[test]
fn the_default_policy_way_by_way_and_level_by_level() {
    let policy = RecoveryPolicy::default();
    for second_factor in [false, true] {
        let end = if second_factor { Step::Factor } else { Step::Password };
        for level in 0..=3 {
            for (days, confirmed) in [(Some(179), true), (Some(180), false), (None, false)] {
                let standing = standing(level, days, false, second_factor);
                for way in Way::ALL.iter().copied() {
                    let alone = match way {
                        Way::Sms => level < 2 || confirmed,
                        Way::Questions => level <= 2,
                        Way::Mail | Way::Alipay => true,
                    };
                    let step = through(&[way], &standing, &policy).step();
                    let wanted = if alone { end } else { Step::Choose };
                    assert_eq!(step, wanted, "{way} at {level}, {days:?} days");
                    for other in Way::ALL.iter().copied().filter(|other| *other != way && !alone) {
                        assert_eq!(
                            through(&[way, other], &standing, &policy).step(),
                            end,
                            "{way} and {other}"
                        );
                    }
                }
            }
        }
    }
}
#[test]
fn staff_prove_themselves_twice_at_every_level() {
    let policy = RecoveryPolicy::default();
    let staff = standing(0, Some(1), true, false);
    for way in Way::ALL.iter().copied() {
        let flow = through(&[way], &staff, &policy);
        assert_eq!(flow.step(), Step::Choose, "{way}");
        assert!(!flow.may_choose(way, &policy), "{way} counts once");
    }
    assert_eq!(through(&[Way::Sms, Way::Mail], &staff, &policy).step(), Step::Password);
}
#[test]
fn what_grew_since_the_last_proof_is_asked_before_the_password() {
    let policy = RecoveryPolicy::default();
    let before = standing(2, Some(1), false, false);
    let flow = through(&[Way::Questions], &before, &policy);
    assert_eq!(flow.step(), Step::Password);
    let verified = Standing { level: 3, ..before };
    assert_eq!(flow.clone().onward(&verified, &policy, NOW).step(), Step::Choose);
    let with_factor = Standing { second_factor: true, ..before };
    assert_eq!(flow.clone().onward(&with_factor, &policy, NOW).step(), Step::Factor);
    let strict = RecoveryPolicy { questions_alone: AloneUpTo::Never, ..policy };
    assert_eq!(flow.onward(&before, &strict, NOW).step(), Step::Choose);
}
#[test]
fn a_way_that_does_not_wait_is_not_proven() {
    let policy = RecoveryPolicy::default();
    let standing = standing(0, Some(1), false, false);
    assert!(flow().proved(Way::Sms, &standing, &policy, NOW).is_none(), "nothing was chosen");
    let waiting = flow().choosing(Way::Mail, None, &policy).unwrap();
    assert!(waiting.proved(Way::Sms, &standing, &policy, NOW).is_none());
    assert!(waiting.factor_proved(&standing, &policy, NOW).is_none());
    let closed = RecoveryPolicy { ways: vec![RecoveryWay::Mail], ..policy };
    assert!(flow().choosing(Way::Sms, None, &closed).is_none(), "the platform does not offer it");
}
#[test]
fn f23_questions_wait_for_a_login_name_or_for_another_proof() {
    let policy = RecoveryPolicy::default();
    let twice = standing(3, None, false, false);
    let by_phone = Flow::begun("13800138000".into(), false, [7; 32], Id::from_i64(1));
    assert!(by_phone.wants_login_name(&policy) && !flow().wants_login_name(&policy));
    assert!(by_phone.choosing(Way::Questions, None, &policy).is_none());
    let waiting = by_phone.choosing(Way::Sms, None, &policy).unwrap();
    assert!(waiting.choosing(Way::Questions, None, &policy).is_none(), "another way was chosen, not proven");
    let proven = waiting.proved(Way::Sms, &twice, &policy, NOW).unwrap();
    assert!(proven.may_choose(Way::Questions, &policy) && !proven.wants_login_name(&policy));
    let closed = RecoveryPolicy { ways: vec![RecoveryWay::Sms], ..policy };
    assert!(!by_phone.wants_login_name(&closed), "nobody is sent to what is not there");
    // What a release before this one sealed.
    let mut old = serde_json::to_value(flow()).unwrap();
    old.as_object_mut().unwrap().remove("by_login_name");
    assert!(serde_json::from_value::<Flow>(old).is_ok());
}
#[test]
fn one_message_is_covered_by_the_first_captcha() {
    let policy = RecoveryPolicy::default();
    let code = Some(Id::from_i64(9));
    assert!(flow().prepaid());
    let questions = flow().choosing(Way::Questions, None, &policy).unwrap();
    assert!(questions.prepaid(), "nothing was sent");
    assert!(!questions.choosing(Way::Sms, code, &policy).unwrap().prepaid());
}

#[derive(Clone, Debug)]
enum Event {
    Choose(Way),
    Proved(Way),
    Factor,
    Onward,
    /// Something about the account or the policy changes.
    Standing(Standing),
    Policy(Box<RecoveryPolicy>),
}
fn any_way() -> impl Strategy<Value = Way> {
    prop::sample::select(Way::ALL.to_vec())
}
fn any_standing() -> impl Strategy<Value = Standing> {
    (0..4i64, prop::option::of(0..400i64), any::<bool>(), any::<bool>())
        .prop_map(|(level, days, staff, second)| standing(level, days, staff, second))
}
fn any_policy() -> impl Strategy<Value = RecoveryPolicy> {
    let alone = || prop::sample::select(AloneUpTo::ALL.to_vec());
    let from =
        prop::sample::select(vec![ProofLevel::Primary, ProofLevel::Intermediate, ProofLevel::Advanced]);
    let ways = prop::sample::subsequence(RecoveryWay::ALL.to_vec(), 0..=4);
    (alone(), alone(), alone(), alone(), from, 1..400i64, ways).prop_map(
        |(sms_alone, mail_alone, questions_alone, alipay_alone, phone_days_from, phone_days, ways)| {
            RecoveryPolicy {
                ways,
                sms_alone,
                mail_alone,
                questions_alone,
                alipay_alone,
                phone_days_from,
                phone_days,
                ..RecoveryPolicy::default()
            }
        },
    )
}
fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => any_way().prop_map(Event::Choose),
        4 => any_way().prop_map(Event::Proved),
        2 => Just(Event::Factor),
        2 => Just(Event::Onward),
        1 => any_standing().prop_map(Event::Standing),
        1 => any_policy().prop_map(|policy| Event::Policy(Box::new(policy))),
    ]
}

/// The rule in other words: two ways, or one that is worth enough.
fn enough(proven: &[Way], standing: &Standing, policy: &RecoveryPolicy) -> bool {
    match proven {
        [] => false,
        [way] => {
            let ceiling = match way {
                Way::Sms => policy.sms_alone,
                Way::Mail => policy.mail_alone,
                Way::Questions => policy.questions_alone,
                Way::Alipay => policy.alipay_alone,
            };
            let from = match policy.phone_days_from {
                ProofLevel::Primary => 1,
                ProofLevel::Intermediate => 2,
                ProofLevel::Advanced => 3,
            };
            let days = standing.phone_proven_at.map(|at| (NOW.as_millis() - at.as_millis()) / 86_400_000);
            let old = days.is_none_or(|days| days >= policy.phone_days);
            !standing.staff
                && standing.level <= ceiling.rank()
                && !(*way == Way::Sms && standing.level >= from && old)
        }
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn no_order_of_steps_reaches_the_password_without_its_proofs(
        first in any_standing(),
        policy in any_policy(),
        events in prop::collection::vec(any_event(), 0..24),
    ) {
        let (mut flow, mut standing, mut policy) = (flow(), first, policy);
        // What really was proven: kept beside the flow, by rules of its own.
        let (mut proven, mut waiting, mut factor): (Vec<Way>, Option<Way>, bool) = (Vec::new(), None, false);
        for event in events {
            let next = match &event {
                Event::Choose(way) => flow.choosing(*way, None, &policy),
                Event::Proved(way) => flow.proved(*way, &standing, &policy, NOW),
                Event::Factor => flow.factor_proved(&standing, &policy, NOW),
                // Only what stood at the end is looked at anew.
                Event::Onward => (flow.step() == Step::Password).then(|| flow.clone().onward(&standing, &policy, NOW)),
                Event::Standing(new) => { standing = *new; None }
                Event::Policy(new) => { policy = (**new).clone(); None }
            };
            let Some(next) = next else { continue };
            match event {
                Event::Choose(way) => {
                    prop_assert!(!proven.contains(&way), "no way is chosen twice");
                    waiting = Some(way);
                }
                Event::Proved(way) => {
                    prop_assert_eq!(waiting, Some(way), "only the way that waits is proven");
                    proven.push(way);
                    waiting = None;
                }
                Event::Factor => {
                    prop_assert!(matches!(flow.step(), Step::Factor));
                    factor = true;
                }
                _ => {}
            }
            if next.step() == Step::Password {
                prop_assert!(enough(&proven, &standing, &policy), "{:?} {:?} {:?}", proven, standing, policy);
                prop_assert!(factor || !standing.second_factor);
            }
            let mut names: Vec<&str> = proven.iter().map(|way| way.as_str()).collect();
            names.sort_by_key(|name| Way::ALL.iter().position(|way| way.as_str() == *name));
            prop_assert_eq!(next.proven().names(), names);
            // What is sealed between two steps is what comes out again.
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Flow>(&text).unwrap(), &next);
            flow = next;
        }
    }
    #[test]
    fn one_proof_more_is_never_worth_less(
        standing in any_standing(), policy in any_policy(), first in any_way(), second in any_way(),
    ) {
        let ways = |list: &[Way]| -> Ways {
            let mut flow = flow();
            let open = RecoveryPolicy { ways: RecoveryWay::ALL.to_vec(), sms_alone: AloneUpTo::Never, mail_alone: AloneUpTo::Never,
                questions_alone: AloneUpTo::Never, alipay_alone: AloneUpTo::Never, ..RecoveryPolicy::default() };
            for way in list {
                if let Some(next) = flow.choosing(*way, None, &open) {
                    flow = next.proved(*way, &standing, &open, NOW).unwrap();
                }
            }
            flow.proven()
        };
        let (one, two) = (ways(&[first]), ways(&[first, second]));
        if standing.satisfied_by(one, &policy, NOW) {
            prop_assert!(standing.satisfied_by(two, &policy, NOW));
        }
    }
}
