//! Two organizations with administrators, on each engine.
use crate::Roster;
use crate::import::Importer;
use db::Db;
use identity::account::{self, AccountState, NewSelfOwned};
use identity::realname::RealNameLevel;
use identity::{Identity, SignedIn};
use kernel::id::{AccountId, MembershipId, OrganizationId};
use kernel::{Actor, ActorKind, Clock, Event, LoginName, Mobile, ResidentId, Timestamp};
use organization::membership::{Appointment, Basis, Newcomer, OrganizationAdministrator, Role, Terms};
use organization::organization::NewOrganization;
use organization::organization_type::{OrganizationType, TypePolicy, Words};
use organization::{Operator, Organizations};
use platform::{Outbox, Settings, StaffRole};
use std::sync::Arc;

pub struct Town {
    pub room: Roster,
    pub clock: Clock,
    pub ours: OrganizationId,
    pub theirs: OrganizationId,
    pub chief: AccountId,
    pub chief_membership: MembershipId,
    pub their_chief: AccountId,
    pub manager: AccountId,
}
/// Administrators have an account of their own, so that only what is imported is managed.
pub async fn towns() -> Vec<Town> {
    let clock = Clock::fixed(Timestamp::from_millis(1_795_000_000_000));
    let mut towns = Vec::new();
    for db in db::testing::engines_at(clock.clone()).await {
        towns.push(Town::build(db, clock.clone()).await);
    }
    towns
}
impl Town {
    async fn build(db: Db, clock: Clock) -> Self {
        let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let rooms = Organizations::new(db.clone(), identity);
        let kind = db.draw();
        let policy = TypePolicy { administrators: 3, ..TypePolicy::default() };
        let new =
            OrganizationType { id: kind, code: "firm".into(), name: Words::new("企业", "Firm"), policy };
        rooms.create_organization_type(&Operator::installation(), new, clock.now()).await.unwrap();
        let manager = self_owned(&db, "gumingzhe", "顾明哲").await;
        let now = clock.now();
        db.write(move |tx| {
            let role = StaffRole::AccountManager;
            let event = platform::staff::service::appoint_in(tx, &Actor::system(), manager, role, None, now)?;
            Ok(((), vec![event]))
        })
        .await
        .unwrap();
        let mut organizations = Vec::new();
        for (name, by) in [("澄江证券股份有限公司", Some(manager)), ("青岚里城市服务有限公司", None)]
        {
            let new = NewOrganization {
                id: db.draw(),
                type_id: kind,
                name: name.into(),
                short_name: name.chars().take(4).collect(),
                uscc: None,
                member_number: None,
                registration_number: None,
                head_name: None,
                address: None,
                account_manager: by,
            };
            organizations.push(rooms.create_organization(&Operator::installation(), new, now).await.unwrap());
        }
        let room = Roster::new(rooms);
        let chief = self_owned(&db, "zhouyutong", "周雨桐").await;
        let their_chief = self_owned(&db, "wenruchu", "温如初").await;
        let (ours, theirs) = (organizations[0], organizations[1]);
        let chief_membership = join(&room, ours, chief, Role::Administrator).await;
        join(&room, theirs, their_chief, Role::Administrator).await;
        Self { room, clock, ours, theirs, chief, chief_membership, their_chief, manager }
    }
    pub fn db(&self) -> &Db {
        self.room.db()
    }
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub async fn administrator(
        &self,
        account: AccountId,
        organization: OrganizationId,
    ) -> OrganizationAdministrator {
        let who = signed_in(self.db(), account).await;
        let member = self.room.organizations().member(&who, organization, self.now()).await.unwrap();
        member.as_administrator().unwrap()
    }
    /// The chief as a page has them.
    pub async fn reader(&self) -> (SignedIn, OrganizationAdministrator) {
        (signed_in(self.db(), self.chief).await, self.administrator(self.chief, self.ours).await)
    }
    pub async fn importer(&self) -> Importer {
        let by = self.administrator(self.chief, self.ours).await;
        Importer { organization: self.ours, policy: Arc::clone(&by.membership().policy), by: by.into() }
    }
    pub async fn self_owned(&self, login_name: &str, name: &str) -> AccountId {
        self_owned(self.db(), login_name, name).await
    }
    pub async fn join(&self, organization: OrganizationId, account: AccountId, role: Role) -> MembershipId {
        join(&self.room, organization, account, role).await
    }
    /// A person with an account and a document of their own.
    pub async fn with_document(&self, login_name: &str, name: &str, document: &str) -> AccountId {
        let document = ResidentId::parse(document, account::model::today(self.now())).unwrap();
        own_account(self.db(), login_name, name, Some(document)).await
    }
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.db().read_one(move |statement| statement.one(sql, &[])).await.unwrap()
    }
    pub async fn system_administrator(&self) -> AccountId {
        let (account, now) = (self.self_owned("hanqizhou", "韩启舟").await, self.now());
        self.db()
            .write(move |tx| {
                let role = StaffRole::SystemAdministrator;
                let event =
                    platform::staff::service::appoint_in(tx, &Actor::system(), account, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        account
    }
    pub async fn as_staff(&self, account: AccountId) -> Operator {
        Operator::from_signed_in(&signed_in(self.db(), account).await).unwrap()
    }
}
async fn join(room: &Roster, organization: OrganizationId, account: AccountId, role: Role) -> MembershipId {
    let id = room.db().draw();
    let appointment = Appointment {
        id,
        newcomer: Newcomer::Existing(account),
        role,
        basis: Basis::Appointed,
        terms: Terms::default(),
    };
    let now = room.db().clock().now();
    room.organizations().appoint(Operator::installation(), organization, appointment, now).await.unwrap();
    id
}
async fn self_owned(db: &Db, login_name: &str, name: &str) -> AccountId {
    own_account(db, login_name, name, None).await
}
async fn own_account(db: &Db, login_name: &str, name: &str, document: Option<ResidentId>) -> AccountId {
    let new = NewSelfOwned {
        id: db.draw(),
        sub: db.rng().short_token(),
        login_name: LoginName::parse(login_name).unwrap(),
        name: name.into(),
        phone: (login_name == "zhouyutong").then(|| Mobile::parse("13800138000").unwrap()),
        document,
        password_hash: "none".into(),
        now: db.clock().now(),
    };
    let (id, keyring) = (new.id, Arc::clone(db.keyring()));
    db.write(move |tx| {
        account::service::create_self_owned_in(tx, &keyring, &new)?;
        Ok(((), vec![Event::done(&Actor::system(), "account.created").on("account", new.id)]))
    })
    .await
    .unwrap();
    id
}
async fn signed_in(db: &Db, account: AccountId) -> SignedIn {
    let card = account::service::cards(db, vec![account]).await.unwrap().remove(0);
    let staff = platform::staff::service::find(db, account).await.unwrap().map(|staff| staff.role);
    SignedIn {
        account,
        session: db.draw(),
        name: card.name,
        login_name: card.login_name,
        phone_masked: None,
        owner: card.owner,
        state: AccountState::Active,
        methods: vec!["pwd".into()],
        strength: 1,
        authenticated_at: db.clock().now(),
        verified_at: db.clock().now(),
        level: RealNameLevel::Unverified,
        staff,
        must_change_password: false,
        password_overdue: false,
        last_organization: None,
        actor: Actor { kind: ActorKind::Account, account: Some(account), ..Actor::system() },
    }
}
