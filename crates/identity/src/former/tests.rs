//! Hashes of earlier systems against values that other programs computed, and signing in with them.
use super::{FormerHash, FormerLoginId, service};
use crate::testing::{PASSWORD, Room};
use http::StatusCode;

/// scheme, hash, salt, rounds, password; bcrypt from the tests of crypt_blowfish, PBKDF2 from RFC 6070 and RFC 7914's
/// sources, SM3 and MD5 by OpenSSL.
const KNOWN: [(&str, &str, &str, &str, &str); 9] = [
    ("bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "", "U*U"),
    ("pbkdf2-sha1", "4b007901b765489abead49d926f721d065a429c1", "salt", "4096", "password"),
    (
        "PBKDF2-SHA256",
        "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1",
        "saltSALTsaltSALTsaltSALTsaltSALTsalt",
        "4096",
        "passwordPASSWORDpassword",
    ),
    (
        "pbkdf2-sha512",
        "R4KhNrf1r6EXZEd2EquGZ8oCVktjXZCTI3R7ox7wrpP3bxsfVmVMN++OEb/YjlYt5zZU1N3q+oXI0J/itmktGA==",
        "hex:000102030405060708090a0b0c0d0e0f",
        "1000",
        "lantern over water",
    ),
    (
        "sm3-salt-first",
        "66e262d7d733740aada225ac28db326207ad7ee6b91a4d6b0155693b5aa8686d",
        "pepper",
        "",
        "灯笼2018",
    ),
    (
        "sm3-salt-last",
        "FF732A691FC3948225E1BCEAFB1D602C73333E10FEF33E687B56FDABDC39D8DB",
        "base64:cGVwcGVy",
        "",
        "灯笼2018",
    ),
    ("md5-salt-first", "8b1e690b5840ab2c801c316f11d18cc7", "pepper", "", "灯笼2018"),
    ("md5-salt-last", "6a98270d113c52ad220aa08358b25b75", "pepper", "1", "灯笼2018"),
    ("md5-salt-last", "apgnDRE8Uq0iCqCDWLJbdQ==", "pepper", "", "灯笼2018"),
];

#[test]
fn hashes_of_other_systems_are_compared() {
    for (scheme, hash, salt, rounds, password) in KNOWN {
        let made = FormerHash::new(scheme, hash, salt, rounds).unwrap();
        let stored = made.to_string();
        assert!(FormerHash::is(&stored) && !stored.contains(password));
        let read = FormerHash::parse(&stored).unwrap();
        assert_eq!(read, made, "{scheme}");
        assert!(read.matches(password.as_bytes()), "{scheme}");
        for wrong in ["", "U*u", "passwor", "灯笼2019"] {
            assert!(!read.matches(wrong.as_bytes()), "{scheme} {wrong}");
        }
    }
}
#[test]
fn what_is_no_hash_is_refused_with_the_column_at_fault() {
    for (scheme, hash, salt, rounds, code) in [
        ("crypt", "x", "", "", "former.scheme"),
        ("", "", "", "", "former.scheme"),
        ("bcrypt", "$2b$10$short", "", "", "former.hash"),
        // A cost that would stop the machine.
        ("bcrypt", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "", "", "former.hash"),
        ("md5-salt-last", "6a98", "pepper", "", "former.hash"),
        ("sm3-salt-last", "6a98270d113c52ad220aa08358b25b75", "pepper", "", "former.hash"),
        ("md5-salt-last", "6a98270d113c52ad220aa08358b25b75", "hex:zz", "", "former.salt"),
        ("pbkdf2-sha1", "4b007901b765489abead49d926f721d065a429c1", "salt", "", "former.rounds"),
        ("pbkdf2-sha1", "4b007901b765489abead49d926f721d065a429c1", "salt", "0", "former.rounds"),
        ("pbkdf2-sha1", "4b007901b765489abead49d926f721d065a429c1", "salt", "99999999", "former.rounds"),
    ] {
        assert_eq!(FormerHash::new(scheme, hash, salt, rounds).unwrap_err().code, code, "{scheme} {hash}");
    }
    for text in
        ["$former$", "$former$bcrypt$0$$", "$former$md5-salt-last$1$$$", "$former$md5-salt-last$1$YQ$YQ"]
    {
        assert!(FormerHash::parse(text).is_none(), "{text}");
    }
}

const OLD: &str = "hq-91370100MA3C";
const OLD_PASSWORD: &str = "灯笼2018";
fn old_hash() -> String {
    let hash = FormerHash::new("md5-salt-last", "6a98270d113c52ad220aa08358b25b75", "pepper", "").unwrap();
    hash.to_string()
}

#[tokio::test]
async fn m42_the_old_login_opens_its_holders_account_and_is_hashed_anew() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        let id: FormerLoginId = room.db().draw();
        let now = room.now();
        let added = move |tx: &mut db::Tx<'_>| service::add_in(tx, id, OLD, &old_hash(), Some(account), now);
        assert!(room.db().write_unaudited("test", added).await.unwrap());
        // Any spelling that means the same.
        for name in ["HQ-91370100ma3c", OLD] {
            let mut browser = room.browser();
            browser.sign_in(name, OLD_PASSWORD).await;
            assert_eq!(browser.get("/").await.text, "linzy");
        }
        let hash = room.db().read(move |tx| super::store::find_hash(tx, id)).await.unwrap().unwrap();
        assert!(hash.starts_with("$argon2id$"), "the first right password was hashed anew");
        // The account's own password is another, and stays.
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        assert_eq!(browser.get("/").await.text, "linzy");
        let mut browser = room.browser();
        let refused = browser.sign_in(OLD, PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        // With a new password of the account the old one is over; the old name stands for the account's own.
        let hash = {
            let new = crate::credential::Password::parse("password", "lantern over water 1").unwrap();
            crate::credential::service::hash(&room.identity, &new).await.unwrap()
        };
        let set =
            move |tx: &mut db::Tx<'_>| crate::credential::service::set_in(tx, account, &hash, false, now);
        room.db().write_unaudited("test", set).await.unwrap();
        let refused = room.browser().sign_in(OLD, OLD_PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let mut browser = room.browser();
        browser.sign_in(OLD, "lantern over water 1").await;
        assert_eq!(browser.get("/").await.text, "linzy");
        // Taken off, it opens nothing.
        let ended = move |tx: &mut db::Tx<'_>| service::end_in(tx, id, account, now);
        assert!(room.db().write_unaudited("test", ended).await.unwrap());
        let refused = room.browser().sign_in(OLD, "lantern over water 1").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn m42_an_old_login_of_nobody_asks_whose_it_is_once() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        let id: FormerLoginId = room.db().draw();
        let now = room.now();
        let added = move |tx: &mut db::Tx<'_>| service::add_in(tx, id, OLD, &old_hash(), None, now);
        assert!(room.db().write_unaudited("test", added).await.unwrap());
        let wrong = room.browser().sign_in(OLD, "no such password").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let right = room.browser().sign_in(OLD, OLD_PASSWORD).await;
        assert_eq!(right.status, StatusCode::SEE_OTHER);
        let to = right.location.unwrap();
        let mut parts = to.strip_prefix("/login/former/").unwrap().split('/');
        let claim = parts.next().unwrap().parse().unwrap();
        let token = parts.next().unwrap().to_owned();
        let keyring = std::sync::Arc::clone(room.db().keyring());
        let used = |token: String| {
            let keyring = std::sync::Arc::clone(&keyring);
            room.db().write_unaudited("test", move |tx| {
                match service::use_claim_in(tx, &keyring, (claim, &token), now)? {
                    Some(former) => Ok(service::give_in(tx, former, account)? && former == id),
                    None => Ok(false),
                }
            })
        };
        assert!(!used("another token".into()).await.unwrap());
        let mut won = 0;
        for _ in 0..3 {
            won += u8::from(used(token.clone()).await.unwrap());
        }
        assert_eq!(won, 1, "once");
        let mut browser = room.browser();
        browser.sign_in(OLD, OLD_PASSWORD).await;
        assert_eq!(browser.get("/").await.text, "linzy");
    }
}
