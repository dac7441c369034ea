//! Refresh tokens: rotation, families, and everything that they rest on.
use super::won;
use crate::{
    OpenId,
    client::{Client, Settings},
    house::{CALLBACK, ISSUER, VERIFIER, houses},
    testing::{Caller, fapi, refreshing},
    token::grant::Renew,
};
use http::StatusCode;
use kernel::Actor;
use serde_json::Value;
use std::sync::Arc;

const SCOPE: &str = "openid profile offline_access";

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}
fn renew(openid: &OpenId, client: &Arc<Client>, token: &str) -> Renew {
    Renew {
        client: client.clone(),
        token: token.to_owned(),
        scope: None,
        resources: Vec::new(),
        jkt: None,
        actor: Actor::system(),
        now: openid.db().clock().now(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_two_hundred_parallel_refreshes_have_one_winner() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let token = text(&caller.tokens(SCOPE).await, "refresh_token");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let renew = renew(&house.openid, &caller.client, &token);
            let openid = house.openid.clone();
            tasks.spawn(async move { openid.renew(renew).await });
        }
        let mut winners = Vec::new();
        while let Some(outcome) = tasks.join_next().await {
            winners.extend(won(outcome.unwrap()));
        }
        assert_eq!(winners.len(), 1);
        // The losers proved that the token is in several hands, so what the winner got is worth nothing either.
        let next = winners[0].refresh_token.as_ref().unwrap();
        assert_eq!(caller.refresh(next).await.error(), "invalid_grant");
        assert_eq!(house.bearer(&winners[0].access_token).await.status, StatusCode::UNAUTHORIZED);
    }
}
#[tokio::test(flavor = "multi_thread")]
async fn f03_a_token_that_comes_twice_ends_what_a_thief_renews_at_that_moment() {
    for (path, members) in [
        // The owner's copy was used before; or the owner gives the token back that the thief is using.
        ("/oauth2/token", ["refresh_token", "first"]),
        ("/oauth2/revoke", ["token", "second"]),
    ] {
        for house in houses(true).await {
            let caller = Caller::new(&house, refreshing()).await;
            let first = text(&caller.tokens(SCOPE).await, "refresh_token");
            let second = text(&caller.refresh(&first).await.json(), "refresh_token");
            let (renewal, third) = caller.renewal_on_its_way(&second).await;
            let [name, which] = members;
            let brought = if which == "first" { &first } else { &second };
            caller.ask(path, &[("grant_type", "refresh_token"), (name, brought)]).await;
            renewal.await.unwrap();
            let left: i64 = house
                .db
                .read(|tx| tx.one("SELECT COUNT(*) FROM token WHERE revoked_at IS NULL", &[]))
                .await
                .unwrap();
            assert_eq!(left, 0, "{path}");
            assert_eq!(caller.refresh(&third).await.error(), "invalid_grant", "{path}");
        }
    }
}
#[tokio::test(flavor = "multi_thread")]
async fn f03_who_may_no_longer_is_not_outlived_by_what_is_renewed_at_that_moment() {
    for how in ["client", "refresh", "account"] {
        for house in houses(true).await {
            let caller = Caller::new(&house, refreshing()).await;
            let first = text(&caller.tokens(SCOPE).await, "refresh_token");
            let (renewal, next) = caller.renewal_on_its_way(&first).await;
            let (client, session, now) = (caller.client.id, house.session, house.db.clock().now());
            house
                .db
                .write_unaudited("an end", move |tx| match how {
                    "client" => crate::token::end_all_of_client(tx, client, now).map(drop),
                    "refresh" => crate::token::end_refresh_of_client(tx, client, now).map(drop),
                    _ => {
                        let holder = "SELECT account_id FROM session WHERE id = $1";
                        let account: kernel::id::AccountId = tx.one(holder, &[&session])?;
                        tx.run("UPDATE account SET state = 'disabled' WHERE id = $1", &[&account])?;
                        tx.changed("account", account);
                        Ok(())
                    }
                })
                .await
                .unwrap();
            renewal.await.unwrap();
            house.change("UPDATE account SET state = 'active'").await;
            let left = "SELECT COUNT(*) FROM token WHERE revoked_at IS NULL AND kind = 'refresh'";
            let left: i64 = house.db.read(move |tx| tx.one(left, &[])).await.unwrap();
            assert_eq!(left, 0, "{how}");
            assert_eq!(caller.refresh(&next).await.error(), "invalid_grant", "{how}");
        }
    }
}
#[tokio::test]
async fn f04_a_rotated_token_is_dead_on_another_node_and_after_a_restart() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let first = text(&caller.tokens(SCOPE).await, "refresh_token");
        let second = caller.refresh(&first).await;
        assert_eq!(second.status, StatusCode::OK, "{second:?}");
        // Nothing of the process that rotated it is in memory here.
        let other =
            OpenId::open(house.db.clone(), house.openid.organizations().clone(), ISSUER).await.unwrap();
        let client = other.clients().find(&caller.client.client_id).await.unwrap().unwrap();
        assert!(other.renew(renew(&other, &client, &first)).await.unwrap().is_err());
        let next = text(&second.json(), "refresh_token");
        assert!(
            other.renew(renew(&other, &client, &next)).await.unwrap().is_err(),
            "and it took its family along"
        );
    }
}
#[tokio::test]
async fn a_refresh_token_gives_the_next_one_and_a_new_access_token() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let first = caller.tokens(SCOPE).await;
        let answer = caller.refresh(&text(&first, "refresh_token")).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        let second = answer.json();
        for name in ["access_token", "refresh_token", "id_token"] {
            assert_ne!(text(&first, name), text(&second, name));
        }
        assert_eq!(house.bearer(&text(&second, "access_token")).await.status, StatusCode::OK);
        assert_eq!(house.bearer(&text(&first, "access_token")).await.status, StatusCode::OK);
        // Reuse ends everything that came of the code.
        let again = caller.refresh(&text(&first, "refresh_token")).await;
        assert_eq!((again.status, again.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_grant"));
        for token in [&first, &second] {
            let userinfo = house.bearer(&text(token, "access_token")).await;
            assert_eq!(userinfo.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(caller.refresh(&text(&second, "refresh_token")).await.error(), "invalid_grant");
    }
}
#[tokio::test]
async fn a_code_that_comes_twice_takes_the_refresh_token_along() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let code = caller.code(SCOPE, &[]).await;
        let tokens = caller.exchange(&code).await.json();
        assert_eq!(caller.exchange(&code).await.error(), "invalid_grant");
        assert_eq!(caller.refresh(&text(&tokens, "refresh_token")).await.error(), "invalid_grant");
    }
}
#[tokio::test]
async fn who_gets_a_refresh_token() {
    let house = houses(true).await.remove(0);
    let registered = Caller::new(&house, refreshing()).await;
    assert!(registered.tokens("openid").await.get("refresh_token").is_none(), "nobody asked for one");
    let not = Caller::new(&house, Settings::default()).await;
    let tokens = not.exchange(&not.code("openid", &[]).await).await.json();
    assert!(tokens.get("refresh_token").is_none());
    assert_eq!(not.refresh("anything").await.error(), "unauthorized_client");
}
#[tokio::test]
async fn a_refresh_token_belongs_to_its_client_and_runs_out() {
    for house in houses(true).await {
        let short = Settings { refresh_idle_seconds: 100, refresh_absolute_seconds: 150, ..refreshing() };
        let caller = Caller::new(&house, short).await;
        let other = Caller::new(&house, refreshing()).await;
        let first = text(&caller.tokens(SCOPE).await, "refresh_token");
        assert_eq!(other.refresh(&first).await.error(), "invalid_grant");
        house.db.clock().advance_seconds(99);
        let second = caller.refresh(&first).await;
        assert_eq!(second.status, StatusCode::OK, "a stranger's attempt costs nothing");
        let second = text(&second.json(), "refresh_token");
        house.db.clock().advance_seconds(50);
        let third = text(&caller.refresh(&second).await.json(), "refresh_token");
        house.db.clock().advance_seconds(1);
        assert_eq!(caller.refresh(&third).await.error(), "invalid_grant", "the family has its end");
    }
}
#[tokio::test]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    for house in houses(true).await {
        let a = "https://a.test/";
        let resources = vec![a.to_owned(), "https://b.test/".to_owned()];
        let caller = Caller::new(&house, Settings { resources, ..refreshing() }).await;
        let code = caller.code(SCOPE, &[("resource", a)]).await;
        let tokens = caller.exchange(&code).await.json();
        let mut token = text(&tokens, "refresh_token");
        assert_eq!(caller.introspect(&text(&tokens, "access_token")).await["aud"], serde_json::json!([a]));
        let userinfo = caller.userinfo(&text(&tokens, "access_token")).await;
        assert_eq!(userinfo.status, StatusCode::UNAUTHORIZED, "it is meant for others");
        for (name, value, error) in [
            ("scope", "openid phone", "invalid_scope"),
            ("scope", "openid nonsense", "invalid_scope"),
            ("resource", "https://b.test/", "invalid_target"),
            ("resource", "nonsense", "invalid_target"),
        ] {
            let members = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), (name, value)];
            assert_eq!(caller.ask("/oauth2/token", &members).await.error(), error, "{value}");
        }
        // None of that cost the token.
        let members =
            [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", "openid")];
        let less = caller.ask("/oauth2/token", &members).await.json();
        assert_eq!(less["scope"], "openid");
        token = text(&less, "refresh_token");
        assert_eq!(
            caller.refresh(&token).await.json()["scope"],
            SCOPE,
            "the refresh token keeps what was granted"
        );
    }
}
#[tokio::test]
async fn a_token_for_an_api_and_one_for_userinfo_come_of_one_request() {
    for house in houses(true).await {
        let api = "https://api.example/";
        for settings in [refreshing(), Settings { require_par: true, ..refreshing() }] {
            let caller = Caller::new(&house, Settings { resources: vec![api.to_owned()], ..settings }).await;
            let code = caller.code(SCOPE, &[("resource", api), ("resource", ISSUER)]).await;
            let members = [
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
                ("resource", ISSUER),
            ];
            let own = caller.ask("/oauth2/token", &members).await.json();
            assert_eq!(caller.userinfo(&text(&own, "access_token")).await.status, StatusCode::OK);
            let token = text(&own, "refresh_token");
            let members = [("grant_type", "refresh_token"), ("refresh_token", &token), ("resource", api)];
            let other = text(&caller.ask("/oauth2/token", &members).await.json(), "access_token");
            assert_eq!(caller.introspect(&other).await["aud"], serde_json::json!([api]));
            assert_ne!(caller.userinfo(&other).await.status, StatusCode::OK);
        }
    }
}
#[tokio::test]
async fn an_organization_that_a_request_named_may_be_named_again_and_no_other() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let scope = format!("openid organization:{} offline_access", house.organization);
        let mut token = text(&caller.tokens(&scope).await, "refresh_token");
        let other: kernel::id::OrganizationId = house.db.draw();
        for refused in [
            format!("openid organization:{other}"),
            format!("openid organization:{} organization:{other}", house.organization),
            "openid organization:x".to_owned(),
            "openid organization:".to_owned(),
        ] {
            let members = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", &*refused)];
            assert_eq!(caller.ask("/oauth2/token", &members).await.error(), "invalid_scope", "{refused}");
        }
        let less = format!("organization:{}", house.organization);
        for (asked, told) in [(&*scope, "openid organization offline_access"), (&*less, "organization")] {
            let members = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", asked)];
            let tokens = caller.ask("/oauth2/token", &members).await.json();
            assert_eq!(tokens["scope"], told, "{tokens}");
            let said = caller.introspect(&text(&tokens, "access_token")).await;
            assert_eq!(said["org_id"], house.organization.to_string());
            token = text(&tokens, "refresh_token");
        }
        // Of what was never granted there is nothing by any name.
        let token = text(&caller.tokens(SCOPE).await, "refresh_token");
        let members = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", &*less)];
        assert_eq!(caller.ask("/oauth2/token", &members).await.error(), "invalid_scope");
    }
}
/// What a change does to a refresh token.
async fn stops(change: &'static str) {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let tokens = caller.tokens(SCOPE).await;
        house.change(change).await;
        let answer = caller.refresh(&text(&tokens, "refresh_token")).await;
        assert_eq!(answer.error(), "invalid_grant", "{change}");
        assert_eq!(caller.introspect(&text(&tokens, "refresh_token")).await["active"], false, "{change}");
        assert_eq!(caller.introspect(&text(&tokens, "access_token")).await["active"], false, "{change}");
    }
}
#[tokio::test]
async fn f20_whatever_ends_or_sleeps_stops_a_refresh_at_once() {
    for change in [
        "UPDATE product_grant SET state = 'ended'",
        "UPDATE product_grant SET valid_until = valid_from",
        "UPDATE admission SET state = 'suspended'",
        "UPDATE membership SET state = 'ended'",
        "UPDATE account SET state = 'disabled'",
        "UPDATE organization SET state = 'suspended'",
        "UPDATE product SET state = 'suspended'",
        "UPDATE session SET ended_at = created_at, severed_at = created_at",
    ] {
        stops(change).await;
    }
}
#[tokio::test]
async fn a_renewed_id_token_tells_the_sign_in_that_it_came_of_or_none() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let told = |tokens: &Value| -> Value {
            crate::jose::Jws::parse(&text(tokens, "id_token")).unwrap().claims().unwrap()
        };
        let first = caller.tokens(SCOPE).await;
        let second = caller.refresh(&text(&first, "refresh_token")).await.json();
        assert!(told(&first)["auth_time"].is_i64());
        assert_eq!(told(&second)["auth_time"], told(&first)["auth_time"]);
        // Signed in again in the same browser since: frameworks compare the time with the one that they know.
        house.change("UPDATE session SET authenticated_at = authenticated_at + 3600000").await;
        let third = told(&caller.refresh(&text(&second, "refresh_token")).await.json());
        assert_eq!((third.get("auth_time"), &third["sid"]), (None, &told(&first)["sid"]));
    }
}
#[tokio::test]
async fn a_sign_in_at_a_node_whose_clock_is_ahead_is_told_as_of_the_request() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let told = |tokens: &Value| -> Value {
            crate::jose::Jws::parse(&text(tokens, "id_token")).unwrap().claims().unwrap()
        };
        let now = house.db.clock().now().as_seconds();
        // The session of the house began a minute ago.
        house.change("UPDATE session SET authenticated_at = authenticated_at + 60005").await;
        let first = caller.tokens(SCOPE).await;
        assert_eq!(told(&first)["auth_time"], now, "milliseconds ahead");
        house.change("UPDATE session SET authenticated_at = authenticated_at + 9995").await;
        let second = caller.refresh(&text(&first, "refresh_token")).await.json();
        assert_eq!(told(&second)["auth_time"], now, "as far as clocks differ");
        house.change("UPDATE session SET authenticated_at = authenticated_at + 1").await;
        let third = caller.refresh(&text(&second, "refresh_token")).await.json();
        assert_eq!(told(&third).get("auth_time"), None, "signed in again since");
    }
}
#[tokio::test]
async fn m71_what_a_product_may_do_while_nobody_is_there_outlives_the_session() {
    for change in ["UPDATE session SET ended_at = created_at", "UPDATE session SET expires_at = created_at"] {
        for house in houses(true).await {
            let caller = Caller::new(&house, refreshing()).await;
            let there = caller.tokens("openid").await;
            let away = caller.tokens(SCOPE).await;
            house.change(change).await;
            let access = text(&there, "access_token");
            assert_eq!(house.bearer(&access).await.status, StatusCode::UNAUTHORIZED, "{change}");
            let userinfo = house.bearer(&text(&away, "access_token")).await;
            assert_eq!(userinfo.status, StatusCode::OK, "{change}: {userinfo:?}");
            let renewed = caller.refresh(&text(&away, "refresh_token")).await;
            assert_eq!(renewed.status, StatusCode::OK, "{change}: {renewed:?}");
            let renewed = renewed.json();
            let access = text(&renewed, "access_token");
            assert_eq!(caller.introspect(&access).await["active"], true, "{change}");
            // For less, and still for somebody who is away.
            let members = [("grant_type", "refresh_token"), ("scope", "openid")];
            let token = text(&renewed, "refresh_token");
            let less =
                caller.ask("/oauth2/token", &[&members[..], &[("refresh_token", &token)]].concat()).await;
            let access = text(&less.json(), "access_token");
            assert_eq!(house.bearer(&access).await.status, StatusCode::OK, "{change}");
            // After a recovery, or once the person ends that device's session, nothing of it is left.
            house.change("UPDATE session SET severed_at = created_at, ended_at = created_at").await;
            assert_eq!(house.bearer(&access).await.status, StatusCode::UNAUTHORIZED, "{change}");
            let next = text(&less.json(), "refresh_token");
            assert_eq!(caller.refresh(&next).await.error(), "invalid_grant", "{change}");
        }
    }
}
#[tokio::test]
async fn m71_signing_out_leaves_what_was_agreed_to_for_the_time_away_and_it_can_be_withdrawn() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let there = text(&caller.tokens("openid").await, "access_token");
        let away = caller.tokens(SCOPE).await;
        let page = house.get("/logout", true).await;
        house.submit(&page, "/logout", &[]).await;
        assert_eq!(house.bearer(&there).await.status, StatusCode::UNAUTHORIZED);
        let next = text(&caller.refresh(&text(&away, "refresh_token")).await.json(), "refresh_token");
        // Nobody was asked, as the client is the platform's own; it stands in the person's list all the same.
        let who = crate::remembered::tests::holder(&house).await;
        let lines = house.openid.consents(who.account).await.unwrap();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].away_until.is_some_and(|until| until > house.db.clock().now()));
        let now = house.db.clock().now();
        house.openid.withdraw_consent(&who, lines[0].client, now).await.unwrap();
        assert_eq!(caller.refresh(&next).await.error(), "invalid_grant");
        assert!(house.openid.consents(who.account).await.unwrap().is_empty());
    }
}
#[tokio::test]
async fn the_strictest_profile_does_not_rotate() {
    for house in houses(true).await {
        let (settings, key) = fapi();
        let caller = Caller::new(&house, settings).await.with_key(key).with_dpop();
        let tokens = caller.tokens(SCOPE).await;
        assert_eq!(tokens["token_type"], "DPoP");
        let token = text(&tokens, "refresh_token");
        for _ in 0..2 {
            let answer = caller.refresh(&token).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert!(answer.json().get("refresh_token").is_none());
        }
    }
}
#[tokio::test]
async fn f20_a_resource_that_is_taken_from_a_client_is_not_renewed() {
    for house in houses(true).await {
        let (a, b) = ("https://a.test/", "https://b.test/");
        let settings = Settings { resources: vec![a.into(), b.into()], ..refreshing() };
        let caller = Caller::new(&house, settings).await;
        let code = caller.code(SCOPE, &[("resource", a), ("resource", b)]).await;
        let token = text(&caller.exchange(&code).await.json(), "refresh_token");
        let late = caller.code(SCOPE, &[("resource", a)]).await;
        house.change("UPDATE client SET resources = 'https://b.test/' WHERE name = 'Server'").await;
        assert_eq!(caller.exchange(&late).await.error(), "invalid_target");
        let renew = async |resource: Option<&str>| {
            let mut members = vec![("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
            members.extend(resource.map(|resource| ("resource", resource)));
            caller.ask("/oauth2/token", &members).await
        };
        for refused in [None, Some(a)] {
            assert_eq!(renew(refused).await.error(), "invalid_target", "{refused:?}");
        }
        let answer = renew(Some(b)).await.json();
        let said = caller.introspect(&text(&answer, "access_token")).await;
        assert_eq!(said["aud"], serde_json::json!([b]), "what it still has is renewed");
    }
}
