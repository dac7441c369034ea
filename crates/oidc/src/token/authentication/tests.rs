use crate::{
    client::{Algorithm, AuthMethod, Settings, published::ClientKeys},
    house::{House, houses},
    testing::{Caller, Key, hs256},
};
use axum::{Router, extract::State, routing::get};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn with(auth_method: AuthMethod) -> Settings {
    Settings { auth_method, ..Settings::machine() }
}
fn keyed(key: &Key) -> Settings {
    Settings { jwks: Some(key.set()), ..with(AuthMethod::PrivateKeyJwt) }
}
/// What the token endpoint says to a body of the client's own making.
async fn told(caller: &Caller<'_>, members: &[(&str, &str)]) -> (u16, String) {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").extend_pairs(members);
    let answer = caller.house.post("/oauth2/token", None, &form.finish()).await;
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}
async fn asserted(caller: &Caller<'_>, assertion: &str) -> (u16, String) {
    told(caller, &[("client_assertion_type", TYPE), ("client_assertion", assertion)]).await
}
const REFUSED: (u16, &str) = (401, "invalid_client");

#[tokio::test]
async fn each_method_is_taken_and_no_other_of_the_same_client() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::EdDsa);
        let mut callers = Vec::new();
        for method in [AuthMethod::SecretBasic, AuthMethod::SecretPost, AuthMethod::SecretJwt] {
            callers.push(Caller::machine(&house, with(method)).await);
        }
        callers.push(Caller::machine(&house, keyed(&key)).await.with_key(Key::new(Algorithm::EdDsa)));
        callers[3].key = Some(key);
        for caller in &callers {
            let answer = caller.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?} {answer:?}", caller.client.settings.auth_method);
            let id = caller.client.client_id.as_str();
            let method = caller.client.settings.auth_method;
            let none = told(caller, &[("client_id", id)]).await;
            assert_eq!((none.0, none.1.as_str()), REFUSED, "{method}");
            let Some(secret) = &caller.secret else { continue };
            if method != AuthMethod::SecretPost {
                let post = told(caller, &[("client_id", id), ("client_secret", secret)]).await;
                assert_eq!((post.0, post.1.as_str()), REFUSED, "{method}");
            }
            if method != AuthMethod::SecretBasic {
                let basic =
                    house.post("/oauth2/token", Some((id, secret)), "grant_type=client_credentials").await;
                assert_eq!(basic.status, StatusCode::UNAUTHORIZED, "{method}");
                assert!(basic.headers.contains_key("www-authenticate"));
            }
            if method != AuthMethod::SecretJwt {
                let signed = asserted(caller, &hs256(secret, &caller.assertion_claims())).await;
                assert_eq!((signed.0, signed.1.as_str()), REFUSED, "{method}");
            }
        }
    }
}
#[tokio::test]
async fn f23_a_client_that_is_not_there_is_answered_like_one_that_cannot_prove_itself() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Es256);
        let by_key = Caller::machine(&house, keyed(&key)).await.with_key(key);
        let by_post = Caller::machine(&house, with(AuthMethod::SecretPost)).await;
        let forged = |client_id: &str| {
            let mut claims = by_key.assertion_claims();
            (claims["iss"], claims["sub"]) = (json!(client_id), json!(client_id));
            Key::new(Algorithm::Es256).assertion(&claims)
        };
        let sees = async |path: &str, basic: Option<(&str, &str)>, members: &[(&str, &str)]| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "client_credentials")
                .append_pair("token", "x")
                .extend_pairs(members);
            let answer = house.post(path, basic, &form.finish()).await;
            let mut headers: Vec<_> =
                answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.retain(|line| !line.starts_with("x-request-id"));
            headers.sort();
            (answer.status, answer.body, headers)
        };
        for path in ["/oauth2/token", "/oauth2/par", "/oauth2/introspect", "/oauth2/revoke"] {
            let known = house.client.client_id.as_str();
            let (there, nobody) = (
                sees(path, Some((known, "wrong")), &[]).await,
                sees(path, Some(("nobody", "wrong")), &[]).await,
            );
            assert_eq!(there.0, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(there, nobody, "{path}, by Basic");
            let known = by_post.client.client_id.as_str();
            let members = |id| [("client_id", id), ("client_secret", "wrong")];
            assert_eq!(
                sees(path, None, &members(known)).await,
                sees(path, None, &members("nobody")).await,
                "{path}, by post"
            );
            let known = by_key.client.client_id.as_str();
            let (one, other) = (forged(known), forged("nobody"));
            let members = |text| [("client_assertion_type", TYPE), ("client_assertion", text)];
            assert_eq!(
                sees(path, None, &members(&one)).await,
                sees(path, None, &members(&other)).await,
                "{path}, by a key"
            );
        }
    }
}
#[tokio::test]
async fn an_assertion_counts_once_on_every_node() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Es256);
        let caller = Caller::machine(&house, keyed(&key)).await.with_key(key);
        let assertion = caller.key.as_ref().unwrap().assertion(&caller.assertion_claims());
        let (first, second) = tokio::join!(asserted(&caller, &assertion), asserted(&caller, &assertion));
        let mut answers = [first.0, second.0];
        answers.sort_unstable();
        assert_eq!(answers, [200, 401], "of two at the same time one is taken");
        assert_eq!(asserted(&caller, &assertion).await.0, 401);
        // Another client may use the same identifier.
        let other_key = Key::new(Algorithm::Es256);
        let other = Caller::machine(&house, keyed(&other_key)).await.with_key(other_key);
        let mut claims = other.assertion_claims();
        claims["jti"] = json!("id-0");
        assert_eq!(asserted(&other, &other.key.as_ref().unwrap().assertion(&claims)).await.0, 200);
    }
}
#[tokio::test]
async fn f18_an_assertion_by_another_key_algorithm_or_client_is_none() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Rs256);
        let settings =
            Settings { auth_algorithm: Some(Algorithm::Ps256), ..keyed(&Key::new(Algorithm::Ps256)) };
        let picky = Caller::machine(&house, settings).await;
        let caller = Caller::machine(&house, keyed(&key)).await.with_key(key);
        let claims = || caller.assertion_claims();
        let key = caller.key.as_ref().unwrap();
        let other = Key::new(Algorithm::Rs256);
        let kid = key.kid().to_owned();
        let foreign = other.signed(&json!({ "alg": "RS256", "kid": kid }), &claims());
        let public = key.public()["n"].as_str().unwrap().to_owned();
        let mut elsewhere = claims();
        elsewhere["sub"] = json!(picky.client.client_id);
        let mut expired = claims();
        expired["exp"] = json!(1_700_000_000);
        for (broken, why) in [
            (other.assertion(&claims()), "an unknown key"),
            (foreign, "another key under a known name"),
            (hs256(&public, &claims()), "the public key as a secret"),
            (key.signed(&json!({ "alg": "none" }), &claims()), "no signature"),
            (key.signed(&json!({ "alg": "PS256", "kid": kid }), &claims()), "another padding"),
            (key.assertion(&elsewhere), "another client"),
            (key.assertion(&expired), "too late"),
        ] {
            let answer = asserted(&caller, &broken).await;
            assert_eq!((answer.0, answer.1.as_str()), REFUSED, "{why}");
        }
        assert_eq!(asserted(&caller, &key.assertion(&claims())).await.0, 200);
        assert_eq!(asserted(&picky, &key.assertion(&picky.assertion_claims())).await.0, 401);
    }
}

/// A client that publishes its keys.
#[derive(Clone, Default)]
struct Publisher {
    set: Arc<Mutex<Value>>,
    asked: Arc<Mutex<u32>>,
}
impl Publisher {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks", listener.local_addr().unwrap());
        let router = Router::new().route("/jwks", get(published)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }
    fn publish(&self, keys: &[&Key]) {
        *self.set.lock().unwrap() =
            json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() });
    }
    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}
async fn published(State(publisher): State<Publisher>) -> axum::Json<Value> {
    *publisher.asked.lock().unwrap() += 1;
    axum::Json(publisher.set.lock().unwrap().clone())
}
async fn of(house: &House, uri: String) -> Caller<'_> {
    Caller::machine(house, Settings { jwks_uri: Some(uri), ..with(AuthMethod::PrivateKeyJwt) }).await
}

#[tokio::test]
async fn published_keys_are_kept_and_fetched_again_for_a_new_one_but_not_often() {
    for house in houses(true).await {
        let (old, new, invented) =
            (Key::new(Algorithm::Es256), Key::new(Algorithm::Es256), Key::new(Algorithm::Es256));
        let publisher = Publisher::default();
        publisher.publish(&[&old]);
        let caller = of(&house, publisher.start().await).await;
        let sign = |key: &Key| key.assertion(&caller.assertion_claims());
        for _ in 0..3 {
            assert_eq!(asserted(&caller, &sign(&old)).await.0, 200);
        }
        assert_eq!(publisher.asked(), 1, "kept");
        publisher.publish(&[&old, &new]);
        house.db.clock().advance_seconds(1);
        assert_eq!(asserted(&caller, &sign(&new)).await.0, 200, "a new key is found at once");
        assert_eq!(publisher.asked(), 2);
        for _ in 0..5 {
            assert_eq!(asserted(&caller, &sign(&invented)).await.0, 401);
        }
        assert_eq!(publisher.asked(), 2, "an invented key is no way to a flood");
        house.db.clock().advance_seconds(60);
        assert_eq!(asserted(&caller, &sign(&invented)).await.0, 401);
        assert_eq!(publisher.asked(), 3);
        publisher.publish(&[&new]);
        house.db.clock().advance_seconds(600);
        assert_eq!(asserted(&caller, &sign(&old)).await.0, 401, "a key that was taken down is forgotten");
        assert_eq!(asserted(&caller, &sign(&new)).await.0, 200);
    }
}
#[tokio::test]
async fn f16_keys_are_not_fetched_from_private_addresses() {
    for house in houses(true).await {
        let key = Key::new(Algorithm::Es256);
        // Somebody is there and would answer; only where the operator opened that network is anybody asked.
        let publisher = Publisher::default();
        publisher.publish(&[&key]);
        let caller = of(&house, publisher.start().await).await;
        let found = async |allow: &[&str]| {
            let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
            let outbound = web::Outbound::new(web::OutboundOptions { allow, roots: Vec::new() }).unwrap();
            let keys = ClientKeys::new(outbound);
            keys.find(&caller.client, None, Algorithm::Es256, house.db.clock().now()).await.is_some()
        };
        for closed in [&[][..], &["10.0.0.0/8"], &["127.0.0.2/32"]] {
            assert!(!found(closed).await, "{closed:?}");
        }
        assert_eq!(publisher.asked(), 0);
        assert!(found(&["127.0.0.0/8"]).await);
        // Loopback is opened in this house; the cloud's own address is not.
        for uri in ["https://169.254.169.254/jwks", "https://10.0.0.1/jwks", "https://[::ffff:10.0.0.1]/jwks"]
        {
            let caller = of(&house, uri.to_owned()).await;
            let answer = asserted(&caller, &key.assertion(&caller.assertion_claims())).await;
            assert_eq!((answer.0, answer.1.as_str()), REFUSED, "{uri}");
        }
        for uri in [
            "http://rp.test/jwks",
            "ftp://rp.test/jwks",
            "file:///etc/passwd",
            "https://a:b@rp.test/",
            "https://rp.test/#x",
        ] {
            let settings = Settings { jwks_uri: Some(uri.into()), ..with(AuthMethod::PrivateKeyJwt) };
            assert_eq!(
                settings.checked(Algorithm::Es256, &[], true).unwrap_err().code,
                "client.uri_invalid",
                "{uri}"
            );
        }
    }
}
#[tokio::test]
async fn a_new_secret_replaces_the_old_one() {
    use crate::client::service::rotate_secret;
    use organization::Operator;
    for house in houses(true).await {
        for method in [AuthMethod::SecretPost, AuthMethod::SecretJwt] {
            let mut caller = Caller::machine(&house, with(method)).await;
            let grant = [("grant_type", "client_credentials")];
            assert_eq!(caller.ask("/oauth2/token", &grant).await.status, StatusCode::OK);
            let by = Operator::installation();
            let made =
                rotate_secret(&house.db, &by, caller.client.product, caller.client.id, None).await.unwrap();
            assert_eq!(caller.ask("/oauth2/token", &grant).await.error(), "invalid_client");
            caller.secret = made.secret.map(|secret| secret.expose().to_owned());
            assert_eq!(caller.ask("/oauth2/token", &grant).await.status, StatusCode::OK);
        }
        let foreign = rotate_secret(
            &house.db,
            &Operator::installation(),
            kernel::Id::from_i64(1),
            house.client.id,
            None,
        )
        .await;
        assert!(foreign.is_err(), "another product's client is unknown");
    }
}
