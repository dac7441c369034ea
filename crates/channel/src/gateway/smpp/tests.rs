use super::{
    Receipt,
    pdu::{self, Address, Delivered, Pdu, Submit},
    text,
};
use data_encoding::HEXLOWER;
use proptest::prelude::*;

fn packet(id: u32, sequence: u32, body: Vec<u8>) -> String {
    HEXLOWER.encode(&Pdu { id, status: 0, sequence, body }.encode())
}

/// Packets that python's smpplib wrote.
#[test]
fn packets_are_the_vectors() {
    assert_eq!(
        packet(pdu::BIND_TRANSCEIVER, 1, pdu::bind("fujie", "secret8", "")),
        "0000002300000009000000000000000166756a69650073656372657438000034000000"
    );
    let parts = text::parts("【符节】验证码482913，5分钟内有效", 1).unwrap();
    assert_eq!((parts.len(), parts[0].data_coding, parts[0].with_header), (1, 8, false));
    let submit = Submit {
        source: Address { ton: 5, npi: 0, digits: "Fujie".into() },
        destination: Address { ton: 1, npi: 1, digits: "8613800138000".into() },
        esm_class: 0,
        registered_delivery: 1,
        data_coding: 8,
        message: parts[0].octets.clone(),
    };
    assert_eq!(
        packet(pdu::SUBMIT_SM, 2, submit.body()),
        "0000005b00000004000000000000000200050046756a696500010138363133383030313338303030000000000000010008002830107b26828230119a8c8bc17801003400380032003900310033ff0c00355206949f518567096548"
    );
    assert_eq!(packet(pdu::UNBIND, 3, Vec::new()), "00000010000000060000000000000003");
    assert_eq!(packet(pdu::ENQUIRE_LINK, 4, Vec::new()), "00000010000000150000000000000004");
}

#[test]
fn a_text_is_split_without_splitting_a_letter() {
    let count = |text: &str| text::parts(text, 7).map(|parts| parts.len());
    assert_eq!(count(&"a".repeat(160)), Some(1));
    assert_eq!(count(&"a".repeat(161)), Some(2));
    assert_eq!(count(&"验".repeat(70)), Some(1));
    assert_eq!(count(&"验".repeat(71)), Some(2));
    assert_eq!(count(&"验".repeat(134)), Some(2));
    assert_eq!(count(&"验".repeat(135)), Some(3));
    assert_eq!(count(&"验".repeat(671)), None);
    let euro = text::parts("[€]", 7).unwrap();
    assert_eq!(
        (euro[0].data_coding, euro[0].octets.as_slice()),
        (0, &[0x1B, 0x3C, 0x1B, 0x65, 0x1B, 0x3E][..])
    );
    assert_eq!(text::parts("@ A\u{1b}", 7).unwrap()[0].data_coding, 8, "an escape is no letter");
    let long = text::parts(&"a".repeat(152).add("€bbbbbbbbbb"), 0x1234).unwrap();
    assert_eq!(long[0].octets[..6], [5, 0, 3, 0x34, 2, 1]);
    assert_eq!((long[0].octets.len(), long[1].octets.len()), (6 + 152, 6 + 12));
    let joined: Vec<u8> = long.iter().flat_map(|part| part.octets[6..].to_vec()).collect();
    assert_eq!(joined.len(), 164);
    // A letter outside the basic plane is two units, which stay together.
    let pair = text::parts(&"验".repeat(66).add("😀验验验验验"), 1).unwrap();
    assert_eq!(pair[0].octets.len(), 6 + 132, "the pair moves on whole");
}
use std::ops::Add as _;

fn deliver(esm_class: u8, message: &[u8], extra: &[u8]) -> Vec<u8> {
    let mut body = b"\0\x01\x018613800138000\0\x00\x01106900\0".to_vec();
    body.extend([esm_class, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(message.len()).unwrap()]);
    body.extend(message);
    body.extend(extra);
    body
}

#[test]
fn a_receipt_is_read_from_text_or_parameters() {
    let text = b"id:0123456789 sub:001 dlvrd:001 submit date:2611211000 done date:2611211001 stat:DELIVRD err:000 text:";
    let read = |body: &[u8]| Delivered::decode(body).unwrap().receipt();
    let receipt = |id: &str, state: &str| Some(Receipt { message_id: id.into(), state: state.into() });
    assert_eq!(read(&deliver(4, text, &[])), receipt("0123456789", "DELIVRD"));
    let parameters = b"\x00\x1e\x00\x03ab\0\x04\x27\x00\x01\x05";
    assert_eq!(read(&deliver(4, b"", parameters)), receipt("ab", "UNDELIV"));
    assert_eq!(read(&deliver(0, b"stat:DELIVRD id:1", &[])), None, "somebody answered");
    assert_eq!(read(&deliver(4, b"hello", &[])), None);
}

proptest! {
    #[test]
    fn whatever_arrives_is_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        Delivered::decode(&bytes).and_then(|delivered| delivered.receipt());
        if let Some(pdu) = Pdu::decode(&bytes) {
            prop_assert_eq!(pdu.encode(), bytes);
        }
    }
    #[test]
    fn parts_fit_and_are_numbered(text in "\\PC{0,400}") {
        for (index, part) in text::parts(&text, 9).into_iter().flatten().enumerate() {
            let most = if part.data_coding == 0 { 160 } else { 140 };
            prop_assert!(part.octets.len() <= most);
            if part.with_header {
                prop_assert_eq!(usize::from(part.octets[5]), index + 1);
            }
        }
    }
}
