//! Every end of a session reaches the clients that were told of it, once each, whatever their server does.
use super::{DeliveryState, model::backoff_seconds};
use crate::{
    house::{House, ISSUER, houses},
    jose::Jws,
};
use axum::{Router, extract::State, http::HeaderMap, routing::post};
use http::StatusCode;
use identity::session;
use kernel::id::AccountId;
use serde_json::Value;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

#[derive(Clone, Default)]
struct Receiver {
    bodies: Arc<Mutex<Vec<String>>>,
    answers: Arc<AtomicU16>,
    base: String,
}
impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/logout", listener.local_addr().unwrap());
        let receiver = Self { base, answers: Arc::new(AtomicU16::new(200)), ..Self::default() };
        let router = Router::new().route("/logout", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }
    fn tokens(&self) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap().clone();
        let token = |body: String| {
            let (name, value) = url::form_urlencoded::parse(body.as_bytes()).next().unwrap();
            assert_eq!(name, "logout_token");
            value.into_owned()
        };
        bodies.into_iter().map(token).collect()
    }
}
async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    receiver.bodies.lock().unwrap().push(body);
    StatusCode::from_u16(receiver.answers.load(Ordering::SeqCst)).unwrap()
}

/// A house whose client wants to hear of ends, and has been told of the session.
async fn told() -> Vec<(House, Receiver, Value)> {
    let mut all = Vec::new();
    for house in houses(true).await {
        let receiver = Receiver::start().await;
        let (uri, id) = (receiver.base.clone(), house.client.id);
        house
            .db
            .write_unaudited("a test's world", move |tx| {
                tx.run("UPDATE client SET backchannel_logout_uri = $1 WHERE id = $2", &[&uri, &id])?;
                tx.changed("client", id);
                Ok(())
            })
            .await
            .unwrap();
        let tokens = house.exchange(&house.code().await).await.json();
        let id_token = Jws::parse(tokens["id_token"].as_str().unwrap()).unwrap().claims::<Value>().unwrap();
        all.push((house, receiver, id_token));
    }
    all
}
async fn end(house: &House) {
    let (session, now) = (house.session, house.db.clock().now());
    house
        .db
        .write_unaudited("a test's world", move |tx| session::service::end_in(tx, session, now).map(drop))
        .await
        .unwrap();
}
async fn states(house: &House) -> Vec<DeliveryState> {
    let deliveries = house.openid.logout_deliveries(&house.client).await.unwrap();
    deliveries.iter().map(|delivery| delivery.state).collect()
}

#[tokio::test]
async fn m71_signing_out_reaches_the_product_with_a_token_that_proves_itself() {
    for (house, receiver, id_token) in told().await {
        let page = house.get("/logout", true).await;
        house.submit(&page, "/logout", &[]).await;
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 1);
        let token = receiver.tokens().remove(0);
        let message = Jws::parse(&token).unwrap();
        assert!(message.header.is_type("logout+jwt"));
        let keys = house.get("/oauth2/jwks", false).await.body;
        let key = crate::jose::JwkSet::parse(&keys).unwrap();
        let key = key.find(message.header.kid.as_deref(), message.algorithm().unwrap()).unwrap();
        assert!(message.is_signed_by(key));
        let claims: Value = message.claims().unwrap();
        for name in ["sub", "sid", "aud", "iss"] {
            assert_eq!(claims[name], id_token[name], "{name}");
        }
        assert_eq!(claims["iss"], ISSUER);
        let seconds = house.db.clock().now().as_seconds();
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(seconds), Some(seconds + 120)));
        assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
        assert!(claims["jti"].as_str().unwrap().len() > 20 && claims.get("nonce").is_none());
        assert_eq!(states(&house).await, [DeliveryState::Delivered]);
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 0, "once");
        // f18: a logout token passes for no ID token.
        let hint = house.openid.keys().current(house.db.clock().now()).await.unwrap();
        assert!(hint.read_hint(&token, ISSUER).is_none());
    }
}
#[tokio::test]
async fn m71_a_session_that_runs_out_is_told_and_one_that_was_signed_in_to_again_is_not() {
    for (house, receiver, _) in told().await {
        let put = async |column: &'static str, seconds: i64| {
            let (id, at) = (house.session, house.db.clock().now().plus_seconds(seconds));
            let sql = match column {
                "client" => "UPDATE client_session SET ends_at = $1 WHERE session_id = $2",
                _ => "UPDATE session SET expires_at = $1 WHERE id = $2",
            };
            let write = move |tx: &mut db::Tx<'_>| tx.run(sql, &[&at, &id]).map(drop);
            house.db.write_unaudited("a test's world", write).await.unwrap();
        };
        put("client", -1).await;
        put("session", 100).await;
        house.openid.sweep().await.unwrap();
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 0);
        house.db.clock().advance_seconds(101);
        house.openid.sweep().await.unwrap();
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 1);
        assert_eq!(receiver.tokens().len(), 1);
        house.openid.sweep().await.unwrap();
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 0, "once");
    }
}
#[tokio::test]
async fn m71_every_way_in_which_a_session_ends_is_told() {
    for way in ["ended elsewhere", "all of the account", "account closed"] {
        for (house, receiver, _) in told().await {
            let account: AccountId = house
                .db
                .read(|tx| tx.one("SELECT id FROM account WHERE sub = 'subject-of-chensq'", &[]))
                .await
                .unwrap();
            let now = house.db.clock().now();
            match way {
                "ended elsewhere" => end(&house).await,
                "all of the account" => house
                    .db
                    .write_unaudited("a test's world", move |tx| {
                        session::service::end_all_in(tx, account, None, now)
                    })
                    .await
                    .unwrap(),
                _ => house
                    .db
                    .write_unaudited("a test's world", move |tx| {
                        tx.run("UPDATE account SET state = 'closed' WHERE id = $1", &[&account])?;
                        tx.changed("account", account);
                        Ok(())
                    })
                    .await
                    .unwrap(),
            }
            house.openid.drain_logouts().await.unwrap();
            assert_eq!(receiver.tokens().len(), 1, "{way}");
        }
    }
}
#[tokio::test]
async fn what_happens_to_a_session_besides_tells_nobody() {
    for (house, receiver, _) in told().await {
        let session = house.session;
        house
            .db
            .write_unaudited("a test's world", move |tx| {
                tx.changed("session", session);
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 0);
        assert!(receiver.tokens().is_empty());
    }
    for house in houses(true).await {
        house.code().await;
        end(&house).await;
        assert_eq!(house.openid.drain_logouts().await.unwrap(), 0, "this client never asked");
    }
}
#[tokio::test]
async fn a_product_that_does_not_answer_is_told_again_until_it_is_too_late() {
    for (house, receiver, _) in told().await {
        receiver.answers.store(503, Ordering::SeqCst);
        end(&house).await;
        house.openid.drain_logouts().await.unwrap();
        assert_eq!(states(&house).await, [DeliveryState::Queued]);
        house.db.clock().advance_seconds(backoff_seconds(1) + 1);
        receiver.answers.store(204, Ordering::SeqCst);
        house.openid.drain_logouts().await.unwrap();
        assert_eq!(states(&house).await, [DeliveryState::Delivered]);
        let tokens = receiver.tokens();
        assert!(tokens.len() == 2 && tokens[0] != tokens[1], "each attempt is signed anew");
    }
    for (house, receiver, _) in told().await {
        receiver.answers.store(400, Ordering::SeqCst);
        end(&house).await;
        house.openid.drain_logouts().await.unwrap();
        assert_eq!(states(&house).await, [DeliveryState::Refused]);
    }
    for (house, receiver, _) in told().await {
        end(&house).await;
        house.db.clock().advance_seconds(86_400);
        house.openid.drain_logouts().await.unwrap();
        assert_eq!((states(&house).await, receiver.tokens().len()), (vec![DeliveryState::Expired], 0));
    }
}
#[tokio::test]
async fn f16_the_address_of_a_product_is_called_only_through_the_guarded_way_out() {
    for (house, _, _) in told().await {
        house.change("UPDATE client SET backchannel_logout_uri = 'http://169.254.169.254/latest'").await;
        end(&house).await;
        house.openid.drain_logouts().await.unwrap();
        let delivery = house.openid.logout_deliveries(&house.client).await.unwrap().remove(0);
        assert_eq!((delivery.state, delivery.status), (DeliveryState::Queued, None));
        assert!(delivery.error.unwrap().starts_with("refused"));
    }
}
#[tokio::test]
async fn what_is_long_over_is_forgotten() {
    for (house, _, _) in told().await {
        end(&house).await;
        house.openid.drain_logouts().await.unwrap();
        house.db.clock().advance_seconds(31 * 86_400);
        house.openid.sweep_logouts().await.unwrap();
        assert!(states(&house).await.is_empty());
    }
}
#[test]
fn attempts_come_further_apart() {
    let pauses: Vec<i64> = (1..14).map(backoff_seconds).collect();
    assert_eq!(pauses[..4], [2, 4, 8, 16]);
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]) && pauses.last() == Some(&1800));
}
