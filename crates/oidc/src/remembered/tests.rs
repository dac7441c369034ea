use crate::{
    house::{House, houses},
    testing::{Caller, refreshing},
};
use http::StatusCode;
use identity::{
    SignedIn,
    account::{AccountState, Owner},
    realname::RealNameLevel,
};
use kernel::{Actor, id::AccountId};

/// Consents as the person's browser does; the code that the client gets.
async fn allowed(house: &House) -> String {
    let page = house.get(&house.get(&house.request(""), true).await.location(), true).await;
    let (flow, space) = (page.value_of("flow"), house.organization.to_string());
    let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", "on")];
    house.submit(&page, "/consent", &members).await.query("code").unwrap()
}
pub(crate) async fn holder(house: &House) -> SignedIn {
    let account: AccountId =
        house.db.read(|tx| tx.one("SELECT id FROM account WHERE login_name = 'chensq'", &[])).await.unwrap();
    SignedIn {
        account,
        session: house.session,
        name: "陈思齐".into(),
        login_name: "chensq".into(),
        phone_masked: None,
        owner: Owner::Managed(house.organization),
        state: AccountState::Active,
        methods: vec!["pwd".into()],
        strength: 1,
        authenticated_at: house.db.clock().now(),
        verified_at: house.db.clock().now(),
        level: RealNameLevel::Unverified,
        staff: None,
        must_change_password: false,
        password_overdue: false,
        last_organization: None,
        actor: Actor::system(),
    }
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_ends_what_the_client_holds() {
    for house in houses(false).await {
        let code = allowed(&house).await;
        let token = house.exchange(&code).await.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(house.bearer(&token).await.status, StatusCode::OK);
        let who = holder(&house).await;
        let consents = house.openid.consents(who.account).await.unwrap();
        assert_eq!(consents.len(), 1);
        assert_eq!(consents[0].product.en, "Option Quotes");
        assert_eq!(consents[0].organization.as_ref().unwrap().1, "澄江证券股份有限公司");
        // Remembered: a second code comes without asking, and is not brought before the person changes their mind.
        let waiting = house.get(&house.request(""), true).await.query("code").unwrap();
        let now = house.db.clock().now();
        house.openid.withdraw_consent(&who, consents[0].client, now).await.unwrap();
        assert_eq!(house.bearer(&token).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(house.exchange(&waiting).await.error(), "invalid_grant");
        assert!(house.get(&house.request(""), true).await.location().starts_with("/consent?flow="));
        assert!(house.openid.consents(who.account).await.unwrap().is_empty());
        let newest = platform::audit::model::Before::NEWEST;
        let told = ["consent.withdrawn"].as_slice();
        let told = platform::audit::service::concerning(&house.db, who.account, told, newest, 9).await;
        assert_eq!(told.unwrap().len(), 1, "in the holder's history");
        let twice = house.openid.withdraw_consent(&who, consents[0].client, now).await.unwrap_err();
        assert_eq!(twice.code, "consent.unknown");
    }
}
#[tokio::test(flavor = "multi_thread")]
async fn f03_a_consent_that_is_withdrawn_ends_what_is_renewed_at_that_moment() {
    for house in houses(true).await {
        let caller = Caller::new(&house, refreshing()).await;
        let tokens = caller.tokens("openid offline_access").await;
        let token = tokens["refresh_token"].as_str().unwrap();
        house
            .change(
                "INSERT INTO consent (account_id, client_id, organization_id, scope, at)
                 SELECT a.id, c.id, 0, 'openid', 0 FROM account a, client c WHERE c.name = 'Server'",
            )
            .await;
        let who = holder(&house).await;
        let (renewal, next) = caller.renewal_on_its_way(token).await;
        house.openid.withdraw_consent(&who, caller.client.id, house.db.clock().now()).await.unwrap();
        renewal.await.unwrap();
        assert_eq!(caller.refresh(&next).await.error(), "invalid_grant");
    }
}
#[tokio::test]
async fn what_ends_with_a_consent_is_looked_for_among_the_persons_own_tokens() {
    let house = houses(true).await.remove(0);
    let revokes =
        |(at, sql): &&(&str, &str)| at.contains("remembered") && sql.trim_start().starts_with("UPDATE token");
    let (_, sql) = db::STATEMENTS.iter().find(revokes).unwrap();
    let none: Option<i64> = None;
    let plan: Vec<(i64, i64, i64, String)> = house
        .db
        .read(move |tx| tx.all(&format!("EXPLAIN QUERY PLAN {sql}"), &[&none, &none, &none]))
        .await
        .unwrap();
    assert!(plan.iter().any(|step| step.3.contains("token_session")), "{plan:?}");
}
