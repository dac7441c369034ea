use super::{Kind, NewConnector, service};
use crate::staff::PolicyEditor;

fn new(db: &db::Db, name: &str) -> NewConnector {
    NewConnector::new(db.draw(), Kind::Sms, "aliyun", name, true, &serde_json::json!({ "secret": "s3cr3t" }))
        .unwrap()
}

#[tokio::test]
async fn a_connector_is_sealed_ordered_and_changed_by_the_newest_form_alone() {
    for db in db::testing::engines().await {
        let (editor, now) = (PolicyEditor::command_line(), db.clock().now());
        let (one, two) = (new(&db, "one"), new(&db, "two"));
        let (first, second) = (one.id, two.id);
        for new in [one.clone(), one, two] {
            service::create(&db, &editor, new, now).await.unwrap();
        }
        let names = |list: &[super::Connector]| list.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            names(&service::list(&db, Kind::Sms).await.unwrap()),
            ["one", "two"],
            "a form sent twice makes one"
        );
        let sealed: Vec<u8> =
            db.read(move |tx| tx.one("SELECT config FROM connector WHERE id = $1", &[&first])).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("s3cr3t"));
        let audit: Vec<String> = db.read(|tx| tx.all("SELECT detail FROM audit_event", &[])).await.unwrap();
        assert!(audit.iter().all(|detail| !detail.contains("s3cr3t")));

        service::move_up(&db, &editor, second, now).await.unwrap();
        assert_eq!(names(&service::list(&db, Kind::Sms).await.unwrap()), ["two", "one"]);
        service::change(&db, &editor, first, 1, "one!", false, "{}", now).await.unwrap();
        let stale = service::change(&db, &editor, first, 1, "other", true, "{}", now).await;
        assert_eq!(stale.unwrap_err().code, "connector.changed_meanwhile");
        assert_eq!(names(&service::enabled(&db, Kind::Sms).await.unwrap()), ["two"]);
        service::delete(&db, &editor, first).await.unwrap();
        assert!(service::find(&db, first).await.unwrap().is_none());
        assert!(service::list(&db, Kind::Mail).await.unwrap().is_empty());
    }
}
