use super::{
    AuthorityFacts, Claims, Facts, More, ProofFacts, Sector, Subject, Telling,
    model::{half_hash, session_identifier},
};
use crate::{
    authorize::{
        model::Scope,
        wishes::{Place, Wishes},
    },
    client::Algorithm,
};
use db::Keyring;
use identity::realname::RealNameLevel;
use kernel::{Id, Rng, Timestamp, id::AccountId};
use organization::membership::{Basis, Role};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// What is told to one client, by scope and by the claims parameter.
fn told(keyring: &Keyring, organization: bool, more: &More, scope: &str, userinfo: &Value) -> Subject {
    let wishes = Wishes::parse(&json!({ "userinfo": userinfo }).to_string()).unwrap();
    subject(keyring, organization, more, scope, &wishes.userinfo)
}
fn subject(keyring: &Keyring, organization: bool, more: &More, scope: &str, place: &Place) -> Subject {
    let telling =
        Telling { client_id: "client", sector: &Sector::default(), scope: Scope::of_text(scope), place };
    Subject::new(facts(keyring, organization), more, &telling, keyring, NOW).unwrap()
}
fn proven(level: RealNameLevel) -> More {
    let proof = ProofFacts {
        level,
        method: "two_element".into(),
        proven_at: NOW.plus_seconds(-3600),
        document: Some(vec![1; 32]),
    };
    More { authority: None, proof: Some(proof) }
}
fn granted() -> More {
    let authority = AuthorityFacts {
        role: Role::Agent,
        basis: Basis::Delegated,
        from: NOW.plus_days(-1),
        until: NOW.plus_days(30),
        product_code: "quotes".into(),
        grant_from: Some(NOW.plus_days(-1)),
        grant_until: Some(Timestamp::FOREVER),
    };
    More { authority: Some(authority), proof: None }
}

const ACCOUNT: AccountId = Id::from_i64(42);

fn keyring() -> Keyring {
    Keyring::ephemeral(&Rng::seeded(1)).unwrap()
}
fn facts(keyring: &Keyring, organization: bool) -> Facts {
    let row = ACCOUNT.as_i64();
    Facts {
        account: ACCOUNT,
        sub: "9f3K0mXlP2qv7cQnE1aB4g".into(),
        login_name: "chensq".into(),
        name: keyring.seal("account.name", row, "陈思齐"),
        phone: Some(keyring.seal("account.phone", row, "+8613800138000")),
        phone_proven: true,
        email: None,
        email_proven: false,
        organization: organization.then_some(Id::from_i64(1 << 40)),
        organization_name: organization.then(|| "澄江证券股份有限公司".into()),
        uscc: organization.then(|| "91990000MA0X7Q4H25".into()),
        member_number: None,
        role: organization.then_some(Role::Agent),
        level: 2,
        methods: "pwd".into(),
        authenticated_at: Timestamp::from_millis(0),
    }
}

#[test]
fn the_id_token_names_the_person_and_the_organization_acted_for() {
    let keyring = keyring();
    let subject = subject(&keyring, true, &More::default(), "openid profile phone email", &Place::default());
    let methods = ["pwd".to_owned(), "sms".to_owned()];
    let claims = Claims {
        issuer: "https://op.test",
        client_id: "client",
        now: Timestamp::from_millis(1_800_000_000_500),
        authenticated_at: Some(Timestamp::from_millis(1_799_999_990_999)),
        nonce: Some("n"),
        acr: "urn:fujie:aal:2",
        methods: &methods,
        session: 7,
        algorithm: Algorithm::Es256,
        access_token: "token",
    };
    let claims: serde_json::Value =
        serde_json::from_slice(&claims.id_token(&subject, &keyring).unwrap()).unwrap();
    // Another crate of the workspace makes JSON objects keep their order.
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(claims, { ".sid" => "[sid]" });
    });
}
#[test]
fn without_scopes_nothing_personal_is_told() {
    let keyring = keyring();
    let subject = subject(&keyring, false, &More::default(), "openid", &Place::default());
    insta::assert_json_snapshot!(subject);
}
#[test]
fn at_hash_is_the_left_half_of_the_algorithms_own_hash() {
    // The example of OpenID Connect Core, appendix A.3, with SHA-256.
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::Ps256] {
        assert_eq!(half_hash(algorithm, token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
    // The same with SHA-512, as Ed25519 has it.
    assert_eq!(half_hash(Algorithm::EdDsa, token), "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM");
}
#[test]
fn two_clients_cannot_compare_sessions() {
    let keyring = keyring();
    assert_ne!(session_identifier(&keyring, 7, "a"), session_identifier(&keyring, 7, "b"));
    assert_ne!(session_identifier(&keyring, 7, "a"), session_identifier(&keyring, 8, "a"));
}

#[test]
fn a_claim_is_told_where_it_was_asked_for_and_only_with_the_wanted_value() {
    let keyring = keyring();
    let nothing = More::default();
    let one = told(&keyring, false, &nothing, "openid", &json!({ "phone_number": null }));
    assert_eq!(one.phone_number.as_deref(), Some("+8613800138000"));
    assert_eq!((one.name, one.phone_number_verified, one.email), (None, None, None));
    let other = told(&keyring, false, &nothing, "openid", &json!({ "name": { "value": "李四" } }));
    assert_eq!(other.name, None);
    let same =
        told(&keyring, false, &nothing, "openid", &json!({ "name": { "values": ["李四", "陈思齐"] } }));
    assert_eq!(same.name.as_deref(), Some("陈思齐"));
}
#[test]
fn authority_and_grant_are_told_with_the_scope_organization() {
    let keyring = keyring();
    let subject = told(&keyring, true, &granted(), "openid organization", &json!({}));
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!("authority", json!({ "authority": subject.authority, "grant": subject.grant }));
    });
    let silent = told(&keyring, true, &granted(), "openid", &json!({}));
    assert_eq!((silent.authority, silent.grant), (None, None));
    let asked = told(&keyring, true, &granted(), "openid", &json!({ "authority": null }));
    assert!(asked.authority.is_some() && asked.grant.is_none());
    let person = told(&keyring, false, &granted(), "openid organization", &json!({}));
    assert_eq!(person.authority, None, "nobody is acted for");
}
#[test]
fn verified_claims_are_told_as_far_as_every_condition_is_met() {
    let keyring = keyring();
    let ask = |more: &More, verification: Value, claims: Value| {
        let wish = json!({ "verified_claims": { "verification": verification, "claims": claims } });
        told(&keyring, false, more, "openid", &wish).verified_claims
    };
    let two = proven(RealNameLevel::Intermediate);
    let all = json!({ "trust_framework": { "value": "cn_fujie_rn" }, "assurance_level": { "values": ["rn2", "rn3"] },
        "time": { "max_age": 7200 }, "evidence": [{ "type": { "value": "electronic_record" } }] });
    let told = ask(&two, all, json!({ "name": null, "cn_id_hash": null, "birthdate": null })).unwrap();
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!("verified", told, { ".claims.cn_id_hash" => "[hash]" });
    });
    let plain = json!({ "trust_framework": null });
    let name = json!({ "name": null });
    let less = ask(&two, plain.clone(), name.clone()).unwrap();
    assert_eq!(
        less["verification"],
        json!({ "trust_framework": "cn_fujie_rn" }),
        "no more than was asked for"
    );
    let on_evidence = |entries: Value| json!({ "trust_framework": null, "evidence": entries });
    for verification in [
        on_evidence(
            json!([{ "type": { "value": "document" } }, { "type": { "value": "electronic_record" } }]),
        ),
        on_evidence(json!([{ "check_details": [{ "check_method": { "values": ["pvp", "data"] } }] }])),
        on_evidence(json!([{ "type": { "essential": true }, "document_details": { "type": null } }])),
        on_evidence(json!([{ "type": { "value": "document" } }, {}])),
        json!({ "trust_framework": null, "verification_process": null, "assurance_process": { "policy": null } }),
    ] {
        assert!(ask(&two, verification.clone(), name.clone()).is_some(), "{verification}");
    }
    for (more, verification, claims) in [
        (&two, json!({ "trust_framework": { "value": "eidas" } }), name.clone()),
        (&two, json!({ "trust_framework": null, "assurance_level": { "value": "rn3" } }), name.clone()),
        (&two, json!({ "trust_framework": null, "time": { "max_age": 60 } }), name.clone()),
        (&two, on_evidence(json!([{ "type": { "value": "document" } }])), name.clone()),
        (&two, on_evidence(json!([{ "type": { "values": ["document", "vouch"] } }])), name.clone()),
        (
            &two,
            on_evidence(json!([{ "type": { "value": "document" } }, { "time": { "max_age": 9 } }])),
            name.clone(),
        ),
        (
            &two,
            on_evidence(json!([{ "check_details": [{ "check_method": { "value": "pvp" } }] }])),
            name.clone(),
        ),
        (&two, on_evidence(json!([{ "record": { "source": { "name": { "value": "x" } } } }])), name.clone()),
        (&two, on_evidence(json!([{ "type": { "values": [] } }])), name.clone()),
        (&two, json!({ "trust_framework": null, "verification_process": { "value": "x" } }), name.clone()),
        (
            &two,
            json!({ "trust_framework": null, "assurance_process": { "policy": { "values": ["x"] } } }),
            name.clone(),
        ),
        (&two, json!({ "trust_framework": null, "unheard_of": { "max_age": 60 } }), name.clone()),
        (&two, json!({ "trust_framework": null, "time": { "value": "2026-01-01T00:00Z" } }), name.clone()),
        (&two, plain.clone(), json!({ "name": { "value": "李四" } })),
        (&two, plain.clone(), json!({ "birthdate": null })),
        (&proven(RealNameLevel::Unverified), plain.clone(), name.clone()),
        (&More::default(), plain, name),
    ] {
        assert_eq!(ask(more, verification.clone(), claims.clone()), None, "{verification} {claims}");
    }
}
#[test]
fn f12_a_name_that_nobody_verified_is_no_verified_claim() {
    let keyring = keyring();
    let wish = json!({ "verified_claims": { "verification": { "trust_framework": null }, "claims": { "name": null } } });
    let subject = told(&keyring, false, &More::default(), "openid profile", &wish);
    assert!(subject.name.is_some() && subject.verified_claims.is_none());
}
