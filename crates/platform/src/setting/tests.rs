use super::*;
use crate::staff::PolicyEditor;

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
