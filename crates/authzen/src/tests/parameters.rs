//! Every parameter absent, empty, twice, too long, of another type, unknown.
use super::house::{FREE, GRANTED, House, MEMBER, houses};
use http::{StatusCode, header};
use serde_json::{Value, json};

fn whole(house: &House) -> Value {
    serde_json::from_str(&house.question(GRANTED)).unwrap()
}
/// With what stands at the pointer replaced, or taken away.
fn with(mut value: Value, pointer: &str, new: Option<Value>) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match new {
        Some(new) => drop(parent.insert(member.to_owned(), new)),
        None => drop(parent.remove(member)),
    }
    value
}

#[tokio::test]
async fn what_must_be_there_is_missed_and_what_has_another_type_is_refused() {
    let house = houses().await.remove(0);
    let long = "x".repeat(257);
    for (pointer, required) in [
        ("/subject", true),
        ("/subject/type", true),
        ("/subject/id", true),
        ("/action", true),
        ("/action/name", true),
        ("/resource", true),
        ("/resource/type", true),
        ("/resource/id", true),
        ("/context", false),
        ("/context/organization", false),
    ] {
        let text = pointer.matches('/').count() == 2;
        let mut wrong: Vec<Value> = vec![json!(1), json!(true), json!(["user", "x"]), json!([])];
        wrong.push(if text { json!({}) } else { json!("alice") });
        if text {
            wrong.extend([json!(""), json!(long)]);
        }
        for wrong in wrong {
            let answer = house
                .post("/access/v1/evaluation", with(whole(&house), pointer, Some(wrong.clone())).to_string())
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pointer} = {wrong}: {answer:?}");
            assert!(!answer.message().is_empty());
        }
        for absent in [None, Some(Value::Null)] {
            let answer =
                house.post("/access/v1/evaluation", with(whole(&house), pointer, absent).to_string()).await;
            if required {
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pointer}: {answer:?}");
                let name = pointer.trim_start_matches('/').replace('/', ".");
                assert_eq!(answer.message(), format!("{name} is missing"));
            } else {
                // Without an organization it is about the person alone.
                assert!(!answer.decision(), "{pointer}");
            }
        }
        // Twice: which one would count?
        let member = pointer.rsplit('/').next().unwrap();
        let twice = whole(&house).to_string().replacen(
            &format!("\"{member}\":"),
            &format!("\"{member}\":null,\"{member}\":"),
            1,
        );
        let answer = house.post("/access/v1/evaluation", twice).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pointer} twice");
        assert!(answer.message().contains("duplicate field"), "{answer:?}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_request_are_refused() {
    let house = houses().await.remove(0);
    // Of what is unknown only its end is looked for, however deep it is.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deeper = house.question(GRANTED).replacen('{', &format!("{{\"x\":{deep},"), 1);
    assert!(house.post("/access/v1/evaluation", deeper).await.decision());
    let unclosed = house.question(GRANTED).replacen('{', &format!("{{\"x\":{},", "[".repeat(100_000)), 1);
    for body in ["", " ", "null", "[]", "\"x\"", "1", "{", "{\"subject\":}", "\u{feff}{}", unclosed.as_str()]
    {
        for path in
            ["evaluation", "evaluations", "subjects", "search/subject", "search/resource", "search/action"]
        {
            let answer = house.post(&format!("/access/v1/{path}"), body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}: {answer:?}");
            assert!(!answer.message().is_empty());
        }
    }
    let large = house.question(GRANTED).replacen('{', &format!("{{\"x\":\"{}\",", "y".repeat(1 << 20)), 1);
    assert_eq!(house.post("/access/v1/evaluation", large).await.status, StatusCode::BAD_REQUEST);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let credentials = super::house::basic(&house.client.0, &house.client.1);
        let request = http::Request::post("/access/v1/evaluation")
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, credentials)
            .body(house.question(GRANTED).into())
            .unwrap();
        assert_eq!(house.send(request).await.message(), "Content-Type must be application/json");
    }
}

#[tokio::test]
async fn spaces_are_named_in_either_place_and_never_in_two() {
    for house in houses().await {
        let ours = house.organization.to_string();
        let strange = house.db.draw::<()>().to_string();
        let asked = |context: Value, properties: Value| {
            let mut asked = whole(&house);
            asked["context"] = context;
            asked["subject"]["properties"] = properties;
            asked.to_string()
        };
        let named = |id: &str| json!({ "organization": id });
        for (context, properties, permits) in [
            (named(&ours), json!({}), true),
            (json!({}), named(&ours), true),
            (named(&ours), named(&ours), true),
            (named(&ours.to_lowercase()), json!({}), true),
            (named("person"), json!({}), false),
            (json!({}), json!({}), false),
            (named(&strange), json!({}), false),
        ] {
            let answer =
                house.post("/access/v1/evaluation", asked(context.clone(), properties.clone())).await;
            assert_eq!(answer.decision(), permits, "{context} {properties}");
        }
        let both = house.post("/access/v1/evaluation", asked(named(&ours), named("person"))).await;
        assert!(both.message().ends_with("differ"), "{both:?}");
        for no_id in ["澄江证券", "0", "-1", "0000000000000", "00000000000001"] {
            let answer = house.post("/access/v1/evaluation", asked(named(no_id), json!({}))).await;
            assert_eq!(answer.message(), "organization is no organization's id", "{no_id}");
        }
        // Somebody who acts for themself, and a product that is open to them.
        let free = json!({
            "subject": { "type": "user", "id": FREE },
            "action": { "name": "use" },
            "resource": { "type": "product", "id": "reports" },
        });
        assert!(house.post_as(&house.other, "/access/v1/evaluation", free.to_string()).await.decision());
    }
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_items_and_a_known_semantic() {
    for house in houses().await {
        let mut asked = whole(&house);
        for (count, status) in
            [(1, StatusCode::OK), (1_000, StatusCode::OK), (1_001, StatusCode::BAD_REQUEST)]
        {
            asked["evaluations"] = json!(vec![json!({}); count]);
            let answer = house.post("/access/v1/evaluations", asked.to_string()).await;
            assert_eq!(answer.status, status, "{count}");
            if status == StatusCode::OK {
                assert_eq!(answer.decisions(), vec![true; count]);
            } else {
                assert_eq!(answer.message(), "evaluations has more than 1000 items");
            }
        }
        asked["evaluations"] = json!([{}]);
        for options in [
            json!({ "evaluations_semantic": "all" }),
            json!({ "evaluations_semantic": "" }),
            json!({ "evaluations_semantic": 1 }),
            json!({ "evaluations_semantic": ["execute_all"] }),
            json!("execute_all"),
            json!([]),
        ] {
            let mut wrong = asked.clone();
            wrong["options"] = options.clone();
            let answer = house.post("/access/v1/evaluations", wrong.to_string()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{options}");
        }
        for evaluations in [json!({}), json!("x"), json!([1]), json!([[]]), json!([{ "subject": "alice" }])] {
            let mut wrong = asked.clone();
            wrong["evaluations"] = evaluations.clone();
            let answer = house.post("/access/v1/evaluations", wrong.to_string()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{evaluations}");
        }
    }
}

#[tokio::test]
async fn the_list_of_subjects_says_what_as_many_evaluations_say() {
    for house in houses().await {
        for memory in [false, true] {
            if memory {
                house.in_memory().await;
            }
            let mut asked = json!({
                "subject": { "type": "user" },
                "action": { "name": "use" },
                "resource": { "type": "product", "id": "quotes" },
                "context": { "organization": house.organization.to_string() },
                "subjects": [GRANTED, MEMBER, "nobody", FREE, GRANTED, ""],
            });
            let answer = house.post("/access/v1/subjects", asked.to_string()).await;
            assert_eq!(answer.json(), json!({ "decisions": [true, false, false, false, true, false] }));
            asked["options"] = json!({ "codes": true });
            let outside = "decision.membership_missing";
            assert_eq!(
                house.post("/access/v1/subjects", asked.to_string()).await.json()["codes"],
                json!([null, "decision.grant_missing", outside, outside, null, "authzen.request_faulty"])
            );
            for (count, status) in
                [(0, StatusCode::BAD_REQUEST), (1_000, StatusCode::OK), (1_001, StatusCode::BAD_REQUEST)]
            {
                asked["subjects"] = json!(vec![GRANTED; count]);
                assert_eq!(
                    house.post("/access/v1/subjects", asked.to_string()).await.status,
                    status,
                    "{count}"
                );
            }
            for subjects in [json!(null), json!("x"), json!([1]), json!([null]), json!([{ "id": GRANTED }])] {
                asked["subjects"] = subjects.clone();
                let answer = house.post("/access/v1/subjects", asked.to_string()).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{subjects}");
            }
            asked["subjects"] = json!([GRANTED]);
            for (pointer, wrong) in [
                ("/resource/id", "reports"),
                ("/resource/type", "account"),
                ("/action/name", "read"),
                ("/subject/type", "spaceship"),
            ] {
                let strange = with(asked.clone(), pointer, Some(json!(wrong)));
                let answer = house.post("/access/v1/subjects", strange.to_string()).await;
                assert_eq!(answer.json()["decisions"], json!([false]), "{pointer}");
            }
        }
    }
}

#[tokio::test]
async fn searches_miss_what_they_need_and_pages_are_whole() {
    let house = houses().await.remove(0);
    let whole = with(whole(&house), "/subject/properties", Some(json!({})));
    for (what, needs) in [
        (
            "subject",
            &[
                "/subject",
                "/subject/type",
                "/action",
                "/action/name",
                "/resource",
                "/resource/type",
                "/resource/id",
            ][..],
        ),
        (
            "resource",
            &[
                "/subject",
                "/subject/type",
                "/subject/id",
                "/action",
                "/action/name",
                "/resource",
                "/resource/type",
            ][..],
        ),
        (
            "action",
            &["/subject", "/subject/type", "/subject/id", "/resource", "/resource/type", "/resource/id"][..],
        ),
    ] {
        let path = format!("/access/v1/search/{what}");
        for pointer in needs {
            let answer = house.post(&path, with(whole.clone(), pointer, None).to_string()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what} {pointer}: {answer:?}");
        }
        for page in [
            json!({ "limit": 0 }),
            json!({ "limit": -1 }),
            json!({ "limit": 1.5 }),
            json!({ "limit": "10" }),
            json!({ "limit": 1_u64 << 40 }),
            json!({ "token": 1 }),
            json!({ "token": "alsehrq3495u8" }),
            json!({ "token": "A".repeat(300) }),
            json!({ "token": "AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }),
            json!("next"),
            json!([]),
        ] {
            let answer =
                house.post(&path, with(whole.clone(), "/page", Some(page.clone())).to_string()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what} {page}: {answer:?}");
        }
        for page in [json!({}), json!({ "token": "", "limit": 1 }), json!({ "limit": 100_000 }), Value::Null]
        {
            let answer =
                house.post(&path, with(whole.clone(), "/page", Some(page.clone())).to_string()).await;
            assert_eq!(answer.status, StatusCode::OK, "{what} {page}: {answer:?}");
        }
        // An id or name of what is looked for is no matter.
        let answer = house.post(&path, with(whole.clone(), "/subject/properties", None).to_string()).await;
        assert_eq!(answer.json()["results"].as_array().unwrap().len(), 1, "{what}");
    }
    // In the personal space nobody is listed.
    let answer = house.post("/access/v1/search/subject", with(whole, "/context", None).to_string()).await;
    assert_eq!(answer.json()["results"], json!([]));
    assert_ne!(MEMBER, GRANTED);
}

/// The section "Error Responses": where nothing can be decided the body is an error message string, and nobody is let in.
#[tokio::test]
async fn m49_what_goes_wrong_here_is_said_as_the_specification_has_it() {
    for house in houses().await {
        let question = house.question(GRANTED);
        let mut search: Value = serde_json::from_str(&question).unwrap();
        search["subject"] = json!({ "type": "user" });
        house
            .db
            .write_unaudited("a test's fault", |tx| tx.run("ALTER TABLE membership RENAME TO elsewhere", &[]))
            .await
            .unwrap();
        let mut list = search.clone();
        list["subjects"] = json!([GRANTED]);
        for (path, body) in [
            ("evaluation", question.clone()),
            ("evaluations", question.clone()),
            ("subjects", list.to_string()),
            ("search/subject", search.to_string()),
            ("search/resource", question.clone()),
            ("search/action", question),
        ] {
            let answer = house.post(&format!("/access/v1/{path}"), body).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}: {answer:?}");
            let message = answer.json();
            let message = message.as_str().unwrap_or_else(|| panic!("{path}: no message string: {message}"));
            assert!(!message.is_empty() && !message.contains("membership"), "{message}");
        }
    }
}
