mod certified;
mod counter;

use super::{
    CaseState, Entry,
    counter::Upload,
    model::Typed,
    review::{Reviewed, Verdict},
    store,
};
use crate::{
    Method, Reviewer,
    testing::{Room, SECRET, Visitor, serve, someone, typed},
};
use http::StatusCode;
use identity::{
    account,
    notice::{self, Group, Reminder, Wishes},
    realname::RealNameLevel,
};
use kernel::id::AccountId;
use platform::{setting::RealNamePolicy, staff::PolicyEditor};
use std::sync::Arc;
use verifier::Fault;

const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 not much of a picture";

impl Room {
    async fn state(&self, visitor: &Visitor, id: super::CaseId) -> (CaseState, String) {
        let case = self.room.own_case(&visitor.signed_in, id).await.unwrap();
        (case.state, case.result.unwrap_or_default())
    }
    async fn subjects_kept(&self) -> i64 {
        self.count("SELECT CAST(COUNT(*) AS BIGINT) FROM verification WHERE subject IS NOT NULL").await
    }
    async fn contents_kept(&self) -> i64 {
        self.count("SELECT CAST(COUNT(*) AS BIGINT) FROM verification_document WHERE content IS NOT NULL")
            .await
    }
    async fn policy(&self, policy: RealNamePolicy) {
        self.room.identity().settings().change(&PolicyEditor::command_line(), policy).await.unwrap();
    }
    async fn persons_of(&self, account: AccountId) -> (Option<i64>, String) {
        let keyring = Arc::clone(self.db().keyring());
        self.db()
            .read(move |tx| {
                let person = account::service::require_in(tx, account)?.person.map(|person| person.as_i64());
                let card = account::service::cards_in(tx, &keyring, &[account])?.remove(0);
                Ok((person, card.name))
            })
            .await
            .unwrap()
    }
    /// Typed, one file added, handed in.
    async fn handed_in(&self, visitor: &Visitor, typed: &Typed) -> super::CaseId {
        let id = self.db().draw();
        let room = &self.room;
        room.open_counter(&visitor.ctx, &visitor.signed_in, id, typed).await.unwrap();
        self.add(visitor, id).await.unwrap();
        room.submit(&visitor.signed_in, id, self.now()).await.unwrap();
        id
    }
    async fn add(&self, visitor: &Visitor, id: super::CaseId) -> kernel::Result<()> {
        let upload = Upload { id: self.db().draw(), bytes: JPEG.into() };
        self.room.add_document(&visitor.signed_in, id, upload, self.now()).await
    }
    async fn review(&self, by: &Reviewer, id: super::CaseId, verdict: Verdict) -> kernel::Result<Reviewed> {
        self.room.review(by, id, verdict, "看不清", self.now()).await
    }
}

#[tokio::test]
async fn m20_each_check_that_fits_gives_its_level_and_the_name() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        for (place, method, level) in [
            (1, Method::TwoElement, RealNameLevel::Primary),
            (2, Method::ThreeElement, RealNameLevel::Intermediate),
            (3, Method::BankCard, RealNameLevel::Intermediate),
        ] {
            let (visitor, person) = (room.person(&format!("walker{place}")).await, someone(place));
            let id = room.check(&visitor, method, &typed(&person)).await;
            assert_eq!(room.state(&visitor, id).await, (CaseState::Approved, "match".into()), "{method}");
            assert_eq!(room.level(visitor.account()).await, level);
            assert_eq!(room.persons_of(visitor.account()).await.1, person.name, "a proven name is the name");
            let records =
                identity::realname::service::records_of(room.db(), visitor.account()).await.unwrap();
            assert_eq!(
                (records[0].method.as_str(), records[0].result.as_deref()),
                (method.as_str(), Some("match"))
            );
            assert_eq!(records[0].provider, "示例核验中心");
            assert_eq!(room.told(&visitor).await, ["real_name_proven"], "told once");
        }
        assert_eq!(room.subjects_kept().await, 0, "what was typed is erased once it was answered");
        let hashes = "SELECT CAST(COUNT(*) AS BIGINT) FROM identity_proof WHERE response_hash IS NOT NULL";
        assert_eq!(room.count(hashes).await, 3);
        let consents = "SELECT CAST(COUNT(*) AS BIGINT) FROM acceptance WHERE document = 'document_number'";
        assert_eq!(room.count(consents).await, 3, "each with a consent of its own");
    }
}

#[tokio::test]
async fn m20_what_does_not_fit_proves_nothing_and_what_is_not_answered_holds_nothing_against_anybody() {
    for room in Room::on_engines().await {
        let broken = serve(Fault::Error, SECRET).await;
        room.connect(&broken, SECRET, &["bank_card"]).await;
        let tampered = serve(Fault::Tampered, SECRET).await;
        room.connect(&tampered, SECRET, &["three_element"]).await;
        let good = serve(Fault::None, SECRET).await;
        room.connect(&good, SECRET, &["two_element", "three_element"]).await;
        let visitor = room.person("walker1").await;
        let person = someone(1);
        let other = Typed { name: "别人".into(), ..typed(&person) };
        let id = room.check(&visitor, Method::TwoElement, &other).await;
        assert_eq!(room.state(&visitor, id).await, (CaseState::Refused, "mismatch".into()));
        let id = room.check(&visitor, Method::BankCard, &typed(&person)).await;
        assert_eq!(room.state(&visitor, id).await, (CaseState::Failed, "unavailable".into()));
        assert_eq!(
            room.told(&visitor).await,
            ["proof_failed", "proof_failed"],
            "whoever left the page reads it"
        );
        // The tampering verifier turned a mismatch into a match: it is not believed, and the next one is asked.
        let other = Typed { mobile: "13900000000".into(), ..typed(&person) };
        let id = room.check(&visitor, Method::ThreeElement, &other).await;
        assert_eq!(room.state(&visitor, id).await, (CaseState::Refused, "mismatch".into()));
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Unverified);
        assert_eq!(room.persons_of(visitor.account()).await, (None, "某某".into()));
        assert_eq!(room.subjects_kept().await, 0);
    }
}

#[tokio::test]
async fn a_way_without_a_verifier_is_not_offered() {
    for room in Room::on_engines().await {
        let visitor = room.person("walker1").await;
        assert_eq!(room.room.methods().await.unwrap(), [Method::Counter]);
        let page = visitor.get("/me/real-name").await;
        assert!(
            page.text.contains("data-method=\"counter\"")
                && !page.text.contains("data-method=\"two_element\"")
        );
        assert_eq!(visitor.get("/me/real-name/new?method=two_element").await.status, StatusCode::NOT_FOUND);
        let (id, asked) = (room.db().draw(), typed(&someone(1)));
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        let refused = room.room.open_check(ctx, signed_in, id, Method::TwoElement, &asked).await;
        assert_eq!(refused.unwrap_err().code, "verification.method_unknown");
        room.verifier(Fault::None).await;
        assert_eq!(visitor.get("/me/real-name/new?method=two_element").await.status, StatusCode::OK);
    }
}

/// Whoever finds an open browser would bind an identity of their own to the account.
#[tokio::test]
async fn m20_a_verification_is_opened_by_whoever_proved_a_moment_ago_to_be_there() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        let draft = room.db().draw();
        let asked = typed(&someone(1));
        room.room.open_counter(&visitor.ctx, &visitor.signed_in, draft, &asked).await.unwrap();
        let page = visitor.get("/me/real-name/new?method=two_element").await;
        assert_eq!(page.status, StatusCode::OK, "a session that just began is fresh");
        let id = page.value("id");
        let person = someone(2);
        let form = [
            ("id", id.as_str()),
            ("method", "two_element"),
            ("name", &person.name),
            ("document_type", "resident_id"),
            ("number", &person.number),
            ("consent", "on"),
        ];
        room.db().clock().advance_seconds(11 * 60);
        let change = format!("/me/real-name/cases/{draft}/change");
        for page in [
            visitor.get("/me/real-name/new?method=two_element").await,
            visitor.post("/me/real-name/new", &form).await,
            visitor.get(&change).await,
            visitor.post(&change, &form).await,
        ] {
            assert!(page.location().starts_with("/me/verify?need=fresh"), "{} {}", page.status, page.text);
        }
        let cases = room.room.own_cases(visitor.account()).await.unwrap();
        assert_eq!((cases.len(), cases[0].id), (1, draft));
        let kept = room.room.own_subject(&visitor.signed_in, draft).await.unwrap();
        assert_eq!(kept.document_number, someone(1).number);
        let fresh = room.visitor(visitor.account()).await;
        let id = fresh.get("/me/real-name/new?method=two_element").await.value("id");
        let mut form = form;
        form[0].1 = &id;
        let page = fresh.post("/me/real-name/new", &form).await;
        assert!(page.location().starts_with("/me/real-name/cases/"), "{}", page.text);
        assert_eq!(room.room.own_cases(visitor.account()).await.unwrap().len(), 2);
    }
}

/// The identity of an account is told by every way, whatever whoever sits there switched off.
#[tokio::test]
async fn m20_a_proof_that_was_bound_is_told_by_every_proven_channel() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        let (account, keyring) = (visitor.account(), Arc::clone(room.db().keyring()));
        room.db()
            .write_unaudited("test", move |tx| {
                let sealed = keyring.seal("account.email", account.as_i64(), "walker@example.com");
                let proven =
                    "UPDATE account SET email = $2, email_index = $3, email_proven = $4 WHERE id = $1";
                let index = keyring.blind("email", "walker@example.com");
                tx.run(proven, &[&account, &sealed, &index, &true]).map(drop)
            })
            .await
            .unwrap();
        let off = Reminder { group: Group::Security, channel: platform::Channel::Sms, on: false };
        let wishes = Wishes { reminders: vec![off], lang: None };
        let identity = room.room.identity();
        notice::service::set_wishes(identity, &visitor.signed_in, wishes).await.unwrap();
        room.check(&visitor, Method::TwoElement, &typed(&someone(1))).await;
        identity.outbox().drain().await.unwrap();
        let mut told: Vec<_> = identity
            .outbox()
            .local_outbox()
            .unwrap()
            .list()
            .into_iter()
            .map(|sent| sent.channel.as_str())
            .collect();
        told.sort_unstable();
        assert_eq!(told, ["mail", "sms"]);
    }
}

#[tokio::test]
async fn tries_are_bounded_by_account_and_by_document() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        room.policy(RealNamePolicy { per_account_day: 2, per_document_day: 3, ..RealNamePolicy::default() })
            .await;
        let wrong = |place| Typed { name: "别人".into(), ..typed(&someone(place)) };
        let open = async |visitor: &Visitor, typed: &Typed| {
            let id = room.db().draw();
            let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
            let opened = room.room.open_check(ctx, signed_in, id, Method::TwoElement, typed).await;
            room.room.drain().await.unwrap();
            opened.map(drop).map_err(|error| error.code)
        };
        let (one, two, three) =
            (room.person("walker1").await, room.person("walker2").await, room.person("walker3").await);
        assert_eq!(open(&one, &wrong(1)).await, Ok(()));
        assert_eq!(open(&one, &wrong(1)).await, Ok(()));
        assert_eq!(open(&one, &wrong(2)).await, Err("verification.too_many"), "of this account");
        assert_eq!(open(&two, &wrong(1)).await, Ok(()));
        assert_eq!(open(&two, &wrong(1)).await, Err("verification.too_many"), "of this document");
        assert_eq!(open(&three, &wrong(3)).await, Ok(()));
        room.db().clock().advance_seconds(86_401);
        let one = room.visitor(one.account()).await;
        assert_eq!(open(&one, &wrong(2)).await.err(), None);
    }
}

#[tokio::test]
async fn children_are_refused_before_anything_is_kept_or_sent() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (visitor, child) = (room.person("walker1").await, someone(99));
        assert!(child.child);
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        for method in [Method::TwoElement, Method::Counter] {
            let id = room.db().draw();
            let refused = match method {
                Method::Counter => room.room.open_counter(ctx, signed_in, id, &typed(&child)).await,
                _ => room.room.open_check(ctx, signed_in, id, method, &typed(&child)).await,
            };
            assert_eq!(refused.unwrap_err().code, "verification.too_young");
        }
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM verification").await, 0);
        room.policy(RealNamePolicy { least_age: 0, ..RealNamePolicy::default() }).await;
        let id = room.check(&visitor, Method::TwoElement, &typed(&child)).await;
        assert_eq!(room.state(&visitor, id).await.0, CaseState::Approved, "the policy decides");
    }
}

/// Fifty people with one document: one is verified, the others are in dispute, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn m21_of_fifty_who_prove_one_document_one_has_it_and_the_others_dispute() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        room.policy(RealNamePolicy { per_document_day: 100, ..RealNamePolicy::default() }).await;
        let person = someone(7);
        let mut visitors = Vec::new();
        for place in 0..50 {
            let visitor = room.person(&format!("racer{place:02}")).await;
            let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
            let id = room.db().draw();
            room.room.open_check(ctx, signed_in, id, Method::TwoElement, &typed(&person)).await.unwrap();
            visitors.push((visitor, id));
        }
        // Every case in two tasks, as two nodes whose leases overlap would.
        let tasks: Vec<_> = visitors
            .iter()
            .flat_map(|(_, id)| [*id, *id])
            .map(|id| {
                let room = room.room.clone();
                tokio::spawn(async move {
                    let answer = crate::verifier::Answer {
                        outcome: crate::verifier::Outcome::Match,
                        response_hash: Some(vec![1; 32]),
                    };
                    room.conclude(id, "示例", &answer).await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let (mut proven, mut disputed) = (0, 0);
        for (visitor, id) in &visitors {
            match room.state(visitor, *id).await.0 {
                CaseState::Approved => proven += 1,
                CaseState::Disputed => disputed += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!((proven, disputed), (1, 49));
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM dispute").await, 49);
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM identity_proof").await, 1);
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM person").await, 1);
    }
}

#[tokio::test]
async fn a_worker_that_dies_leaves_its_case_to_the_next_and_the_question_is_the_same() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        let id = room.db().draw();
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        let asked = typed(&someone(1));
        room.room.open_check(ctx, signed_in, id, Method::TwoElement, &asked).await.unwrap();
        let (now, lease) = (room.now(), room.now().plus_seconds(90));
        // Claimed, and then the process was gone.
        room.db().exec("test", move |statement| store::claim(statement, lease, now)).await.unwrap();
        assert_eq!(room.room.drain().await.unwrap(), 0, "nobody else works on it yet");
        let page = visitor.get(&format!("/me/real-name/cases/{id}")).await;
        assert_eq!(page.headers.get("refresh").unwrap(), "2");
        room.db().clock().advance_seconds(91);
        assert_eq!(room.room.drain().await.unwrap(), 1);
        assert_eq!(room.state(&visitor, id).await.0, CaseState::Approved);
        let page = visitor.get(&format!("/me/real-name/cases/{id}")).await;
        assert!(page.headers.get("refresh").is_none() && page.text.contains("data-state=\"approved\""));
    }
}

#[tokio::test]
async fn a_form_sent_twice_is_one_case_and_a_second_one_leads_to_the_open_one() {
    for room in Room::on_engines().await {
        room.verifier(Fault::Hang).await;
        let visitor = room.person("walker1").await;
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        let (first, second) = (room.db().draw(), room.db().draw());
        let asked = typed(&someone(1));
        let open =
            async |id| room.room.open_check(ctx, signed_in, id, Method::TwoElement, &asked).await.unwrap();
        assert_eq!(open(first).await, Entry::Opened(first));
        assert_eq!(open(first).await, Entry::OpenAlready(first));
        assert_eq!(open(second).await, Entry::OpenAlready(first));
        let counted = room.count("SELECT n FROM counter WHERE scope = 'realname.account.day'").await;
        assert_eq!(counted, 1);
        // Nobody else sees it.
        let other = room.person("walker2").await;
        let page = other.get(&format!("/me/real-name/cases/{first}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_account_is_one_person_and_stays_that_one() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        room.check(&visitor, Method::TwoElement, &typed(&someone(1))).await;
        let visitor = room.visitor(visitor.account()).await;
        let id = room.check(&visitor, Method::ThreeElement, &typed(&someone(2))).await;
        assert_eq!(room.state(&visitor, id).await, (CaseState::Refused, "another_person".into()));
        assert_eq!(room.persons_of(visitor.account()).await.1, someone(1).name);
        // The same person by another way raises the level.
        room.check(&visitor, Method::ThreeElement, &typed(&someone(1))).await;
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Intermediate);
        // Years later the proofs are over, and the level with them; the person is still known.
        room.db().clock().advance_seconds(731 * 86_400);
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Unverified);
        assert!(room.persons_of(visitor.account()).await.0.is_some());
    }
}

#[tokio::test]
async fn every_statement_is_prepared_on_both_engines() {
    for room in Room::on_engines().await {
        assert_eq!(db::testing::unprepared(room.db()).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_organization_has_one_account_of_a_person_beside_the_persons_own() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (ours, theirs) = (room.db().draw(), room.db().draw());
        for (login_name, owner, wanted) in [
            ("ours.first", Some(ours), (CaseState::Approved, "match")),
            ("ours.second", Some(ours), (CaseState::Refused, "owner_has_account")),
            ("theirs", Some(theirs), (CaseState::Approved, "match")),
            ("self.owned", None, (CaseState::Approved, "match")),
        ] {
            let visitor = match owner {
                Some(organization) => room.managed(login_name, organization).await,
                None => room.person(login_name).await,
            };
            let id = room.check(&visitor, Method::TwoElement, &typed(&someone(1))).await;
            let (state, result) = room.state(&visitor, id).await;
            assert_eq!((state, result.as_str()), wanted, "{login_name}");
        }
        assert_eq!(room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM dispute").await, 0);
    }
}
