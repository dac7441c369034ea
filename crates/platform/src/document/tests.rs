use super::{MOST_BYTES, Subject, Upload, kind_of, service};
use kernel::{Actor, Event};

#[test]
fn files_are_known_by_their_first_bytes() {
    let code = |bytes: &[u8]| kind_of("file", bytes).map_err(|error| error.code);
    assert_eq!(code(b"\xFF\xD8\xFF\xE0rest"), Ok("image/jpeg"));
    assert_eq!(code(b"\x89PNG\r\n\x1A\nrest"), Ok("image/png"));
    assert_eq!(code(b"%PDF-1.7"), Ok("application/pdf"));
    for bad in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"\x89PNG\n", b"MZ", b" %PDF-1.7"] {
        assert_eq!(code(bad), Err("document.kind"));
    }
    assert_eq!(code(b""), Err("document.empty"));
    assert_eq!(code(&[0xFF; MOST_BYTES + 1]), Err("document.large"));
}

#[tokio::test]
async fn a_file_belongs_to_its_row_comes_once_and_can_be_erased() {
    for db in db::testing::engines().await {
        let (ours, theirs) = (Subject { kind: "application", id: 7 }, Subject { kind: "application", id: 8 });
        let now = db.clock().now();
        let prepare = |bytes: &'static [u8]| {
            let upload = Upload { id: db.draw(), bytes: bytes::Bytes::from_static(bytes) };
            service::prepare(db.keyring(), "file", &upload, None).unwrap()
        };
        let (first, second) = (prepare(b"%PDF-1.7 one"), prepare(b"%PDF-1.7 two"));
        let (kept, id) = (first.clone(), first.id);
        let keyring = std::sync::Arc::clone(db.keyring());
        let outcome = db
            .write(move |tx| {
                assert!(service::add_in(tx, "file", ours, &kept, 1, now)?);
                assert!(!service::add_in(tx, "file", ours, &kept, 1, now)?, "the form came twice");
                let many = service::add_in(tx, "file", ours, &second, 1, now).unwrap_err();
                assert_eq!((many.code, many.field), ("document.many", Some("file")));
                assert_eq!(service::open_in(tx, &keyring, theirs, id).unwrap_err().code, "document.unknown");
                assert!(!service::remove_in(tx, theirs, id)?);
                let (kind, content) = service::open_in(tx, &keyring, ours, id)?;
                assert_eq!((kind.as_str(), content.as_slice()), ("application/pdf", &b"%PDF-1.7 one"[..]));
                assert_eq!(service::erase_in(tx, ours, now)?, 1);
                assert_eq!(service::open_in(tx, &keyring, ours, id).unwrap_err().code, "document.unknown");
                assert!(service::list_in(tx, ours)?.iter().all(|card| card.erased_at.is_some()));
                Ok((true, vec![Event::done(&Actor::system(), "document.tested")]))
            })
            .await;
        assert!(outcome.unwrap());
    }
}
