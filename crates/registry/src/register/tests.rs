use super::{Answer, Config, Fault, Provider, Typed};
use crate::testing::{SECRET, Shelf, code_of, serve, towns};
use platform::staff::PolicyEditor;
use register::Fault as Behaviour;
use serde_json::json;

#[tokio::test]
async fn m27_what_registers_say_and_what_they_do_wrong_is_told_apart() {
    let town = towns().await.remove(0);
    for (behaviour, wanted) in [
        (Behaviour::Error, Fault::Status),
        // An unsigned 404 strikes nobody off.
        (Behaviour::Missing, Fault::Signature),
        (Behaviour::Garbage, Fault::Shape),
        (Behaviour::Tampered, Fault::Signature),
        (Behaviour::WrongKey, Fault::Signature),
        (Behaviour::Late, Fault::Clock),
        (Behaviour::Other, Fault::Shape),
        (Behaviour::Hang, Fault::Timeout),
    ] {
        let (shelf, id) = town.register(behaviour).await;
        shelf.put(town.record(json!({})));
        let began = std::time::Instant::now();
        assert_eq!(town.room.look_up(&town.code).await.unwrap().1, Answer::Fault(wanted), "{behaviour:?}");
        assert!(began.elapsed().as_secs() < 12, "{behaviour:?}");
        let editor = PolicyEditor::command_line();
        platform::connector::service::delete(town.db(), &editor, id).await.unwrap();
    }
    assert_eq!(town.room.look_up(&town.code).await.unwrap().1, Answer::Fault(Fault::None), "none is set up");
}

#[tokio::test]
async fn m27_registers_are_asked_in_their_order_until_one_knows() {
    for town in towns().await {
        let (first, _) = town.register(Behaviour::None).await;
        let (second, _) = town.register(Behaviour::None).await;
        assert_eq!(town.room.look_up(&town.code).await.unwrap().1, Answer::NotFound);
        second.put(town.record(json!({ "address": "后一家" })));
        let address = async || match town.room.look_up(&town.code).await.unwrap().1 {
            Answer::Found(record) => record.address.unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(address().await, "后一家");
        first.put(town.record(json!({ "address": "前一家" })));
        assert_eq!(address().await, "前一家");
        first.put(town.record(json!({ "registrations": [{ "department": "海关" }] })));
        assert_eq!(address().await, "后一家", "a record that breaks the rules is none");
    }
}

#[tokio::test]
async fn m27_a_register_is_set_up_tested_and_keeps_its_secret() {
    for town in towns().await {
        let (url, editor) =
            (serve(Behaviour::None, SECRET, &Shelf::default()).await, PolicyEditor::command_line());
        let id = town.connect(&url, SECRET).await;
        assert!(town.room.test_register(id).await.unwrap().is_ok());
        let typed = |url: &str, secret: &str| Typed {
            provider: Provider::Http,
            name: "登记机关".into(),
            url: url.into(),
            key_id: "fujie".into(),
            secret: secret.into(),
            enabled: true,
        };
        let elsewhere = typed("https://register.example", "");
        let refused = town.room.change_register(&editor, (id, 1), &elsewhere, town.now()).await.unwrap_err();
        assert_eq!(refused.code, "connector.secret_elsewhere", "a secret does not wander");
        town.room.change_register(&editor, (id, 1), &typed(&url, ""), town.now()).await.unwrap();
        assert!(town.room.test_register(id).await.unwrap().is_ok(), "the secret stayed");
        let wrong = typed(&url, "the-secret-of-somebody-else");
        town.room.change_register(&editor, (id, 2), &wrong, town.now()).await.unwrap();
        assert_eq!(town.room.test_register(id).await.unwrap(), Err(Fault::Key));
    }
}

#[test]
fn m27_a_register_needs_an_address_a_key_and_a_secret() {
    let code = |url, key, secret| {
        Config::parse(url, key, secret).map(drop).map_err(|error| (error.code, error.field.unwrap()))
    };
    let url = "https://register.example/base";
    assert_eq!(code(url, "k", SECRET), Ok(()));
    for bad in ["", "register.example", "ftp://x", "https://u:p@x", "https://x/?a=b", "https://x/#a"] {
        assert_eq!(code(bad, "k", SECRET), Err(("registry.url", "url")), "{bad}");
    }
    assert_eq!(code(url, "a b", SECRET), Err(("registry.key_id", "key_id")));
    assert_eq!(code(url, "k", "short"), Err(("registry.secret_short", "secret")));
    let parsed = Config::parse(url, "k", SECRET).unwrap();
    assert_eq!(parsed.endpoint("organizations").as_str(), "https://register.example/base/v1/organizations");
    assert!(!format!("{parsed:?}").contains(SECRET));
}

#[tokio::test]
async fn m27_a_file_answers_like_a_service_and_a_new_one_takes_its_place() {
    for town in towns().await {
        let (editor, id) = (PolicyEditor::command_line(), town.db().draw());
        let typed = Typed {
            provider: Provider::File,
            name: "工商数据".into(),
            url: String::new(),
            key_id: String::new(),
            secret: String::new(),
            enabled: true,
        };
        town.room.create_register(&editor, id, &typed, town.now()).await.unwrap();
        let upload = async |text: String| {
            let file = (id, town.db().draw());
            town.room.upload_register_file(&editor, file, None, text.as_bytes(), town.now()).await
        };
        let name = async || match town.room.look_up(&town.code).await.unwrap().1 {
            Answer::Found(record) => Some(record.name),
            _ => None,
        };
        let other = code_of("91990000MA1Y8R5J3");
        let count = upload(format!("uscc,name,state\n{},甲公司,live\n{other},乙公司,revoked\n", town.code));
        assert_eq!(count.await.unwrap(), 2);
        assert_eq!(name().await.as_deref(), Some("甲公司"));
        let bad = upload(format!("uscc,name,state\n{},丙公司,live\nnone,丁,live\n", town.code)).await;
        assert_eq!(bad.unwrap_err().code, "registry.file_row");
        assert_eq!(name().await.as_deref(), Some("甲公司"), "nothing of a bad file counts");
        upload(format!("uscc,name\n{other},乙公司\n")).await.unwrap();
        assert_eq!(name().await, None, "the new file is the whole register");
        let rows: i64 = town
            .db()
            .read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM registry_row", &[]))
            .await
            .unwrap();
        assert_eq!(rows, 1);
    }
}
