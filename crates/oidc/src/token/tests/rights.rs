//! Introspection, revocation, and memory.
use crate::{
    client::{AuthMethod, Settings, TokenFormat},
    house::houses,
    testing::{Caller, refreshing},
};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

#[tokio::test]
async fn f18_a_token_that_is_given_back_is_dead_and_exchanged_for_nothing() {
    for house in houses(true).await {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            let settings =
                Settings { access_token_format: format, access_token_seconds: 300, ..refreshing() };
            let caller = Caller::new(&house, settings).await;
            let other = Caller::new(&house, refreshing()).await;
            let tokens = caller.tokens("openid offline_access").await;
            let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
            assert_eq!(other.ask("/oauth2/revoke", &[("token", &access)]).await.status, StatusCode::OK);
            assert_eq!(
                house.bearer(&access).await.status,
                StatusCode::OK,
                "a stranger's attempt costs nothing"
            );
            assert_eq!(caller.ask("/oauth2/revoke", &[("token", &access)]).await.status, StatusCode::OK);
            assert_eq!(house.bearer(&access).await.status, StatusCode::UNAUTHORIZED);
            // The refresh token still stands; given back, it takes the rest along.
            let next = caller.refresh(&refresh).await.json();
            let hint = [("token", next["refresh_token"].as_str().unwrap()), ("token_type_hint", "nonsense")];
            assert_eq!(caller.ask("/oauth2/revoke", &hint).await.status, StatusCode::OK);
            assert_eq!(house.bearer(&text(&next, "access_token")).await.status, StatusCode::UNAUTHORIZED);
            assert_eq!(caller.refresh(&text(&next, "refresh_token")).await.error(), "invalid_grant");
        }
    }
}
#[tokio::test]
async fn introspection_is_for_those_who_can_prove_to_be_themselves() {
    for house in houses(true).await {
        let public = Caller::new(&house, Settings { auth_method: AuthMethod::None, ..refreshing() }).await;
        let token = text(&public.tokens("openid").await, "access_token");
        let answer = public.ask("/oauth2/introspect", &[("token", &token)]).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        assert_eq!(public.ask("/oauth2/revoke", &[("token", &token)]).await.status, StatusCode::OK);
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
    }
}
#[tokio::test]
async fn introspection_tells_what_the_token_is() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let tokens = caller.tokens("openid profile offline_access").await;
        let said = caller.introspect(&text(&tokens, "access_token")).await;
        let now = house.db.clock().now().as_seconds();
        assert_eq!(said["active"], true);
        assert_eq!(said["sub"], "subject-of-chensq");
        assert_eq!(said["token_type"], "Bearer");
        assert_eq!(said["scope"], "openid profile offline_access");
        assert_eq!((said["iat"].as_i64(), said["exp"].as_i64()), (Some(now), Some(now + 600)));
        assert_eq!(said["org_id"], house.organization.to_string());
        assert!(said.get("name").is_none(), "who it is for is told; what they are called is userinfo's");
        let refresh = caller.introspect(&text(&tokens, "refresh_token")).await;
        assert_eq!((refresh["active"].clone(), refresh.get("token_type")), (json!(true), None));
        let as_access = house.bearer(&text(&tokens, "refresh_token")).await;
        assert_eq!(as_access.status, StatusCode::UNAUTHORIZED, "a refresh token is none for userinfo");
    }
}
#[tokio::test]
async fn f18_a_signed_token_is_ours_of_its_kind_and_in_time() {
    for house in houses(true).await {
        let settings =
            Settings { access_token_format: TokenFormat::Jwt, access_token_seconds: 300, ..refreshing() };
        let caller = Caller::new(&house, settings).await;
        let tokens = caller.tokens("openid").await;
        let token = text(&tokens, "access_token");
        assert_eq!(house.bearer(&token).await.status, StatusCode::OK);
        // The ID token is signed by the same key.
        assert_eq!(house.bearer(&text(&tokens, "id_token")).await.status, StatusCode::UNAUTHORIZED);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (_, payload) = signed.split_once('.').unwrap();
        for forged in [
            format!("{signed}."),
            format!("{signed}.AAAA"),
            format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}."),
            format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}.{signature}"),
        ] {
            assert_eq!(house.bearer(&forged).await.status, StatusCode::UNAUTHORIZED, "{forged}");
        }
        house.db.clock().advance_seconds(300);
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
    }
}
/// Lets the change log be read, so that memory is believed.
async fn polled(house: &crate::house::House) {
    for _ in 0..100 {
        if house.db.change_age().is_some_and(|age| age < Duration::from_millis(500)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the change log is not read");
}
#[tokio::test(flavor = "multi_thread")]
async fn f20_memory_never_says_what_is_no_longer_so() {
    for change in [
        "UPDATE product_grant SET state = 'ended'",
        "UPDATE account SET state = 'disabled'",
        "UPDATE session SET ended_at = created_at",
        "UPDATE client SET state = 'disabled'",
    ] {
        for house in houses(true).await {
            let token = house.token().await;
            polled(&house).await;
            for _ in 0..3 {
                assert_eq!(house.bearer(&token).await.status, StatusCode::OK);
            }
            house.change(change).await;
            assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED, "{change}");
        }
    }
    // Time alone ends things too, behind everybody's back.
    for (change, seconds) in [
        ("UPDATE product_grant SET valid_until = created_at + 5000", 5),
        ("UPDATE admission SET valid_until = created_at + 5000", 5),
        ("UPDATE session SET expires_at = created_at + 65000", 5),
    ] {
        for house in houses(true).await {
            let token = house.token().await;
            house.change(change).await;
            polled(&house).await;
            assert_eq!(house.bearer(&token).await.status, StatusCode::OK, "{change}");
            house.db.clock().advance_seconds(seconds);
            assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED, "{change}");
        }
    }
}
