//! Grants by person and by product, shown before they are made.
use super::{Answer, sites, value_of};
use http::StatusCode;

#[tokio::test]
async fn m48_the_matrix_shows_what_it_would_do_before_it_does_it_and_tells_the_loser() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let browser = site.browser(site.town.administrator.account).await;
        let grants = site.org("grants");
        let page = browser.get(&format!("{grants}?role=agent")).await;
        let (row, column) = (value_of(&page.text, "r0"), value_of(&page.text, "c0"));
        assert_eq!(row, site.town.agent.membership.to_string());
        assert_eq!(value_of(&page.text, "was"), "0");
        let review = async |was: &str, ticked: bool| {
            let mut members = vec![("r0", row.as_str()), ("c0", column.as_str()), ("was", was)];
            if ticked {
                members.push(("g0.0", "1"));
            }
            browser.post(&grants, &format!("{grants}?role=agent"), &members).await
        };
        let apply = async |shown: &Answer, until: &str| {
            let names = ["back", "steps", "r0", "c0"].map(|name| (name, value_of(&shown.text, name)));
            let mut members: Vec<(&str, &str)> = names.iter().map(|(n, v)| (*n, v.as_str())).collect();
            members.push(("until", until));
            browser.post(&grants, &format!("{grants}/apply"), &members).await
        };
        let shown = review("0", true).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text.contains("陈思齐") && shown.text.contains("Market data"), "{}", shown.text);
        assert!(!site.town.decision(site.town.agent).await.allow, "shown is not done");
        // A date that is none comes back at its field, with everything that was shown.
        let bad = apply(&shown, "2020-01-01").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            bad.text.contains("id=\"until-e\"") && value_of(&bad.text, "steps") == "0.0.g",
            "{}",
            bad.text
        );
        // A second window shows the same before the first is confirmed.
        let second = review("0", true).await;
        assert_eq!(apply(&shown, "").await.status, StatusCode::SEE_OTHER);
        assert!(site.town.decision(site.town.agent).await.allow);
        let stale = apply(&second, "").await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.text.contains("id=\"stale\""), "{}", stale.text);
        // So does a form that was loaded before.
        assert_eq!(review("0", true).await.status, StatusCode::CONFLICT);
        assert_eq!(review("1", true).await.status, StatusCode::SEE_OTHER, "nothing to change leads back");
        let ending = review("1", false).await;
        assert_eq!(apply(&ending, "").await.status, StatusCode::SEE_OTHER);
        assert!(!site.town.decision(site.town.agent).await.allow);
        for broken in ["", "01", "x"] {
            assert!(review(broken, true).await.status.is_client_error(), "{broken}");
        }
        // Whoever leads back leads back into the same organization.
        let shown = review("0", true).await;
        let elsewhere = [
            ("back", "//elsewhere.example/"),
            ("steps", &value_of(&shown.text, "steps")),
            ("r0", &row),
            ("c0", &column),
        ];
        let done = browser.post(&grants, &format!("{grants}/apply"), &elsewhere).await;
        assert_eq!(done.location, grants);
    }
}

#[tokio::test]
async fn m48_by_person_and_by_product_a_period_is_given_and_changed_and_lapsed_ones_sleep() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let browser = site.browser(site.town.administrator.account).await;
        let member = site.org(&format!("members/{}/products", site.town.agent.membership));
        let product = site.org(&format!("products/{}/members", site.town.data));
        let change = async |page: &str, date: &str| {
            let shown = browser.get(page).await;
            let at = (0..4).find(|at| {
                let key = format!("name=\"k{at}\" value=\"{}", site.town.agent.membership);
                shown.text.contains(&key)
            });
            let at = at.unwrap_or_else(|| panic!("no line: {}", shown.text));
            let names = [format!("k{at}"), format!("g{at}"), format!("u{at}")];
            let key = value_of(&shown.text, &names[0]);
            // Lines are numbered from nought without a gap.
            let mut members: Vec<(String, String)> =
                (0..at).map(|n| (format!("k{n}"), value_of(&shown.text, &format!("k{n}")))).collect();
            members.extend([
                (names[0].clone(), key),
                (names[1].clone(), "1".into()),
                (names[2].clone(), date.into()),
            ]);
            let members: Vec<(&str, &str)> = members.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let review = browser.post(page, page, &members).await;
            if review.status != StatusCode::OK {
                return review;
            }
            let carried = ["back", "steps", "r0", "c0"].map(|name| (name, value_of(&review.text, name)));
            let carried: Vec<(&str, &str)> = carried.iter().map(|(n, v)| (*n, v.as_str())).collect();
            browser.post(page, &site.org("grants/apply"), &carried).await
        };
        let bad = change(&member, "2020-01-01").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            bad.text.contains("value=\"2020-01-01\"") && bad.text.contains("aria-invalid"),
            "{}",
            bad.text
        );
        let done = change(&member, "2099-06-30").await;
        assert_eq!(done.location, member, "{}", done.text);
        assert!(site.town.decision(site.town.agent).await.allow);
        let held = async || {
            let ids = vec![site.town.agent.membership];
            site.town.rooms.held_grants(site.town.ours, ids, site.town.now()).await.unwrap()
        };
        let zone = kernel::clock::Zone::default();
        assert_eq!(held().await[0].until, zone.end_of("2099-06-30").unwrap());
        assert_eq!(change(&product, "2098-01-31").await.status, StatusCode::SEE_OTHER);
        assert_eq!(held().await[0].until, zone.end_of("2098-01-31").unwrap());
        let has = browser.get(&format!("{product}?has=yes")).await;
        assert!(has.text.contains("chensiqi ·") && !has.text.contains("zhouyutong ·"), "{}", has.text);
        let not = browser.get(&format!("{product}?has=no")).await;
        assert!(!not.text.contains("chensiqi ·"), "{}", not.text);
        let system = crate::Operator::installation();
        site.town.rooms.terminate_contract(&system, site.town.ours, site.town.contract).await.unwrap();
        let asleep = browser.get(&member).await;
        assert!(asleep.text.contains("Asleep"), "{}", asleep.text);
        assert!(browser.get(&site.org("grants")).await.text.contains("Asleep"));
        let unknown = browser.get(&site.org("products/0000000000001/members")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        let foreign = site.org(&format!("members/{}/products", site.town.their_agent.membership));
        assert_eq!(browser.get(&foreign).await.status, StatusCode::NOT_FOUND);
    }
}
