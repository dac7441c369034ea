//! Adding, editing, handing out and appointing members.
use super::{Browser, sites, value_of};
use crate::membership::Role;
use crate::testing::account_of;
use http::StatusCode;

#[tokio::test]
async fn m32_a_member_is_created_on_the_page_and_the_slip_shows_the_password_once() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let (new, members) = (site.org("members/new"), site.org("members"));
        let form = browser.get(&new).await;
        let (csrf, id) = (value_of(&form.text, "csrf"), value_of(&form.text, "id"));
        let body = format!(
            "csrf={csrf}&id={id}&name=%E8%AE%B8%E6%9C%9B%E8%88%92&login_name=xuwangshu&phone=13800138000"
        );
        let slip = browser.send_form(&new, body.clone()).await;
        assert_eq!(slip.status, StatusCode::OK, "{}", slip.text);
        assert!(slip.text.contains("id=\"slip-password\"") && slip.text.contains("xuwangshu"));
        // Sent twice: led to what exists, and the password does not show again.
        let again = browser.send_form(&new, body).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        let member = browser.get(&again.location).await;
        assert!(member.text.contains("138****8000") && !member.text.contains("slip-password"));
        let list = browser.get(&members).await;
        assert!(list.text.contains("许望舒") && list.text.contains("138****8000"));
        assert!(!list.text.contains("13800138000"), "numbers are masked");
        let found = browser.get(&format!("{members}?q=xuwang")).await;
        assert!(found.text.contains("许望舒") && !found.text.contains("chensiqi"));
        account_of(&site.town.rooms, "xuwangshu").await;
    }
}

#[tokio::test]
async fn bad_input_keeps_what_was_typed_and_says_what_to_do_at_the_field() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let new = site.org("members/new");
        let form = browser.get(&new).await;
        let id = value_of(&form.text, "id");
        let long = "长".repeat(200);
        for (name, login_name, phone, wrong) in [
            ("", "xuwangshu", "", "name"),
            (long.as_str(), "xuwangshu", "", "name"),
            ("许望舒", "x", "", "login_name"),
            ("许望舒", "13800138000", "", "login_name"),
            ("许望舒", "xuwangshu", "12", "phone"),
            ("许望舒", "chensiqi", "", "login_name"),
            ("许\u{202e}望舒", "xuwangshu", "", "name"),
        ] {
            let members = [("id", id.as_str()), ("name", name), ("login_name", login_name), ("phone", phone)];
            let back = browser.post(&new, &new, &members).await;
            assert!(back.status.is_client_error(), "{wrong}: {}", back.status);
            assert!(back.text.contains(&format!("id=\"{wrong}-e\"")), "{wrong} has its error: {}", back.text);
            assert!(
                back.text.contains(&format!("value=\"{login_name}\"")),
                "{wrong}: the login name was kept"
            );
        }
        let nul = browser
            .send_form(&new, format!("csrf={}&id={id}&name=a%00b&login_name=x", value_of(&form.text, "csrf")))
            .await;
        assert_eq!(nul.status, StatusCode::BAD_REQUEST);
        let forged = browser
            .post(
                &new,
                &new,
                &[("id", "0000000000001.AAAA"), ("name", "许望舒"), ("login_name", "xuwangshu")],
            )
            .await;
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
        let odd = browser.get(&site.org("members?before=nonsense&state=nonsense&q=%25")).await;
        assert_eq!(odd.status, StatusCode::OK);
        let unknown = browser.get(&site.org("members/ZZZZZZZZZZZZZ")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn m32_a_member_is_edited_suspended_reset_and_deleted_on_the_page() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let member = site.org(&format!("members/{}", site.town.agent.membership));
        let edited = browser.post(&member, &member, &[("name", "陈思"), ("phone", "13800138001")]).await;
        assert_eq!(edited.status, StatusCode::SEE_OTHER);
        assert!(browser.get(&member).await.text.contains("138****8001"));
        let wrong = browser.post(&member, &member, &[("name", "陈思"), ("phone", "abc")]).await;
        assert!(wrong.text.contains("value=\"abc\"") && wrong.text.contains("id=\"phone-e\""));
        let state = format!("{member}/state");
        assert_eq!(browser.post(&member, &state, &[("to", "suspended")]).await.status, StatusCode::SEE_OTHER);
        assert!(browser.get(&member).await.text.contains("Resume member"));
        assert_eq!(browser.post(&member, &state, &[("to", "active")]).await.status, StatusCode::SEE_OTHER);
        assert!(browser.post(&member, &state, &[("to", "ended")]).await.status.is_client_error());
        let db = site.town.rooms.identity().db();
        let verified = |at: kernel::Timestamp| {
            db.write_unaudited("time passes", move |tx| {
                tx.run("UPDATE session SET verified_at = $1", &[&at]).map(drop)
            })
        };
        verified(db.clock().now().plus_seconds(-3600)).await.unwrap();
        for way_in in ["reset", "factors"] {
            let stale = browser.post(&member, &format!("{member}/{way_in}"), &[]).await;
            assert_eq!(stale.location, format!("/me/verify?need=fresh&return_to={member}"), "{way_in}");
        }
        verified(db.clock().now()).await.unwrap();
        let slip = browser.post(&member, &format!("{member}/reset"), &[]).await;
        assert!(slip.text.contains("id=\"slip-password\""));
        let delete = format!("{member}/delete");
        let unconfirmed = browser.post(&member, &delete, &[("confirm", "yes")]).await;
        assert_eq!(unconfirmed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unconfirmed.text.contains("id=\"confirm-e\""));
        let deleted = browser.post(&member, &delete, &[("confirm", "chensiqi")]).await;
        assert_eq!(deleted.status, StatusCode::SEE_OTHER);
        assert!(!browser.get(&site.org("members")).await.text.contains("chensiqi"));
        let removed = browser.get(&member).await.text;
        assert!(removed.contains("Removed") && removed.contains("This member was removed"));
        assert!(!removed.contains("not below yours"), "the role is not why it can only be viewed");
    }
}

#[tokio::test]
async fn m34_the_legal_representative_appoints_an_administrator_on_the_page_and_nobody_below_does() {
    for site in sites().await {
        let head = site.town.self_owned("head").await;
        let head = site.town.join(site.town.theirs, Role::LegalRepresentative, head).await;
        let head = site.browser(head.account).await;
        let new = format!("/org/{}/members/new", site.town.theirs);
        let create = async |browser: &Browser<'_>, login_name: &str, role: &str| {
            let id = value_of(&browser.get(&new).await.text, "id");
            let members =
                [("id", id.as_str()), ("name", "许望舒"), ("login_name", login_name), ("role", role)];
            browser.post(&new, &new, &members).await
        };
        let made = create(&head, "second", "administrator").await;
        assert!(made.text.contains("id=\"slip-password\""), "{}", made.text);
        let second = site.browser(account_of(&site.town.rooms, "second").await).await;
        assert!(second.get(&new).await.text.contains("value=\"administrator\" disabled"));
        for role in ["administrator", "legal_representative"] {
            assert_eq!(create(&second, "third", role).await.status, StatusCode::FORBIDDEN, "{role}");
        }
        assert_eq!(create(&head, "third", "legal_representative").await.status, StatusCode::FORBIDDEN);
        // The operation record names whom it was about.
        let home = head.get(&format!("/org/{}/", site.town.theirs)).await.text;
        assert!(home.contains("added a member: 许望舒"), "{home}");
    }
}
