//! Who may ask, and what nobody learns: another product, a stranger, somebody else's employee.
use super::house::{FREE, GRANTED, House, MEMBER, basic, houses, request};
use axum::body::Body;
use http::{StatusCode, header};
use oidc::client::{Algorithm, Settings};
use oidc::machine::{NewMachine, service::create};
use organization::Operator;
use serde_json::{Value, json};

#[tokio::test]
async fn only_a_client_that_proves_to_be_itself_is_answered() {
    for house in houses().await {
        let (id, secret) = house.client.clone();
        let (other, _) = house.other.clone();
        for credentials in [
            None,
            Some("Bearer abc".to_owned()),
            Some("Basic ###".to_owned()),
            Some(basic(&id, "")),
            Some(basic(&id, &format!("{secret}x"))),
            Some(basic(&id, secret.get(1..).unwrap())),
            Some(basic(&other, &secret)),
            Some(basic("nobody", &secret)),
            Some(basic("", "")),
        ] {
            for path in [
                "evaluation",
                "evaluations",
                "subjects",
                "search/subject",
                "search/resource",
                "search/action",
            ] {
                let mut asking = request(&format!("/access/v1/{path}"));
                if let Some(credentials) = &credentials {
                    asking = asking.header(header::AUTHORIZATION, credentials);
                }
                // A body that is no JSON is not looked at before.
                let answer = house.send(asking.body(Body::from("{")).unwrap()).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{credentials:?}");
                // Whoever brings a token is told of tokens.
                let by_token = credentials.as_ref().is_some_and(|line| line.starts_with("Bearer "));
                let challenge = if by_token {
                    "Bearer realm=\"fujie\", error=\"invalid_token\""
                } else {
                    "Basic realm=\"fujie\""
                };
                assert_eq!(answer.headers[header::WWW_AUTHENTICATE], challenge);
                assert_eq!(answer.message(), "client authentication failed");
            }
        }
    }
}

#[tokio::test]
async fn a_source_that_guesses_is_not_listened_to_for_a_while() {
    for house in houses().await {
        let guess = async |secret: &str| {
            let asking = request("/access/v1/evaluation")
                .header(header::AUTHORIZATION, basic(&house.client.0, secret));
            house.send(asking.body(Body::from(house.question(GRANTED))).unwrap()).await
        };
        for n in 0..60 {
            assert_eq!(guess(&format!("guess-{n}")).await.status, StatusCode::UNAUTHORIZED, "{n}");
        }
        let answer = guess("guess-60").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        // Not even the right one is listened to, or guessing would go on.
        assert_eq!(guess(&house.client.1).await.status, StatusCode::TOO_MANY_REQUESTS);
        house.db.clock().advance_seconds(301);
        assert_eq!(guess(&house.client.1).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn another_product_is_as_one_that_does_not_exist() {
    for house in houses().await {
        let about = |kind: &str, id: &str| {
            let mut asked: Value = serde_json::from_str(&house.question(GRANTED)).unwrap();
            asked["resource"] = json!({ "type": kind, "id": id });
            asked.to_string()
        };
        // The subject may use `reports`; this client is not told.
        let theirs = house.post_as(&house.other, "/access/v1/evaluation", about("product", "reports")).await;
        assert!(theirs.decision());
        let foreign = house.post("/access/v1/evaluation", about("product", "reports")).await;
        assert!(!foreign.decision());
        for unknown in
            [about("product", "no-such-product"), about("account", "123"), about("product", "QUOTES")]
        {
            assert_eq!(house.post("/access/v1/evaluation", unknown).await.body, foreign.body);
        }
        assert_eq!(foreign.json()["context"]["id"], "authzen.resource_unknown");
        assert!(foreign.json()["context"].get("layers").is_none());
    }
}

#[tokio::test]
async fn strangers_and_those_who_are_no_members_are_told_the_same() {
    for house in houses().await {
        for memory in [false, true] {
            if memory {
                house.in_memory().await;
            }
            let ask = async |house: &House, subject: &str| {
                house.post("/access/v1/evaluation", house.question(subject)).await
            };
            let stranger = ask(&house, "no-such-subject").await;
            assert!(!stranger.decision());
            assert_eq!(stranger.json()["context"]["id"], "decision.membership_missing");
            assert_eq!(ask(&house, FREE).await.body, stranger.body);
            let mut elsewhere: Value = serde_json::from_str(&house.question(GRANTED)).unwrap();
            elsewhere["context"]["organization"] = json!(house.db.draw::<()>().to_string());
            assert_eq!(house.post("/access/v1/evaluation", elsewhere.to_string()).await.body, stranger.body);
        }
    }
}

/// A product that is open to every agent is tied to an organization only by somebody who came from there: without, a search
/// would list the staff of any organization whose id is known.
#[tokio::test]
async fn m49_an_open_product_lists_nobody_of_an_organization_that_never_came() {
    for house in houses().await {
        let asked = json!({
            "subject": { "type": "user" },
            "action": { "name": "use" },
            "resource": { "type": "product", "id": "reports" },
            "context": { "organization": house.organization.to_string() },
        });
        let found = async || {
            let answer = house.post_as(&house.other, "/access/v1/search/subject", asked.to_string()).await;
            answer.json()["results"].as_array().unwrap().len()
        };
        assert_eq!(found().await, 0);
        // That somebody came to another product says nothing.
        house.came(GRANTED, "quotes").await;
        assert_eq!(found().await, 0);
        house.came(GRANTED, "reports").await;
        assert_eq!(found().await, 2);
    }
}

#[tokio::test]
async fn a_refusal_says_why_in_both_languages_and_who_can_mend_it() {
    for house in houses().await {
        for memory in [false, true] {
            if memory {
                house.in_memory().await;
            }
            let answer = house.post("/access/v1/evaluation", house.question(MEMBER)).await;
            assert_eq!(
                answer.json(),
                json!({
                    "decision": false,
                    "context": {
                        "id": "decision.grant_missing",
                        "reason_admin": {
                            "zh-CN": format!("{} (decision.grant_missing)", web::Lang::Zh.t("organization-layer-grant")),
                            "en": "Grant (decision.grant_missing)",
                        },
                        "reason_user": {
                            "zh-CN": web::Lang::Zh.t("organization-decision-grant-missing"),
                            "en": web::Lang::En.t("organization-decision-grant-missing"),
                        },
                        "layers": [
                            { "kind": "grant", "state": "missing", "code": "decision.grant_missing", "until": null },
                        ],
                        "remedies": [{ "layer": "grant", "who": "administrators", "how": "request_access" }],
                    },
                })
            );
            // Two missing: the first is told to the person, both to whoever runs the product.
            house.db.clock().advance_seconds(31 * 24 * 3600);
            let gone = house.post("/access/v1/evaluation", house.question(GRANTED)).await.json();
            assert_eq!(gone["context"]["id"], "decision.membership_expired");
            let admin = gone["context"]["reason_admin"]["en"].as_str().unwrap();
            assert!(
                admin.contains("decision.membership_expired") && admin.contains("decision.admission_expired"),
                "{admin}"
            );
            assert_eq!(gone["context"]["layers"][0]["until"], "2027-02-14T08:00:00.000Z");
            house.db.clock().advance_seconds(-31 * 24 * 3600);
        }
    }
}

#[tokio::test]
async fn a_machine_is_answered_for_its_owner_alone() {
    for house in houses().await {
        let db = &house.db;
        let new = NewMachine {
            id: db.draw(),
            product: house.product,
            name: "报价机器人".into(),
            owner: Some(house.organization),
            settings: Settings::machine(),
            algorithm: Algorithm::Es256,
        };
        let machine = create(db, &Operator::installation(), new).await.unwrap();
        let asked = |id: &str, context: Value| {
            json!({
                "subject": { "type": "machine", "id": id },
                "action": { "name": "use" },
                "resource": { "type": "product", "id": "quotes" },
                "context": context,
            })
            .to_string()
        };
        let ours = json!({ "organization": house.organization.to_string() });
        let elsewhere = json!({ "organization": db.draw::<()>().to_string() });
        for (id, context, permits) in [
            (machine.client_id.as_str(), ours.clone(), true),
            (&machine.client_id, json!({}), true),
            (&machine.client_id, elsewhere, false),
            (&house.client.0, ours.clone(), false),
            ("nobody", ours.clone(), false),
        ] {
            let answer = house.post("/access/v1/evaluation", asked(id, context.clone())).await;
            assert_eq!(answer.decision(), permits, "{id} {context}: {answer:?}");
        }
        // One that was registered for another product is as one that does not exist, wherever it acts.
        let nobody = house.post("/access/v1/evaluation", asked("nobody", json!({}))).await;
        let about_reports = |id: &str| asked(id, json!({})).replace("\"quotes\"", "\"reports\"");
        let foreign =
            house.post_as(&house.other, "/access/v1/evaluation", about_reports(&machine.client_id)).await;
        assert_eq!(foreign.body, nobody.body);
        // Programs are looked for as people are: those of this product that act for the space of the request.
        let search = |context: &Value, page: Value| {
            json!({
                "subject": { "type": "machine" },
                "action": { "name": "use" },
                "resource": { "type": "product", "id": "quotes" },
                "context": context,
                "page": page,
            })
            .to_string()
        };
        let second = NewMachine {
            id: db.draw(),
            product: house.product,
            name: "行情落库程序".into(),
            owner: Some(house.organization),
            settings: Settings::machine(),
            algorithm: Algorithm::Es256,
        };
        let second = create(db, &Operator::installation(), second).await.unwrap();
        let found =
            house.post("/access/v1/search/subject", search(&ours, json!({ "limit": 1 }))).await.json();
        assert_eq!(found["results"], json!([{ "type": "machine", "id": machine.client_id }]));
        let token = found["page"]["next_token"].as_str().unwrap().to_owned();
        let next =
            house.post("/access/v1/search/subject", search(&ours, json!({ "token": token }))).await.json();
        assert_eq!(next["results"], json!([{ "type": "machine", "id": second.client_id }]));
        assert_eq!(next["page"]["next_token"], "");
        let none = house.post("/access/v1/search/subject", search(&json!({}), json!({}))).await.json();
        assert_eq!(none["results"], json!([]), "the platform has none");
        // A token of programs leads nowhere among people.
        let people = search(&ours, json!({ "token": token })).replace("\"machine\"", "\"user\"");
        let strange = house.post("/access/v1/search/subject", people).await;
        assert_eq!(strange.message(), "page.token is not one that this search gave");
        // A batch judges each for itself, people and machines side by side.
        let batch = json!({
            "action": { "name": "use" },
            "resource": { "type": "product", "id": "quotes" },
            "context": ours.clone(),
            "evaluations": [
                { "subject": { "type": "machine", "id": machine.client_id } },
                { "subject": { "type": "user", "id": GRANTED } },
                { "subject": { "type": "machine", "id": "nobody" } },
                { "subject": { "type": "user", "id": MEMBER } },
                { "subject": { "type": "spaceship", "id": GRANTED } },
                { "subject": { "type": "machine" } },
                { "subject": { "type": "machine", "id": machine.client_id }, "context": {} },
            ],
        });
        let answer = house.post("/access/v1/evaluations", batch.to_string()).await;
        assert_eq!(answer.decisions(), [true, true, false, false, false, false, true]);
        // A person's subject is no machine's name.
        let answer = house.post("/access/v1/evaluation", asked(GRANTED, ours)).await;
        assert_eq!(answer.json()["context"]["id"], "authzen.subject_unknown");
    }
}

/// Whom a client knows by names of its own it asks about by those, and is told of by those.
#[tokio::test]
async fn a_client_with_names_of_its_own_asks_by_those_alone() {
    for house in houses().await {
        let id = house.client.0.clone();
        house
            .db
            .write_unaudited("a test's world", move |tx| {
                tx.run("UPDATE client SET subject_type = 'pairwise' WHERE client_id = $1", &[&id])
            })
            .await
            .unwrap();
        let quotes = json!({ "type": "product", "id": "quotes" });
        let context = json!({ "organization": house.organization.to_string() });
        let search = json!({
            "subject": { "type": "user" }, "action": { "name": "use" }, "resource": quotes, "context": context,
        })
        .to_string();
        let found = house.post("/access/v1/search/subject", search.clone()).await.json();
        assert_eq!(found["page"]["count"], 1, "{found}");
        let own = found["results"][0]["id"].as_str().unwrap().to_owned();
        assert!(own != GRANTED && own.len() == 32, "{own}");
        assert_eq!(house.post("/access/v1/search/subject", search).await.json(), found);
        let ask = async |name: &str| house.post("/access/v1/evaluation", house.question(name)).await;
        assert!(ask(&own).await.decision());
        let nobody = ask("nobody").await;
        assert!(!nobody.decision());
        for foreign in [GRANTED, MEMBER, FREE] {
            assert_eq!(ask(foreign).await.body, nobody.body, "{foreign}");
        }
        let about = |kind: &str, id: &str| json!({ "subject": { "type": kind, "id": id } });
        let many = json!({
            "action": { "name": "use" },
            "resource": quotes,
            "context": context,
            "evaluations": [
                about("user", GRANTED),
                about("user", &own),
                about("machine", "nobody"),
                about("user", "nobody"),
                about("user", &own),
            ],
        });
        let answer = house.post("/access/v1/evaluations", many.to_string()).await;
        assert_eq!(answer.decisions(), [false, true, false, false, true]);
        // A name of this client's is nobody's for another.
        let reports = |name: &str| house.question(name).replace("\"quotes\"", "\"reports\"");
        let other =
            async |name: &str| house.post_as(&house.other, "/access/v1/evaluation", reports(name)).await;
        assert!(other(GRANTED).await.decision());
        assert!(!other(&own).await.decision());
    }
}
