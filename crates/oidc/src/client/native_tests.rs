use super::{
    Client, NewClient, Profile, Settings, service::create_client, settings::AuthMethod, tests::client,
};
use crate::house::{Answer, CALLBACK, House, VERIFIER, houses};
use http::StatusCode;
use proptest::prelude::*;

fn app(uris: &[&str]) -> Client {
    Client { settings: Settings::public(), ..client(uris) }
}

#[test]
fn an_app_on_loopback_is_answered_at_the_port_that_it_got() {
    for (registered, asked) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65535/cb"),
        ("http://127.0.0.1:8090/cb?a=b", "http://127.0.0.1:50123/cb?a=b"),
        ("http://127.0.0.1:8090/cb?to=http://127.0.0.1", "http://127.0.0.1:50123/cb?to=http://127.0.0.1"),
        ("http://127.0.0.1", "http://127.0.0.1:50123"),
        ("http://127.0.0.1/", "http://127.0.0.1:50123/"),
        ("http://[::1]:8090/cb", "http://[::1]:50123/cb"),
        ("http://[::1]/cb", "http://[::1]:50123/cb"),
    ] {
        assert!(app(&[registered]).allows_redirect(asked), "{registered} {asked}");
        assert!(app(&[CALLBACK, registered]).allows_redirect(asked), "beside another: {registered} {asked}");
    }
}
#[test]
fn f01_nothing_but_the_port_of_an_app_on_loopback_is_free() {
    let app = app(&["http://127.0.0.1:8090/cb?a=b", "http://[::1]:8090/cb"]);
    for other in [
        // Another host, however much it looks like this one.
        "http://127.0.0.1.evil.example:8090/cb?a=b",
        "http://127.0.0.1.evil.example/cb?a=b",
        "http://127.0.0.1evil.example/cb?a=b",
        "http://127.0.0.1:8090.evil.example/cb?a=b",
        "http://127.0.0.1:5000@evil.example/cb?a=b",
        "http://evil.example@127.0.0.1:5000/cb?a=b",
        "http://user:pw@127.0.0.1:5000/cb?a=b",
        "http://@127.0.0.1:5000/cb?a=b",
        "http://127.0.0.1:5000\\@evil.example/cb?a=b",
        "http://evil.example/http://127.0.0.1:5000/cb?a=b",
        "http://127.1:5000/cb?a=b",
        "http://2130706433:5000/cb?a=b",
        "http://0x7f000001:5000/cb?a=b",
        "http://0177.0.0.1:5000/cb?a=b",
        "http://127.0.0.01:5000/cb?a=b",
        "http://127.0.0.1.:5000/cb?a=b",
        "http://127.0.0.2:5000/cb?a=b",
        "http://0.0.0.0:5000/cb?a=b",
        "http://localhost:5000/cb?a=b",
        "http://[::ffff:127.0.0.1]:5000/cb?a=b",
        "http://[::1%25lo]:5000/cb",
        "http://[::1%lo]:5000/cb",
        "http://[0:0:0:0:0:0:0:1]:5000/cb",
        "http://[::01]:5000/cb",
        "http://[::2]:5000/cb",
        "http://::1:5000/cb",
        // No port, or none that a browser reads as it stands.
        "http://127.0.0.1/cb?a=b",
        "http://127.0.0.1:/cb?a=b",
        "http://127.0.0.1:0/cb?a=b",
        "http://127.0.0.1:00/cb?a=b",
        "http://127.0.0.1:80/cb?a=b",
        "http://127.0.0.1:05000/cb?a=b",
        "http://127.0.0.1:65536/cb?a=b",
        "http://127.0.0.1:4294972296/cb?a=b",
        "http://127.0.0.1:+5000/cb?a=b",
        "http://127.0.0.1:-1/cb?a=b",
        "http://127.0.0.1:5000:6000/cb?a=b",
        "http://127.0.0.1: 5000/cb?a=b",
        "http://127.0.0.1:５０００/cb?a=b",
        // Another scheme.
        "https://127.0.0.1:5000/cb?a=b",
        "HTTP://127.0.0.1:5000/cb?a=b",
        "Http://127.0.0.1:5000/cb?a=b",
        "http:/127.0.0.1:5000/cb?a=b",
        "http:\\\\127.0.0.1:5000\\cb?a=b",
        "//127.0.0.1:5000/cb?a=b",
        // Another path or query, or what belongs to the other address.
        "http://127.0.0.1:5000",
        "http://127.0.0.1:5000/cb",
        "http://127.0.0.1:5000/cb/?a=b",
        "http://127.0.0.1:5000/CB?a=b",
        "http://127.0.0.1:5000//cb?a=b",
        "http://127.0.0.1:5000/x/../cb?a=b",
        "http://127.0.0.1:5000/%63b?a=b",
        "http://127.0.0.1:5000/cb?a=b&c=d",
        "http://127.0.0.1:5000/cb?a=b#",
        "http://127.0.0.1:5000/cb?a=b#x",
        "http://127.0.0.1:5000?a=b",
        "http://[::1]:5000/cb?a=b",
        " http://127.0.0.1:5000/cb?a=b",
        "http://127.0.0.1:5000/cb?a=b\n",
        "http://127.0.0.1:50\t00/cb?a=b",
        "http://127.0.0.1:5000/cb?a=b\nhttp://[::1]:8090/cb",
        "",
    ] {
        assert!(!app.allows_redirect(other), "{other:?}");
    }
}
#[test]
fn f01_whoever_is_no_app_on_loopback_gets_the_exact_address_alone() {
    for (registered, asked) in [
        ("https://127.0.0.1:8090/cb", "https://127.0.0.1:5000/cb"),
        ("http://localhost:8090/cb", "http://localhost:5000/cb"),
        ("http://localhost:8090/cb", "http://127.0.0.1:8090/cb"),
        ("http://127.0.0.2:8090/cb", "http://127.0.0.2:5000/cb"),
        ("https://rp.test/cb", "https://rp.test:5000/cb"),
        ("com.example.app://127.0.0.1/cb", "com.example.app://127.0.0.1:5000/cb"),
    ] {
        let app = app(&[registered]);
        assert!(app.allows_redirect(registered) && !app.allows_redirect(asked), "{registered} {asked}");
    }
    let registered = ["http://127.0.0.1:8090/cb"];
    for (settings, who) in [
        (Settings::default(), "a server with a secret"),
        (Settings { auth_method: AuthMethod::PrivateKeyJwt, ..Settings::default() }, "a server with a key"),
        (Settings { profile: Profile::Fapi2, ..Settings::public() }, "FAPI 2.0 §5.3.2.2: exact addresses"),
    ] {
        let server = Client { settings, ..client(&registered) };
        assert!(server.allows_redirect(registered[0]), "{who}");
        assert!(!server.allows_redirect("http://127.0.0.1:5000/cb"), "{who}");
    }
    let leaving = Client {
        redirect_uris: String::new(),
        post_logout_redirect_uris: registered[0].into(),
        ..app(&registered)
    };
    assert!(leaving.allows_post_logout_redirect(registered[0]));
    assert!(
        !leaving.allows_post_logout_redirect("http://127.0.0.1:5000/cb"),
        "nothing listens for a sign-out"
    );
}

proptest! {
    #[test]
    fn of_any_address_the_one_with_another_port_is_taken(port in 1_u16.., v6 in any::<bool>(), path in "(/[a-z0-9]{1,8}){0,3}") {
        let host = if v6 { "[::1]" } else { "127.0.0.1" };
        let app = app(&[&format!("http://{host}:8090{path}")]);
        prop_assert_eq!(app.allows_redirect(&format!("http://{host}:{port}{path}")), port != 80);
        let wrong = format!("http://{host}:{port}{path}/x");
        prop_assert!(!app.allows_redirect(&wrong));
    }
    #[test]
    fn what_is_taken_differs_from_what_is_registered_by_digits_alone(
        asked in "(https?|HTTP)://(127\\.0\\.0\\.1|127\\.1|\\[::1\\]|localhost)[.:@]?[0-9]{0,6}[.@:]?(evil)?/?(cb)?[?#/]?"
    ) {
        let app = app(&["http://127.0.0.1:8090/cb"]);
        let port = asked.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/cb"));
        let expected = port.and_then(|port| Some((port, port.parse::<u16>().ok()?)))
            .is_some_and(|(text, port)| port != 0 && port != 80 && port.to_string() == text);
        prop_assert_eq!(app.allows_redirect(&asked), expected);
    }
}

const REGISTERED: &str = "http://127.0.0.1:8090/cb";

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
/// An app of the house's product, and a request of it that wants the answer at `asked`.
async fn native(house: &House) -> impl Fn(&str, &str) -> String {
    let new = NewClient {
        id: house.db.draw(),
        product: house.client.product,
        name: "App".into(),
        redirect_uris: vec![REGISTERED.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: true,
        id_token_algorithm: super::Algorithm::Es256,
        settings: Settings::public(),
    };
    let made = create_client(&house.db, &organization::Operator::installation(), new).await.unwrap();
    let plain = house.request("").replace(&house.client.client_id, &made.client_id);
    move |asked: &str, more: &str| format!("{}{more}", plain.replace(&encoded(CALLBACK), &encoded(asked)))
}
/// The answer once the person has agreed: an app on the device is never answered before.
async fn agreed(house: &House, sent: &str) -> Answer {
    let asked = house.get(sent, true).await.location();
    assert!(asked.starts_with("/consent?flow="), "{asked}");
    let page = house.get(&asked, true).await;
    let (flow, space) = (page.value_of("flow"), house.organization.to_string());
    // Whatever was ticked.
    let members = [("flow", flow.as_str()), ("space", &space), ("decision", "allow"), ("remember", "on")];
    house.submit(&page, "/consent", &members).await
}
async fn exchange(house: &House, request: &str, code: &str, asked: &str) -> Answer {
    let client = request.split("client_id=").nth(1).unwrap().split('&').next().unwrap();
    let body = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={}&code_verifier={VERIFIER}",
        encoded(asked)
    );
    house.post("/oauth2/token", None, &body).await
}

#[tokio::test]
async fn the_code_goes_to_the_port_of_the_request_and_is_good_for_that_one_alone() {
    for house in houses(true).await {
        let request = native(&house).await;
        let asked = "http://127.0.0.1:50123/cb";
        let sent = request(asked, "");
        let code = async || {
            let answer = agreed(&house, &sent).await;
            assert!(answer.location().starts_with(&format!("{asked}?")), "{answer:?}");
            answer.query("code").unwrap()
        };
        assert_eq!(exchange(&house, &sent, &code().await, asked).await.status, StatusCode::OK);
        for other in [REGISTERED, "http://127.0.0.1:50124/cb"] {
            let answer = exchange(&house, &sent, &code().await, other).await;
            assert_eq!(answer.error(), "invalid_grant", "{other}");
        }

        let form = agreed(&house, &request(asked, "&response_mode=form_post")).await;
        assert!(form.body.contains(&format!("action=\"{asked}\"")), "{form:?}");
        assert!(!form.headers["content-security-policy"].to_str().unwrap().contains("form-action"));
        assert_eq!(exchange(&house, &sent, &form.value_of("code"), asked).await.status, StatusCode::OK);

        // Pushed as well; and an error takes the same way.
        let pushed = house.post("/oauth2/par", None, sent.split_once('?').unwrap().1).await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let client = sent.split('&').find(|pair| pair.starts_with("client_id=")).unwrap();
        let named = format!("/oauth2/authorize?{client}&request_uri={}", encoded(&uri));
        assert!(agreed(&house, &named).await.location().starts_with(&format!("{asked}?")));
        let refused = house.get(&format!("{sent}&prompt=none&max_age=1"), true).await;
        assert!(refused.location().starts_with(&format!("{asked}?error=login_required")), "{refused:?}");

        let elsewhere = house.get(&request("http://127.0.0.1:50123/other", ""), true).await;
        assert_eq!(elsewhere.error_code(), "client.redirect_uri_unknown");
    }
}

/// RFC 8252 §8.6: another program of the device may listen at a port, or take a scheme, and begin with a challenge of its own.
#[tokio::test]
async fn f01_an_app_that_any_program_can_pass_itself_off_as_is_never_answered_unasked() {
    const SCHEME: &str = "com.example.app:/cb";
    const PAGE: &str = "https://app.example/cb";
    for house in houses(true).await {
        let app = |skip_consent, settings| NewClient {
            id: house.db.draw(),
            product: house.client.product,
            name: "App".into(),
            redirect_uris: [REGISTERED, SCHEME, PAGE].map(Into::into).into(),
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            skip_consent,
            id_token_algorithm: super::Algorithm::Es256,
            settings,
        };
        let made = async |new| {
            let operator = organization::Operator::installation();
            create_client(&house.db, &operator, new).await.unwrap().client_id
        };
        let request = |client: &str, at: &str, more: &str| {
            let plain = house.request(more).replace(&house.client.client_id, client);
            plain.replace(&encoded(CALLBACK), &encoded(at))
        };
        let silent = async |client: &str, at: &str| {
            let answer = house.get(&request(client, at, "&prompt=none"), true).await;
            answer.query("error").unwrap_or_else(|| answer.query("code").map(|_| "a code".into()).unwrap())
        };
        let (trusted, asking) =
            (made(app(true, Settings::public())).await, made(app(false, Settings::public())).await);
        for at in [REGISTERED, "http://127.0.0.1:50123/cb", SCHEME] {
            for client in [&trusted, &asking] {
                for _ in 0..2 {
                    assert_eq!(silent(client, at).await, "consent_required", "{at}");
                    let page =
                        house.get(&house.get(&request(client, at, ""), true).await.location(), true).await;
                    assert!(!page.body.contains("id=\"remember\""), "nothing is offered that will not hold");
                    assert!(agreed(&house, &request(client, at, "")).await.query("code").is_some());
                }
            }
        }
        let kept: i64 = house
            .db
            .read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM consent WHERE session_id = 0", &[]))
            .await
            .unwrap();
        assert_eq!(kept, 0, "nothing is remembered beyond the session");
        let who = crate::remembered::tests::holder(&house).await;
        assert_eq!(house.openid.consents(who.account).await.unwrap().len(), 2, "it can be withdrawn");
        // Its own domain proves it, and so does a key.
        assert_eq!(silent(&trusted, PAGE).await, "a code");
        let server = made(app(true, Settings::default())).await;
        assert_eq!(silent(&server, REGISTERED).await, "a code");
    }
}
