use super::{Direction, Fault, Head, Party, authentic, headers};
use http::{HeaderMap, StatusCode};
use kernel::Timestamp;

const PARTY: Party<'static> =
    Party { protocol: "FUJIE-VERIFIER-1", key_id: "fujie", secret: "correct-horse-battery-staple" };

/// The example of docs/verifier-protocol.md, whose signature was worked out by another program.
#[test]
fn the_signature_is_that_of_the_document() {
    let head = Head {
        direction: Direction::Request("/v1/ping"),
        timestamp: 1_795_000_000,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA",
    };
    let body = br#"{"request_id":"1"}"#;
    let signature = head.sign(&PARTY, body);
    assert_eq!(signature, "v1=94250f322c887246f13760d08bfb6d46ac4c751de1f16dc58a390105f56db0b3");
    assert!(head.verify(&PARTY, body, &signature));
    for wrong in ["", "v1=", "v2=00", signature.split_at(60).0, "v1=zz", &signature.to_uppercase()] {
        assert!(!head.verify(&PARTY, body, wrong), "{wrong}");
    }
    assert!(!head.verify(&PARTY, br#"{"request_id":"2"}"#, &signature));
    for other in [
        Party { secret: "another secret of theirs", ..PARTY },
        Party { key_id: "other", ..PARTY },
        Party { protocol: "FUJIE-REGISTRY-1", ..PARTY },
    ] {
        assert!(!head.verify(&other, body, &signature), "{}", other.protocol);
    }
}

/// Everything about an answer that an adversary could change, one after the other.
#[test]
fn an_answer_counts_for_its_own_question_status_and_bytes_alone() {
    let now = Timestamp::from_millis(1_795_000_000_000);
    let (nonce, body) = ("n-one-two-three-four", br#"{"request_id":"q","result":"match"}"#);
    let signed = |status: StatusCode, nonce: &str, at: Timestamp| {
        let head = Head { direction: Direction::Response(status), timestamp: at.as_seconds(), nonce };
        headers(&head, &PARTY, body).unwrap()
    };
    let good = signed(StatusCode::OK, nonce, now);
    let heard = |status, headers: &HeaderMap, body: &[u8], now| {
        authentic(&PARTY, nonce, (status, headers, body), now)
    };
    assert_eq!(heard(StatusCode::OK, &good, body, now), Ok(()));
    let longer = [body.as_slice(), b" "].concat();
    assert_eq!(heard(StatusCode::OK, &good, &longer, now), Err(Fault::Signature));
    assert_eq!(heard(StatusCode::ACCEPTED, &good, body, now), Err(Fault::Signature));
    let replayed = signed(StatusCode::OK, "n-of-another-request", now);
    assert_eq!(heard(StatusCode::OK, &replayed, body, now), Err(Fault::Signature));
    for late in [now.plus_seconds(301), now.plus_seconds(-301)] {
        assert_eq!(heard(StatusCode::OK, &good, body, late), Err(Fault::Clock));
    }
    assert_eq!(heard(StatusCode::OK, &good, body, now.plus_seconds(300)), Ok(()));
    // A request that comes back as its own answer.
    let request = Head { direction: Direction::Request("/v1/checks"), timestamp: now.as_seconds(), nonce };
    let mirrored = headers(&request, &PARTY, body).unwrap();
    assert_eq!(heard(StatusCode::OK, &mirrored, body, now), Err(Fault::Signature));
    // Without a signature the status says why there is none, and nothing more.
    for (status, fault) in [
        (StatusCode::BAD_GATEWAY, Fault::Status),
        (StatusCode::UNAUTHORIZED, Fault::Key),
        (StatusCode::NOT_FOUND, Fault::Signature),
    ] {
        assert_eq!(heard(status, &HeaderMap::new(), body, now), Err(fault), "{status}");
    }
}
