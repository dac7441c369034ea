use super::{
    Claims, Facts, Subject,
    model::{half_hash, session_identifier},
};
use crate::authorize::model::Scope;
use db::Keyring;
use kernel::{Id, Rng, Timestamp, id::AccountId};
use organization::membership::Role;

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
    let subject =
        Subject::new(facts(&keyring, true), Scope::of_text("openid profile phone email"), &keyring).unwrap();
    let methods = ["pwd".to_owned(), "sms".to_owned()];
    let claims = Claims {
        issuer: "https://op.test",
        client_id: "client",
        now: Timestamp::from_millis(1_800_000_000_500),
        authenticated_at: Timestamp::from_millis(1_799_999_990_999),
        nonce: Some("n"),
        strength: 2,
        methods: &methods,
        session: 7,
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
    let subject = Subject::new(facts(&keyring, false), Scope::default(), &keyring).unwrap();
    insta::assert_json_snapshot!(subject);
}
#[test]
fn at_hash_is_the_left_half() {
    // The example of OpenID Connect Core, appendix A.3, with SHA-256.
    assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
}
#[test]
fn two_clients_cannot_compare_sessions() {
    let keyring = keyring();
    assert_ne!(session_identifier(&keyring, 7, "a"), session_identifier(&keyring, 7, "b"));
    assert_ne!(session_identifier(&keyring, 7, "a"), session_identifier(&keyring, 8, "a"));
}
