use super::{Approval, Template, model, service};
use kernel::Id;
use platform::{
    connector::{self, Kind, NewConnector},
    staff::PolicyEditor,
};

fn template(purpose: &str, lang: &str, code: &str, approval: Approval) -> Template {
    Template {
        id: Id::from_i64(i64::from(code.bytes().map(u32::from).sum::<u32>())),
        connector: Id::from_i64(1),
        purpose: purpose.into(),
        lang: lang.into(),
        sign: None,
        code: code.into(),
        parameters: vec!["code".into()],
        approval,
        rev: 0,
        updated_at: kernel::Timestamp::default(),
    }
}

#[test]
fn the_nearest_approved_template_is_taken() {
    let all = [
        template("register", "zh-CN", "exact", Approval::Approved),
        template("register", "en", "draft", Approval::Draft),
        template("any_code", "en", "any-en", Approval::Approved),
        template("any_code", "zh-CN", "any-zh", Approval::Approved),
        template("sign_in", "zh-CN", "refused", Approval::Refused),
    ];
    let choose = |purpose, lang, has_code, approved| {
        model::choose(&all, Id::from_i64(1), (purpose, lang, has_code), approved).map(|t| t.code.as_str())
    };
    assert_eq!(choose("register", "zh-CN", true, true), Some("exact"));
    assert_eq!(choose("register", "en", true, true), Some("any-en"), "its own is not approved");
    assert_eq!(choose("register", "en", true, false), Some("draft"), "staff tries drafts");
    assert_eq!(choose("sign_in", "zh-CN", true, true), Some("any-zh"));
    assert_eq!(choose("notice.new_device", "zh-CN", false, true), None, "a notice is no code");
    assert!(
        model::choose(&all, Id::from_i64(2), ("register", "zh-CN", true), true).is_none(),
        "another gateway's"
    );
}

#[test]
fn parameters_are_names_in_order() {
    assert_eq!(
        model::parse_parameters("code, minutes，brand  x_1").unwrap(),
        ["code", "minutes", "brand", "x_1"]
    );
    assert!(model::parse_parameters("").unwrap().is_empty());
    for bad in ["co-de", "验证码", &"a ".repeat(21), &"a".repeat(41)] {
        assert_eq!(model::parse_parameters(bad).unwrap_err().code, "template.parameter", "{bad}");
    }
}

#[tokio::test]
async fn a_purpose_and_language_has_one_template_and_the_newest_form_wins() {
    for db in db::testing::engines().await {
        let (editor, now) = (PolicyEditor::command_line(), db.clock().now());
        let connector = NewConnector::new(db.draw(), Kind::Sms, "aliyun", "A", true, &()).unwrap();
        let id = connector.id;
        connector::service::create(&db, &editor, connector, now).await.unwrap();
        let new = || Template {
            id: db.draw(),
            connector: id,
            ..template("register", "en", "T1", Approval::Submitted)
        };
        let first = new();
        for _ in 0..2 {
            service::create(&db, &editor, first.clone(), now).await.unwrap();
        }
        assert_eq!(service::create(&db, &editor, new(), now).await.unwrap_err().code, "template.exists");
        let stored = service::find(&db, id, first.id).await.unwrap();
        assert_eq!((stored.rev, stored.parameters.clone()), (1, vec!["code".to_owned()]));
        let approved = Template { approval: Approval::Approved, ..stored.clone() };
        service::change(&db, &editor, approved.clone(), now).await.unwrap();
        let stale = service::change(&db, &editor, approved, now).await.unwrap_err();
        assert_eq!(stale.code, "connector.changed_meanwhile");
        assert_eq!(service::list(&db, id).await.unwrap()[0].approval, Approval::Approved);
        connector::service::delete(&db, &editor, id).await.unwrap();
        service::forget_gone(&db).await.unwrap();
        assert!(service::list(&db, id).await.unwrap().is_empty());
        let orphan = Template { id: db.draw(), ..new() };
        assert_eq!(service::create(&db, &editor, orphan, now).await.unwrap_err().code, "connector.unknown");
    }
}
