use super::{ApplicationState, Step, Verdict};
use crate::membership::Role;
use crate::testing::{Town, new_product, towns};
use kernel::id::ApplicationId;

async fn asked(town: &Town) -> ApplicationId {
    let member = town.member(town.agent).await;
    town.rooms.request_access(&member, town.data, "参与联调", town.now()).await.unwrap().id
}

#[tokio::test]
async fn m49_a_request_is_made_once_approved_and_then_the_product_opens() {
    for town in towns().await {
        town.admit(town.data).await;
        let member = town.member(town.agent).await;
        let first = town.rooms.request_access(&member, town.data, "", town.now()).await.unwrap();
        let again = town.rooms.request_access(&member, town.data, "again", town.now()).await.unwrap();
        assert!(first.new && !again.new && first.id == again.id);
        let by = town.as_administrator(town.administrator).await;
        assert_eq!(town.rooms.applications(&by, true, None, 10, town.now()).await.unwrap().len(), 1);
        assert_eq!(town.rooms.open_applications(town.ours, town.now()).await.unwrap(), 1);
        town.rooms
            .decide_application(by.clone(), town.ours, first.id, Verdict::Approve, "", town.now())
            .await
            .unwrap();
        assert!(town.decision(town.agent).await.allow);
        assert_eq!(town.rooms.open_applications(town.ours, town.now()).await.unwrap(), 0);
        let (application, timeline) = town.rooms.application(&member, first.id).await.unwrap();
        assert_eq!(application.state, ApplicationState::Approved);
        let steps: Vec<_> = timeline.iter().map(|record| record.step).collect();
        assert_eq!(steps, [Step::Submit, Step::Approve]);
        let needless = town.rooms.request_access(&member, town.data, "", town.now()).await.unwrap_err();
        assert_eq!(needless.code, "application.not_needed");
    }
}
#[tokio::test]
async fn m49_parallel_clicks_lead_to_one_request() {
    for town in towns().await {
        let member = town.member(town.agent).await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (rooms, member, data, now) = (town.rooms.clone(), member.clone(), town.data, town.now());
                tokio::spawn(async move { rooms.request_access(&member, data, "", now).await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer.new).count(), 1);
        assert!(answers.windows(2).all(|pair| pair[0].id == pair[1].id));
    }
}
#[tokio::test]
async fn m49_each_request_is_decided_once_even_in_parallel() {
    for town in towns().await {
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let id = asked(&town).await;
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let (rooms, by, now, ours) = (town.rooms.clone(), by.clone(), town.now(), town.ours);
                let verdict = if n % 2 == 0 { Verdict::Approve } else { Verdict::Reject };
                tokio::spawn(
                    async move { rooms.decide_application(by, ours, id, verdict, "意见", now).await },
                )
            })
            .collect();
        let mut decided = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => decided += 1,
                Err(error) => assert_eq!(error.code, "application.decided"),
            }
        }
        assert_eq!(decided, 1);
        let (application, timeline) =
            town.rooms.application(&town.member(town.agent).await, id).await.unwrap();
        assert_eq!(timeline.len(), 2);
        let approved = application.state == ApplicationState::Approved;
        assert_eq!(town.decision(town.agent).await.allow, approved);
    }
}
#[tokio::test]
async fn m49_approval_needs_the_admission_and_writes_nothing_without_it() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let id = asked(&town).await;
        let refused =
            town.rooms.decide_application(by.clone(), town.ours, id, Verdict::Approve, "", town.now()).await;
        assert_eq!(refused.unwrap_err().code, "grant.admission_missing");
        assert_eq!(town.rooms.open_applications(town.ours, town.now()).await.unwrap(), 1);
        let silent =
            town.rooms.decide_application(by.clone(), town.ours, id, Verdict::Reject, " ", town.now()).await;
        assert_eq!(silent.unwrap_err().field, Some("note"));
        town.rooms
            .decide_application(by, town.ours, id, Verdict::Reject, "先签合同", town.now())
            .await
            .unwrap();
        // Rejected is not for ever: the person may ask again.
        assert!(
            town.rooms
                .request_access(&town.member(town.agent).await, town.data, "", town.now())
                .await
                .unwrap()
                .new
        );
    }
}
#[tokio::test]
async fn f10_requests_are_decided_above_the_applicant_and_inside_the_organization() {
    for town in towns().await {
        let id = asked(&town).await;
        let foreign = town.as_administrator(town.their_administrator).await;
        for organization in [town.ours, town.theirs] {
            let refused = town
                .rooms
                .decide_application(foreign.clone(), organization, id, Verdict::Approve, "", town.now())
                .await;
            assert_eq!(refused.unwrap_err().kind, kernel::Kind::NotFound);
        }
        // Where administrators do business, an administrator's own request is the legal representative's to decide.
        let both = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = crate::product::AdmissionClass::Open;
            product.roles_allowed = vec![Role::Agent, Role::Administrator];
        })
        .await;
        let own = town.member(town.their_administrator).await;
        let id = town.rooms.request_access(&own, both, "", town.now()).await.unwrap().id;
        let refused =
            town.rooms.decide_application(foreign, town.theirs, id, Verdict::Approve, "", town.now()).await;
        assert_eq!(refused.unwrap_err().code, "membership.role_too_high");
        let head = town.self_owned("head").await;
        let head = town.join(town.theirs, Role::LegalRepresentative, head).await;
        let head = town.as_administrator(head).await;
        town.rooms.decide_application(head, town.theirs, id, Verdict::Approve, "", town.now()).await.unwrap();
        assert!(town.decision_on(town.their_administrator, both).await.allow);
    }
}
#[tokio::test]
async fn m49_an_applicant_withdraws_and_only_the_own_request() {
    for town in towns().await {
        let id = asked(&town).await;
        let colleague = town.hire(town.ours, Role::Agent, "xuwangshu").await;
        let colleague = town.member(colleague).await;
        assert_eq!(town.rooms.application(&colleague, id).await.unwrap_err().code, "application.unknown");
        let refused = town.rooms.withdraw_application(&colleague, id, town.now()).await.unwrap_err();
        assert_eq!(refused.code, "application.unknown");
        let own = town.member(town.agent).await;
        town.rooms.withdraw_application(&own, id, town.now()).await.unwrap();
        let twice = town.rooms.withdraw_application(&own, id, town.now()).await.unwrap_err();
        assert_eq!(twice.code, "application.decided");
    }
}
