//! What an edit of a client may change, what stays, and what of its tokens, codes and consents an edit takes along.
use super::{
    Algorithm, AuthMethod, Client, ClientEdit, ClientState, GrantType, Profile, Settings,
    service::update_client,
};
use crate::{
    house::{CALLBACK, House, houses},
    testing::{Caller, Key, refreshing},
};
use http::StatusCode;
use kernel::{Id, Result};
use organization::Operator;
use serde_json::{Value, json};
use std::sync::Arc;

/// As it is registered now.
fn edit(client: &Client) -> ClientEdit {
    ClientEdit {
        seen: None,
        name: client.name.clone(),
        redirect_uris: client.redirect_uris.split('\n').map(str::to_owned).collect(),
        post_logout_redirect_uris: client
            .post_logout_redirect_uris
            .split('\n')
            .filter(|uri| !uri.is_empty())
            .map(str::to_owned)
            .collect(),
        initiate_login_uri: client.initiate_login_uri.clone(),
        id_token_algorithm: client.id_token_algorithm,
        settings: client.settings.clone(),
    }
}
async fn update(house: &House, client: &Client, edit: ClientEdit) -> Result<Option<String>> {
    let by = Operator::installation();
    let made = update_client(&house.db, &by, client.product, client.id, edit).await?;
    assert_eq!((made.id, &made.client_id), (client.id, &client.client_id));
    Ok(made.secret.map(|secret| secret.expose().to_owned()))
}
async fn now(house: &House, client: &Client) -> Arc<Client> {
    house.openid.clients().find(&client.client_id).await.unwrap().unwrap()
}
/// Details of the edits on record, oldest first.
async fn recorded(house: &House) -> Vec<Value> {
    let details: Vec<String> = house
        .db
        .read(|tx| {
            tx.all("SELECT detail FROM audit_event WHERE action = 'client.updated' ORDER BY at, id", &[])
        })
        .await
        .unwrap();
    details.iter().map(|detail| serde_json::from_str(detail).unwrap()).collect()
}
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    for house in houses(true).await {
        let before = house.client.clone();
        let changed = ClientEdit {
            name: "Renamed".into(),
            redirect_uris: vec!["https://rp.test/other".into(), CALLBACK.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: Some("https://rp.test/start".into()),
            id_token_algorithm: Algorithm::EdDsa,
            settings: Settings {
                profile: Profile::Basic,
                access_token_seconds: 60,
                resources: vec!["https://a.test/".into()],
                ..refreshing()
            },
            ..edit(&before)
        };
        assert_eq!(update(&house, &before, changed.clone()).await.unwrap(), None, "the secret stays");
        let after = now(&house, &before).await;
        assert_eq!((after.name.as_str(), after.id_token_algorithm), ("Renamed", Algorithm::EdDsa));
        assert_eq!(after.redirect_uris, "https://rp.test/other\nhttps://rp.test/callback");
        assert_eq!((after.post_logout_redirect_uris.as_str(), &after.settings), ("", &changed.settings));
        assert_eq!(after.initiate_login_uri.as_deref(), Some("https://rp.test/start"));
        // To these people and staff have agreed.
        assert_eq!(
            (
                after.id,
                &after.client_id,
                after.product,
                after.skip_consent,
                after.state,
                after.service,
                after.owner
            ),
            (
                before.id,
                &before.client_id,
                before.product,
                before.skip_consent,
                ClientState::Active,
                false,
                None
            )
        );
        assert_eq!((&after.secret_mac, &after.secret_sealed), (&before.secret_mac, &before.secret_sealed));
        assert_eq!(after.keeping.developer, before.keeping.developer);
        let record = recorded(&house).await;
        let mut names: Vec<&String> = record[0]["changes"].as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(
            names,
            [
                "access_token_seconds",
                "grant_types",
                "id_token_algorithm",
                "initiate_login_uri",
                "name",
                "post_logout_redirect_uris",
                "profile",
                "redirect_uris",
                "resources",
            ]
        );
        assert_eq!(record[0]["changes"]["name"], json!({ "before": "Option Quotes", "after": "Renamed" }));
        assert_eq!((&record[0]["new_secret"], &record[0]["tokens_ended"]), (&json!(false), &json!(0)));
        // What changes nothing says so.
        update(&house, &before, changed).await.unwrap();
        assert_eq!(recorded(&house).await[1]["changes"], json!({}));
    }
}
#[tokio::test]
async fn an_edit_that_is_refused_has_changed_nothing() {
    for house in houses(true).await {
        let good = edit(&house.client);
        let with = |settings: Settings| ClientEdit { settings, ..good.clone() };
        let plain = Settings::default;
        let uris = |list: &[&str]| list.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
        for (broken, code) in [
            (ClientEdit { redirect_uris: Vec::new(), ..good.clone() }, "client.redirect_uri_required"),
            (
                ClientEdit { redirect_uris: uris(&["http://rp.test/cb"]), ..good.clone() },
                "client.redirect_uri_invalid",
            ),
            (
                ClientEdit { redirect_uris: uris(&[CALLBACK; 21]), ..good.clone() },
                "client.redirect_uri_too_many",
            ),
            (
                ClientEdit { post_logout_redirect_uris: uris(&["x"]), ..good.clone() },
                "client.redirect_uri_invalid",
            ),
            (
                ClientEdit { initiate_login_uri: Some("javascript:x".into()), ..good.clone() },
                "client.redirect_uri_invalid",
            ),
            (ClientEdit { name: " ".into(), ..good.clone() }, "field.required"),
            (
                with(Settings { grant_types: vec![GrantType::RefreshToken], ..plain() }),
                "client.grant_types_invalid",
            ),
            (with(Settings { access_token_seconds: 4000, ..plain() }), "client.lifetime_invalid"),
            (with(Settings { auth_method: AuthMethod::PrivateKeyJwt, ..plain() }), "client.jwks_required"),
            (with(Settings { profile: Profile::Fapi2, ..plain() }), "client.profile_method"),
            (with(Settings { resources: uris(&["relative"]), ..plain() }), "client.resource_invalid"),
            (
                with(Settings { jwks_uri: Some("http://rp.test/keys".into()), ..plain() }),
                "client.uri_invalid",
            ),
        ] {
            let refused = update(&house, &house.client, broken).await.unwrap_err();
            assert_eq!(refused.code, code);
        }
        let by = Operator::installation();
        for (product, id, code) in [
            (Id::from_i64(1), house.client.id, "product.unknown"),
            (house.client.product, Id::from_i64(1), "client.unknown"),
        ] {
            let refused = update_client(&house.db, &by, product, id, good.clone()).await.unwrap_err();
            assert_eq!(refused.code, code);
        }
        let machine = Caller::machine(&house, Settings::machine()).await;
        let address = ClientEdit { redirect_uris: uris(&[CALLBACK]), ..edit(&machine.client) };
        assert_eq!(
            update(&house, &machine.client, address).await.unwrap_err().code,
            "client.redirect_uri_invalid"
        );
        let signs_in = ClientEdit { redirect_uris: Vec::new(), settings: plain(), ..edit(&machine.client) };
        assert_eq!(
            update(&house, &machine.client, signs_in).await.unwrap_err().code,
            "client.grant_types_invalid"
        );
        assert!(recorded(&house).await.is_empty());
        let after = now(&house, &house.client).await;
        assert_eq!(
            (&after.redirect_uris, &after.settings),
            (&house.client.redirect_uris, &house.client.settings)
        );
    }
}
#[tokio::test]
async fn another_way_to_prove_itself_ends_the_old_one_at_once() {
    for house in houses(true).await {
        let caller =
            Caller::new(&house, Settings { auth_method: AuthMethod::SecretPost, ..refreshing() }).await;
        let (client, old) = (&caller.client, caller.secret.clone().unwrap());
        let answers = async |secret: &str| {
            let body = format!("client_id={}&client_secret={secret}&token=x", client.client_id);
            house.post("/oauth2/revoke", None, &body).await.status
        };
        assert_eq!(answers(&old).await, StatusCode::OK);
        let key = Key::new(Algorithm::Es256);
        let by_key = Settings {
            auth_method: AuthMethod::PrivateKeyJwt,
            jwks: Some(key.set()),
            ..client.settings.clone()
        };
        let signs = ClientEdit { settings: by_key, ..edit(client) };
        assert_eq!(update(&house, client, signs).await.unwrap(), None, "a key needs no secret");
        assert_eq!(now(&house, client).await.secret_mac, None, "and none is kept");
        assert_eq!(answers(&old).await, StatusCode::UNAUTHORIZED);
        let back = update(&house, client, edit(client)).await.unwrap().unwrap();
        assert_ne!(back, old);
        assert_eq!((answers(&old).await, answers(&back).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
        let record = recorded(&house).await;
        assert_eq!((&record[0]["new_secret"], &record[1]["new_secret"]), (&json!(false), &json!(true)));
        assert!(
            !record.iter().any(|detail| detail.to_string().contains(&back)),
            "the record holds no secret"
        );
    }
}
#[tokio::test]
async fn what_is_taken_from_a_client_its_codes_and_tokens_lose_for_good() {
    for house in houses(true).await {
        let second = "https://rp.test/second";
        let caller =
            Caller::new(&house, Settings { resources: vec!["https://a.test/".into()], ..refreshing() }).await;
        let client = &caller.client;
        let both = ClientEdit { redirect_uris: vec![CALLBACK.into(), second.into()], ..edit(client) };
        update(&house, client, both.clone()).await.unwrap();

        // An address: what it was sent is worth nothing, the code for the other one is as good as before.
        let code = async |uri: &str| {
            let members = caller.request("openid").into_iter();
            let members = members
                .map(|(name, value)| (name, if name == "redirect_uri" { uri.to_owned() } else { value }));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
            house.get(&format!("/oauth2/authorize?{query}"), true).await.query("code").unwrap()
        };
        let exchange = async |code: &str, uri: &str| {
            let verifier = crate::house::VERIFIER;
            let members = [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", uri),
                ("code_verifier", verifier),
            ];
            caller.ask("/oauth2/token", &members).await
        };
        let (kept, taken) = (code(CALLBACK).await, code(second).await);
        update(&house, client, edit(client)).await.unwrap();
        assert_eq!(exchange(&taken, second).await.error(), "invalid_grant");
        assert_eq!(exchange(&kept, CALLBACK).await.status, StatusCode::OK);

        // A resource: a code that was given for it brings no token for it.
        let for_api = caller.code("openid", &[("resource", "https://a.test/")]).await;
        let without = Settings { resources: Vec::new(), ..client.settings.clone() };
        update(&house, client, ClientEdit { settings: without, ..edit(client) }).await.unwrap();
        assert_eq!(caller.exchange(&for_api).await.error(), "invalid_target");
        update(&house, client, edit(client)).await.unwrap();

        // Refreshing: the tokens are gone, and stay so when it comes back.
        let tokens = caller.tokens("openid offline_access").await;
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        let once = Settings { grant_types: vec![GrantType::AuthorizationCode], ..client.settings.clone() };
        update(&house, client, ClientEdit { settings: once, ..edit(client) }).await.unwrap();
        assert_eq!(recorded(&house).await.last().unwrap()["tokens_ended"], 1);
        assert_eq!(caller.refresh(&refresh).await.error(), "unauthorized_client");
        assert_eq!(caller.introspect(&access).await["active"], true, "it lives out its minutes");
        update(&house, client, edit(client)).await.unwrap();
        assert_eq!(caller.refresh(&refresh).await.error(), "invalid_grant");

        // Tokens that anybody may bring: from now on they are bound to a key.
        assert_eq!(house.bearer(&access).await.status, StatusCode::OK);
        let bound = Settings { dpop_bound: true, ..client.settings.clone() };
        update(&house, client, ClientEdit { settings: bound, ..edit(client) }).await.unwrap();
        assert_eq!(house.bearer(&access).await.status, StatusCode::UNAUTHORIZED);
        let unproven = caller.code("openid", &[]).await;
        assert_eq!(caller.exchange(&unproven).await.error(), "invalid_request");
        update(&house, client, edit(client)).await.unwrap();
        assert_eq!(house.bearer(&access).await.status, StatusCode::UNAUTHORIZED, "for good");
    }
}
#[tokio::test]
async fn a_consent_is_to_what_was_shown_and_outlives_an_edit() {
    for house in houses(false).await {
        let agree = async |page: crate::house::Answer| {
            let (flow, space) = (page.value_of("flow"), house.organization.to_string());
            let members =
                [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", "on")];
            house.submit(&page, "/consent", &members).await
        };
        let asks = async |request: &str| house.get(request, true).await.location().starts_with("/consent?");
        let plain = house.request("");
        let page = house.get(&house.get(&plain, true).await.location(), true).await;
        assert!(agree(page).await.query("code").is_some());
        assert!(!asks(&plain).await, "remembered");
        // The same scope through another address is the same consent; going on alone is another.
        let more = ClientEdit {
            redirect_uris: vec![CALLBACK.into(), "https://rp.test/second".into()],
            settings: refreshing(),
            ..edit(&house.client)
        };
        update(&house, &house.client, more).await.unwrap();
        assert!(!asks(&plain).await);
        assert!(!asks(&plain.replace("callback", "second")).await);
        assert!(asks(&plain.replace("openid+profile", "openid+profile+offline_access")).await);
    }
}
