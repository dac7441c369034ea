//! What developers of an organization may do with clients, and what stays with the platform.
use super::{
    Algorithm, ClientEdit, ClientState, Keeper, NewClient, Profile, Settings, SubjectType, keeper,
    service::{create_client, rotate_secret, set_state, update_client},
};
use crate::house::{CALLBACK, House, houses};
use identity::{account::AccountState, account::Owner, realname::RealNameLevel, session::SignedIn};
use kernel::{
    Actor, ActorKind, Error, Result,
    id::{AccountId, ClientId, ProductId},
};
use organization::{Operator, developer::Developer, organization::OrganizationState};
use serde_json::{Value, json};

const OTHER: ProductId = ProductId::from_i64(77);

/// The house's agent as an administrator of the organization.
pub(super) async fn developer(house: &House) -> Developer {
    house.change("UPDATE membership SET role = 'administrator'").await;
    let account: AccountId = house.db.read(|tx| tx.one("SELECT id FROM account", &[])).await.unwrap();
    let now = house.db.clock().now();
    let signed_in = SignedIn {
        account,
        session: house.session,
        name: "陈思齐".into(),
        login_name: "chensq".into(),
        phone_masked: None,
        owner: Owner::Managed(house.organization),
        state: AccountState::Active,
        methods: vec!["pwd".into()],
        strength: 1,
        authenticated_at: now,
        verified_at: now,
        level: RealNameLevel::Unverified,
        staff: None,
        must_change_password: false,
        password_overdue: false,
        last_organization: None,
        actor: Actor { kind: ActorKind::Account, account: Some(account), ..Actor::system() },
    };
    let rooms = house.openid.organizations();
    let member = rooms.member(&signed_in, house.organization, now).await.unwrap();
    rooms.developer(&member, now).await.unwrap()
}
fn by() -> Operator {
    Operator::installation()
}
async fn entrusted(house: &House) -> Developer {
    let to = (None, Some(house.organization));
    keeper::entrust(&house.db, &by(), house.client.product, to).await.unwrap();
    developer(house).await
}
fn new(house: &House, product: ProductId) -> NewClient {
    NewClient {
        id: house.db.draw(),
        product,
        name: "行情站点".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        settings: Settings::default(),
    }
}
fn edit(seen: Option<i64>, redirect: &str, settings: Settings) -> ClientEdit {
    ClientEdit {
        seen,
        name: "行情站点".into(),
        redirect_uris: vec![redirect.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        id_token_algorithm: Algorithm::Es256,
        settings,
    }
}
fn code<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(Error { code, .. }) => code,
    }
}
/// The record of the organization: action and detail, oldest first.
async fn record(house: &House) -> Vec<(String, Value)> {
    let sql = "SELECT action, detail FROM audit_event WHERE organization_id IS NOT NULL ORDER BY id";
    let rows: Vec<(String, String)> = house.db.read(move |tx| tx.all(sql, &[])).await.unwrap();
    rows.into_iter()
        .map(|(action, detail)| (action, serde_json::from_str(&detail).unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn developers_keep_their_own_clients_and_no_others() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let stranger = developer(&house).await;
        assert_eq!(code(create_client(db, &stranger, new(&house, product)).await), "product.unknown");
        let developer = entrusted(&house).await;
        let keeper = Keeper::from(&developer);
        let made = create_client(db, &developer, new(&house, product)).await.unwrap();
        assert!(made.secret.is_some());
        let kept = house.openid.kept_clients(&developer).await.unwrap();
        assert_eq!(kept.iter().map(|client| client.id).collect::<Vec<_>>(), [made.id]);
        // The desk's client is not there for them, nor is one of a product that is another's.
        let desks = house.client.id;
        assert_eq!(code(keeper::find_kept(db, &keeper, product, desks).await), "client.unknown");
        assert_eq!(code(rotate_secret(db, &developer, product, desks, None).await), "client.unknown");
        let moved = || edit(None, "https://evil.test/in", Settings::default());
        assert_eq!(code(update_client(db, &developer, product, desks, moved()).await), "client.unknown");
        let state = ClientState::Disabled;
        assert_eq!(code(set_state(db, &developer, &house.client, state).await), "client.unknown");
        assert_eq!(code(update_client(db, &developer, OTHER, made.id, moved()).await), "product.unknown");
        assert_eq!(code(create_client(db, &developer, new(&house, OTHER)).await), "product.unknown");
        // What is above them stays with the platform.
        let silent = NewClient { skip_consent: true, ..new(&house, product) };
        assert_eq!(code(create_client(db, &developer, silent).await), "client.consent_required");
        house.another_product(Some("https://www.b.test/in")).await;
        let settings = Settings { resources: vec!["https://www.b.test/api".into()], ..Settings::default() };
        let foreign = update_client(db, &developer, product, made.id, edit(None, CALLBACK, settings)).await;
        assert_eq!(code(foreign), "client.resource_foreign");
        let text = record(&house).await;
        let actions: Vec<&str> = text.iter().map(|(action, _)| action.as_str()).collect();
        assert_eq!(actions, ["product.developer_changed", "client.created"]);
        // Somebody who administers no more is told, whatever page is open.
        house.change("UPDATE membership SET role = 'agent'").await;
        assert_eq!(code(create_client(db, &developer, new(&house, product)).await), "developer.required");
    }
}

#[tokio::test]
async fn of_two_who_change_a_client_the_slower_is_told() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let developer = entrusted(&house).await;
        let id = create_client(db, &developer, new(&house, product)).await.unwrap().id;
        let seen = Some(0);
        let saved = async |who: Keeper, redirect: &str| {
            code(update_client(db, who, product, id, edit(seen, redirect, Settings::default())).await)
        };
        assert_eq!(saved((&developer).into(), "https://rp.test/first").await, "done");
        assert_eq!(saved((&by()).into(), "https://rp.test/second").await, "client.changed_meanwhile");
        assert_eq!(code(rotate_secret(db, &developer, product, id, seen).await), "client.changed_meanwhile");
        let client = keeper::find_kept(db, &Keeper::from(&developer), product, id).await.unwrap();
        assert_eq!((client.redirect_uris.as_str(), client.keeping.rev), ("https://rp.test/first", 1));
        // A form that is sent twice makes one secret, and of two at once one does.
        let rotate = || {
            let (db, developer) = (db.clone(), developer.clone());
            tokio::spawn(async move { rotate_secret(&db, &developer, product, id, Some(1)).await })
        };
        let (first, second) = (rotate(), rotate());
        let mut outcomes = [code(first.await.unwrap()), code(second.await.unwrap())];
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["client.changed_meanwhile", "done"]);
        // Handing on counts as a change, and is seen as one.
        let hand = async |rev| code(keeper::hand_over(db, &by(), (product, id, rev), false).await);
        assert_eq!(hand(1).await, "client.changed_meanwhile");
        assert_eq!(hand(2).await, "done");
        assert_eq!(saved((&developer).into(), "https://rp.test/third").await, "client.unknown");
        let told: Vec<String> = record(&house).await.into_iter().map(|(action, _)| action).collect();
        assert_eq!(
            told,
            [
                "product.developer_changed",
                "client.created",
                "client.updated",
                "client.secret_rotated",
                "client.developer_changed"
            ]
        );
    }
}

#[tokio::test]
async fn what_an_organization_keeps_falls_asleep_and_wakes_with_it() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        // The house's own client, with a person's token, goes to the developers.
        let token = house.token().await;
        let developer = entrusted(&house).await;
        // Administrators do no business here: the token is an agent's.
        house.change("UPDATE membership SET role = 'agent'").await;
        assert_eq!(house.bearer(&token).await.status, 200);
        let id: ClientId = house.client.id;
        keeper::hand_over(db, &by(), (product, id, 0), true).await.unwrap();
        let works = async || house.openid.clients().find(&house.client.client_id).await.unwrap().is_some();
        assert!(works().await);
        assert_ne!(house.bearer(&token).await.status, 200, "what was let in before was another keeper's");
        let asked = house.get(&house.request(""), true).await;
        assert!(
            asked.location().starts_with("/consent"),
            "nobody but the platform passes over consent: {asked:?}"
        );
        agree(&house).await;
        let token = house.token().await;
        assert_eq!(house.bearer(&token).await.status, 200);
        let rooms = house.openid.organizations();
        let now = db.clock().now();
        let set = async |state| {
            rooms.set_organization_state(&by(), house.organization, state, now).await.unwrap();
        };
        set(OrganizationState::Suspended).await;
        assert!(!works().await, "no poll is waited for");
        assert_ne!(house.bearer(&token).await.status, 200);
        let refused = house.get(&house.request(""), true).await;
        assert_eq!(refused.error_code(), "client.unknown");
        // It wakes, without the tokens of before.
        set(OrganizationState::Active).await;
        assert!(works().await);
        assert_ne!(house.bearer(&token).await.status, 200);
        // Struck off by the register is no better than suspended.
        house.change("UPDATE organization SET registry_state = 'revoked'").await;
        assert!(!works().await);
        // The desk takes what was entrusted back: it is theirs no more, and what slept does not wake by it.
        keeper::entrust(db, &by(), product, (Some(house.organization), None)).await.unwrap();
        assert!(!works().await);
        let there = keeper::find_kept(db, &Keeper::from(&by()), product, id).await.unwrap();
        assert_eq!(there.state, ClientState::Disabled);
        set_state(db, &by(), &there, ClientState::Active).await.unwrap();
        assert!(works().await);
        assert!(house.openid.kept_clients(&developer).await.unwrap().is_empty());
        let (_, detail) = record(&house).await.pop().unwrap();
        assert_eq!((&detail["clients"], &detail["after"]), (&json!(1), &Value::Null));
        // Handed to nobody's developers.
        let nobody = keeper::hand_over(db, &by(), (product, id, 2), true).await;
        assert_eq!(code(nobody), "client.no_developer");
    }
}

#[tokio::test]
async fn what_the_platform_switched_off_the_platform_switches_on() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let developer = entrusted(&house).await;
        let made = create_client(db, &developer, new(&house, product)).await.unwrap();
        let keeper = Keeper::from(&developer);
        let client = async || keeper::find_kept(db, &keeper, product, made.id).await.unwrap();
        let theirs = async |state| code(set_state(db, &developer, &client().await, state).await);
        // Their own switch, both ways.
        assert_eq!(theirs(ClientState::Disabled).await, "done");
        assert_eq!(client().await.state, ClientState::Paused);
        assert!(house.openid.clients().find(&made.client_id).await.unwrap().is_none());
        assert_eq!(theirs(ClientState::Active).await, "done");
        assert!(house.openid.clients().find(&made.client_id).await.unwrap().is_some());
        set_state(db, &by(), &client().await, ClientState::Disabled).await.unwrap();
        for state in [ClientState::Active, ClientState::Disabled] {
            assert_eq!(theirs(state).await, "client.disabled_by_platform");
        }
        assert_eq!(client().await.state, ClientState::Disabled);
        set_state(db, &by(), &client().await, ClientState::Active).await.unwrap();
        // The platform's hand is in their record too.
        let record = record(&house).await;
        let states = record.iter().filter(|(action, _)| action == "client.state_changed").count();
        assert_eq!(states, 4);
    }
}

/// The person agreed to everything, for good.
async fn agree(house: &House) {
    house
        .change(
            "INSERT INTO consent (account_id, client_id, organization_id, scope, at)
             SELECT a.id, l.id, o.id, 'openid profile', 4000000000000 FROM account a, client l, organization o
             WHERE l.service = FALSE",
        )
        .await;
}
async fn consents(house: &House) -> i64 {
    house.db.read(|tx| tx.one("SELECT COUNT(*) FROM consent", &[])).await.unwrap()
}

#[tokio::test]
async fn what_the_platform_decides_of_a_product_its_developers_leave_as_it_is() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let developer = entrusted(&house).await;
        let (strict, key) = crate::testing::fapi();
        let laxer = Settings { profile: Profile::Basic, ..Settings::default() };
        let pairwise = Settings { subject_type: SubjectType::Pairwise, ..Settings::default() };
        for settings in [&laxer, &pairwise] {
            let new = NewClient { settings: settings.clone(), ..new(&house, product) };
            assert_eq!(code(create_client(db, &developer, new).await), "client.platform_decides");
        }
        // One that the desk made stricter stays so in their hands.
        let made = create_client(db, &developer, new(&house, product)).await.unwrap();
        let save = async |by: Keeper, settings: &Settings| {
            code(update_client(db, by, product, made.id, edit(None, CALLBACK, settings.clone())).await)
        };
        assert_eq!(save((&by()).into(), &strict).await, "done");
        assert_eq!(save((&developer).into(), &Settings::default()).await, "client.platform_decides");
        assert_eq!(
            save((&developer).into(), &Settings { jwks: Some(key.set()), ..strict.clone() }).await,
            "done"
        );
        assert_eq!(save((&by()).into(), &pairwise).await, "done");
        assert_eq!(save((&developer).into(), &Settings::default()).await, "client.platform_decides");
    }
}

/// What people agreed to names where they are sent; another place is another question.
#[tokio::test]
async fn people_are_asked_again_when_a_client_moves_or_changes_hands() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let developer = entrusted(&house).await;
        let made = create_client(db, &developer, new(&house, product)).await.unwrap();
        let move_to = async |uri: &str| {
            let edit = edit(None, uri, Settings::default());
            update_client(db, &developer, product, made.id, edit).await.unwrap();
        };
        house.change("DELETE FROM consent").await;
        agree(&house).await;
        let before = consents(&house).await;
        move_to("https://rp.test/another/page").await;
        assert_eq!(consents(&house).await, before, "the same place");
        move_to("https://elsewhere.test/in").await;
        assert_eq!(consents(&house).await, before - 1, "the other client's are left");
        house.change("DELETE FROM consent").await;
        agree(&house).await;
        keeper::hand_over(db, &by(), (product, made.id, 2), false).await.unwrap();
        assert_eq!(consents(&house).await, before - 1);
    }
}

/// A host that the system administrator alone may enter does not pass to an organization with the client.
#[tokio::test]
async fn f10_a_client_with_anothers_api_is_not_handed_over() {
    for house in houses(true).await {
        let (db, product, id) = (&house.db, house.client.product, house.client.id);
        entrusted(&house).await;
        house.another_product(Some("https://b.test/in")).await;
        let foreign = Settings { resources: vec!["https://b.test/api".into()], ..Settings::default() };
        update_client(db, &by(), product, id, edit(None, CALLBACK, foreign)).await.unwrap();
        let handed = code(keeper::hand_over(db, &by(), (product, id, 1), true).await);
        assert_eq!(handed, "client.resource_foreign");
    }
}

/// Their own switch and the platform's at once: whatever comes first, what the platform switched off stays off.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_switch_of_the_developers_undoes_the_platforms() {
    for house in houses(true).await {
        let (db, product) = (&house.db, house.client.product);
        let developer = entrusted(&house).await;
        let made = create_client(db, &developer, new(&house, product)).await.unwrap();
        let client = async || keeper::find_kept(db, &Keeper::from(&by()), product, made.id).await.unwrap();
        for _ in 0..25 {
            let there = client().await;
            set_state(db, &by(), &there, ClientState::Active).await.unwrap();
            let theirs = {
                let (db, developer, there) = (db.clone(), developer.clone(), there.clone());
                tokio::spawn(async move { set_state(&db, &developer, &there, ClientState::Disabled).await })
            };
            let ours = {
                let (db, there) = (db.clone(), there.clone());
                tokio::spawn(async move { set_state(&db, &by(), &there, ClientState::Disabled).await })
            };
            let (theirs, ours) = (code(theirs.await.unwrap()), code(ours.await.unwrap()));
            let state = client().await.state;
            match ours {
                "done" => assert_eq!(state, ClientState::Disabled, "{theirs}"),
                told => assert_eq!((told, state), ("client.changed_meanwhile", ClientState::Paused)),
            }
        }
        // And whoever read it before writes nothing after.
        let there = client().await;
        set_state(db, &by(), &there, ClientState::Active).await.unwrap();
        let late = super::Client { state: ClientState::Paused, ..there };
        let written =
            db.write_unaudited("test", move |tx| super::store::update_state(tx, &late)).await.unwrap();
        assert!(!written);
    }
}
