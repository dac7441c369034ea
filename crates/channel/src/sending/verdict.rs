//! What the refusals of one try come to: pure.
use crate::gateway::Reason;
use kernel::Timestamp;
use platform::outbox::DeliveryError;

/// What keeps a message that no gateway was asked for, and the place of the gateway that it is about. A rest ends by itself,
/// so that anything else is named before it.
pub(super) fn hindrance(refusals: &[Reason]) -> (Option<usize>, Reason) {
    let lasting = refusals.iter().position(|reason| *reason != Reason::Circuit);
    let place = lasting.or(if refusals.is_empty() { None } else { Some(0) });
    let reason = place.and_then(|place| refusals.get(place)).copied();
    (place, reason.unwrap_or(Reason::NoGateway))
}

/// What the outbox does next: never where every gateway that was asked speaks of the message; held where only another day or
/// another configuration helps; otherwise later.
pub(super) fn of(refusals: &[Reason], held_until: Timestamp) -> DeliveryError {
    let mut asked = refusals.iter().filter(|reason| reason.was_asked()).peekable();
    if asked.peek().is_none() {
        let reason = hindrance(refusals).1.as_str().to_owned();
        return if refusals.contains(&Reason::Circuit) {
            DeliveryError::Later(reason)
        } else {
            DeliveryError::Held(reason, held_until)
        };
    }
    let said = refusals.last().map_or("", |reason| reason.as_str()).to_owned();
    if asked.all(|reason| reason.speaks_of_message()) {
        DeliveryError::Never(said)
    } else {
        DeliveryError::Later(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_staff_or_another_day_mends_is_held_and_a_rest_is_waited_out() {
        let at = Timestamp::from_millis(7);
        let held = |reason: &str| DeliveryError::Held(reason.into(), at);
        let later = |reason: &str| DeliveryError::Later(reason.into());
        let cases: [(&[Reason], DeliveryError, Option<usize>); 6] = [
            (&[], held("no_gateway"), None),
            (&[Reason::NoTemplate], held("no_template"), Some(0)),
            (&[Reason::Cap, Reason::NoTemplate], held("cap"), Some(0)),
            (&[Reason::Circuit, Reason::NoTemplate], later("no_template"), Some(1)),
            (&[Reason::Circuit], later("circuit"), Some(0)),
            (&[Reason::Circuit, Reason::Circuit], later("circuit"), Some(0)),
        ];
        for (refusals, expected, place) in cases {
            assert_eq!(of(refusals, at), expected);
            assert_eq!(hindrance(refusals).0, place, "{refusals:?}");
        }
    }
    #[test]
    fn a_wrong_number_is_never_tried_again_and_a_gateway_that_fails_is() {
        let at = Timestamp::from_millis(7);
        assert_eq!(
            of(&[Reason::NoTemplate, Reason::Recipient], at),
            DeliveryError::Never("recipient".into())
        );
        assert_eq!(of(&[Reason::Timeout, Reason::Recipient], at), DeliveryError::Later("recipient".into()));
        assert_eq!(of(&[Reason::Timeout, Reason::Cap], at), DeliveryError::Later("cap".into()));
    }
}
