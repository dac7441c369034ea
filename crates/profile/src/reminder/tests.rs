use crate::testing::House;
use identity::notice::{Group, service};
use platform::Channel;

const EVERY: [(&str, &str); 6] = [
    ("sms[]", "security"),
    ("mail[]", "security"),
    ("sms[]", "sign_in"),
    ("mail[]", "sign_in"),
    ("mail[]", "decisions"),
    ("mail[]", "products"),
];

/// Whoever sits at an open browser would silence first what tells the holder.
#[tokio::test]
async fn m18_reminders_of_security_and_sign_in_are_silenced_by_a_fresh_proof_alone() {
    for house in House::on_engines().await {
        let account = house.person("linzy", Some("13800138000")).await;
        let on = async |group, channel| {
            service::wishes(house.identity(), account).await.unwrap().on(group, channel)
        };
        let mut browser = house.browser(account).await;
        house.pass(11 * 60);
        let page = browser.get("/me/reminders").await;
        for (group, silenced) in [(Group::Security, 0), (Group::SignIn, 2)] {
            let members: Vec<_> = EVERY.into_iter().filter(|member| *member != EVERY[silenced]).collect();
            let led = browser.post(&page, "/me/reminders", &members).await;
            assert!(
                led.location.starts_with("/me/verify?need=fresh&return_to=/me/reminders"),
                "{}",
                led.location
            );
            assert!(on(group, Channel::Sms).await, "{group}");
        }
        assert_eq!(house.events("reminder.changed").await, 0);
        // The others, and anything that goes on, ask for nothing.
        let quiet: Vec<_> = EVERY.into_iter().filter(|member| member.1 != "decisions").collect();
        assert_eq!(browser.post(&page, "/me/reminders", &quiet).await.location, "/me/reminders");
        assert!(!on(Group::Decisions, Channel::Mail).await);

        let mut fresh = house.browser(account).await;
        let page = fresh.get("/me/reminders").await;
        let members: Vec<_> = EVERY.into_iter().filter(|member| *member != EVERY[2]).collect();
        assert_eq!(fresh.post(&page, "/me/reminders", &members).await.location, "/me/reminders");
        assert!(!on(Group::SignIn, Channel::Sms).await);
        house.pass(11 * 60);
        assert_eq!(fresh.post(&page, "/me/reminders", &members).await.location, "/me/reminders", "as it was");
        assert_eq!(fresh.post(&page, "/me/reminders", &EVERY).await.location, "/me/reminders");
        assert!(on(Group::SignIn, Channel::Sms).await, "on again");
    }
}
