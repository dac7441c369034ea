//! An identity that a provider certified.
use crate::testing::{Room, Visitor, someone};
use http::StatusCode;
use identity::realname::RealNameLevel;
use platform::staff::PolicyEditor;
use std::sync::Arc;

/// What a round trip to Alipay left, as `identity::external` keeps it.
async fn came_back(room: &Room, visitor: &Visitor, connector: &str, certified: serde_json::Value) -> String {
    let (id, keyring, now) = (room.db().draw(), Arc::clone(room.db().keyring()), room.now());
    let data = serde_json::json!({
        "connector": connector, "provider": "alipay", "name": "支付宝", "purpose": "RealName", "account": null,
        "return_to": "/me/real-name", "person": {
            "subject": "open_id app one", "alt_subjects": [], "display_name": "小鱼", "certified": certified,
            "phone": null,
        },
    });
    let new = platform::challenge::NewChallenge {
        id,
        kind: "external",
        purpose: "external.real_name",
        browser: visitor.ctx.browser,
        target: None,
        code: Some(String::new()),
        data: data.to_string(),
        attempts_allowed: 1,
        now,
        expires_at: now.plus_seconds(600),
    };
    room.db()
        .write_unaudited("test", move |tx| platform::challenge::service::open_in(tx, &keyring, &new))
        .await
        .unwrap();
    id.to_string()
}

#[tokio::test]
async fn m20_an_identity_that_alipay_certified_is_taken_over_once() {
    for room in Room::on_engines().await {
        let visitor = room.person("walker1").await;
        let (connector, person) = (room.db().draw(), someone(1));
        let here = format!("/me/real-name/certified/{connector}");
        assert_eq!(visitor.get(&here).await.status, StatusCode::NOT_FOUND, "nothing is set up");
        let new = platform::connector::NewConnector::new(
            connector,
            platform::connector::Kind::Upstream,
            "alipay",
            "支付宝",
            true,
            &serde_json::json!({ "profile": true }),
        );
        platform::connector::service::create(
            room.db(),
            &PolicyEditor::command_line(),
            new.unwrap(),
            room.now(),
        )
        .await
        .unwrap();
        assert!(visitor.get("/me/real-name").await.text.contains(&here));
        let page = visitor.post(&here, &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "not without the consent");

        // Nor by whoever finds an open browser.
        room.db().clock().advance_seconds(11 * 60);
        let back = format!("{here}?external={connector}");
        for page in [
            visitor.get(&here).await,
            visitor.post(&here, &[("consent", "on")]).await,
            visitor.get(&back).await,
        ] {
            assert!(page.location().starts_with("/me/verify?need=fresh"), "{} {}", page.status, page.text);
        }
        let visitor = room.visitor(visitor.account()).await;

        let connector = connector.to_string();
        let none = came_back(&room, &visitor, &connector, serde_json::Value::Null).await;
        let page = visitor.get(&format!("{here}?external={none}")).await;
        assert_eq!(page.location(), here);
        let certified = serde_json::json!({ "name": person.name, "document": person.number });
        let came = came_back(&room, &visitor, &connector, certified).await;
        let other = room.person("walker2").await;
        let page = other.get(&format!("{here}?external={came}")).await;
        assert_eq!(
            (page.location(), room.level(other.account()).await),
            (here.as_str(), RealNameLevel::Unverified)
        );
        let page = visitor.get(&format!("{here}?external={came}")).await;
        assert!(page.location().starts_with("/me/real-name/cases/"), "{} {}", page.status, page.text);
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Intermediate);
        let records = identity::realname::service::records_of(room.db(), visitor.account()).await.unwrap();
        assert_eq!((records.len(), records[0].provider.as_str()), (1, "支付宝"));
        let page = visitor.get(&format!("{here}?external={came}")).await;
        assert_eq!(page.location(), here, "used up");
        let proofs = "SELECT CAST(COUNT(*) AS BIGINT) FROM identity_proof";
        assert_eq!((room.count(proofs).await, room.subjects_kept().await), (1, 0));
    }
}
