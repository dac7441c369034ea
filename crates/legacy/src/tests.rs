//! Files become merges: by proof, by a new account, by asking, by staff; and are taken back.
use crate::{Legacy, LegacyAccount, LegacyAccountId, LegacyState, UNDO_DAYS, import::Imported};
use db::Db;
use identity::{
    Identity,
    account::{self, AccountState, NewSelfOwned},
    former, realname,
};
use kernel::{Clock, LoginName, ResidentId, Timestamp, id::AccountId};
use organization::{
    Operator, Organizations,
    membership::{Basis, Role},
    organization_type::{OrganizationType, TypePolicy, Words},
};
use platform::{Outbox, Settings};
use std::sync::Arc;
use web::{Outbound, OutboundOptions};

/// MD5 of `灯笼2018pepper`.
const HASH: &str = "6a98270d113c52ad220aa08358b25b75";
const HEAD: &str = "login_name,scheme,hash,salt,organization,code,holder,document,phone\n";
const DOCUMENTS: [&str; 3] = ["11010519491231002X", "110101199003070257", "110101199003070433"];

struct Room {
    legacy: Legacy,
    kind: kernel::id::OrganizationTypeId,
}
impl Room {
    async fn on_engines() -> Vec<Self> {
        let clock = || Clock::fixed(Clock::System.now());
        let mut rooms = vec![Self::over(db::testing::sqlite_at(clock()).await).await];
        match std::env::var("FUJIE_TEST_POSTGRES") {
            Ok(server) => rooms.push(Self::over(db::testing::postgres_at(&server, clock()).await).await),
            Err(_) => assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "this run must test PostgreSQL too"),
        }
        rooms
    }
    async fn over(db: Db) -> Self {
        let outbound = Outbound::new(OutboundOptions::default()).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let organizations = Organizations::new(db.clone(), identity);
        let kind = db.draw();
        let new = OrganizationType {
            id: kind,
            code: "enterprise".into(),
            name: Words::new("企业", "Enterprise"),
            policy: TypePolicy::default(),
        };
        let now = db.clock().now();
        organizations.create_organization_type(&Operator::installation(), new, now).await.unwrap();
        Self { legacy: Legacy::new(organizations), kind }
    }
    fn db(&self) -> &Db {
        self.legacy.db()
    }
    fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    async fn person(&self, login_name: &str, document: &str, proven: bool) -> AccountId {
        let (id, person, keyring, now) =
            (self.db().draw(), self.db().draw(), Arc::clone(self.db().keyring()), self.now());
        let document = ResidentId::parse(document, account::model::today(now)).unwrap();
        let new = NewSelfOwned {
            id,
            sub: self.db().rng().short_token(),
            login_name: LoginName::parse(login_name).unwrap(),
            name: "林致远".into(),
            phone: None,
            document: Some(document.clone()),
            password_hash: "none".into(),
            now,
        };
        self.db()
            .write_unaudited("test", move |tx| {
                account::service::create_self_owned_in(tx, &keyring, &new)?;
                if proven {
                    let name = "林致远";
                    realname::service::prove_document_in(tx, &keyring, id, person, &document, name, now)?;
                }
                Ok(())
            })
            .await
            .unwrap();
        id
    }
    async fn bring(&self, lines: &[&str]) -> Imported {
        let text = format!("{HEAD}{}\n", lines.join("\n"));
        let (by, id) = (Operator::installation(), self.db().draw());
        let source = ("旧平台", self.kind);
        self.legacy.import(&by, id, source, text.as_bytes(), self.now()).await.unwrap();
        self.legacy.drain().await.unwrap();
        self.legacy.imported(id).await.unwrap()
    }
    async fn line(&self, imported: &Imported, login_name: &str) -> LegacyAccount {
        let found = self.legacy.lines(Some(imported.import.id), None, None, None, 100).await.unwrap();
        found.into_iter().map(|(row, _)| row).find(|row| row.login_name == login_name).unwrap()
    }
    async fn roles(&self, account: AccountId) -> Vec<(String, Role)> {
        let found = self.legacy.organizations().memberships(account).await.unwrap();
        found.into_iter().map(|one| (one.organization_name, one.role)).collect()
    }
    async fn account_of(&self, login_name: &str) -> Option<account::AccountRef> {
        let name = LoginName::parse(login_name).unwrap();
        account::service::find_by_login_name(self.db(), name).await.unwrap()
    }
    async fn former_of(&self, id: LegacyAccountId) -> Option<former::FormerLogin> {
        self.db().read(move |tx| former::service::find_in(tx, id)).await.unwrap()
    }
}
fn line(login: &str, firm: &str, code: &str, holder: &str, document: &str) -> String {
    format!("{login},md5-salt-last,{HASH},pepper,{firm},{code},{holder},{document},")
}

#[tokio::test]
async fn m42_a_proven_holder_becomes_an_agent_and_the_old_login_theirs() {
    for room in Room::on_engines().await {
        let account = room.person("linzy", DOCUMENTS[0], true).await;
        let imported = room.bring(&[&line("HQ01", "海桥进出口", "", "林致远", DOCUMENTS[0])]).await;
        assert_eq!((imported.merged, imported.waiting), (1, 0));
        assert_eq!(room.roles(account).await, [("海桥进出口".to_owned(), Role::Agent)]);
        let row = room.line(&imported, "hq01").await;
        assert_eq!(room.former_of(row.id).await.unwrap().account, Some(account));
        // A second system with the same firm and the same person: one organization, one membership.
        let again = room.bring(&[&line("OLD-7", "海桥进出口 ", "", "林致远", DOCUMENTS[0])]).await;
        assert_eq!(again.merged, 1);
        assert_eq!(room.roles(account).await.len(), 1);
        assert_eq!(room.legacy.held(account).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn m42_a_holder_without_an_account_gets_one_under_the_old_name() {
    for room in Room::on_engines().await {
        room.person("taken", DOCUMENTS[2], false).await;
        let lines = [
            line("HQ02", "海桥进出口", "", "孙清越", DOCUMENTS[1]),
            // A name that is none of ours, and one that somebody has.
            line("91370100", "海桥进出口", "", "周以宁", DOCUMENTS[0]),
        ];
        let imported = room.bring(&[&lines[0], &lines[1]]).await;
        assert_eq!(imported.merged, 2);
        let made = room.account_of("hq02").await.unwrap();
        assert_eq!((made.state, made.person), (AccountState::Active, None));
        assert_eq!(room.roles(made.id).await, [("海桥进出口".to_owned(), Role::Agent)]);
        let odd = room.line(&imported, "91370100").await;
        let holder = room.former_of(odd.id).await.unwrap().account.unwrap();
        assert_eq!(room.roles(holder).await.len(), 1);
    }
}

#[tokio::test]
async fn m42_what_was_merely_typed_hands_nothing_over() {
    for room in Room::on_engines().await {
        let claimant = room.person("pretender", DOCUMENTS[1], false).await;
        let lines = [
            line("HQ03", "海桥进出口", "", "孙清越", DOCUMENTS[1]),
            line("HQ04", "海桥进出口", "", "", ""),
            line("HQ05", "海桥进出口", "91370100MA3C0000XX", "", ""),
        ];
        let imported = room.bring(&[&lines[0], &lines[1], &lines[2]]).await;
        assert_eq!((imported.several, imported.asks, imported.refused, imported.merged), (1, 1, 1, 0));
        assert!(room.roles(claimant).await.is_empty());
        let asks = room.line(&imported, "hq04").await;
        assert_eq!(asks.state, LegacyState::Asks);
        assert_eq!(room.former_of(asks.id).await.unwrap().account, None);
        let refused = room.line(&imported, "HQ05").await;
        assert_eq!(refused.why.as_deref(), Some("legacy.code"));
        // Staff decide, once.
        let (by, several) = (Operator::installation(), room.line(&imported, "hq03").await);
        let now = room.now();
        for (name, code) in [("nobody7", "account.unknown"), ("1", "login_name.shape")] {
            let error = room.legacy.decide(&by, several.id, name, "柜台核对", now).await.unwrap_err();
            assert_eq!((error.code, error.field), (code, Some("login_name")), "{name}");
        }
        room.legacy.decide(&by, several.id, "pretender", "柜台核对", now).await.unwrap();
        assert_eq!(room.roles(claimant).await.len(), 1);
        let error = room.legacy.decide(&by, several.id, "pretender", "柜台核对", now).await.unwrap_err();
        assert_eq!(error.code, "legacy.settled");
    }
}

#[tokio::test]
async fn m42_a_merge_is_undone_within_thirty_days_and_nothing_is_lost() {
    for room in Room::on_engines().await {
        let account = room.person("linzy", DOCUMENTS[0], true).await;
        let lines = [
            line("HQ01", "海桥进出口", "", "林致远", DOCUMENTS[0]),
            line("HQ02", "海桥进出口", "", "孙清越", DOCUMENTS[1]),
        ];
        let imported = room.bring(&[&lines[0], &lines[1]]).await;
        let (by, now) = (Operator::installation(), room.now());
        let first = room.line(&imported, "hq01").await;
        room.legacy.undo(&by, first.id, "登记有误", now).await.unwrap();
        assert!(room.roles(account).await.is_empty());
        assert_eq!(room.former_of(first.id).await.unwrap().account, None, "it asks again");
        assert_eq!(room.line(&imported, "hq01").await.state, LegacyState::Asks);
        let error = room.legacy.undo(&by, first.id, "登记有误", now).await.unwrap_err();
        assert_eq!(error.code, "legacy.settled");
        // An account that the merge made is kept, disabled, and its password goes back with the login.
        let second = room.line(&imported, "hq02").await;
        let made = room.account_of("hq02").await.unwrap();
        room.legacy.undo(&by, second.id, "登记有误", now).await.unwrap();
        assert_eq!(room.account_of("hq02").await.unwrap().state, AccountState::Disabled);
        assert!(room.roles(made.id).await.is_empty());
        assert_eq!(room.former_of(second.id).await.unwrap().account, None);
        // Decided anew, and then too late to undo.
        room.legacy.decide(&by, first.id, "linzy", "柜台核对", now).await.unwrap();
        assert_eq!(room.roles(account).await.len(), 1);
        room.db().clock().advance_seconds(UNDO_DAYS * 86_400);
        let error = room.legacy.undo(&by, first.id, "登记有误", room.now()).await.unwrap_err();
        assert_eq!(error.code, "legacy.undo_over");
    }
}

#[tokio::test]
async fn m42_of_a_closed_account_a_line_keeps_the_organization_alone_and_is_not_parted_from_it() {
    for room in Room::on_engines().await {
        let account = room.person("linzy", DOCUMENTS[0], true).await;
        let imported = room.bring(&[&line("HQ01", "海桥进出口", "", "林致远", DOCUMENTS[0])]).await;
        let (row, now) = (room.line(&imported, "hq01").await, room.now());
        let keyring = Arc::clone(room.db().keyring());
        room.db()
            .write_unaudited("test", move |tx| {
                account::service::set_state_in(tx, account, AccountState::Closed, now)?;
                crate::leaving::erase_in(tx, &keyring, account)
            })
            .await
            .unwrap();
        let (left, known) = room.legacy.line(&Operator::installation(), row.id).await.unwrap();
        assert_eq!(left.login_name, "");
        assert_eq!(known, crate::Known { organization: "海桥进出口".into(), ..crate::Known::default() });
        let error = room.legacy.undo(&Operator::installation(), row.id, "登记有误", now).await.unwrap_err();
        assert_eq!(error.code, "legacy.settled");
    }
}

#[tokio::test]
async fn m42_whoever_is_more_than_an_agent_already_stays_so() {
    for room in Room::on_engines().await {
        let account = room.person("linzy", DOCUMENTS[0], true).await;
        let imported = room.bring(&[&line("HQ01", "海桥进出口", "", "林致远", DOCUMENTS[0])]).await;
        let row = room.line(&imported, "hq01").await;
        let found = room.legacy.organizations().memberships(account).await.unwrap();
        let organization = found.first().unwrap().organization;
        // A second line of the same person in the firm where a membership of another basis stands.
        let again = room.bring(&[&line("HQ09", "海桥进出口", "", "林致远", DOCUMENTS[0])]).await;
        let second = room.line(&again, "hq09").await;
        let (by, now) = (Operator::installation(), room.now());
        room.legacy.undo(&by, second.id, "登记有误", now).await.unwrap();
        assert_eq!(room.roles(account).await.len(), 1, "the membership was not of its making");
        assert_eq!(row.organization, Some(organization));
        let members = room.legacy.organizations().memberships(account).await.unwrap();
        assert_eq!(members.first().unwrap().role, Role::Agent);
        assert_eq!(Basis::Merged.as_str(), "merged");
    }
}

#[tokio::test]
async fn m42_a_file_that_comes_twice_is_brought_once_and_two_workers_settle_a_line_once() {
    for room in Room::on_engines().await {
        let account = room.person("linzy", DOCUMENTS[0], true).await;
        let lines: Vec<String> =
            (0..30).map(|n| line(&format!("N{n:02}x"), "海桥进出口", "", "林致远", DOCUMENTS[0])).collect();
        let text = format!("{HEAD}{}\n", lines.join("\n"));
        let (by, id, now) = (Operator::installation(), room.db().draw(), room.now());
        for _ in 0..2 {
            let source = ("旧平台", room.kind);
            room.legacy.import(&by, id, source, text.as_bytes(), now).await.unwrap();
        }
        let (one, two) = tokio::join!(room.legacy.drain(), room.legacy.drain());
        one.unwrap();
        two.unwrap();
        let imported = room.legacy.imported(id).await.unwrap();
        assert_eq!((imported.merged, imported.done()), (30, 30));
        assert_eq!(room.legacy.held(account).await.unwrap().len(), 30);
        assert_eq!(room.roles(account).await.len(), 1);
    }
}
