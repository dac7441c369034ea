//! Two organizations with administrators, an agent, account managers, and the example's register on a port of its own.
use crate::{
    Registry,
    register::{Provider, Typed},
};
use db::Db;
use identity::{
    Identity,
    account::{self, AccountState, NewSelfOwned},
    realname::RealNameLevel,
    session::SignedIn,
};
use kernel::{
    Actor, ActorKind, Clock, Event, LoginName, Timestamp, Uscc,
    clock::Zone,
    id::{AccountId, OrganizationId},
};
use organization::{
    Operator, Organizations,
    membership::{Appointment, Basis, Member, NewMember, Newcomer, OrganizationAdministrator, Role, Terms},
    organization::NewOrganization,
    organization_type::{Identifier, MaterialRule, OrganizationType, TypePolicy, Words},
};
use platform::{Outbox, Settings, StaffRole, connector::ConnectorId, staff::PolicyEditor};
use register::{Fault, Options, Records};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use web::{Outbound, OutboundOptions};

pub const SECRET: &str = "correct-horse-battery-staple";

pub struct Town {
    pub room: Registry,
    pub ours: OrganizationId,
    pub theirs: OrganizationId,
    pub code: String,
    pub administrator: AccountId,
    pub agent: AccountId,
    pub their_administrator: AccountId,
    pub manager: Operator,
    /// Of another portfolio.
    pub other_manager: Operator,
    pub manager_account: AccountId,
}
/// One town on each engine, each with a clock of its own: it begins now, since the register has the system's.
pub async fn towns() -> Vec<Town> {
    let clock = || Clock::fixed(Clock::System.now());
    let mut towns = vec![Town::build(db::testing::sqlite_at(clock()).await).await];
    match std::env::var("FUJIE_TEST_POSTGRES") {
        Ok(server) => towns.push(Town::build(db::testing::postgres_at(&server, clock()).await).await),
        Err(_) => assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "this run must test PostgreSQL too"),
    }
    towns
}
/// 18 characters with their check.
pub fn code_of(stem: &str) -> String {
    format!("{stem}{}", char::from(kernel::uscc::check_character(stem.as_bytes()).unwrap()))
}

impl Town {
    async fn build(db: Db) -> Self {
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let outbound = Outbound::new(OutboundOptions { allow, ..OutboundOptions::default() }).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let rooms = Organizations::new(db.clone(), identity);
        let room = Registry::new(rooms.clone(), Zone::default());
        let now = db.clock().now();
        let mut optional = MaterialRule::new("permit", "许可证", "Permit", true);
        optional.required = false;
        let policy = TypePolicy {
            identifiers: vec![Identifier::Uscc, Identifier::MemberNumber],
            materials: vec![MaterialRule::new("licence", "营业执照", "Licence", false), optional],
            sync_days: 7,
            ..TypePolicy::default()
        };
        let type_id = db.draw();
        let kind = OrganizationType {
            id: type_id,
            code: "member".into(),
            name: Words::new("会员", "Member"),
            policy,
        };
        rooms.create_organization_type(&Operator::installation(), kind, now).await.unwrap();
        let manager_account = staff(&rooms, "gumingzhe", StaffRole::AccountManager).await;
        let other = staff(&rooms, "shenxingye", StaffRole::AccountManager).await;
        let code = code_of("91990000MA0X7Q4H2");
        let mut ids = Vec::new();
        for (name, stem, head, manager) in [
            ("澄江证券股份有限公司", "91990000MA0X7Q4H2", "林知远", manager_account),
            ("青岚里城市服务有限公司", "91990000MA2B6T3K4", "温如初", other),
        ] {
            let new = NewOrganization {
                id: db.draw(),
                type_id,
                name: name.into(),
                short_name: name.chars().take(4).collect(),
                uscc: Some(Uscc::parse(&code_of(stem)).unwrap()),
                member_number: None,
                registration_number: None,
                head_name: Some(head.into()),
                address: Some("示例路 88 号".into()),
                account_manager: Some(manager),
            };
            ids.push(rooms.create_organization(&Operator::installation(), new, now).await.unwrap());
        }
        let (ours, theirs) = (ids[0], ids[1]);
        let administrator = hire(&rooms, ours, Role::Administrator, "zhouyutong").await;
        let agent = hire(&rooms, ours, Role::Agent, "chensiqi").await;
        let their_administrator = hire(&rooms, theirs, Role::Administrator, "luozhixia").await;
        let operator = async |account| Operator::from_signed_in(&signed_in(&rooms, account).await).unwrap();
        let (manager, other_manager) = (operator(manager_account).await, operator(other).await);
        Self {
            room,
            ours,
            theirs,
            code,
            administrator,
            agent,
            their_administrator,
            manager,
            other_manager,
            manager_account,
        }
    }
    pub fn db(&self) -> &Db {
        self.room.db()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub async fn member(&self, account: AccountId, organization: OrganizationId) -> Member {
        let rooms = self.room.organizations();
        rooms.member(&signed_in(rooms, account).await, organization, self.now()).await.unwrap()
    }
    pub async fn administrator(&self) -> OrganizationAdministrator {
        self.member(self.administrator, self.ours).await.as_administrator().unwrap()
    }
    pub async fn their_administrator(&self) -> OrganizationAdministrator {
        self.member(self.their_administrator, self.theirs).await.as_administrator().unwrap()
    }
    pub async fn organization(&self) -> organization::organization::Organization {
        self.room.organizations().organization(self.ours).await.unwrap()
    }
    pub async fn events(&self, action: &str) -> i64 {
        let action = action.to_owned();
        self.db()
            .read(move |tx| {
                tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE action = $1", &[&action])
            })
            .await
            .unwrap()
    }
    /// How often an account was told this.
    pub async fn told(&self, account: AccountId, kind: &str) -> i64 {
        let kind = kind.to_owned();
        self.db()
            .read(move |tx| {
                tx.one(
                    "SELECT CAST(COUNT(*) AS BIGINT) FROM notice WHERE account_id = $1 AND kind = $2",
                    &[&account, &kind],
                )
            })
            .await
            .unwrap()
    }
    /// The example's register that behaves so; its records and its connector.
    pub async fn register(&self, fault: Fault) -> (Shelf, ConnectorId) {
        let shelf = Shelf::default();
        let url = serve(fault, SECRET, &shelf).await;
        (shelf, self.connect(&url, SECRET).await)
    }
    pub async fn connect(&self, url: &str, secret: &str) -> ConnectorId {
        let id = self.db().draw();
        let typed = Typed {
            provider: Provider::Http,
            name: "示例登记机关".into(),
            url: url.into(),
            key_id: "fujie".into(),
            secret: secret.into(),
            enabled: true,
        };
        self.room.create_register(&PolicyEditor::command_line(), id, &typed, self.now()).await.unwrap();
        id
    }
    /// Our organization as the register has it: the same as the record, with these members changed.
    pub fn record(&self, changed: Value) -> Value {
        let mut record = json!({
            "uscc": self.code, "name": "澄江证券股份有限公司", "head_name": "林知远",
            "address": "示例路 88 号", "state": "live", "registrations": [],
        });
        for (name, value) in changed.as_object().unwrap() {
            record[name] = value.clone();
        }
        record
    }
    /// Some seconds pass, so that the register may be asked again and its clock still agrees.
    pub fn later(&self) {
        self.db().clock().advance_seconds(11);
    }
}
/// The records of a register.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<HashMap<String, Value>>>);
impl Shelf {
    pub fn put(&self, record: Value) {
        let code = record["uscc"].as_str().unwrap().to_owned();
        self.0.lock().unwrap().insert(code, record);
    }
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}
pub async fn serve(fault: Fault, secret: &str, shelf: &Shelf) -> String {
    let records = Records::Memory(Arc::clone(&shelf.0));
    let options = Options { key_id: "fujie".into(), secret: secret.into(), records, fault };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, register::router(options)).await });
    format!("http://{address}")
}

pub async fn signed_in(rooms: &Organizations, account: AccountId) -> SignedIn {
    let card = account::service::cards(rooms.db(), vec![account]).await.unwrap().remove(0);
    let staff = platform::staff::service::find(rooms.db(), account).await.unwrap().map(|staff| staff.role);
    SignedIn {
        account,
        session: rooms.db().draw(),
        name: card.name,
        login_name: card.login_name,
        phone_masked: None,
        owner: card.owner,
        state: AccountState::Active,
        methods: vec!["pwd".into()],
        strength: 1,
        authenticated_at: rooms.db().clock().now(),
        verified_at: rooms.db().clock().now(),
        level: RealNameLevel::Unverified,
        staff,
        must_change_password: false,
        password_overdue: false,
        last_organization: None,
        actor: Actor { kind: ActorKind::Account, account: Some(account), ..Actor::system() },
    }
}
async fn hire(
    rooms: &Organizations,
    organization: OrganizationId,
    role: Role,
    login_name: &str,
) -> AccountId {
    let login = LoginName::parse(login_name).unwrap();
    let newcomer =
        Newcomer::Managed(NewMember { login_name: login.clone(), name: "陈思齐".into(), phone: None });
    let appointment =
        Appointment { id: rooms.db().draw(), newcomer, role, basis: Basis::Created, terms: Terms::default() };
    let now = rooms.db().clock().now();
    rooms.appoint(Operator::installation(), organization, appointment, now).await.unwrap();
    account::service::find_by_login_name(rooms.db(), login).await.unwrap().unwrap().id
}
async fn staff(rooms: &Organizations, login_name: &str, role: StaffRole) -> AccountId {
    let db = rooms.db();
    let new = NewSelfOwned {
        id: db.draw(),
        sub: db.rng().short_token(),
        login_name: LoginName::parse(login_name).unwrap(),
        name: "顾明哲".into(),
        phone: None,
        document: None,
        password_hash: "none".into(),
        now: db.clock().now(),
    };
    let (id, now, keyring) = (new.id, new.now, Arc::clone(db.keyring()));
    db.write(move |tx| {
        account::service::create_self_owned_in(tx, &keyring, &new)?;
        let event = platform::staff::service::appoint_in(tx, &Actor::system(), id, role, None, now)?;
        Ok(((), vec![event, Event::done(&Actor::system(), "account.created").on("account", id)]))
    })
    .await
    .unwrap();
    id
}
