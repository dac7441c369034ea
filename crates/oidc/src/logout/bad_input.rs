//! Every parameter of a sign-out that a product begins, in every way that it can be wrong, by GET and by POST.
use crate::house::{Answer, House, houses};

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Out {
    /// The person is asked.
    Asked,
    /// The session ends without a question, and the person goes back to the product.
    Ended,
    /// Nothing happens but a page with this code.
    Page(&'static str),
}
use Out::{Asked, Ended, Page};

const BYE: &str = "https%3A%2F%2Frp.test%2Fbye";
const MALFORMED: Out = Page("authorize.malformed");
const UNKNOWN: Out = Page("logout.redirect_uri_unknown");

fn cases(house: &House, hint: &str, foreign: &str) -> Vec<(String, Out)> {
    let id = &house.client.client_id;
    let long = "x".repeat(9000);
    let good = format!("id_token_hint={hint}&post_logout_redirect_uri={BYE}&state=s");
    let case = |text: String, out| (text, out);
    vec![
        case(String::new(), Asked),
        case(good.clone(), Ended),
        case(format!("{good}&client_id={id}"), Ended),
        case(format!("{good}&client_id="), Ended),
        case(format!("{good}&logout_hint=x&ui_locales=en&unknown=1"), Ended),
        // id_token_hint: absent, empty, duplicated, over-long, wrongly encoded, of another type, another client's.
        case(format!("client_id={id}&post_logout_redirect_uri={BYE}"), Asked),
        case(format!("id_token_hint=&client_id={id}&post_logout_redirect_uri={BYE}"), Asked),
        case(format!("{good}&id_token_hint={hint}"), MALFORMED),
        case(format!("id_token_hint={long}&client_id={id}"), Asked),
        case(format!("id_token_hint=%ff&client_id={id}"), MALFORMED),
        case(format!("id_token_hint=nonsense&client_id={id}"), Asked),
        case(format!("id_token_hint=eyJhbGciOiJub25lIn0.e30.&client_id={id}"), Asked),
        case(format!("id_token_hint={foreign}&client_id={id}"), Page("logout.client_mismatch")),
        case(format!("id_token_hint={foreign}&post_logout_redirect_uri={BYE}"), UNKNOWN),
        // client_id
        case(format!("{good}&client_id=other"), Page("logout.client_mismatch")),
        case(format!("client_id=nobody&post_logout_redirect_uri={BYE}"), UNKNOWN),
        case("client_id=nobody".to_owned(), Asked),
        case(format!("client_id={id}&client_id={id}"), MALFORMED),
        case(format!("client_id={long}&post_logout_redirect_uri={BYE}"), UNKNOWN),
        case("client_id=%ff".to_owned(), MALFORMED),
        // post_logout_redirect_uri
        case(format!("post_logout_redirect_uri={BYE}"), UNKNOWN),
        case(format!("client_id={id}&post_logout_redirect_uri="), Asked),
        case(format!("client_id={id}&post_logout_redirect_uri={BYE}%2F"), UNKNOWN),
        case(format!("client_id={id}&post_logout_redirect_uri=https%3A%2F%2Frp.test%2Fcallback"), UNKNOWN),
        case(format!("client_id={id}&post_logout_redirect_uri=javascript%3Aalert(1)"), UNKNOWN),
        case(format!("client_id={id}&post_logout_redirect_uri={long}"), UNKNOWN),
        case(format!("{good}&post_logout_redirect_uri={BYE}"), MALFORMED),
        case(format!("client_id={id}&post_logout_redirect_uri=%ff"), MALFORMED),
        // state
        case(format!("{good}&state=t"), MALFORMED),
        case(good.replace("state=s", "state="), Ended),
        case(good.replace("state=s", "state=%00"), MALFORMED),
        case(good.replace("state=s", &format!("state={long}")), Ended),
    ]
}

async fn judge(house: &House, begun: Answer) -> Out {
    if !begun.status.is_redirection() {
        let code = begun.error_code();
        let known = ["authorize.malformed", "logout.redirect_uri_unknown", "logout.client_mismatch"];
        return Page(known.into_iter().find(|known| *known == code).unwrap_or("another"));
    }
    let next = begun.location();
    assert!(next == "/logout" || next.starts_with("/logout?"), "{next}");
    let answer = house.get(&next, true).await;
    if answer.status.is_redirection() {
        assert!(answer.location().starts_with("https://rp.test/bye"), "{answer:?}");
        Ended
    } else {
        assert!(answer.body.contains("id=\"logout-confirm\""), "{answer:?}");
        Asked
    }
}

#[tokio::test]
async fn every_parameter_in_every_wrong_way_at_the_sign_out() {
    for house in houses(true).await {
        let tokens = house.exchange(&house.code().await).await.json();
        let hint = tokens["id_token"].as_str().unwrap().to_owned();
        house.change("UPDATE client SET client_id = 'other'").await;
        // Its secret was hashed with its name: under another name it is public for once.
        let request = house.request("").replace(&house.client.client_id, "other");
        let code = house.get(&request, true).await.query("code").unwrap();
        house.change("UPDATE client SET auth_method = 'none', secret_mac = NULL").await;
        let body = format!("{}&client_id=other", house.exchange_body(&code));
        let foreign = house.post("/oauth2/token", None, &body).await.json();
        let foreign = foreign["id_token"].as_str().unwrap_or_else(|| panic!("{foreign}")).to_owned();
        let own = house.client.client_id.clone();
        house
            .db
            .write_unaudited("a test's world", move |tx| {
                tx.run("UPDATE client SET client_id = $1", &[&own]).map(drop)
            })
            .await
            .unwrap();
        house.change("UPDATE client SET auth_method = 'client_secret_basic'").await;
        for (text, expected) in cases(&house, &hint, &foreign) {
            for by_post in [false, true] {
                house.change("UPDATE session SET ended_at = NULL").await;
                let begun = match by_post {
                    false => house.get(&format!("/oauth2/logout?{text}"), true).await,
                    true => house.post("/oauth2/logout", None, &text).await,
                };
                let what: String = text.chars().take(300).collect();
                assert_eq!(judge(&house, begun).await, expected, "post: {by_post}, {what}");
            }
        }
        // A hint names its session long after it has run out; brought once more it ends nothing and leads back all the same.
        house.db.clock().advance_seconds(86_400);
        house.change("UPDATE session SET ended_at = NULL").await;
        let good = format!("/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={BYE}&state=s");
        for what in ["expired", "replayed"] {
            let begun = house.get(&good, true).await;
            assert_eq!(judge(&house, begun).await, Ended, "{what}");
        }
    }
}
