//! Messages through the outbox to gateways that behave and misbehave, on both stores.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "steps of tests, and a stand-in that fails them"
)]
mod stub;

use channel::{
    Channels,
    alarm::{self, Alarm},
    circuit,
    delivery::{self, Delivered, DeliveryState, Filter},
    gateway::{Provider, Reason, setup},
    template::{self, Approval, Template},
};
use db::Db;
use platform::{
    Channel, Message, Outbox,
    connector::{self, ConnectorId, NewConnector},
    staff::PolicyEditor,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use stub::{ID, Mood, SECRET, Stub};
use web::{Brand, Outbound, OutboundOptions};

platform::purpose!(const REGISTER = "register", Code by Sms);
platform::purpose!(const RECOVER = "recover", CodeOrWords by Sms);

struct Town {
    db: Db,
    channels: Channels,
    outbox: Outbox,
}
impl Town {
    async fn all() -> Vec<Self> {
        let mut towns = Vec::new();
        for db in
            db::testing::engines_at(kernel::Clock::fixed(kernel::Timestamp::from_millis(1_795_255_200_000)))
                .await
        {
            let allow = vec!["127.0.0.0/8".parse().unwrap()];
            let outbound = Outbound::new(OutboundOptions { allow, roots: Vec::new() }).unwrap();
            let channels =
                Channels::new(db.clone(), outbound, Brand::default(), kernel::clock::Zone::default())
                    .within(Duration::from_millis(400));
            let outbox = Outbox::new(db.clone(), Arc::new(channels.clone()));
            towns.push(Self { db, channels, outbox });
        }
        towns
    }
    async fn gateway(&self, provider: Provider, name: &str, fields: &[(&str, &str)]) -> ConnectorId {
        let mut typed = setup::blank(provider);
        typed.extend([("name".to_owned(), name.to_owned()), ("sign".to_owned(), "符节".to_owned())]);
        typed.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (name, enabled, config) =
            setup::parse(provider, &typed, None).map_err(|errors| format!("{errors:?}")).unwrap();
        let id = self.db.draw();
        let new = NewConnector::new(id, provider.kind(), provider.as_str(), &name, enabled, &config).unwrap();
        let editor = PolicyEditor::command_line();
        connector::service::create(&self.db, &editor, new, self.db.clock().now()).await.unwrap();
        id
    }
    async fn generic(&self, name: &str, stub: &Stub, more: &[(&str, &str)]) -> ConnectorId {
        let url = format!("{}/send", stub.base());
        let mut fields = vec![
            ("url", url.as_str()),
            ("headers", "X-Time: {{ timestamp }}\nX-Signature: {{ signature }}"),
            ("secret", SECRET),
            ("signed", "{{ timestamp }}.{{ body }}"),
            ("success_pointer", "/code"),
            ("success_value", "0"),
            ("id_pointer", "/id"),
            ("said_pointer", "/message"),
        ];
        fields.extend(more);
        self.gateway(Provider::Http, name, &fields).await
    }
    async fn aliyun(&self, stub: &Stub, secret: &str) -> ConnectorId {
        let fields = [("access_key_id", ID), ("access_key_secret", secret), ("endpoint", &stub.base())];
        self.gateway(Provider::Aliyun, "Aliyun", &fields).await
    }
    async fn tencent(&self, stub: &Stub) -> ConnectorId {
        let base = stub.base();
        let fields =
            [("secret_id", ID), ("secret_key", SECRET), ("sdk_app_id", "1400000000"), ("endpoint", &base)];
        self.gateway(Provider::Tencent, "Tencent", &fields).await
    }
    async fn template(
        &self,
        connector: ConnectorId,
        purpose: &str,
        code: &str,
        parameters: &[&str],
        approval: Approval,
    ) {
        let template = Template {
            id: self.db.draw(),
            connector,
            purpose: purpose.into(),
            lang: "zh-CN".into(),
            sign: None,
            code: code.into(),
            parameters: parameters.iter().map(|name| (*name).to_owned()).collect(),
            approval,
            rev: 0,
            updated_at: self.db.clock().now(),
        };
        let editor = PolicyEditor::command_line();
        template::service::create(&self.db, &editor, template, self.db.clock().now()).await.unwrap();
    }
    async fn queue(&self, to: &str) {
        let now = self.db.clock().now();
        let message = Message {
            id: self.db.draw(),
            channel: Channel::Sms,
            to: to.into(),
            purpose: REGISTER,
            lang: "zh-CN",
            text: "验证码 482913，5 分钟内有效".into(),
            code: Some("482913".into()),
            subject: None,
            args: vec![("minutes", "5".into())],
            expires_at: now.plus_seconds(300),
        };
        let outbox = self.outbox.clone();
        self.db.write_unaudited("test", move |tx| outbox.queue_in(tx, &message, now)).await.unwrap();
    }
    async fn deliver(&self, to: &str) {
        self.queue(to).await;
        self.outbox.drain().await.unwrap();
    }
    /// Oldest first.
    async fn deliveries(&self) -> Vec<Delivered> {
        let mut rows = delivery::service::list(&self.db, Filter::default(), None, 200).await.unwrap();
        rows.reverse();
        rows
    }
    async fn states(&self) -> Vec<(String, DeliveryState, Option<Reason>)> {
        self.deliveries().await.into_iter().map(|row| (row.gateway, row.state, row.reason)).collect()
    }
}

#[tokio::test]
async fn each_maker_takes_what_is_signed_right() {
    for town in Town::all().await {
        let stub = Stub::start().await;
        let aliyun = town.aliyun(&stub, SECRET).await;
        town.template(aliyun, "register", "SMS_1", &["code"], Approval::Approved).await;
        town.deliver("+8613800138000").await;
        connector::service::delete(&town.db, &PolicyEditor::command_line(), aliyun).await.unwrap();

        let tencent = town.tencent(&stub).await;
        town.template(tencent, "any_code", "1000001", &["code", "minutes"], Approval::Approved).await;
        town.deliver("+85251234567").await;
        connector::service::delete(&town.db, &PolicyEditor::command_line(), tencent).await.unwrap();

        town.generic("Generic", &stub, &[]).await;
        town.deliver("+8613900139000").await;

        let taken = stub.taken();
        let seen: Vec<_> =
            taken.iter().map(|t| (t.maker, t.to.as_str(), t.text.as_str(), t.template.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("aliyun", "13800138000", r#"{"code":"482913"}"#, "SMS_1"),
                ("tencent", "+85251234567", r#"["482913","5"]"#, "1000001"),
                ("http", "13900139000", "【符节】验证码 482913，5 分钟内有效", ""),
            ]
        );
        let rows = town.deliveries().await;
        let ids: Vec<_> = rows.iter().map(|row| row.provider_id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["biz-1", "serial-2", "m-3"]);
        assert!(rows.iter().all(|row| row.state == DeliveryState::Taken));
        assert_eq!(rows[0].recipient, "138****8000");
        let all = format!("{rows:?}");
        assert!(!all.contains("482913") && !all.contains("13800138000"), "{all}");
    }
}

#[tokio::test]
async fn a_template_for_any_notice_also_carries_what_is_said_in_place_of_a_code() {
    for town in Town::all().await {
        let stub = Stub::start().await;
        let tencent = town.tencent(&stub).await;
        town.template(tencent, "any_code", "1000001", &["code"], Approval::Approved).await;
        town.template(tencent, "any_notice", "1000002", &["notice"], Approval::Approved).await;
        let now = town.db.clock().now();
        let message = Message {
            id: town.db.draw(),
            channel: Channel::Sms,
            to: "+8613800138000".into(),
            purpose: RECOVER,
            lang: "zh-CN",
            text: "账号已停用".into(),
            code: None,
            subject: None,
            args: vec![("minutes", "5".into())],
            expires_at: now.plus_seconds(300),
        };
        let outbox = town.outbox.clone();
        town.db.write_unaudited("t", move |tx| outbox.queue_in(tx, &message, now)).await.unwrap();
        town.outbox.drain().await.unwrap();
        let editor = PolicyEditor::command_line();
        let to = "+8613800138001".to_owned();
        town.channels.test(&editor, tencent, to, "recover_instead", web::Lang::Zh).await.unwrap().unwrap();
        let taken = stub.taken();
        assert_eq!((taken[0].template.as_str(), taken[0].text.as_str()), ("1000002", r#"["账号已停用"]"#));
        assert_eq!(taken[1].template, "1000002", "a test of it takes the same one");
    }
}

#[tokio::test]
async fn a_maker_that_refuses_says_why_and_the_next_one_sends() {
    for town in Town::all().await {
        let stub = Stub::start().await;
        let wrong = town.aliyun(&stub, "another secret").await;
        town.template(wrong, "register", "SMS_1", &["code"], Approval::Approved).await;
        let tencent = town.tencent(&stub).await;
        town.template(tencent, "register", "poor", &["code", "minutes"], Approval::Approved).await;
        town.generic("Badly signed", &stub, &[("secret", "wrong")]).await;
        let open = town.gateway(Provider::Http, "Elsewhere", &[("url", "http://10.1.2.3/send")]).await;
        town.generic("Last", &stub, &[]).await;
        town.deliver("+8613800138000").await;
        assert_eq!(
            town.states().await,
            [
                ("Aliyun".into(), DeliveryState::Failed, Some(Reason::Credentials)),
                ("Tencent".into(), DeliveryState::Failed, Some(Reason::Balance)),
                ("Badly signed".into(), DeliveryState::Failed, Some(Reason::Other)),
                ("Elsewhere".into(), DeliveryState::Failed, Some(Reason::Unreachable)),
                ("Last".into(), DeliveryState::Taken, None),
            ]
        );
        let said: Vec<_> = town.deliveries().await.into_iter().filter_map(|row| row.said).collect();
        assert!(said[0].starts_with("SignatureDoesNotMatch"), "{said:?}");
        assert!(said[2].contains("bad signature"), "{said:?}");
        assert_eq!(stub.taken().len(), 1, "sent once");
        // Nothing waits: another look sends nothing more.
        assert_eq!(town.outbox.drain().await.unwrap(), 0);
        assert!(connector::service::find(&town.db, open).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_gateway_that_hangs_breaks_or_lies_costs_little_time_and_rests() {
    for town in Town::all().await {
        let (bad, good) = (Stub::start().await, Stub::start().await);
        let first = town.generic("First", &bad, &[]).await;
        town.generic("Second", &good, &[]).await;
        let moods = [
            (Mood::Hang, Reason::Timeout),
            (Mood::Status(503), Reason::Answer),
            (
                Mood::Lie(
                    r#"{"code": 500, "message": "sorry 482913 for +8613800138002, not stub%2Bkey%2Fsecret%3D"}"#,
                ),
                Reason::Other,
            ),
            (Mood::Lie("<html>ok</html>"), Reason::Answer),
            (Mood::Status(302), Reason::Answer),
        ];
        for (n, (mood, _)) in moods.iter().enumerate() {
            bad.mood(mood.clone());
            let began = Instant::now();
            town.deliver(&format!("+86138001380{n:02}")).await;
            assert!(began.elapsed() < Duration::from_millis(1500), "{mood:?} took {:?}", began.elapsed());
        }
        let expected: Vec<_> = moods
            .iter()
            .flat_map(|(_, reason)| {
                [
                    ("First".to_owned(), DeliveryState::Failed, Some(*reason)),
                    ("Second".to_owned(), DeliveryState::Taken, None),
                ]
            })
            .collect();
        assert_eq!(town.states().await, expected);
        let rows = format!("{:?}", town.deliveries().await);
        assert!(
            !rows.contains("482913") && !rows.contains("13800138002") && !rows.contains("secret"),
            "a gateway repeats nothing here: {rows}"
        );

        // Five in a row: it rests, staff is told, and nothing is lost.
        let alarms = alarm::service::list(&town.channels).await.unwrap();
        assert_eq!(alarms, [Alarm::Resting { gateway: "First".into(), reason: Some(Reason::Answer) }]);
        let asked = bad.asked();
        bad.mood(Mood::Good);
        for n in 10..13 {
            town.deliver(&format!("+86138001380{n}")).await;
        }
        assert_eq!((bad.asked(), good.taken().len()), (asked, 8));
        // A minute later one message tries it, and it is back.
        town.db.clock().advance_seconds(61);
        town.deliver("+8613800138020").await;
        town.deliver("+8613800138021").await;
        assert_eq!(bad.taken().len(), 2);
        assert!(alarm::service::list(&town.channels).await.unwrap().is_empty());
        let states = circuit::service::list(&town.db).await.unwrap();
        assert_eq!(states.iter().find(|s| s.connector_id == first).unwrap().failures, 0);
    }
}

#[tokio::test]
async fn a_message_waits_until_somebody_takes_it_and_a_wrong_number_does_not() {
    for town in Town::all().await {
        town.deliver("+8613800138000").await;
        town.db.clock().advance_seconds(40);
        let waiting = alarm::service::list(&town.channels).await.unwrap();
        assert!(matches!(waiting.as_slice(), [Alarm::NoGateway { waiting: 1, .. }]), "{waiting:?}");
        assert_eq!(
            town.states().await,
            [(String::new(), DeliveryState::Waiting, Some(Reason::NoGateway))],
            "one row, however often it was looked at"
        );
        let stub = Stub::start().await;
        let aliyun = town.aliyun(&stub, SECRET).await;
        for (purpose, approval) in [("register", Approval::Submitted), ("any_notice", Approval::Approved)] {
            town.template(aliyun, purpose, "SMS_1", &["code"], approval).await;
        }
        town.outbox.drain().await.unwrap();
        assert_eq!(
            town.states().await,
            [("Aliyun".into(), DeliveryState::Waiting, Some(Reason::NoTemplate))]
        );
        assert_eq!(stub.asked(), 0, "a template that is not approved is not tried");
        town.db.clock().advance_seconds(61);
        assert_eq!(town.outbox.drain().await.unwrap(), 0, "nothing has changed that could help");
        town.template(aliyun, "any_code", "SMS_2", &["code", "minutes"], Approval::Approved).await;
        town.outbox.drain().await.unwrap();
        assert_eq!(town.states().await, [("Aliyun".into(), DeliveryState::Taken, None)], "it waits no more");
        assert_eq!(stub.taken()[0].text, r#"{"code":"482913","minutes":"5"}"#);
        // The maker says that there is no such number; it is not asked again.
        town.deliver("+85251234567").await;
        town.db.clock().advance_seconds(120);
        assert_eq!(town.outbox.drain().await.unwrap(), 0);
        assert_eq!(town.states().await.last().unwrap().2, Some(Reason::Recipient));
    }
}

#[tokio::test]
async fn a_message_that_expires_leaves_one_row_that_says_why() {
    for town in Town::all().await {
        let expired = async || {
            town.db.clock().advance_seconds(301);
            channel::tidy_up(&town.channels).await.unwrap();
            channel::tidy_up(&town.channels).await.unwrap();
            town.states().await
        };
        town.deliver("+8613800138000").await;
        // Behind the first one, so that it was never tried.
        town.queue("+8613800138000").await;
        let no_gateway = (String::new(), DeliveryState::NotSent, Some(Reason::NoGateway));
        assert_eq!(expired().await, [no_gateway.clone(), no_gateway.clone()]);
        let rows = town.deliveries().await;
        assert_eq!((rows[0].recipient.as_str(), rows[0].purpose.as_str()), ("138****8000", "register"));
        assert!(rows[0].connector_id.is_none() && rows[0].id < rows[1].id);

        let stub = Stub::start().await;
        let aliyun = town.aliyun(&stub, SECRET).await;
        for _ in 0..3 {
            town.deliver("+8613900139000").await;
        }
        let states = expired().await;
        assert_eq!(states.len(), 5, "{states:?}");
        assert_eq!(states[2], ("Aliyun".into(), DeliveryState::NotSent, Some(Reason::NoTemplate)));
        let queued: Vec<i64> =
            town.db.read(|tx| tx.all("SELECT id FROM outbox WHERE body IS NOT NULL", &[])).await.unwrap();
        assert!(queued.is_empty(), "nothing of them is kept");

        // Asked, and in vain until the end: each try has its row, and one says that it was given up.
        connector::service::delete(&town.db, &PolicyEditor::command_line(), aliyun).await.unwrap();
        let broken = Stub::start().await;
        broken.mood(Mood::Status(503));
        town.generic("Broken", &broken, &[]).await;
        town.deliver("+8613900139001").await;
        let states = expired().await;
        assert_eq!(
            states[5..],
            [
                (String::new(), DeliveryState::NotSent, Some(Reason::Expired)),
                ("Broken".into(), DeliveryState::Failed, Some(Reason::Answer)),
            ]
        );
    }
}

#[tokio::test]
async fn a_used_up_cap_holds_a_message_until_tomorrow_or_until_it_is_raised() {
    for town in Town::all().await {
        let stub = Stub::start().await;
        town.generic("Small", &stub, &[("daily_cap", "1")]).await;
        town.deliver("+8613800138000").await;
        town.deliver("+8613800138001").await;
        for _ in 0..3 {
            town.db.clock().advance_seconds(61);
            assert_eq!(town.outbox.drain().await.unwrap(), 0);
        }
        assert_eq!(
            town.states().await,
            [
                ("Small".into(), DeliveryState::Taken, None),
                ("Small".into(), DeliveryState::Waiting, Some(Reason::Cap)),
            ]
        );
        town.generic("Large", &stub, &[]).await;
        town.outbox.drain().await.unwrap();
        assert_eq!(
            town.states().await[1..],
            [
                ("Small".into(), DeliveryState::Skipped, Some(Reason::Cap)),
                ("Large".into(), DeliveryState::Taken, None),
            ]
        );
    }
}

#[tokio::test]
async fn the_daily_cap_moves_messages_on_and_alarms_by_mail() {
    for town in Town::all().await {
        let (small, large) = (Stub::start().await, Stub::start().await);
        town.generic("Small", &small, &[("daily_cap", "5"), ("alarm_to", "duty@example.cn")]).await;
        town.generic("Large", &large, &[]).await;
        for n in 0..7 {
            town.deliver(&format!("+861380013800{n}")).await;
        }
        assert_eq!((small.taken().len(), large.taken().len()), (5, 2));
        let alarms = alarm::service::list(&town.channels).await.unwrap();
        assert!(alarms.contains(&Alarm::CapReached { gateway: "Small".into(), cap: 5 }), "{alarms:?}");
        let mails: Vec<String> = town
            .db
            .read(|tx| tx.all("SELECT purpose FROM outbox WHERE channel = 'mail' ORDER BY id", &[]))
            .await
            .unwrap();
        assert_eq!(mails, ["gateway_alarm", "gateway_alarm"], "near, then reached");
        let skipped =
            town.states().await.into_iter().filter(|(.., reason)| *reason == Some(Reason::Cap)).count();
        assert_eq!(skipped, 2);
        town.db.clock().advance_seconds(86_400);
        town.deliver("+8613800138009").await;
        assert_eq!(small.taken().len(), 6);
    }
}

#[tokio::test]
async fn a_test_says_what_the_gateway_says_and_wakes_it() {
    for town in Town::all().await {
        let stub = Stub::start().await;
        let aliyun = town.aliyun(&stub, SECRET).await;
        let editor = PolicyEditor::command_line();
        let test = async |purpose: &str| {
            let to = "+8613800138000".to_owned();
            town.channels.test(&editor, aliyun, to, purpose, web::Lang::Zh).await.unwrap()
        };
        assert_eq!(test("register").await.unwrap_err().reason, Reason::NoTemplate);
        town.template(aliyun, "register", "wrong", &["code"], Approval::Draft).await;
        let refused = test("register").await.unwrap_err();
        assert_eq!(
            (refused.reason, refused.said.split(' ').next()),
            (Reason::Template, Some("isv.SMS_TEMPLATE_ILLEGAL"))
        );
        town.template(aliyun, "any_code", "SMS_2", &["code"], Approval::Submitted).await;
        assert_eq!(test("sign_in").await.unwrap().as_deref(), Some("biz-1"));
        let audited: Vec<String> = town
            .db
            .read(|tx| tx.all("SELECT detail FROM audit_event WHERE action = 'gateway.tested'", &[]))
            .await
            .unwrap();
        assert_eq!(audited.len(), 3);
        assert!(
            audited.iter().all(|detail| detail.contains("138****8000") && !detail.contains("13800138000"))
        );
        for _ in 0..27 {
            test("sign_in").await.unwrap();
        }
        let to = "+8613800138000".to_owned();
        let over = town.channels.test(&editor, aliyun, to, "sign_in", web::Lang::Zh).await.unwrap_err();
        assert_eq!(over.code, "gateway.tests");
    }
}
