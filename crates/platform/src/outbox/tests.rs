use super::*;
use crate::outbox::model::OutboxId;
use kernel::Timestamp;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// In no list: there is no program around these tests.
const TEST: Purpose = Purpose::registered("test", Content::Code, &[Channel::Sms, Channel::Mail]);

fn message(db: &db::Db, to: &str, text: &str, expires_at: Timestamp) -> Message {
    Message {
        id: db.draw(),
        channel: Channel::Sms,
        to: to.into(),
        purpose: TEST,
        lang: "en",
        text: text.into(),
        code: Some("123456".into()),
        subject: None,
        args: Vec::new(),
        expires_at,
    }
}
async fn queue(db: &db::Db, outbox: &Outbox, message: Message) -> kernel::Result<()> {
    let (outbox, now) = (outbox.clone(), db.clock().now());
    db.write_unaudited("test", move |tx| outbox.queue_in(tx, &message, now)).await
}
async fn state(db: &db::Db, id: OutboxId) -> (String, Option<Vec<u8>>) {
    db.read(move |tx| tx.one("SELECT state, body FROM outbox WHERE id = $1", &[&id])).await.unwrap()
}

#[tokio::test]
async fn a_message_is_delivered_once_in_order_and_its_body_erased() {
    for db in db::testing::engines().await {
        let outbox = Outbox::local(db.clone());
        let soon = db.clock().now().plus_seconds(300);
        let first = message(&db, "+8613800138000", "one", soon);
        let id = first.id;
        queue(&db, &outbox, first).await.unwrap();
        queue(&db, &outbox, message(&db, "+8613800138000", "two", soon)).await.unwrap();
        let (_, body) = state(&db, id).await;
        assert!(!String::from_utf8_lossy(&body.unwrap()).contains("one"), "the body is sealed");
        assert_eq!(outbox.drain().await.unwrap(), 2);
        assert_eq!(outbox.drain().await.unwrap(), 0);
        let texts: Vec<String> = outbox.local_outbox().unwrap().list().into_iter().map(|m| m.text).collect();
        assert_eq!(texts, ["two", "one"], "newest first");
        assert_eq!(state(&db, id).await, ("delivered".to_owned(), None));
    }
}

#[tokio::test]
async fn a_change_that_fails_sends_nothing_and_what_expired_is_never_sent() {
    for db in db::testing::engines().await {
        let outbox = Outbox::local(db.clone());
        let now = db.clock().now();
        let (sender, lost) = (outbox.clone(), message(&db, "+8613800138000", "lost", now.plus_seconds(60)));
        let failed: kernel::Result<()> = db
            .write_unaudited("test", move |tx| {
                sender.queue_in(tx, &lost, now)?;
                Err(kernel::Error::conflict("test.refused"))
            })
            .await;
        assert!(failed.is_err());
        queue(&db, &outbox, message(&db, "+8613800138000", "late", now.plus_seconds(-1))).await.unwrap();
        assert_eq!(outbox.drain().await.unwrap(), 0);
        crate::tidy_up(&db).await.unwrap();
        assert!(outbox.local_outbox().unwrap().list().is_empty());
    }
}

struct Flaky(AtomicUsize, Mutex<Vec<String>>);
impl Delivery for Flaky {
    fn deliver<'a>(
        &'a self,
        message: &'a Outgoing,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        let failing = self.0.fetch_add(1, Ordering::Relaxed) == 0;
        Box::pin(async move {
            if failing {
                return Err(DeliveryError::Later("busy".into()));
            }
            self.1.lock().unwrap().push(message.text.clone());
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_failed_delivery_holds_back_the_next_to_the_same_recipient_alone() {
    for db in db::testing::engines().await {
        let flaky = Arc::new(Flaky(AtomicUsize::new(0), Mutex::default()));
        let outbox = Outbox::new(db.clone(), Arc::clone(&flaky) as Arc<dyn Delivery>);
        let soon = db.clock().now().plus_seconds(300);
        for (to, text) in [("+8613800138000", "a1"), ("+8613800138000", "a2"), ("+8613900139000", "b1")] {
            queue(&db, &outbox, message(&db, to, text, soon)).await.unwrap();
        }
        outbox.drain().await.unwrap();
        assert_eq!(*flaky.1.lock().unwrap(), ["b1"]);
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        outbox.drain().await.unwrap();
        assert_eq!(*flaky.1.lock().unwrap(), ["b1", "a1", "a2"]);
    }
}

/// Takes no notices, as where none of their templates is approved.
struct CodesAlone(Mutex<Vec<String>>);
impl Delivery for CodesAlone {
    fn deliver<'a>(
        &'a self,
        message: &'a Outgoing,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(async move {
            if message.purpose == "test.notice" {
                return Err(DeliveryError::Later("sign".into()));
            }
            self.0.lock().unwrap().push(message.text.clone());
            Ok(())
        })
    }
}
const NOTICE: Purpose = Purpose::registered("test.notice", Content::Code, &[Channel::Sms]);

#[tokio::test]
async fn a_notice_that_no_gateway_takes_holds_up_no_code() {
    for db in db::testing::engines().await {
        let taken = Arc::new(CodesAlone(Mutex::default()));
        let outbox = Outbox::new(db.clone(), Arc::clone(&taken) as Arc<dyn Delivery>);
        let soon = db.clock().now().plus_seconds(300);
        let notice = Message { purpose: NOTICE, ..message(&db, "+8613800138000", "notice", soon) };
        queue(&db, &outbox, notice).await.unwrap();
        outbox.drain().await.unwrap();
        queue(&db, &outbox, message(&db, "+8613800138000", "code", soon)).await.unwrap();
        outbox.drain().await.unwrap();
        assert_eq!(*taken.0.lock().unwrap(), ["code"]);
    }
}

/// Never answers about one number.
struct Hanging(Mutex<Vec<String>>);
impl Delivery for Hanging {
    fn deliver<'a>(
        &'a self,
        message: &'a Outgoing,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>> {
        Box::pin(async move {
            if message.to.ends_with('0') {
                std::future::pending::<()>().await;
            }
            self.0.lock().unwrap().push(message.text.clone());
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_gateway_that_hangs_holds_up_no_other_recipient() {
    for db in db::testing::engines().await {
        let hanging = Arc::new(Hanging(Mutex::default()));
        let outbox = Outbox::new(db.clone(), Arc::clone(&hanging) as Arc<dyn Delivery>);
        let worker = tokio::spawn(outbox.clone().work());
        let soon = db.clock().now().plus_seconds(300);
        for (to, text) in
            [("+8613800138000", "hangs"), ("+8613800138000", "behind"), ("+8613800138001", "one")]
        {
            queue(&db, &outbox, message(&db, to, text, soon)).await.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        queue(&db, &outbox, message(&db, "+8613800138002", "two", soon)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(*hanging.0.lock().unwrap(), ["one", "two"]);
        worker.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_deliver_the_same_message() {
    for db in db::testing::engines().await {
        let outbox = Outbox::local(db.clone());
        let soon = db.clock().now().plus_seconds(300);
        for n in 0..20 {
            queue(&db, &outbox, message(&db, &format!("+86138001380{n:02}"), "x", soon)).await.unwrap();
        }
        let (one, two) = (outbox.clone(), outbox.clone());
        let (one, two) = tokio::join!(
            tokio::spawn(async move { one.drain().await }),
            tokio::spawn(async move { two.drain().await })
        );
        one.unwrap().unwrap();
        two.unwrap().unwrap();
        outbox.drain().await.unwrap();
        assert_eq!(outbox.local_outbox().unwrap().list().len(), 20);
    }
}

#[tokio::test]
async fn whoever_looks_at_the_local_outbox_finds_what_was_just_queued() {
    for db in db::testing::engines().await {
        let outbox = Outbox::local(db.clone());
        let soon = db.clock().now().plus_seconds(60);
        queue(&db, &outbox, message(&db, "+8619900000001", "one", soon)).await.unwrap();
        let seen = super::pages::delivered(&outbox).await.unwrap();
        assert_eq!(seen.iter().map(|seen| seen.text.as_str()).collect::<Vec<_>>(), ["one"]);
    }
}
