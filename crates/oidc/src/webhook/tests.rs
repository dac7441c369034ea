//! Every end is told and takes its tokens along, once each, to a receiver that answers, fails, hangs and goes away.
mod basis;

use super::model::{FAILURES, WebhookState, signature};
use super::{DeliveryState, Opened};
use crate::house::{House, NOW, houses};
use axum::{Router, extract::State, http::HeaderMap, routing::post};
use http::StatusCode;
use identity::account::{AccountState, service::set_state_in};
use kernel::{
    Actor, Clock, Event, Timestamp,
    id::{AccountId, AdmissionId, MembershipId, ProductId},
};
use organization::{
    Operator, admission::NewAdmission, grant::Cell, organization::OrganizationState, product::ProductState,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

/// What came in: id, timestamp, signature, body.
type Taken = (String, i64, String, String);
#[derive(Clone, Default)]
struct Receiver {
    taken: Arc<Mutex<Vec<Taken>>>,
    /// The status it answers with; 0 is 204.
    answers: Arc<AtomicU16>,
    base: String,
}
impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { base, ..Self::default() };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }
    fn answer(&self, status: u16) {
        self.answers.store(status, Ordering::SeqCst);
    }
    fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
    fn bodies(&self) -> Vec<Value> {
        self.taken().iter().map(|taken| serde_json::from_str(&taken.3).unwrap()).collect()
    }
    /// Reason, and whether organization and subject were named.
    fn told(&self) -> Vec<(String, String, bool, bool)> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.bodies()
            .iter()
            .map(|body| {
                let data = &body["data"];
                (
                    word(&body["type"]),
                    word(&data["reason"]),
                    data["organization"].is_string(),
                    data["subject"].is_string(),
                )
            })
            .collect()
    }
    fn forget(&self) {
        self.taken.lock().unwrap().clear();
    }
}
async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let taken = (
        header("webhook-id"),
        header("webhook-timestamp").parse().unwrap(),
        header("webhook-signature"),
        body,
    );
    receiver.taken.lock().unwrap().push(taken);
    match receiver.answers.load(Ordering::SeqCst) {
        0 => StatusCode::NO_CONTENT,
        status => StatusCode::from_u16(status).unwrap(),
    }
}

struct Told {
    house: House,
    receiver: Receiver,
    product: ProductId,
    membership: MembershipId,
    secret: String,
}
impl Told {
    async fn new(house: House) -> Self {
        let receiver = Receiver::start().await;
        let product = house.client.product;
        let membership = house.db.read(|tx| tx.one("SELECT id FROM membership", &[])).await.unwrap();
        let id = house.db.draw();
        let opened = house.openid.set_webhook(&system(), id, product, &receiver.base, NOW).await.unwrap();
        let Opened::New(secret) = opened else { panic!("no secret") };
        Self { secret: secret.expose().to_owned(), receiver, product, membership, house }
    }
    fn now(&self) -> Timestamp {
        self.house.db.clock().now()
    }
    fn cell(&self) -> Cell {
        Cell { membership: self.membership, product: self.product }
    }
    async fn drain(&self) -> usize {
        self.house.openid.drain_webhooks().await.unwrap()
    }
    async fn live_tokens(&self) -> i64 {
        self.house
            .db
            .read(|tx| tx.one("SELECT COUNT(*) FROM token WHERE revoked_at IS NULL", &[]))
            .await
            .unwrap()
    }
    async fn admission(&self) -> AdmissionId {
        self.house.db.read(|tx| tx.one("SELECT id FROM admission WHERE state <> 'ended'", &[])).await.unwrap()
    }
    async fn set_account(&self, state: AccountState) -> kernel::Result<()> {
        let (membership, now) = (self.membership, self.now());
        self.house
            .db
            .write(move |tx| {
                let id: AccountId =
                    tx.one("SELECT account_id FROM membership WHERE id = $1", &[&membership])?;
                set_state_in(tx, id, state, now)?;
                Ok(((), vec![Event::done(&Actor::system(), "account.disabled").on("account", id)]))
            })
            .await
    }
    fn advance(&self, seconds: i64) {
        let Clock::Fixed(_) = self.house.db.clock() else { panic!("the clock runs") };
        self.house.db.clock().advance_seconds(seconds);
    }
    async fn states(&self) -> Vec<(DeliveryState, i64)> {
        let webhook = self.house.openid.webhook(self.product).await.unwrap().unwrap();
        let list = self.house.openid.webhook_deliveries(webhook.id, None, 50).await.unwrap();
        list.iter().map(|delivery| (delivery.state, delivery.attempts)).collect()
    }
}
fn system() -> Operator {
    Operator::installation()
}
async fn all() -> Vec<Told> {
    let mut all = Vec::new();
    for house in houses(true).await {
        all.push(Told::new(house).await);
    }
    all
}

#[tokio::test]
async fn every_end_is_told_once_and_its_tokens_die_with_it_and_stay_dead() {
    for told in all().await {
        let (rooms, ours) = (told.house.openid.organizations(), told.house.organization);
        let now = told.now();
        let ends = async |end: &str| match end {
            "grant.ended" => rooms.revoke(system(), ours, told.cell(), now).await.map(drop),
            "admission.suspended" => {
                rooms.set_admission_suspended(system(), ours, told.admission().await, true, now).await
            }
            "admission.ended" => rooms.end_admission(system(), ours, told.admission().await, now).await,
            "membership.suspended" => {
                rooms.set_member_suspended(system(), ours, told.membership, true, "", now).await
            }
            "product.suspended" => {
                rooms.set_product_state(&system(), told.product, ProductState::Suspended).await
            }
            "organization.suspended" => {
                rooms.set_organization_state(&system(), ours, OrganizationState::Suspended, now).await
            }
            other => panic!("{other}"),
        };
        let back = async |end: &str| match end {
            "grant.ended" => {
                rooms.grant(system(), ours, told.cell(), Timestamp::FOREVER, now).await.map(drop)
            }
            "admission.suspended" => {
                rooms.set_admission_suspended(system(), ours, told.admission().await, false, now).await
            }
            "admission.ended" => {
                let new = NewAdmission {
                    id: told.house.db.draw(),
                    product: told.product,
                    contract: None,
                    valid_until: Timestamp::FOREVER,
                    note: None,
                };
                rooms.admit(system(), ours, new, now).await.map(drop)
            }
            "membership.suspended" => {
                rooms.set_member_suspended(system(), ours, told.membership, false, "", now).await
            }
            "product.suspended" => {
                rooms.set_product_state(&system(), told.product, ProductState::Active).await
            }
            "organization.suspended" => {
                rooms.set_organization_state(&system(), ours, OrganizationState::Active, now).await
            }
            _ => Ok(()),
        };
        for (end, organization, subject) in [
            ("grant.ended", true, true),
            ("admission.suspended", true, false),
            ("admission.ended", true, false),
            ("product.suspended", false, false),
            ("organization.suspended", true, false),
            ("membership.suspended", true, true),
        ] {
            // A suspended managed account loses its session too, so it comes last.
            let token = told.house.token().await;
            assert_eq!(told.house.bearer(&token).await.status, StatusCode::OK, "{end}");
            told.drain().await;
            told.receiver.forget();
            ends(end).await.unwrap_or_else(|error| panic!("{end}: {error}"));
            assert_eq!(told.live_tokens().await, 0, "{end} left a token");
            assert_eq!(told.house.bearer(&token).await.status, StatusCode::UNAUTHORIZED, "{end}");
            told.drain().await;
            let expected = ("access.ended".to_owned(), end.to_owned(), organization, subject);
            let heard = told.receiver.told();
            assert_eq!(heard.iter().filter(|one| one.1 == end).collect::<Vec<_>>(), [&expected], "{heard:?}");
            assert!(heard.iter().all(|one| one.0 == "access.ended"), "{end}: {heard:?}");
            back(end).await.unwrap_or_else(|error| panic!("back from {end}: {error}"));
            let again = told.house.bearer(&token).await.status;
            assert_eq!(again, StatusCode::UNAUTHORIZED, "{end}: what woke brought its token back");
        }
    }
}
#[tokio::test]
async fn one_event_names_the_organization_however_many_members_it_has() {
    for told in all().await {
        let (rooms, ours, now) = (told.house.openid.organizations(), told.house.organization, told.now());
        told.house.token().await;
        rooms.end_admission(system(), ours, told.admission().await, now).await.unwrap();
        let rows: i64 =
            told.house.db.read(|tx| tx.one("SELECT COUNT(*) FROM webhook_event", &[])).await.unwrap();
        assert_eq!(rows, 1);
        told.drain().await;
        let body = &told.receiver.bodies()[0];
        assert_eq!(body["data"]["organization"], ours.to_string());
        assert_eq!(body["data"]["product"], "quotes");
        assert!(body["data"]["subject"].is_null() && body["data"]["sequence"].is_i64());
        // Replaced by another term, it did not end.
        told.receiver.forget();
        let term = |days| NewAdmission {
            id: told.house.db.draw(),
            product: told.product,
            contract: None,
            valid_until: NOW.plus_days(days),
            note: None,
        };
        rooms.admit(system(), ours, term(10), now).await.unwrap();
        rooms.admit(system(), ours, term(20), now).await.unwrap();
        told.drain().await;
        let kinds: Vec<_> = told.receiver.told().into_iter().map(|one| one.0).collect();
        assert_eq!(kinds, ["access.granted", "access.granted"]);
        assert!(
            told.receiver.bodies()[1]["data"]["until"].as_str().is_some_and(|until| until.ends_with('Z'))
        );
    }
}
#[tokio::test]
async fn products_hear_of_people_who_used_them_and_of_nobody_else() {
    for told in all().await {
        let (rooms, ours, now) = (told.house.openid.organizations(), told.house.organization, told.now());
        // Nobody signed in here yet, and the grant is another product's affair once it ended.
        rooms.revoke(system(), ours, told.cell(), now).await.unwrap();
        told.drain().await;
        told.receiver.forget();
        told.advance(1);
        rooms.set_member_suspended(system(), ours, told.membership, true, "", now).await.unwrap();
        rooms.set_member_suspended(system(), ours, told.membership, false, "", now).await.unwrap();
        told.drain().await;
        assert!(told.receiver.told().is_empty(), "{:?}", told.receiver.told());
        // A change that rolls back tells nobody.
        let failed = told
            .house
            .db
            .write(move |tx| -> kernel::Result<((), Vec<kernel::Event>)> {
                tx.changed("product", kernel::Id::<kernel::id::mark::Product>::from_i64(1));
                Err(kernel::Error::conflict("grant.form"))
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(told.drain().await, 0);
    }
}
#[tokio::test]
async fn it_is_signed_and_both_secrets_sign_while_they_overlap() {
    for told in all().await {
        let openid = &told.house.openid;
        openid.test_webhook(&system(), told.product).await.unwrap();
        told.drain().await;
        let (id, timestamp, signed, body) = told.receiver.taken().remove(0);
        assert_eq!(signed, signature(&[&told.secret], &id, timestamp, &body));
        assert_eq!(timestamp, NOW.as_seconds());
        let lost = openid.rotate_webhook_secret(&system(), told.product, told.now()).await.unwrap();
        // Pressed twice: the second page is the one that somebody reads.
        told.advance(5);
        let fresh = openid.rotate_webhook_secret(&system(), told.product, told.now()).await.unwrap();
        assert!(fresh.expose() != told.secret && fresh.expose() != lost.expose());
        openid.test_webhook(&system(), told.product).await.unwrap();
        told.drain().await;
        let (id, timestamp, signed, body) = told.receiver.taken().remove(1);
        assert_eq!(signed, signature(&[fresh.expose(), &told.secret], &id, timestamp, &body));
        told.advance(25 * 3600);
        openid.test_webhook(&system(), told.product).await.unwrap();
        told.drain().await;
        let (id, timestamp, signed, body) = told.receiver.taken().remove(2);
        assert_eq!(signed, signature(&[fresh.expose()], &id, timestamp, &body));
        // At rest nobody reads it.
        let webhook = openid.webhook(told.product).await.unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&webhook.secret).contains("whsec_"));
        told.advance(-25 * 3600 - 5);
    }
}
#[tokio::test]
async fn what_fails_is_tried_again_in_order_rests_and_can_be_sent_again() {
    for told in all().await {
        let openid = &told.house.openid;
        told.receiver.answer(500);
        openid.test_webhook(&system(), told.product).await.unwrap();
        openid.test_webhook(&system(), told.product).await.unwrap();
        assert_eq!(told.drain().await, 1, "the second waits for the first");
        assert_eq!(told.drain().await, 0, "not before its time");
        for _ in 1..FAILURES {
            told.advance(3600);
            assert_eq!(told.drain().await, 1);
        }
        let webhook = openid.webhook(told.product).await.unwrap().unwrap();
        assert!(webhook.rests(told.now()), "so many failures in a row");
        told.advance(5);
        assert_eq!(told.drain().await, 0, "left alone");
        told.receiver.answer(0);
        told.advance(3600);
        assert_eq!(told.drain().await, 2, "one proves that it is well, the others follow");
        let ids: BTreeSet<String> = told.receiver.taken().iter().map(|taken| taken.0.clone()).collect();
        assert_eq!(ids.len(), 2, "the same event has the same id, however often it is sent");
        assert_eq!(told.states().await[0].0, DeliveryState::Delivered);
        let first = told.states().await[1];
        assert_eq!(first, (DeliveryState::Delivered, FAILURES + 1));
        // Sent again by hand.
        let delivery = openid.webhook_deliveries(webhook.id, None, 5).await.unwrap()[0].clone();
        told.receiver.forget();
        openid.send_webhook_again(&system(), told.product, delivery.id, told.now()).await.unwrap();
        assert_eq!(told.drain().await, 1);
        assert_eq!(told.receiver.taken()[0].0, format!("evt_{}", delivery.n));
        let unknown =
            openid.send_webhook_again(&system(), told.product, told.house.db.draw(), told.now()).await;
        assert_eq!(unknown.unwrap_err().code, "webhook.delivery_unknown");
        told.advance(-3600 * 5 - 5);
    }
}
#[tokio::test]
async fn a_dead_address_is_given_up_a_gone_one_at_once_and_a_private_one_is_never_called() {
    for told in all().await {
        let openid = &told.house.openid;
        told.receiver.answer(410);
        openid.test_webhook(&system(), told.product).await.unwrap();
        told.drain().await;
        assert_eq!(told.states().await[0].0, DeliveryState::Refused);
        let gone = openid.webhook(told.product).await.unwrap().unwrap();
        assert_eq!(gone.state, WebhookState::Gone);
        let paused = openid.test_webhook(&system(), told.product).await.unwrap_err();
        assert_eq!(paused.code, "webhook.paused");
        // Another address begins anew.
        let id = told.house.db.draw();
        let private = "http://10.1.2.3:8080/hook";
        openid.set_webhook(&system(), id, told.product, private, told.now()).await.unwrap();
        // What it missed it is to ask about.
        told.drain().await;
        assert_eq!(told.states().await[0], (DeliveryState::Queued, 1));
        let webhook = openid.webhook(told.product).await.unwrap().unwrap();
        let newest = openid.webhook_deliveries(webhook.id, None, 1).await.unwrap().remove(0);
        assert!(newest.error.is_some_and(|error| error.contains("refused")), "the way out let it through");
        told.advance(4 * 86_400);
        openid.sweep_webhooks().await.unwrap();
        assert_eq!(told.states().await[0].0, DeliveryState::Expired);
        assert_eq!(told.receiver.taken().len(), 1);
        // In the place of what was given up one event waits: the product is to ask again.
        openid.set_webhook(&system(), id, told.product, &told.receiver.base, told.now()).await.unwrap();
        told.receiver.answer(0);
        told.drain().await;
        let heard = told.receiver.told();
        assert_eq!((heard.len(), heard[1].1.as_str()), (2, "webhook.resumed"), "{heard:?}");
        told.advance(-4 * 86_400);
    }
}
#[tokio::test]
async fn while_it_is_paused_nothing_is_noted_and_forms_that_are_none_are_refused() {
    for told in all().await {
        let openid = &told.house.openid;
        openid.set_webhook_paused(&system(), told.product, true).await.unwrap();
        let (rooms, ours) = (openid.organizations(), told.house.organization);
        rooms.revoke(system(), ours, told.cell(), told.now()).await.unwrap();
        assert_eq!(told.drain().await, 0);
        openid.set_webhook_paused(&system(), told.product, false).await.unwrap();
        rooms.grant(system(), ours, told.cell(), Timestamp::FOREVER, told.now()).await.unwrap();
        assert_eq!(told.drain().await, 2);
        let heard: BTreeSet<(String, String)> =
            told.receiver.told().into_iter().map(|(kind, reason, ..)| (kind, reason)).collect();
        let asked_again = ("access.changed".to_owned(), "webhook.resumed".to_owned());
        assert!(heard.contains(&asked_again), "the revocation during the pause is not kept quiet: {heard:?}");
        let bad = openid.set_webhook(&system(), told.house.db.draw(), told.product, "ftp://x/", NOW).await;
        assert_eq!(bad.unwrap_err().code, "webhook.url");
        let unknown = openid.rotate_webhook_secret(&system(), told.house.db.draw(), NOW).await;
        assert_eq!(unknown.unwrap_err().code, "product.unknown");
        // The same form again keeps the secret that was shown.
        let again = openid
            .set_webhook(&system(), told.house.db.draw(), told.product, &told.receiver.base, NOW)
            .await
            .unwrap();
        assert!(matches!(again, Opened::Kept));
    }
}
#[tokio::test]
async fn many_workers_at_once_send_each_event_once() {
    for told in all().await {
        let openid = &told.house.openid;
        for _ in 0..6 {
            openid.test_webhook(&system(), told.product).await.unwrap();
        }
        let workers: Vec<_> = (0..6)
            .map(|_| {
                let openid = openid.clone();
                tokio::spawn(async move { openid.drain_webhooks().await.unwrap() })
            })
            .collect();
        let mut sent = 0;
        for worker in workers {
            sent += worker.await.unwrap();
        }
        sent += told.drain().await;
        let taken = told.receiver.taken();
        let number = |id: &str| id.trim_start_matches("evt_").parse::<i64>().unwrap();
        let ids: Vec<i64> = taken.iter().map(|taken| number(&taken.0)).collect();
        assert_eq!((sent, ids.len()), (6, 6));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "in order: {ids:?}");
        let rows: i64 =
            told.house.db.read(|tx| tx.one("SELECT COUNT(*) FROM webhook_delivery", &[])).await.unwrap();
        assert_eq!(rows, 6);
    }
}
