use super::{MailText, service};
use platform::staff::PolicyEditor;
use std::collections::BTreeMap;

fn text(subject: &str, body: &str) -> MailText {
    MailText { subject: subject.into(), body: body.into(), ..MailText::built_in("register", "en") }
}

#[test]
fn a_text_is_tried_before_it_is_kept() {
    let samples: BTreeMap<String, String> = [("code", "123456"), ("brand", "Fujie"), ("blank", " ")]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
    let good =
        text("Your\n code  {{ code }}", "Dear friend,\n{{ code }} at {{ brand }}").preview(&samples).unwrap();
    assert_eq!(good, ("Your code 123456".to_owned(), "Dear friend,\n123456 at Fujie".to_owned()));
    for (subject, body, code, field) in [
        ("{{ cod }}", "x", "mail_text.broken", "subject"),
        ("x", "{% if %}", "mail_text.broken", "body"),
        ("{{ blank }}", "x", "mail_text.empty", "subject"),
    ] {
        let error = text(subject, body).preview(&samples).unwrap_err();
        assert_eq!((error.code, error.field), (code, Some(field)));
    }
}

#[tokio::test]
async fn a_text_is_changed_by_the_newest_form_and_taken_back() {
    for db in db::testing::engines().await {
        let (editor, now) = (PolicyEditor::command_line(), db.clock().now());
        assert!(service::find(&db, "register", "en").await.unwrap().is_none());
        service::save(&db, &editor, text("S", "B"), now).await.unwrap();
        let second = service::save(&db, &editor, text("S2", "B"), now).await.unwrap_err();
        assert_eq!(second.code, "connector.changed_meanwhile", "two forms that both saw none");
        let stored = service::find(&db, "register", "en").await.unwrap().unwrap();
        service::save(&db, &editor, MailText { subject: "S3".into(), ..stored.clone() }, now).await.unwrap();
        assert!(service::save(&db, &editor, stored, now).await.is_err());
        assert_eq!(service::list(&db).await.unwrap()[0].subject, "S3");
        for _ in 0..2 {
            service::reset(&db, &editor, "register", "en").await.unwrap();
        }
        assert!(service::list(&db).await.unwrap().is_empty());
    }
}
