//! What may be registered together, and what the record keeps of an edit.
use super::{
    Algorithm, ClientEdit, RedirectUri, Settings, SubjectType, published::check_sector,
    service::update_client,
};
use crate::{
    house::{CALLBACK, houses},
    testing::Key,
};
use axum::{Router, routing::get};
use organization::Operator;
use serde_json::{Value, json};

fn pairwise() -> Settings {
    Settings { subject_type: SubjectType::Pairwise, ..Settings::default() }
}

#[test]
fn a_sector_without_a_list_of_its_own_is_a_host_with_a_certificate() {
    let checked = |settings: Settings, uris: &[&str]| {
        let uris: Vec<_> = uris.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect();
        settings.checked(Algorithm::Es256, &uris, false).map(drop).map_err(|error| error.code)
    };
    assert_eq!(checked(pairwise(), &["https://rp.test/a", "https://rp.test/b"]), Ok(()));
    for uris in [
        &["http://127.0.0.1:8090/callback"][..],
        &["com.example.app://rp.test/callback"],
        &["https://rp.test/a", "https://other.test/a"],
        &["https://rp.test/a", "http://localhost:8090/callback"],
    ] {
        assert_eq!(checked(pairwise(), uris), Err("client.sector_required"), "{uris:?}");
        let list = Some("https://rp.test/list".into());
        assert_eq!(checked(Settings { sector_identifier_uri: list, ..pairwise() }, uris), Ok(()), "{uris:?}");
    }
}
#[tokio::test]
async fn the_record_says_what_an_edit_of_a_client_changed() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Es256);
        let edit = ClientEdit {
            seen: None,
            name: house.client.name.clone(),
            redirect_uris: vec![CALLBACK.into(), "https://evil.test/callback".into()],
            post_logout_redirect_uris: vec!["https://rp.test/bye".into()],
            initiate_login_uri: None,
            id_token_algorithm: Algorithm::Es256,
            settings: Settings {
                jwks: Some(key.set()),
                backchannel_logout_uri: Some("https://rp.test/out".into()),
                ..Settings::default()
            },
        };
        let (by, client) = (Operator::installation(), &house.client);
        update_client(&house.db, &by, client.product, client.id, edit).await.unwrap();
        let detail: String = house
            .db
            .read(|tx| tx.one("SELECT detail FROM audit_event WHERE action = 'client.updated'", &[]))
            .await
            .unwrap();
        let changes = serde_json::from_str::<Value>(&detail).unwrap()["changes"].clone();
        assert_eq!(
            changes["redirect_uris"],
            json!({ "before": [CALLBACK], "after": [CALLBACK, "https://evil.test/callback"] })
        );
        assert_eq!(
            changes["backchannel_logout_uri"],
            json!({ "before": null, "after": "https://rp.test/out" })
        );
        assert!(changes["jwks_sha256"]["after"].as_str().is_some_and(|digest| digest.len() == 43));
        assert_eq!(changes.as_object().unwrap().len(), 3, "{changes}");
    }
}
/// What the address of a list may answer, and whether a client may then be registered under it (Core §8.1).
#[tokio::test]
async fn whoever_is_not_on_the_list_of_a_sector_is_not_registered_under_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers: [(&str, &'static str, Option<&str>); 8] = [
        ("/good", r#"["https://rp.test/callback", "https://rp.test/b"]"#, None),
        ("/other", r#"["https://rp.test/callback/", "https://rp.test"]"#, Some("client.sector_mismatch")),
        ("/empty", "[]", Some("client.sector_mismatch")),
        ("/object", r#"{"redirect_uris": ["https://rp.test/callback"]}"#, Some("client.sector_unreadable")),
        ("/mixed", r#"["https://rp.test/callback", 1]"#, Some("client.sector_unreadable")),
        ("/text", "https://rp.test/callback", Some("client.sector_unreadable")),
        ("/nothing", "", Some("client.sector_unreadable")),
        ("/null", "null", Some("client.sector_unreadable")),
    ];
    let router = answers.iter().fold(Router::new(), |router, (path, body, _)| {
        let body = *body;
        router.route(path, get(move || async move { body }))
    });
    let moved = get(|| async { axum::response::Redirect::temporary("/good") });
    let router = router.route("/moved", moved);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let opened = web::OutboundOptions { allow: vec!["127.0.0.0/8".parse().unwrap()], roots: Vec::new() };
    let (outbound, closed) =
        (web::Outbound::new(opened), web::Outbound::new(web::OutboundOptions::default()));
    let (outbound, closed) = (outbound.unwrap(), closed.unwrap());
    let check = async |outbound: &web::Outbound, path: &str| {
        let settings = Settings { sector_identifier_uri: Some(format!("{base}{path}")), ..pairwise() };
        check_sector(outbound, &settings, &[CALLBACK.into()]).await.map_err(|error| error.code)
    };
    for (path, _, wrong) in answers {
        assert_eq!(check(&outbound, path).await, wrong.map_or(Ok(()), Err), "{path}");
    }
    // Nobody there, a redirect, and an address that this server may not call.
    assert_eq!(check(&outbound, "/missing").await, Err("client.sector_unreadable"));
    assert_eq!(check(&outbound, "/moved").await, Err("client.sector_unreadable"));
    assert_eq!(check(&closed, "/good").await, Err("client.sector_unreadable"));
    serving.abort();
}
