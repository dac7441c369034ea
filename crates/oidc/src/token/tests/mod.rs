mod bad_input;
mod bound;
mod brought;
mod machines;
mod named;
mod own;
mod refresh;
mod rights;

use crate::client::{Profile, Settings};
use crate::house::{CALLBACK, House, VERIFIER, houses};
use crate::testing::{Caller, refreshing};
use crate::token::{
    grant::Redeem,
    model::{TokenError, TokenResponse},
};
use http::StatusCode;
use kernel::Actor;
use serde_json::Value;

/// What a use of something that counts once came to. Whoever waited too long among two hundred, on a busy machine, is told so and
/// got nothing either.
fn won(outcome: kernel::Result<Result<TokenResponse, TokenError>>) -> Option<TokenResponse> {
    match outcome {
        Ok(answer) => answer.ok(),
        Err(error) => {
            assert_eq!(error.kind, kernel::Kind::Overloaded, "{error}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_parallel_uses_of_one_code_have_one_winner() {
    for house in houses(true).await {
        let code = house.code().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let (openid, client, code) = (house.openid.clone(), house.client.clone(), code.clone());
            tasks.spawn(async move {
                let redeem = Redeem {
                    client,
                    code,
                    redirect_uri: Some(CALLBACK.into()),
                    verifier: Some(VERIFIER.into()),
                    resources: Vec::new(),
                    jkt: None,
                    actor: Actor::system(),
                    now: openid.db().clock().now(),
                };
                openid.redeem(redeem).await
            });
        }
        let mut winners = Vec::new();
        while let Some(outcome) = tasks.join_next().await {
            winners.extend(won(outcome.unwrap()));
        }
        assert_eq!(winners.len(), 1);
        // The losers proved that the code is in several hands, so the winner's token is dead as well.
        assert_eq!(house.bearer(&winners[0].access_token).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// RFC 6749 alone: an access token for somebody's API, and nothing that says who the person is.
#[tokio::test]
async fn whoever_asks_without_openid_gets_an_access_token_and_no_more() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let tokens = caller.tokens("profile offline_access").await;
        assert_eq!(
            (&tokens["scope"], &tokens["id_token"]),
            (&Value::from("profile offline_access"), &Value::Null)
        );
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(caller.introspect(token).await["scope"], "profile offline_access");
        let asked = caller.userinfo(token).await;
        assert_eq!((asked.status, asked.error().as_str()), (StatusCode::FORBIDDEN, "insufficient_scope"));
        let next = caller.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
        assert!(next["access_token"].is_string() && next["id_token"].is_null(), "{next}");
        let nothing = caller.tokens("read write").await;
        assert!(nothing["scope"].is_null() && nothing["access_token"].is_string(), "{nothing}");
    }
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_its_tokens_with_it() {
    for house in houses(true).await {
        let code = house.code().await;
        let first = house.exchange(&code).await.json();
        let token = first["access_token"].as_str().unwrap();
        assert_eq!(house.bearer(token).await.status, StatusCode::OK);
        let second = house.exchange(&code).await;
        assert_eq!((second.status, second.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_grant"));
        assert_eq!(house.bearer(token).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn each_way_to_misuse_a_code_is_refused() {
    for house in houses(true).await {
        let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
        let wrong = |from: &str, to: &str, code: &str| house.exchange_body(code).replace(from, to);
        let cases: [(&str, &str); 4] = [
            (VERIFIER, &VERIFIER.replace('d', "e")),
            ("callback", "other"),
            ("code_verifier=", "x="),
            ("authorization_code", "refresh_token"),
        ];
        let mut errors = Vec::new();
        for (from, to) in cases {
            let answer =
                house.post("/oauth2/token", credentials, &wrong(from, to, &house.code().await)).await;
            errors.push((answer.status.as_u16(), answer.json()));
        }
        errors.push({
            let code = house.code().await;
            house.db.clock().advance_seconds(60);
            let answer = house.exchange(&code).await;
            (answer.status.as_u16(), answer.json())
        });
        let unknown = house.exchange("nonsense").await;
        errors.push((unknown.status.as_u16(), unknown.json()));
        insta::assert_json_snapshot!("misused_codes", errors);
    }
}

#[tokio::test]
async fn a_code_belongs_to_its_client() {
    for house in houses(true).await {
        let other = House::new(db::testing::sqlite_at(house.db.clock().clone()).await, true).await;
        let code = house.code().await;
        for credentials in [
            None,
            Some((house.client.client_id.as_str(), "wrong")),
            Some((house.client.client_id.as_str(), "")),
            Some((other.client.client_id.as_str(), other.secret.as_str())),
        ] {
            let answer = house.post("/oauth2/token", credentials, &house.exchange_body(&code)).await;
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (StatusCode::UNAUTHORIZED, "invalid_client")
            );
            assert_eq!(answer.headers.contains_key("www-authenticate"), credentials.is_some());
        }
        assert_eq!(house.exchange(&code).await.status, StatusCode::OK, "a stranger's attempt costs nothing");
    }
}

#[tokio::test]
async fn f02_the_token_endpoint_refuses_duplicates_and_other_bodies() {
    let house = houses(true).await.remove(0);
    let credentials = Some((house.client.client_id.as_str(), house.secret.as_str()));
    let body = house.exchange_body(&house.code().await);
    for broken in
        [format!("{body}&code=x"), format!("{body}&x=%ff"), format!("{body}&client_secret=x"), String::new()]
    {
        let answer = house.post("/oauth2/token", credentials, &broken).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_request"),
            "{broken}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

/// What a change does to a code on its way, and to a token already issued.
async fn stops(change: &'static str, reason: &str) {
    for house in houses(true).await {
        let (code, token) = (house.code().await, house.token().await);
        assert_eq!(house.bearer(&token).await.status, StatusCode::OK, "{change}");
        house.change(change).await;
        let userinfo = house.bearer(&token).await;
        assert_eq!(userinfo.status, StatusCode::UNAUTHORIZED, "{change}");
        assert!(userinfo.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"));
        let exchange = house.exchange(&code).await;
        assert_eq!(exchange.status, StatusCode::BAD_REQUEST, "{change}");
        assert_eq!(exchange.json()["error_description"], reason, "{change}");
    }
}
#[tokio::test]
async fn f20_a_revoked_half_stops_codes_and_tokens_at_once() {
    stops("UPDATE product_grant SET state = 'ended'", "decision.grant_missing").await;
    stops("UPDATE product_grant SET valid_until = valid_from", "decision.grant_expired").await;
    stops("UPDATE admission SET state = 'suspended'", "decision.admission_suspended").await;
    stops("UPDATE admission SET valid_until = valid_from", "decision.admission_expired").await;
    stops("UPDATE membership SET state = 'ended'", "decision.membership_missing").await;
    stops("UPDATE membership SET state = 'suspended'", "decision.membership_suspended").await;
}
#[tokio::test]
async fn f20_a_disabled_account_organization_product_or_session_stops_codes_and_tokens_at_once() {
    stops("UPDATE account SET state = 'disabled'", "decision.account_disabled").await;
    stops("UPDATE organization SET state = 'suspended'", "decision.organization_suspended").await;
    stops("UPDATE product SET state = 'suspended'", "decision.product_suspended").await;
    stops("UPDATE session SET ended_at = created_at", "session.ended").await;
    stops("UPDATE session SET expires_at = created_at", "session.ended").await;
}
#[tokio::test]
async fn f20_a_disabled_client_stops_everywhere() {
    for house in houses(true).await {
        let (code, token) = (house.code().await, house.token().await);
        house.change("UPDATE client SET state = 'disabled'").await;
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(house.exchange(&code).await.error(), "invalid_client");
        let authorize = house.get(&house.request(""), true).await;
        assert_eq!(authorize.error_code(), "client.unknown");
    }
}
#[tokio::test]
async fn f11_a_membership_made_anew_is_not_the_one_that_a_token_was_issued_to() {
    for house in houses(true).await {
        let token = house.token().await;
        house.change("UPDATE token SET membership_id = NULL").await;
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
    }
}
#[tokio::test]
async fn tokens_run_out_and_are_asked_for_properly() {
    for house in houses(true).await {
        let token = house.token().await;
        let subject: Value = house.bearer(&token).await.json();
        // Another crate of the workspace makes JSON objects keep their order.
        insta::with_settings!({ sort_maps => true }, {
            insta::assert_json_snapshot!("userinfo", subject, { ".org_id" => "[org]", ".organization.id" => "[org]" });
        });
        let posted = house.post("/oauth2/userinfo", None, &format!("access_token={token}")).await;
        assert_eq!(posted.status, StatusCode::OK);
        let in_query = house.get(&format!("/oauth2/userinfo?access_token={token}"), false).await;
        assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
        assert!(!in_query.headers["www-authenticate"].to_str().unwrap().contains("error"));
        assert_eq!(house.bearer("nonsense").await.status, StatusCode::UNAUTHORIZED);
        house.db.clock().advance_seconds(600);
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
    }
}
#[tokio::test]
async fn f19_a_challenge_is_neither_taken_away_nor_left_unanswered() {
    for house in houses(true).await {
        let basic = Settings { profile: Profile::Basic, ..Settings::default() };
        let caller = Caller::new(&house, basic).await;
        let exchange = async |code: &str, verifier: Option<&str>| {
            let mut members =
                vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
            members.extend(verifier.map(|verifier| ("code_verifier", verifier)));
            caller.ask("/oauth2/token", &members).await
        };
        let without = async || {
            let members = caller.request("openid");
            let members = members.into_iter().filter(|(name, _)| !name.starts_with("code_challenge"));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
            let answer = house.get(&format!("/oauth2/authorize?{query}"), true).await;
            answer.query("code").unwrap_or_else(|| panic!("no code: {answer:?}"))
        };
        // This profile may do without; then nobody brings a verifier, and with a challenge nobody comes without.
        assert_eq!(exchange(&without().await, None).await.status, StatusCode::OK);
        assert_eq!(exchange(&without().await, Some(VERIFIER)).await.error(), "invalid_grant");
        let code = caller.code("openid", &[]).await;
        assert_eq!(exchange(&code, None).await.error(), "invalid_grant");
        let code = caller.code("openid", &[]).await;
        assert_eq!(exchange(&code, Some(VERIFIER)).await.status, StatusCode::OK);
    }
}
