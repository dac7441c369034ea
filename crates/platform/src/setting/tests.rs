use super::*;
use crate::staff::PolicyEditor;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_change_is_seen_at_once_and_bounds_hold() {
    for db in db::testing::engines().await {
        let settings = Settings::new(db.clone());
        assert_eq!(settings.policies().await.unwrap().captcha.after_failures, 3);
        let editor = PolicyEditor::command_line();
        let policy = CaptchaPolicy { strategy: CaptchaStrategy::Always, ..CaptchaPolicy::default() };
        settings.change(&editor, policy.clone()).await.unwrap();
        assert_eq!(settings.policies().await.unwrap().captcha.strategy, CaptchaStrategy::Always);
        let other_node = Settings::new(db);
        assert_eq!(other_node.policies().await.unwrap().captcha.strategy, CaptchaStrategy::Always);
        let error = settings.change(&editor, CaptchaPolicy { minutes: 0, ..policy }).await.unwrap_err();
        assert_eq!((error.code, error.field), ("setting.out_of_bounds", Some("minutes")));
    }
}

#[test]
fn members_that_an_older_release_did_not_know_take_their_defaults() {
    let policy: SessionPolicy = serde_json::from_str(r#"{"idle_minutes": 5}"#).unwrap();
    assert_eq!((policy.idle_minutes, policy.absolute_minutes), (5, 720));
}

#[test]
fn every_value_of_a_section_is_described_and_its_default_allowed() {
    for section in Policies::SECTIONS {
        let described: BTreeSet<&str> = section.members.iter().map(|member| member.name).collect();
        let defaults = section.defaults().unwrap();
        let stored: BTreeSet<&str> = defaults.keys().map(String::as_str).collect();
        assert_eq!(described, stored, "{}", section.key);
        let mut policies = Policies::default();
        section.set(&mut policies, defaults).unwrap();
        assert!(policies.check().is_ok());
    }
    for preset in Preset::ALL {
        let next = preset.applied(&Policies::default());
        assert!(next.check().is_ok());
        for section in Policies::SECTIONS {
            section.set(&mut Policies::default(), section.values(&next).unwrap()).unwrap();
        }
        assert!(preset.differences(&next).unwrap().is_empty(), "twice is once");
    }
    assert!(!Preset::Dengbao3.differences(&Policies::default()).unwrap().is_empty());
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    for db in db::testing::engines().await {
        let settings = Settings::new(db.clone());
        let editor = PolicyEditor::command_line();
        let seen = settings.seen().await.unwrap();
        let mut values = service::section("code").unwrap().values(&seen.policies).unwrap();
        values.insert("minutes".into(), json!(9));
        let mut tasks = Vec::new();
        for _ in 0..16 {
            let (settings, editor, values) = (settings.clone(), editor.clone(), values.clone());
            tasks.push(tokio::spawn(async move { settings.edit(&editor, "code", 0, values).await }));
        }
        let mut first = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(changed) => first += i32::from(changed),
                Err(error) => assert_eq!(error.code, "setting.changed_meanwhile"),
            }
        }
        assert_eq!(first, 1);
        assert_eq!(settings.policies().await.unwrap().code.minutes, 9);
        // The preset was looked at before the change.
        let error = settings.apply(&editor, Preset::Dengbao3, &seen.stamp()).await.unwrap_err();
        assert_eq!(error.code, "setting.changed_meanwhile");
        let seen = settings.seen().await.unwrap();
        assert!(settings.apply(&editor, Preset::Dengbao3, &seen.stamp()).await.unwrap());
        let policies = settings.policies().await.unwrap();
        assert_eq!((policies.password.classes, policies.password.history), (3, 5));
        let second = &policies.second_factor;
        assert_eq!([second.staff, second.administrators], [SecondFactorDemand::Required; 2]);
        assert_eq!(policies.code.minutes, 9, "a preset leaves alone what it does not name");
        let seen = settings.seen().await.unwrap();
        assert!(!settings.apply(&editor, Preset::Dengbao3, &seen.stamp()).await.unwrap());
        // What changed is in the record: values before and after, of the changed members alone.
        let details: Vec<String> = db
            .read(|tx| {
                tx.all("SELECT detail FROM audit_event WHERE action = 'setting.changed' ORDER BY id", &[])
            })
            .await
            .unwrap();
        let detail: Value = serde_json::from_str(details.first().unwrap()).unwrap();
        assert_eq!(detail, json!({ "key": "code", "before": { "minutes": 5 }, "after": { "minutes": 9 } }));
    }
}

#[tokio::test]
async fn values_out_of_bounds_and_against_each_other_are_refused_at_their_member() {
    let db = db::testing::sqlite().await;
    let settings = Settings::new(db);
    let editor = PolicyEditor::command_line();
    for (key, member, value, code) in [
        ("captcha", "strategy", json!("sometimes"), "setting.not_offered"),
        ("captcha", "minutes", json!(61), "setting.out_of_bounds"),
        ("password", "letters_and_digits", json!("yes"), "setting.not_offered"),
        ("password", "memory_kib", json!(9_999_999_999_i64), "setting.out_of_bounds"),
        ("registration", "terms_version", json!(" "), "setting.text"),
        ("session", "idle_minutes", json!(721), "setting.idle_too_long"),
        ("session", "staff_idle_minutes", json!(61), "setting.staff_longer"),
        ("code", "per_phone_hour", json!(11), "setting.hour_over_day"),
    ] {
        let mut values = service::section(key).unwrap().defaults().unwrap();
        values.insert(member.into(), value);
        let error = settings.edit(&editor, key, 0, values).await.unwrap_err();
        assert_eq!((error.code, error.field), (code, Some(member)));
    }
    let lacking = serde_json::Map::new();
    assert!(settings.edit(&editor, "captcha", 0, lacking).await.is_err());
}
