//! Programs that act for themselves.
use crate::{
    client::{Algorithm, Settings, TokenFormat},
    house::{ISSUER, houses},
    keys::{Kind, rotate},
    testing::Caller,
    token::{grant::Own, model::TokenError},
};
use http::StatusCode;
use kernel::Actor;
use serde_json::{Value, json};

async fn own(caller: &Caller<'_>) -> Value {
    let answer = caller.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}
fn signed() -> Settings {
    Settings { access_token_format: TokenFormat::Jwt, access_token_seconds: 300, ..Settings::machine() }
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own() {
    for house in houses(true).await {
        for settings in [Settings::machine(), signed()] {
            let jwt = settings.access_token_format == TokenFormat::Jwt;
            let caller = Caller::machine(&house, settings).await;
            let tokens = own(&caller).await;
            assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
            let token = tokens["access_token"].as_str().unwrap();
            assert_eq!(token.split('.').count() == 3, jwt);
            let said = caller.introspect(token).await;
            assert_eq!(said["active"], true);
            assert_eq!(said["sub"], caller.client.client_id);
            assert_eq!(said["client_id"], caller.client.client_id);
            assert_eq!(said["aud"], json!([ISSUER]));
            assert_eq!(said["acting_for"], "organization");
            assert_eq!(said["org_id"], house.organization.to_string());
            let userinfo = house.bearer(token).await;
            assert_eq!(
                (userinfo.status, userinfo.error().as_str()),
                (StatusCode::FORBIDDEN, "insufficient_scope")
            );
        }
    }
}
#[tokio::test]
async fn f20_what_a_program_may_no_longer_do_its_tokens_no_longer_say() {
    for (change, reason) in [
        ("UPDATE admission SET state = 'suspended'", "decision.admission_suspended"),
        ("UPDATE admission SET valid_until = valid_from", "decision.admission_expired"),
        ("UPDATE organization SET state = 'suspended'", "decision.organization_suspended"),
        ("UPDATE product SET state = 'suspended'", "decision.product_suspended"),
    ] {
        for house in houses(true).await {
            for settings in [Settings::machine(), signed()] {
                let caller = Caller::machine(&house, settings).await;
                let token = own(&caller).await["access_token"].as_str().unwrap().to_owned();
                assert_eq!(caller.introspect(&token).await["active"], true, "{change}");
                house.change(change).await;
                assert_eq!(caller.introspect(&token).await["active"], false, "{change}");
                let refused = caller.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
                assert_eq!(refused.error(), "unauthorized_client");
                assert_eq!(refused.json()["error_description"], reason);
                house.change("UPDATE admission SET state = 'active', valid_until = 9000000000000000").await;
                house.change("UPDATE organization SET state = 'active'").await;
                house.change("UPDATE product SET state = 'active'").await;
            }
        }
    }
}
#[tokio::test]
async fn a_signed_token_without_a_row_is_revoked_all_the_same() {
    for house in houses(true).await {
        let caller = Caller::machine(&house, signed()).await;
        let other = Caller::machine(&house, signed()).await;
        let token = own(&caller).await["access_token"].as_str().unwrap().to_owned();
        let foreign = other.ask("/oauth2/revoke", &[("token", &token)]).await;
        assert_eq!(foreign.status, StatusCode::OK, "nobody learns whose it is");
        assert_eq!(caller.introspect(&token).await["active"], true);
        assert_eq!(caller.ask("/oauth2/revoke", &[("token", &token)]).await.status, StatusCode::OK);
        assert_eq!(caller.introspect(&token).await["active"], false);
    }
}
#[tokio::test]
async fn f11_a_program_asks_about_its_own_tokens_and_no_others() {
    for house in houses(true).await {
        let program = Caller::machine(&house, signed()).await;
        let person = Caller::new(&house, crate::testing::refreshing()).await;
        let tokens = person.tokens("openid").await;
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(program.introspect(token).await, json!({ "active": false }));
        assert_eq!(person.introspect(token).await["active"], true);
        // The product's other client is the same product.
        let sibling = Caller::new(&house, Settings::default()).await;
        assert_eq!(sibling.introspect(token).await["active"], true);
        let own = own(&program).await["access_token"].as_str().unwrap().to_owned();
        assert_eq!(sibling.introspect(&own).await["active"], true);
        // Another product's client learns nothing.
        house.another_product(None).await;
        house.change("UPDATE client SET product_id = 77 WHERE name = 'Server' AND id = (SELECT MAX(id) FROM client WHERE name = 'Server')").await;
        assert_eq!(sibling.introspect(token).await, json!({ "active": false }));
    }
}
#[tokio::test]
async fn what_a_program_may_not_ask_for() {
    for house in houses(true).await {
        let caller =
            Caller::machine(&house, Settings { resources: vec!["https://a.test/".into()], ..signed() }).await;
        let owner = format!("organization:{}", house.organization);
        for (name, value, error) in [
            ("scope", "openid", "invalid_scope"),
            ("scope", "profile", "invalid_scope"),
            ("scope", "organization:0000000000001", "invalid_scope"),
            ("resource", "https://b.test/", "invalid_target"),
            ("resource", "nonsense", "invalid_target"),
        ] {
            let answer =
                caller.ask("/oauth2/token", &[("grant_type", "client_credentials"), (name, value)]).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, error), "{value}");
        }
        for scope in ["organization", owner.as_str()] {
            let answer =
                caller.ask("/oauth2/token", &[("grant_type", "client_credentials"), ("scope", scope)]).await;
            assert_eq!(answer.json()["scope"], "organization", "{answer:?}");
        }
        for grant in ["authorization_code", "refresh_token"] {
            let answer = caller.ask("/oauth2/token", &[("grant_type", grant), ("code", "x")]).await;
            assert_eq!(answer.error(), "unauthorized_client");
        }
        let person = Caller::new(&house, Settings::default()).await;
        let answer = person.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.error(), "unauthorized_client");
    }
}
#[tokio::test]
async fn f18_a_key_that_was_ours_signs_nobody_in() {
    for house in houses(true).await {
        let caller = Caller::machine(&house, signed()).await;
        let (id, now) = (&caller.client.client_id, house.db.clock().now());
        let seconds = now.as_seconds();
        // Whoever holds the key writes what a program's token would say.
        let stolen = house.openid.keys().current(now).await.unwrap();
        let forged = |from: i64, until: i64| {
            let claims = json!({ "iss": ISSUER, "sub": id, "aud": [ISSUER], "client_id": id, "org_id": house.organization,
                "iat": seconds + from, "exp": seconds + until, "jti": format!("{from} to {until}") });
            let signer = stolen.signer(Algorithm::Es256, now).unwrap();
            signer.sign(Kind::AccessToken, claims.to_string().as_bytes()).unwrap()
        };
        for (from, until, active) in [
            (0, 300, true),
            (0, 301, false),
            (10, 60, true),
            (11, 60, false),
            (-300, 0, false),
            (-seconds, 60, false),
        ] {
            assert_eq!(caller.introspect(&forged(from, until)).await["active"], active, "{from} {until}");
        }
        rotate(&house.db, &Actor::system(), true).await.unwrap();
        for until in [300, 200] {
            assert_eq!(caller.introspect(&forged(0, until)).await["active"], false);
        }
        let tokens = own(&caller).await;
        assert_eq!(caller.introspect(tokens["access_token"].as_str().unwrap()).await["active"], true);
    }
}
#[tokio::test]
async fn f18_the_identifier_of_a_signed_token_is_no_token() {
    for house in houses(true).await {
        let settings = Settings {
            access_token_format: TokenFormat::Jwt,
            access_token_seconds: 300,
            ..crate::testing::refreshing()
        };
        let caller = Caller::new(&house, settings).await;
        let tokens = caller.tokens("openid").await;
        let token = tokens["access_token"].as_str().unwrap();
        let claims: Value = crate::jose::Jws::parse(token).unwrap().claims().unwrap();
        let jti = claims["jti"].as_str().unwrap();
        for text in [jti.to_owned(), format!("jwt.{jti}"), format!("jwt:{jti}")] {
            assert_eq!(house.bearer(&text).await.status, StatusCode::UNAUTHORIZED, "{text}");
            assert_eq!(caller.introspect(&text).await, json!({ "active": false }), "{text}");
            caller.ask("/oauth2/revoke", &[("token", &text)]).await;
        }
        assert_eq!(house.bearer(token).await.status, StatusCode::OK, "and it is not revoked by that");
        assert_eq!(caller.ask("/oauth2/revoke", &[("token", token)]).await.status, StatusCode::OK);
        assert_eq!(house.bearer(token).await.status, StatusCode::UNAUTHORIZED);
    }
}
#[tokio::test]
async fn a_program_gets_tokens_where_its_product_may_be_used_and_uses_them_anywhere() {
    for house in houses(true).await {
        house.change("UPDATE product SET network_zone = 'intranet'").await;
        for settings in [Settings::machine(), signed()] {
            let caller = Caller::machine(&house, settings).await;
            let from = async |address: &str| {
                let own = Own {
                    client: caller.client.clone(),
                    scope: None,
                    resources: Vec::new(),
                    jkt: None,
                    actor: Actor { address: Some(address.parse().unwrap()), ..Actor::system() },
                    now: house.db.clock().now(),
                };
                house.openid.own_token(own).await.unwrap()
            };
            let outside = from("203.0.113.9").await.map(drop);
            assert_eq!(outside, Err(TokenError::UnauthorizedClient("decision.network_outside")));
            let token = from("10.1.2.3").await.unwrap().access_token;
            assert_eq!(caller.introspect(&token).await["active"], true);
        }
    }
}
#[tokio::test]
async fn the_record_says_that_a_program_was_given_signed_tokens_and_how_many() {
    for house in houses(true).await {
        let caller = Caller::machine(&house, signed()).await;
        let told = async || -> Vec<Value> {
            let id = caller.client.id;
            let rows: Vec<(i64, String)> = house
                .db
                .read(move |tx| {
                    tx.all(
                        "SELECT organization_id, detail FROM audit_event
                         WHERE action = 'token.issued' AND actor_client_id = $1 ORDER BY at, id",
                        &[&id],
                    )
                })
                .await
                .unwrap();
            assert!(rows.iter().all(|(owner, _)| *owner == house.organization.as_i64()));
            rows.iter().map(|(_, detail)| serde_json::from_str(detail).unwrap()).collect()
        };
        for _ in 0..3 {
            own(&caller).await;
        }
        assert_eq!(told().await, [json!({ "format": "jwt", "count": 1 })]);
        house.db.clock().advance_seconds(60);
        own(&caller).await;
        assert_eq!(
            told().await.pop(),
            Some(json!({ "format": "jwt", "count": 3 })),
            "two of before, and this one"
        );
        assert_eq!(told().await.len(), 2);
    }
}
