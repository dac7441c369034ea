use super::{DisputeId, DisputeState, Verdict, service::Step};
use crate::{
    Method, Reviewer,
    case::CaseState,
    proof::service::Chosen,
    testing::{Room, Visitor, someone, typed},
};
use http::StatusCode;
use identity::realname::RealNameLevel;
use verifier::Fault;

/// A holder, a claimant, two reviewers and their dispute.
struct Quarrel {
    room: Room,
    holder: Visitor,
    claimant: Visitor,
    one: Reviewer,
    two: Reviewer,
    id: DisputeId,
}
async fn quarrels() -> Vec<Quarrel> {
    let mut quarrels = Vec::new();
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (holder, claimant) = (room.person("holder").await, room.person("claimant").await);
        room.check(&holder, Method::ThreeElement, &typed(&someone(1))).await;
        let case = room.check(&claimant, Method::TwoElement, &typed(&someone(1))).await;
        let state = room.room.own_case(&claimant.signed_in, case).await.unwrap().state;
        assert_eq!(state, CaseState::Disputed);
        let id = room.room.own_disputes(claimant.account()).await.unwrap()[0].id;
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        quarrels.push(Quarrel { room, holder, claimant, one, two, id });
    }
    quarrels
}
impl Quarrel {
    async fn propose(&self, by: &Reviewer, verdict: Verdict) -> kernel::Result<Step> {
        self.room.room.propose(by, self.id, verdict, "现场核实", self.room.now()).await
    }
    async fn confirm(&self, by: &Reviewer, agreed: bool) -> kernel::Result<Step> {
        self.room.room.confirm(by, self.id, agreed, self.room.now()).await
    }
    async fn levels(&self) -> (RealNameLevel, RealNameLevel) {
        (self.room.level(self.holder.account()).await, self.room.level(self.claimant.account()).await)
    }
    async fn state(&self) -> DisputeState {
        self.room.room.own_disputes(self.claimant.account()).await.unwrap()[0].state
    }
}

#[tokio::test]
async fn m21_the_identity_stays_until_two_reviewers_say_otherwise() {
    for quarrel in quarrels().await {
        let before = (RealNameLevel::Intermediate, RealNameLevel::Unverified);
        assert_eq!(quarrel.levels().await, before);
        assert_eq!(quarrel.room.told(&quarrel.holder).await, ["dispute_opened", "real_name_proven"]);
        assert_eq!(
            quarrel.confirm(&quarrel.two, true).await.unwrap_err().code,
            "dispute.decided",
            "nothing proposed"
        );
        assert_eq!(quarrel.propose(&quarrel.one, Verdict::Move).await.unwrap(), Step::Proposed);
        assert_eq!(quarrel.levels().await, before);
        assert_eq!(quarrel.confirm(&quarrel.one, true).await.unwrap_err().code, "dispute.reviewed_already");
        assert_eq!(quarrel.confirm(&quarrel.two, false).await.unwrap(), Step::SentBack);
        assert_eq!(quarrel.state().await, DisputeState::Open);
        assert_eq!(quarrel.propose(&quarrel.two, Verdict::Move).await.unwrap(), Step::Proposed);
        assert_eq!(quarrel.confirm(&quarrel.one, true).await.unwrap(), Step::Decided(Verdict::Move));
        assert_eq!(quarrel.levels().await, (RealNameLevel::Unverified, RealNameLevel::Primary));
        assert_eq!(quarrel.confirm(&quarrel.two, true).await.unwrap_err().code, "dispute.decided");
        assert_eq!(quarrel.room.told(&quarrel.holder).await[0], "dispute_decided");
        assert_eq!(quarrel.room.told(&quarrel.claimant).await[0], "dispute_decided");
        let records = identity::realname::service::records_of(quarrel.room.db(), quarrel.holder.account())
            .await
            .unwrap();
        assert_eq!(records[0].revoked_because.as_deref(), Some("dispute"));
        // And the former holder may claim it back, which is another dispute.
        let again = quarrel.room.check(&quarrel.holder, Method::TwoElement, &typed(&someone(1))).await;
        let case = quarrel.room.room.own_case(&quarrel.holder.signed_in, again).await.unwrap();
        assert_eq!(case.state, CaseState::Disputed);
    }
}

#[tokio::test]
async fn m21_a_claim_that_is_refused_leaves_the_holder_alone() {
    for quarrel in quarrels().await {
        let (room, claimant) = (&quarrel.room.room, &quarrel.claimant);
        quarrel.propose(&quarrel.one, Verdict::Keep).await.unwrap();
        assert_eq!(quarrel.confirm(&quarrel.two, true).await.unwrap(), Step::Decided(Verdict::Keep));
        assert_eq!(quarrel.levels().await, (RealNameLevel::Intermediate, RealNameLevel::Unverified));
        let case = room.own_cases(claimant.account()).await.unwrap().remove(0);
        assert_eq!((case.state, case.result.as_deref()), (CaseState::Refused, Some("kept_with_holder")));
        assert_eq!(case.reason.as_deref(), Some("现场核实"));
        let subjects = "SELECT CAST(COUNT(*) AS BIGINT) FROM verification WHERE subject IS NOT NULL";
        assert_eq!(quarrel.room.count(subjects).await, 0);
    }
}

#[tokio::test]
async fn neither_side_learns_who_the_other_is_and_strangers_nothing() {
    for quarrel in quarrels().await {
        let path = format!("/me/real-name/disputes/{}", quarrel.id);
        quarrel.claimant.post(&path, &[("statement", "这是我的身份证")]).await;
        quarrel.holder.post(&path, &[("statement", "我一直在用")]).await;
        for (side, own, others) in [
            (&quarrel.claimant, "这是我的身份证", ["我一直在用", "holder"]),
            (&quarrel.holder, "我一直在用", ["这是我的身份证", "claimant"]),
        ] {
            let page = side.get(&path).await;
            assert!(page.text.contains(own));
            // The masked phone and the login name of the reader stand in the frame; of the other side nothing does.
            let body = page.text.split("<main").nth(1).unwrap();
            assert!(others.iter().all(|other| !body.contains(other)), "{body}");
        }
        let stranger = quarrel.room.person("stranger").await;
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stranger.post(&path, &[("statement", "x")]).await.status, StatusCode::NOT_FOUND);
        let file = quarrel.room.room.dispute(&quarrel.one, quarrel.id).await.unwrap();
        assert_eq!(file.claimant.statement.as_deref(), Some("这是我的身份证"));
        assert_eq!(file.holder.statement.as_deref(), Some("我一直在用"));
        assert_eq!(file.holder.proofs.len(), 1);
        assert_eq!(quarrel.room.events("dispute.seen").await, 1);
    }
}

#[tokio::test]
async fn a_claim_is_taken_back_and_ends() {
    for quarrel in quarrels().await {
        let room = &quarrel.room.room;
        let case = room.own_cases(quarrel.claimant.account()).await.unwrap().remove(0).id;
        let path = format!("/me/real-name/cases/{case}/withdraw");
        assert_eq!(quarrel.holder.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
        quarrel.propose(&quarrel.one, Verdict::Move).await.unwrap();
        assert_eq!(quarrel.claimant.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(quarrel.state().await, DisputeState::Withdrawn);
        assert_eq!(quarrel.confirm(&quarrel.two, true).await.unwrap_err().code, "dispute.decided");
        assert_eq!(quarrel.levels().await.0, RealNameLevel::Intermediate);
    }
}

#[tokio::test]
async fn sides_decide_nothing_and_a_new_holder_is_looked_at_anew() {
    for quarrel in quarrels().await {
        let room = &quarrel.room;
        let account = quarrel.holder.account();
        room.db()
            .write(move |tx| {
                let (actor, role) = (kernel::Actor::system(), platform::StaffRole::AccountManager);
                let now = kernel::Timestamp::from_millis(1);
                Ok(((), vec![platform::staff::service::appoint_in(tx, &actor, account, role, None, now)?]))
            })
            .await
            .unwrap();
        let own = Reviewer::of(&room.visitor(account).await.signed_in).unwrap();
        assert_eq!(quarrel.propose(&own, Verdict::Keep).await.unwrap_err().code, "dispute.own");

        quarrel.propose(&quarrel.one, Verdict::Move).await.unwrap();
        // The holder gives the identity up, and a third person proves it before anybody confirms.
        room.room.unbind(&quarrel.holder.signed_in, Chosen::All, room.now()).await.unwrap();
        let third = room.person("third").await;
        room.check(&third, Method::ThreeElement, &typed(&someone(1))).await;
        assert_eq!(room.level(third.account()).await, RealNameLevel::Intermediate);
        assert_eq!(quarrel.confirm(&quarrel.two, true).await.unwrap(), Step::HolderChanged);
        assert_eq!(quarrel.state().await, DisputeState::Open);
        assert_eq!(
            room.level(third.account()).await,
            RealNameLevel::Intermediate,
            "nobody had looked at the third"
        );
        let file = room.room.dispute(&quarrel.one, quarrel.id).await.unwrap();
        assert_eq!(file.holder.account, third.account());
    }
}

#[tokio::test]
async fn an_identity_that_was_given_up_meanwhile_can_go_to_the_claimant() {
    for quarrel in quarrels().await {
        let room = &quarrel.room;
        room.room.unbind(&quarrel.holder.signed_in, Chosen::All, room.now()).await.unwrap();
        quarrel.propose(&quarrel.one, Verdict::Move).await.unwrap();
        assert_eq!(quarrel.confirm(&quarrel.two, true).await.unwrap(), Step::Decided(Verdict::Move));
        assert_eq!(quarrel.levels().await, (RealNameLevel::Unverified, RealNameLevel::Primary));
    }
}

#[tokio::test]
async fn whom_nobody_is_any_more_is_forgotten_once_the_dispute_is_over() {
    for quarrel in quarrels().await {
        let room = &quarrel.room;
        let known = || room.count("SELECT CAST(COUNT(*) AS BIGINT) FROM person WHERE document_type <> ''");
        room.room.unbind(&quarrel.holder.signed_in, Chosen::All, room.now()).await.unwrap();
        assert_eq!(known().await, 1, "it is still to be decided whose the identity is");
        let case = room.room.own_cases(quarrel.claimant.account()).await.unwrap().remove(0).id;
        let path = format!("/me/real-name/cases/{case}/withdraw");
        assert_eq!(quarrel.claimant.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(known().await, 0);
        // Proven again, the document is somebody's like on the first day.
        room.check(&quarrel.holder, Method::ThreeElement, &typed(&someone(1))).await;
        assert_eq!(quarrel.levels().await.0, RealNameLevel::Intermediate);
        assert_eq!(known().await, 1);
    }
}

/// Two reviewers confirm at once: it is decided once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dispute_is_decided_once_however_many_confirm() {
    for quarrel in quarrels().await {
        quarrel.propose(&quarrel.one, Verdict::Move).await.unwrap();
        let (room, id, now) = (quarrel.room.room.clone(), quarrel.id, quarrel.room.now());
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (room, two) = (room.clone(), quarrel.two.clone());
                tokio::spawn(async move { room.confirm(&two, id, true, now).await })
            })
            .collect();
        let mut decided = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(step) => {
                    assert_eq!(step, Step::Decided(Verdict::Move));
                    decided += 1;
                }
                Err(error) => assert_eq!(error.code, "dispute.decided"),
            }
        }
        assert_eq!(decided, 1);
        let proofs = "SELECT CAST(COUNT(*) AS BIGINT) FROM identity_proof WHERE revoked_at IS NULL";
        assert_eq!(quarrel.room.count(proofs).await, 1);
    }
}
