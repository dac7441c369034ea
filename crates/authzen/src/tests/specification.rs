//! Requests of the specification's own examples (OpenID AuthZEN Authorization API 1.0, named by their sections), and of its
//! certification scenario (named by their numbers), with the entities of this installation where a permit is expected.
use super::house::{GRANTED, House, ISSUER, MEMBER, basic, houses, request};
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

/// Section, endpoint and the request, word for word. None of its entities exists here.
const EXAMPLES: [(&str, &str, &str); 17] = [
    (
        "Access Evaluation API Request, Example",
        "evaluation",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"resource":{"type":"account","id":"123"},
            "action":{"name":"can_read","properties":{"method":"GET"}},"context":{"time":"1985-10-26T01:22-07:00"}}"#,
    ),
    (
        "HTTPS Access Evaluation Request",
        "evaluation",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"resource":{"type":"todo","id":"1"},
            "action":{"name":"can_read"},"context":{"time":"1985-10-26T01:22-07:00"}}"#,
    ),
    (
        "Access Evaluations API Request, no default values",
        "evaluations",
        r#"{"evaluations":[
            {"subject":{"type":"user","id":"alice@acmecorp.com"},"action":{"name":"can_read"},
             "resource":{"type":"document","id":"boxcarring.md"},"context":{"time":"2024-05-31T15:22-07:00"}},
            {"subject":{"type":"user","id":"alice@acmecorp.com"},"action":{"name":"can_read"},
             "resource":{"type":"document","id":"subject-search.md"},"context":{"time":"2024-05-31T15:22-07:00"}},
            {"subject":{"type":"user","id":"alice@acmecorp.com"},"action":{"name":"can_read"},
             "resource":{"type":"document","id":"resource-search.md"},"context":{"time":"2024-05-31T15:22-07:00"}}]}"#,
    ),
    (
        "Default values, a single subject and context",
        "evaluations",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"context":{"time":"2024-05-31T15:22-07:00"},
            "evaluations":[
            {"action":{"name":"can_read"},"resource":{"type":"document","id":"boxcarring.md"}},
            {"action":{"name":"can_read"},"resource":{"type":"document","id":"subject-search.md"}},
            {"action":{"name":"can_read"},"resource":{"type":"document","id":"resource-search.md"}}]}"#,
    ),
    (
        "Default values, a default action that the third overrides; HTTPS Access Evaluations Request",
        "evaluations",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"context":{"time":"2024-05-31T15:22-07:00"},
            "action":{"name":"can_read"},"evaluations":[
            {"resource":{"type":"document","id":"boxcarring.md"}},
            {"resource":{"type":"document","id":"subject-search.md"}},
            {"action":{"name":"can_edit"},"resource":{"type":"document","id":"resource-search.md"}}]}"#,
    ),
    (
        "Evaluations options",
        "evaluations",
        r#"{"evaluations":[{"resource":{"type":"doc","id":"1"},"subject":{"type":"doc","id":"2"}}],
            "options":{"evaluation_semantics":"execute_all","another_option":"value"}}"#,
    ),
    (
        "Evaluations semantics, execute all",
        "evaluations",
        r#"{"subject":{"type":"user","id":"alice@example.com"},"action":{"name":"read"},
            "options":{"evaluations_semantic":"execute_all"},"evaluations":[
            {"resource":{"type":"document","id":"1"}},{"resource":{"type":"document","id":"2"}},
            {"resource":{"type":"document","id":"3"}}]}"#,
    ),
    (
        "Evaluations semantics, permit on first permit",
        "evaluations",
        r#"{"subject":{"type":"user","id":"alice@example.com"},"action":{"name":"read"},
            "options":{"evaluations_semantic":"permit_on_first_permit"},"evaluations":[
            {"resource":{"type":"document","id":"1"}},{"resource":{"type":"document","id":"2"}},
            {"resource":{"type":"document","id":"3"}}]}"#,
    ),
    (
        "Example Subject with Device ID, asked about the structured example resource",
        "evaluation",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com","properties":{"department":"Sales",
             "ip_address":"172.217.22.14","device_id":"8:65:ee:17:7e:0b"}},"action":{"name":"can_read"},
            "resource":{"type":"book","id":"123","properties":{"library_record":{"title":"AuthZEN in Action",
             "isbn":"978-0593383322"}}}}"#,
    ),
    (
        "Subject Search API Request, Example",
        "search/subject",
        r#"{"subject":{"type":"user"},"action":{"name":"can_read"},"resource":{"type":"account","id":"123"},
            "context":{"time":"2024-10-26T01:22-07:00"}}"#,
    ),
    (
        "HTTPS Subject Search Request",
        "search/subject",
        r#"{"subject":{"type":"user"},"action":{"name":"can_read"},"resource":{"type":"account","id":"123"}}"#,
    ),
    (
        "Resource Search API Request, Example; HTTPS Resource Search Request",
        "search/resource",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"action":{"name":"can_read"},
            "resource":{"type":"account"}}"#,
    ),
    (
        "Action Search API Request, Example",
        "search/action",
        r#"{"subject":{"type":"user","id":"123"},"resource":{"type":"account","id":"123"},
            "context":{"time":"2024-10-26T01:22-07:00"}}"#,
    ),
    (
        "HTTPS Action Search Request",
        "search/action",
        r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"resource":{"type":"account","id":"123"},
            "context":{"time":"2024-10-26T01:22-07:00"}}"#,
    ),
    (
        "C-4-6-1 Unknown entity identifier",
        "search/action",
        r#"{"subject":{"type":"user","id":"nonexistent-user"},"resource":{"type":"record","id":"record-1"}}"#,
    ),
    (
        "C-4-3-1 Resource search",
        "search/resource",
        r#"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"}}"#,
    ),
    (
        "C-4-6-2 Unknown entity type",
        "search/subject",
        r#"{"subject":{"type":"spaceship"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}"#,
    ),
];

#[tokio::test]
async fn examples_of_the_specification_are_understood_and_answered_closed() {
    for house in houses().await {
        for (section, endpoint, example) in EXAMPLES {
            let asked: Value = serde_json::from_str(example).unwrap();
            let answer = house.post(&format!("/access/v1/{endpoint}"), example).await;
            assert_eq!(answer.status, StatusCode::OK, "{section}: {answer:?}");
            match endpoint {
                "evaluation" => assert!(!answer.decision(), "{section}"),
                "evaluations" => {
                    let count = asked["evaluations"].as_array().unwrap().len();
                    assert_eq!(answer.decisions(), vec![false; count], "{section}");
                }
                _ => {
                    let json = answer.json();
                    assert_eq!(json["results"], json!([]), "{section}");
                    assert_eq!(json["page"]["next_token"], "", "{section}");
                }
            }
        }
    }
}

/// The section "Evaluations semantics", deny on first deny: the first is refused, so nothing else is answered. And the paged
/// examples: a token that this search never gave leads nowhere, and says so.
#[tokio::test]
async fn m49_examples_that_end_early() {
    for house in houses().await {
        let asked = r#"{"subject":{"type":"user","id":"alice@example.com"},"action":{"name":"read"},
            "options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[
            {"resource":{"type":"document","id":"1"}},{"resource":{"type":"document","id":"2"}},
            {"resource":{"type":"document","id":"3"}}]}"#;
        assert_eq!(house.post("/access/v1/evaluations", asked).await.decisions(), [false]);
        for (search, asked) in [
            (
                "subject",
                r#"{"subject":{"type":"user"},"action":{"name":"can_read"},"resource":{"type":"account","id":"123"},
                    "context":{"time":"2024-10-26T01:22-07:00"},"page":{"token":"alsehrq3495u8"}}"#,
            ),
            (
                "resource",
                r#"{"subject":{"type":"user","id":"alice@acmecorp.com"},"action":{"name":"can_read"},
                    "resource":{"type":"account"},"page":{"token":"alsehrq3495u8"}}"#,
            ),
            (
                "action",
                r#"{"subject":{"type":"user","id":"123"},"resource":{"type":"account","id":"123"},
                    "context":{"time":"2024-10-26T01:22-07:00"},"page":{"token":"alsehrq3495u8"}}"#,
            ),
        ] {
            let answer = house.post(&format!("/access/v1/search/{search}"), asked).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{search}");
            assert_eq!(answer.message(), "page.token is not one that this search gave", "{search}");
        }
    }
}

/// The section "Evaluations semantics": three resources of which the second is refused.
#[tokio::test]
async fn three_resources_under_all_three_semantics() {
    for house in houses().await {
        for (semantic, decisions) in [
            (None, vec![true, false, true]),
            (Some("execute_all"), vec![true, false, true]),
            (Some("deny_on_first_deny"), vec![true, false]),
            (Some("permit_on_first_permit"), vec![true]),
        ] {
            let mut asked = json!({
                "subject": { "type": "user", "id": GRANTED },
                "action": { "name": "use" },
                "context": { "organization": house.organization.to_string() },
                "evaluations": [
                    { "resource": { "type": "product", "id": "quotes" } },
                    { "resource": { "type": "product", "id": "reports" } },
                    { "resource": { "type": "item", "id": "3" } },
                ],
            });
            if let Some(semantic) = semantic {
                asked["options"] = json!({ "evaluations_semantic": semantic });
            }
            let answer = house.post("/access/v1/evaluations", asked.to_string()).await;
            assert_eq!(answer.decisions(), decisions, "{semantic:?}");
        }
        let all_refused = json!({
            "subject": { "type": "user", "id": MEMBER },
            "action": { "name": "use" },
            "context": { "organization": house.organization.to_string() },
            "options": { "evaluations_semantic": "permit_on_first_permit" },
            "evaluations": [
                { "resource": { "type": "product", "id": "quotes" } },
                { "resource": { "type": "item", "id": "1" } },
            ],
        });
        let answer = house.post("/access/v1/evaluations", all_refused.to_string()).await;
        assert_eq!(answer.decisions(), [false, false]);
    }
}

/// C-2-2 and C-2-6: permit, refusal, with context, with more properties, with unknown members, again and again.
#[tokio::test]
async fn basic_certification() {
    for house in houses().await {
        for memory in [false, true] {
            if memory {
                house.in_memory().await;
            }
            let permit = house.question(GRANTED);
            for _ in 0..3 {
                let answer = house.post("/access/v1/evaluation", permit.clone()).await;
                assert_eq!(answer.body, r#"{"decision":true}"#);
                let answer = house.post("/access/v1/evaluation", house.question(MEMBER)).await;
                assert!(!answer.decision());
            }
            let mut more: Value = serde_json::from_str(&permit).unwrap();
            more["subject"]["properties"] =
                json!({ "department": "Sales", "role": "manager", "list": [1, { "a": [] }] });
            more["action"]["properties"] = json!({ "method": "GET" });
            more["resource"]["properties"] = json!({ "status": "active", "owner": "bob" });
            more["context"]["time"] = json!("2025-06-27T18:03-07:00");
            more["foo"] = json!("bar");
            more["futureField"] = json!({ "nested": true });
            assert!(house.post("/access/v1/evaluation", more.to_string()).await.decision());
            // C-3-4-2, C-3-4-3: without evaluations it is one question.
            assert!(house.post("/access/v1/evaluations", permit.clone()).await.decision());
            more["evaluations"] = json!([]);
            assert!(house.post("/access/v1/evaluations", more.to_string()).await.decision());
        }
        assert!(house.organizations.entitlements().size().answered > 0);
    }
}

/// C-3-2-7: an entity of the item replaces the default; type and id alone are filled in. C-3-4-1: a faulted item is refused
/// by itself.
#[tokio::test]
async fn batch_certification() {
    for house in houses().await {
        let asked = json!({
            "subject": { "type": "user", "id": GRANTED },
            "action": { "name": "use" },
            "resource": { "type": "product" },
            "context": { "organization": house.organization.to_string() },
            "evaluations": [
                { "resource": { "id": "quotes", "properties": { "status": "active" } } },
                { "resource": { "type": "item", "id": "7" } },
                {},
                { "resource": { "id": "quotes" }, "subject": { "id": MEMBER } },
                { "resource": { "id": "quotes" }, "action": {} },
                { "resource": { "id": "quotes" }, "context": {} },
                { "resource": { "id": "quotes" }, "subject": { "id": "" } },
            ],
        });
        let answer = house.post("/access/v1/evaluations", asked.to_string()).await;
        assert_eq!(answer.decisions(), [true, true, false, false, true, false, false]);
        let json = answer.json();
        let fault = |n: usize| json["evaluations"][n]["context"]["error"].clone();
        assert_eq!(fault(2), json!({ "status": 400, "message": "resource.id is missing" }));
        assert_eq!(fault(6), json!({ "status": 400, "message": "subject.id is empty or too long" }));
        // Its own context has no organization: the personal space, in which this product is for nobody.
        assert_eq!(json["evaluations"][5]["context"]["id"], "decision.audience_organization_only");
    }
}

/// C-4: the three searches.
#[tokio::test]
async fn search_certification() {
    for house in houses().await {
        let context = json!({ "organization": house.organization.to_string() });
        let (use_it, quotes) = (json!({ "name": "use" }), json!({ "type": "product", "id": "quotes" }));
        let user = |id: &str| json!({ "type": "user", "id": id });
        let search = async |what: &str, asked: Value| {
            let answer = house.post(&format!("/access/v1/search/{what}"), asked.to_string()).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            answer.json()
        };
        let found = search(
            "subject",
            json!({ "subject": { "type": "user" }, "action": use_it, "resource": quotes, "context": context }),
        )
        .await;
        assert_eq!(found, json!({ "results": [user(GRANTED)], "page": { "next_token": "", "count": 1 } }));
        for (subject, results) in
            [(GRANTED, json!([quotes])), (MEMBER, json!([])), ("nonexistent-user", json!([]))]
        {
            let found = search(
                "resource",
                json!({ "subject": user(subject), "action": use_it, "resource": { "type": "product" }, "context": context }),
            )
            .await;
            assert_eq!(found["results"], results, "{subject}");
            let found =
                search("action", json!({ "subject": user(subject), "resource": quotes, "context": context }))
                    .await;
            let actions = if results == json!([]) { json!([]) } else { json!([use_it]) };
            assert_eq!(found["results"], actions, "{subject}");
        }
        // What is found is permitted when it is asked for.
        assert!(house.post("/access/v1/evaluation", house.question(GRANTED)).await.decision());
    }
}

/// C-4-5: pages of one, to the end.
#[tokio::test]
async fn pages_lead_to_the_end() {
    for house in houses().await {
        let mut asked = json!({
            "subject": { "type": "user" },
            "action": { "name": "use" },
            "resource": { "type": "product", "id": "reports" },
            "context": { "organization": house.organization.to_string() },
            "page": { "limit": 1 },
        });
        house.came(GRANTED, "reports").await;
        let mut seen = Vec::new();
        loop {
            let answer = house.post_as(&house.other, "/access/v1/search/subject", asked.to_string()).await;
            let json = answer.json();
            let results = json["results"].as_array().unwrap();
            assert!(results.len() <= 1 && json["page"]["count"] == results.len());
            seen.extend(results.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let next = json["page"]["next_token"].as_str().unwrap().to_owned();
            if next.is_empty() {
                break;
            }
            // Another client, or another organization, has no use for it.
            let mut strange = asked.clone();
            strange["page"]["token"] = json!(next);
            strange["resource"]["id"] = json!("quotes");
            let answer = house.post("/access/v1/search/subject", strange.to_string()).await;
            assert_eq!(answer.message(), "page.token is not one that this search gave");
            asked["page"]["token"] = json!(next);
        }
        seen.sort();
        assert_eq!(seen, [GRANTED, MEMBER]);
    }
}

/// C-2-5: the caller's name of a request comes back, whatever becomes of the request.
#[tokio::test]
async fn the_callers_request_id_comes_back() {
    let house: House = houses().await.remove(0);
    let id = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716";
    let credentials = basic(&house.client.0, &house.client.1);
    for (path, body, with_secret) in [
        ("/access/v1/evaluation", house.question(GRANTED), true),
        ("/access/v1/evaluation", "{".to_owned(), true),
        ("/access/v1/evaluation", house.question(GRANTED), false),
        ("/access/v1/nothing", String::new(), true),
    ] {
        let mut asking = request(path).header("x-request-id", id);
        if with_secret {
            asking = asking.header(header::AUTHORIZATION, &credentials);
        }
        let answer = house.send(asking.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.headers["x-request-id"], id, "{answer:?}");
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
    }
    let answer = house.post("/access/v1/evaluation", house.question(GRANTED)).await;
    assert_ne!(answer.headers["x-request-id"], id);
    // Elsewhere the name is ours alone.
    let asking = Request::get("/.well-known/authzen-configuration").header(header::HOST, "127.0.0.1:8080");
    let answer = house.send(asking.header("x-request-id", id).body(Body::empty()).unwrap()).await;
    assert_ne!(answer.headers["x-request-id"], id);
}

/// C-6, and the section "Policy Decision Point Metadata".
#[tokio::test]
async fn the_endpoints_are_where_the_metadata_says() {
    let house: House = houses().await.remove(0);
    let asking = Request::get("/.well-known/authzen-configuration").header(header::HOST, "127.0.0.1:8080");
    let answer = house.send(asking.body(Body::empty()).unwrap()).await;
    let metadata = answer.json();
    assert_eq!(metadata["policy_decision_point"], ISSUER);
    // The section "Metadata Caching"; a decision is never kept.
    assert_eq!(answer.headers[header::CACHE_CONTROL], "public, max-age=3600");
    let decided = house.post("/access/v1/evaluation", house.question(GRANTED)).await;
    assert_eq!(decided.headers[header::CACHE_CONTROL], "no-store");
    for endpoint in [
        "access_evaluation_endpoint",
        "access_evaluations_endpoint",
        "search_subject_endpoint",
        "search_resource_endpoint",
        "search_action_endpoint",
        "fujie_subjects_endpoint",
    ] {
        let path = metadata[endpoint].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let answer = house.post(path, "{}").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{endpoint}");
        assert!(answer.message().ends_with("is missing"), "{endpoint}: {answer:?}");
    }
    assert!(metadata["capabilities"].as_array().unwrap().iter().all(Value::is_string));
}
