use super::{KeySet, Keys, Kind, model, rotate};
use crate::client::{Algorithm, settings::MOST_JWT_SECONDS};
use kernel::{Actor, Secret};
use serde_json::{Value, json};

use crate::house::NOW;

fn key(algorithm: Algorithm, from: i64, until: i64, published: i64) -> model::SigningKey {
    let made = model::generate(algorithm).unwrap();
    model::SigningKey::decode(&model::Stored {
        kid: made.kid,
        algorithm,
        private_key: Secret::new(made.private_key.expose()),
        public_jwk: made.public_jwk,
        signs_from: NOW.plus_seconds(from),
        signs_until: NOW.plus_seconds(until),
        believed_until: NOW.plus_seconds(until),
        published_until: NOW.plus_seconds(published),
    })
    .unwrap()
}

/// As a client would: by the published key set alone.
fn verify(jwks: &[u8], token: &str) -> Option<Value> {
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(jwks).unwrap();
    let header = jsonwebtoken::decode_header(token).ok()?;
    let key = set.find(&header.kid?)?;
    let mut rules = jsonwebtoken::Validation::new(header.alg);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    jsonwebtoken::decode(token, &jsonwebtoken::DecodingKey::from_jwk(key).unwrap(), &rules)
        .ok()
        .map(|data| data.claims)
}

#[test]
fn every_algorithm_signs_what_the_published_set_verifies() {
    for algorithm in Algorithm::ALL {
        let set = KeySet::new(vec![key(*algorithm, 0, 10, 10)], NOW);
        let token = set.signer(*algorithm, NOW).unwrap().sign(Kind::IdToken, br#"{"sub":"x"}"#).unwrap();
        assert_eq!(verify(&set.jwks(), &token), Some(json!({ "sub": "x" })));
        let altered = token.replacen('.', ".A", 1);
        assert_eq!(verify(&set.jwks(), &altered), None);
    }
}
#[test]
fn the_set_holds_public_members_alone() {
    let set = KeySet::new(vec![key(Algorithm::Es256, 0, 10, 10), key(Algorithm::Rs256, 0, 10, 10)], NOW);
    let jwks: Value = serde_json::from_slice(&set.jwks()).unwrap();
    // Another crate of the workspace makes JSON objects keep their order.
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(jwks, {
        ".keys[].kid" => "[kid]", ".keys[].x" => "[x]", ".keys[].y" => "[y]", ".keys[].n" => "[n]",
    });
    });
}
#[test]
fn the_newest_key_whose_time_has_come_signs() {
    let old = key(Algorithm::Es256, -100, 10, 1000);
    let new = key(Algorithm::Es256, 10, 1000, 1000);
    let (old_kid, new_kid) = (old.kid.clone(), new.kid.clone());
    let set = KeySet::new(vec![old, new], NOW);
    assert_eq!(set.signer(Algorithm::Es256, NOW).unwrap().kid, old_kid);
    assert_eq!(set.signer(Algorithm::Es256, NOW.plus_seconds(10)).unwrap().kid, new_kid);
    assert!(set.signer(Algorithm::Es256, NOW.plus_seconds(1000)).is_err());
    assert!(set.signer(Algorithm::Rs256, NOW).is_err());
    let text = String::from_utf8(set.jwks().to_vec()).unwrap();
    assert!(text.contains(&old_kid) && text.contains(&new_kid), "both are published");
}
#[test]
fn f18_a_hint_is_read_with_the_keys_own_algorithm() {
    let set = KeySet::new(vec![key(Algorithm::Es256, 0, 10, 10)], NOW);
    let claims = json!({ "iss": "https://op.test", "sub": "s", "aud": "c", "exp": 1 }).to_string();
    let signer = set.signer(Algorithm::Es256, NOW).unwrap();
    let token = signer.sign(Kind::IdToken, claims.as_bytes()).unwrap();
    assert_eq!(set.read_hint(&token, "https://op.test").unwrap().sub, "s");
    assert!(set.read_hint(&token, "https://other.test").is_none());
    let public = signer.public_jwk.get("x").unwrap().as_str().unwrap();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some(signer.kid.clone());
    let secret = jsonwebtoken::EncodingKey::from_secret(public.as_bytes());
    let forged =
        jsonwebtoken::encode(&header, &serde_json::from_str::<Value>(&claims).unwrap(), &secret).unwrap();
    assert!(set.read_hint(&forged, "https://op.test").is_none());
    let (header, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let other = claims.replace("\"s\"", "\"t\"");
    let other = data_encoding::BASE64URL_NOPAD.encode(other.as_bytes());
    assert!(set.read_hint(&format!("{header}.{other}.{signature}"), "https://op.test").is_none());
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
    assert!(set.read_hint(&unsigned, "https://op.test").is_none());
}
#[tokio::test]
async fn keys_are_made_once_and_rotate_with_overlap() {
    for db in crate::house::engines().await {
        let keys = Keys::new(db.clone());
        keys.ensure().await.unwrap();
        let first = keys.current(NOW).await.unwrap();
        keys.ensure().await.unwrap();
        assert_eq!(keys.current(NOW).await.unwrap().jwks(), first.jwks(), "a second start makes no keys");
        let kid = |set: &KeySet, now| set.signer(Algorithm::Es256, now).unwrap().kid.clone();
        let old = kid(&first, NOW);

        let rotated = rotate(&db, &Actor::system(), false).await.unwrap();
        assert_eq!(rotated.len(), Algorithm::ALL.len());
        let set = keys.current(NOW).await.unwrap();
        assert_eq!(kid(&set, NOW), old, "clients learn of the new key before it signs");
        assert_ne!(kid(&set, NOW.plus_seconds(model::LEAD_SECONDS)), old);
        assert_eq!(
            serde_json::from_slice::<Value>(&set.jwks()).unwrap()["keys"].as_array().unwrap().len(),
            2 * Algorithm::ALL.len()
        );

        rotate(&db, &Actor::system(), true).await.unwrap();
        let set = keys.current(NOW).await.unwrap();
        let now_signing = kid(&set, NOW);
        assert_ne!(now_signing, old);
        assert!(!rotated.iter().any(|key| key.kid == now_signing));
    }
}
fn published(set: &KeySet) -> Vec<String> {
    let set: Value = serde_json::from_slice(&set.jwks()).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}
#[tokio::test]
async fn an_old_key_stays_published_until_its_tokens_have_expired() {
    for db in crate::house::engines().await {
        let keys = Keys::new(db.clone());
        keys.ensure().await.unwrap();
        let first = keys.current(NOW).await.unwrap();
        let token = first.signer(Algorithm::Es256, NOW).unwrap().sign(Kind::IdToken, b"{}").unwrap();
        rotate(&db, &Actor::system(), false).await.unwrap();
        db.clock().advance_seconds(model::OVERLAP_SECONDS + model::LEAD_SECONDS - 1);
        let set = keys.current(db.clock().now()).await.unwrap();
        assert!(verify(&set.jwks(), &token).is_some());
        // Another rotation meanwhile does not keep it any longer.
        rotate(&db, &Actor::system(), false).await.unwrap();
        let set = keys.current(db.clock().now()).await.unwrap();
        assert!(verify(&set.jwks(), &token).is_some());
        db.clock().advance_seconds(60);
        let set = keys.current(db.clock().now()).await.unwrap();
        assert!(verify(&set.jwks(), &token).is_none(), "and goes when its tokens have expired");
    }
}
#[tokio::test]
async fn f18_a_key_that_may_have_leaked_leaves_the_published_set_at_once() {
    const SAID: &[u8] = br#"{"iss":"i","sub":"s","aud":"c"}"#;
    for db in crate::house::engines().await {
        let (keys, node) = (Keys::new(db.clone()), Keys::new(db.clone()));
        keys.ensure().await.unwrap();
        let first = keys.current(NOW).await.unwrap();
        let by_first = first.signer(Algorithm::Es256, NOW).unwrap().sign(Kind::AccessToken, SAID).unwrap();
        // One that has stopped, one that signs, one that is announced.
        rotate(&db, &Actor::system(), false).await.unwrap();
        db.clock().advance_seconds(model::LEAD_SECONDS + 1);
        let now = db.clock().now();
        let second = keys.current(now).await.unwrap();
        let by_second = second.signer(Algorithm::Es256, now).unwrap().sign(Kind::AccessToken, SAID).unwrap();
        rotate(&db, &Actor::system(), false).await.unwrap();
        let known = published(&node.current(now).await.unwrap());
        assert_eq!(known.len(), 3 * Algorithm::ALL.len());

        let made = rotate(&db, &Actor::system(), true).await.unwrap();
        for keys in [&keys, &node] {
            let set = keys.current(now).await.unwrap();
            let left = published(&set);
            assert_eq!(left.len(), Algorithm::ALL.len());
            assert!(left.iter().all(|kid| made.iter().any(|new| new.kid == *kid)), "only those that are new");
            for token in [&by_first, &by_second] {
                assert!(verify(&set.jwks(), token).is_none(), "nobody can check it any more");
                assert!(set.read_access_token::<Value>(token, now).is_none(), "and we take it as little");
            }
            let signer = set.signer(Algorithm::Es256, now).unwrap();
            assert!(verify(&set.jwks(), &signer.sign(Kind::AccessToken, SAID).unwrap()).is_some());
            // The one that was announced never comes to sign.
            let later = now.plus_seconds(model::LEAD_SECONDS + 1);
            assert_eq!(set.signer(Algorithm::Es256, later).unwrap().kid, signer.kid);
        }
        let detail: String = db
            .read(|tx| {
                tx.one(
                    "SELECT detail FROM audit_event WHERE action = 'key.rotated' ORDER BY id DESC LIMIT 1",
                    &[],
                )
            })
            .await
            .unwrap();
        assert_eq!(serde_json::from_str::<Value>(&detail).unwrap()["at_once"], true);
    }
}
#[tokio::test]
async fn f18_what_a_retired_key_says_in_access_tokens_is_believed_for_minutes_at_most() {
    const SAID: &[u8] = br#"{"iss":"i","sub":"s","aud":"c"}"#;
    for db in crate::house::engines().await {
        let keys = Keys::new(db.clone());
        keys.ensure().await.unwrap();
        let first = keys.current(NOW).await.unwrap();
        let signed = |kind| first.signer(Algorithm::Es256, NOW).unwrap().sign(kind, SAID).unwrap();
        let (token, hint) = (signed(Kind::AccessToken), signed(Kind::IdToken));
        let believed = |set: &KeySet, now| set.read_access_token::<Value>(&token, now).is_some();
        rotate(&db, &Actor::system(), false).await.unwrap();
        let set = keys.current(NOW).await.unwrap();
        let last = NOW.plus_seconds(model::LEAD_SECONDS + MOST_JWT_SECONDS);
        assert!(believed(&set, NOW) && believed(&set, last.plus_seconds(-1)), "its last token's life");
        assert!(!believed(&set, last));
        assert!(set.read_hint(&hint, "i").is_some() && set.read_access_token::<Value>(&hint, NOW).is_none());
        // It has stopped, and its last tokens still live, when a key is found to have leaked.
        db.clock().advance_seconds(model::LEAD_SECONDS + 1);
        let now = db.clock().now();
        assert!(believed(&set, now));
        rotate(&db, &Actor::system(), true).await.unwrap();
        let set = keys.current(now).await.unwrap();
        assert!(!believed(&set, now));
        assert!(set.read_hint(&hint, "i").is_some(), "it still tells who was here");
    }
}
#[tokio::test]
async fn keys_renew_themselves_on_schedule_and_once_for_all_nodes() {
    for db in crate::house::engines().await {
        let keys = Keys::new(db.clone());
        keys.ensure().await.unwrap();
        assert!(keys.rotate_due(90).await.unwrap().is_empty(), "fresh keys stay");
        db.clock().advance_seconds(90 * 86_400);
        let other = Keys::new(db.clone());
        let (first, second) = tokio::join!(keys.rotate_due(90), other.rotate_due(90));
        assert_eq!(first.unwrap().len() + second.unwrap().len(), Algorithm::ALL.len());
        assert!(keys.rotate_due(90).await.unwrap().is_empty());
    }
}
#[tokio::test]
async fn how_long_keys_sign_is_set_at_the_desk() {
    for house in crate::house::houses(true).await {
        let settings = house.openid.organizations().identity().settings();
        let newest = async || {
            let now = house.db.clock().now();
            house.openid.keys().current(now).await.unwrap().newest(Algorithm::Es256).unwrap()
        };
        let first = newest().await;
        house.db.clock().advance_seconds(30 * 86_400);
        house.openid.sweep().await.unwrap();
        assert_eq!(newest().await, first, "ninety days unless somebody says otherwise");
        let policy = platform::setting::KeyPolicy { rotate_days: 30 };
        settings.change(&platform::staff::PolicyEditor::command_line(), policy).await.unwrap();
        house.openid.sweep().await.unwrap();
        assert!(newest().await > first);
        let never = platform::setting::KeyPolicy { rotate_days: 366 };
        let refused =
            settings.change(&platform::staff::PolicyEditor::command_line(), never).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("setting.out_of_bounds", Some("rotate_days")));
    }
}
