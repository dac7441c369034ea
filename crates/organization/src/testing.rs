//! A small town for tests: an exchange member whose administrator only administers, another organization, people.
use crate::Organizations;
use crate::admission::NewAdmission;
use crate::authority::Operator;
use crate::contract::{ContractType, NewContract};
use crate::decision::{Decision, SessionFacts, Space};
use crate::grant::Cell;
use crate::membership::{
    Appointed, Appointment, Basis, HandedOut, Member, NewMember, Newcomer, OrganizationAdministrator, Role,
    Terms,
};
use crate::organization::NewOrganization;
use crate::organization_type::{Identifier, OrganizationType, TypePolicy, Words};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState};
use db::Db;
use identity::account::{self, NewSelfOwned, Owner};
use identity::realname::RealNameLevel;
use identity::session::SignedIn;
use identity::{Identity, account::AccountState};
use kernel::id::{AccountId, ContractId, MembershipId, OrganizationId, OrganizationTypeId, ProductId};
use kernel::{Actor, ActorKind, Clock, Event, LoginName, Timestamp};
use platform::{Outbox, Settings, StaffRole};

pub struct Town {
    pub rooms: Organizations,
    pub public: OrganizationTypeId,
    /// Type `exchange`: one administrator, who does no business.
    pub ours: OrganizationId,
    pub theirs: OrganizationId,
    pub administrator: Person,
    pub agent: Person,
    pub their_administrator: Person,
    pub their_agent: Person,
    pub account_manager: AccountId,
    pub product_manager: AccountId,
    pub auditor: AccountId,
    /// Contract class, explicit.
    pub data: ProductId,
    pub contract: ContractId,
}
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub account: AccountId,
    pub membership: MembershipId,
    pub organization: OrganizationId,
}

/// One town on each engine.
pub async fn towns() -> Vec<Town> {
    towns_at(Clock::System).await
}
pub async fn towns_at(clock: Clock) -> Vec<Town> {
    let mut towns = Vec::new();
    for db in db::testing::engines_at(clock).await {
        towns.push(Town::build(db).await);
    }
    towns
}

impl Town {
    pub async fn build(db: Db) -> Self {
        let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let rooms = Organizations::new(db, identity);
        let policy = TypePolicy {
            identifiers: vec![Identifier::Uscc, Identifier::MemberNumber],
            administrators_do_business: false,
            ..TypePolicy::default()
        };
        let exchange = new_type(&rooms, "exchange_member", policy).await;
        let public =
            new_type(&rooms, "public_service", TypePolicy { administrators: 3, ..TypePolicy::default() })
                .await;
        let account_manager = staff(&rooms, "gumingzhe", StaffRole::AccountManager).await;
        let product_manager = staff(&rooms, "sujingxing", StaffRole::ProductManager).await;
        let auditor = staff(&rooms, "luwensheng", StaffRole::Auditor).await;
        let ours = new_organization(&rooms, exchange, "澄江证券股份有限公司", Some(account_manager)).await;
        let theirs = new_organization(&rooms, public, "青岚里城市服务有限公司", None).await;
        let administrator = hire(&rooms, ours, Role::Administrator, "zhouyutong").await;
        let agent = hire(&rooms, ours, Role::Agent, "chensiqi").await;
        let their_administrator = hire(&rooms, theirs, Role::Administrator, "wenruchu").await;
        let their_agent = hire(&rooms, theirs, Role::Agent, "jiangzhao").await;
        let data = new_product(&rooms, "market-data", |_| {}).await;
        let contract = sign(&rooms, ours, "CT-1", &[data]).await;
        Self {
            rooms,
            public,
            ours,
            theirs,
            administrator,
            agent,
            their_administrator,
            their_agent,
            account_manager,
            product_manager,
            auditor,
            data,
            contract,
        }
    }
    pub fn now(&self) -> Timestamp {
        self.rooms.db().clock().now()
    }
    pub async fn admit(&self, product: ProductId) {
        let new = NewAdmission {
            id: self.rooms.db().draw(),
            product,
            contract: None,
            valid_until: Timestamp::FOREVER,
            note: None,
        };
        self.rooms.admit(Operator::installation(), self.ours, new, self.now()).await.unwrap();
    }
    /// Admitted and granted to the agent.
    pub async fn open_for_the_agent(&self) {
        self.admit(self.data).await;
        let granted = self
            .rooms
            .grant(
                self.as_administrator(self.administrator).await,
                self.ours,
                self.cell(),
                Timestamp::FOREVER,
                self.now(),
            )
            .await
            .unwrap();
        assert!(granted);
    }
    pub fn cell(&self) -> Cell {
        Cell { membership: self.agent.membership, product: self.data }
    }
    pub async fn member(&self, person: Person) -> Member {
        self.rooms
            .member(&self.signed_in(person.account).await, person.organization, self.now())
            .await
            .unwrap()
    }
    pub async fn as_administrator(&self, person: Person) -> OrganizationAdministrator {
        self.member(person).await.as_administrator().unwrap()
    }
    pub async fn signed_in(&self, account: AccountId) -> SignedIn {
        signed_in(&self.rooms, account).await
    }
    pub async fn as_staff(&self, account: AccountId) -> Operator {
        Operator::from_signed_in(&self.signed_in(account).await).unwrap()
    }
    pub async fn decision(&self, person: Person) -> Decision {
        self.decision_on(person, self.data).await
    }
    pub async fn decision_on(&self, person: Person, product: ProductId) -> Decision {
        let session = SessionFacts { strength: 1, card: false, zones: vec![] };
        let space = Space::Organization(person.organization);
        let decided =
            self.rooms.decide_one(person.account, &session, space, product, self.now()).await.unwrap();
        decided.unwrap().decision
    }
    pub async fn hire(&self, organization: OrganizationId, role: Role, login_name: &str) -> Person {
        hire(&self.rooms, organization, role, login_name).await
    }
    pub async fn self_owned(&self, login_name: &str) -> AccountId {
        self_owned(&self.rooms, login_name).await
    }
    /// With a document of the person's own.
    pub async fn with_document(&self, login_name: &str, document: &str) -> AccountId {
        let today = account::model::today(self.now());
        own_account(&self.rooms, login_name, Some(kernel::ResidentId::parse(document, today).unwrap())).await
    }
    /// As if its holder had proven this number.
    pub async fn with_phone(&self, account: AccountId, phone: &str) {
        let (keyring, phone) = (std::sync::Arc::clone(self.rooms.db().keyring()), phone.to_owned());
        self.rooms
            .db()
            .write_unaudited("test", move |tx| {
                let phone = kernel::Mobile::parse(&phone)?;
                account::service::set_phone_in(tx, &keyring, account, Some(&phone))?;
                account::service::prove_phone_in(tx, account)
            })
            .await
            .unwrap();
    }
    /// The newest SMS to the number, as people write it.
    pub async fn sms(&self, to: &str) -> Option<String> {
        let outbox = self.rooms.identity().outbox();
        outbox.drain().await.unwrap();
        outbox.local_outbox().unwrap().newest(to).map(|message| message.text)
    }
    pub async fn join(&self, organization: OrganizationId, role: Role, account: AccountId) -> Person {
        let id = self.rooms.db().draw();
        let appointment = Appointment {
            id,
            newcomer: Newcomer::Existing(account),
            role,
            basis: Basis::Appointed,
            terms: Terms::default(),
        };
        self.rooms.appoint(Operator::installation(), organization, appointment, self.now()).await.unwrap();
        Person { account, membership: id, organization }
    }
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
async fn new_type(rooms: &Organizations, code: &str, policy: TypePolicy) -> OrganizationTypeId {
    let id = rooms.db().draw();
    let new = OrganizationType { id, code: code.into(), name: Words::new("类型", "Type"), policy };
    rooms.create_organization_type(&Operator::installation(), new, rooms.db().clock().now()).await.unwrap();
    id
}
pub async fn new_organization(
    rooms: &Organizations,
    type_id: OrganizationTypeId,
    name: &str,
    account_manager: Option<AccountId>,
) -> OrganizationId {
    let new = NewOrganization {
        id: rooms.db().draw(),
        type_id,
        name: name.into(),
        short_name: name.chars().take(4).collect(),
        uscc: None,
        member_number: None,
        registration_number: None,
        head_name: None,
        address: None,
        account_manager,
    };
    rooms.create_organization(&Operator::installation(), new, rooms.db().clock().now()).await.unwrap()
}
pub async fn new_product(rooms: &Organizations, code: &str, change: impl Fn(&mut Product)) -> ProductId {
    let mut new = Product {
        id: rooms.db().draw(),
        code: code.into(),
        name: Words::new("行情数据接入", "Market data"),
        summary: Words::new("接收实时行情", "Receive market data"),
        category: "market".into(),
        icon: "chart".into(),
        launch_url: Some("https://product.example/start".into()),
        audience: Audience::Organization,
        admission_class: AdmissionClass::Contract,
        grant_mode: GrantMode::Explicit,
        admission_editor: AdmissionEditor::AccountManager,
        minimum_level: RealNameLevel::Unverified,
        minimum_strength: 1,
        roles_allowed: vec![Role::Agent],
        network_zone: None,
        manager: None,
        state: ProductState::Active,
    };
    change(&mut new);
    rooms.create_product(&Operator::installation(), new, rooms.db().clock().now()).await.unwrap()
}
pub async fn sign(
    rooms: &Organizations,
    organization: OrganizationId,
    number: &str,
    products: &[ProductId],
) -> ContractId {
    let (now, type_id) = (rooms.db().clock().now(), rooms.db().draw());
    let kind =
        ContractType { id: type_id, code: number.to_lowercase(), name: Words::new("合同", "Contract") };
    rooms.create_contract_type(&Operator::installation(), kind, products.to_vec()).await.unwrap();
    let new = NewContract {
        id: rooms.db().draw(),
        type_id,
        number: number.into(),
        valid_from: now.plus_days(-1),
        valid_until: now.plus_days(365),
    };
    rooms.sign_contract(&Operator::installation(), organization, new, now).await.unwrap()
}
pub fn newcomer(login_name: &str) -> Newcomer {
    Newcomer::Managed(NewMember {
        login_name: LoginName::parse(login_name).unwrap(),
        name: "陈思齐".into(),
        phone: None,
    })
}
async fn hire(rooms: &Organizations, organization: OrganizationId, role: Role, login_name: &str) -> Person {
    let id = rooms.db().draw();
    let appointment = Appointment {
        id,
        newcomer: newcomer(login_name),
        role,
        basis: Basis::Created,
        terms: Terms::default(),
    };
    let now = rooms.db().clock().now();
    let appointed = rooms.appoint(Operator::installation(), organization, appointment, now).await.unwrap();
    assert!(matches!(appointed, Appointed::New { handed_out: HandedOut::Password(_), .. }));
    let account = account_of(rooms, login_name).await;
    Person { account, membership: id, organization }
}
pub async fn account_of(rooms: &Organizations, login_name: &str) -> AccountId {
    let login_name = LoginName::parse(login_name).unwrap();
    account::service::find_by_login_name(rooms.db(), login_name).await.unwrap().unwrap().id
}
async fn self_owned(rooms: &Organizations, login_name: &str) -> AccountId {
    own_account(rooms, login_name, None).await
}
async fn own_account(
    rooms: &Organizations,
    login_name: &str,
    document: Option<kernel::ResidentId>,
) -> AccountId {
    let db = rooms.db();
    let new = NewSelfOwned {
        id: db.draw(),
        sub: db.rng().short_token(),
        login_name: LoginName::parse(login_name).unwrap(),
        name: "温如初".into(),
        phone: None,
        document,
        password_hash: "none".into(),
        now: db.clock().now(),
    };
    let (id, keyring) = (new.id, std::sync::Arc::clone(db.keyring()));
    db.write(move |tx| {
        account::service::create_self_owned_in(tx, &keyring, &new)?;
        Ok(((), vec![Event::done(&Actor::system(), "account.created").on("account", new.id)]))
    })
    .await
    .unwrap();
    id
}
async fn staff(rooms: &Organizations, login_name: &str, role: StaffRole) -> AccountId {
    let account = self_owned(rooms, login_name).await;
    let now = rooms.db().clock().now();
    rooms
        .db()
        .write(move |tx| {
            let event = platform::staff::service::appoint_in(tx, &Actor::system(), account, role, None, now)?;
            Ok(((), vec![event]))
        })
        .await
        .unwrap();
    account
}
pub fn is_managed(owner: Owner) -> bool {
    matches!(owner, Owner::Managed(_))
}
