//! M18: who is told what happened, and where the message leads.
use crate::application::Verdict;
use crate::grant::Wish;
use crate::testing::{Town, new_product, towns};
use identity::notice::{Kind, Message, service};
use kernel::id::AccountId;

async fn messages(town: &Town, account: AccountId) -> Vec<Message> {
    let reader = (web::Lang::En, &kernel::clock::Zone::default());
    service::list(town.rooms.identity(), account, reader, false, None, 100).await.unwrap()
}
async fn kinds(town: &Town, account: AccountId) -> Vec<Kind> {
    messages(town, account).await.iter().map(|message| message.kind).collect()
}

#[tokio::test]
async fn m18_administrators_hear_of_requests_and_applicants_of_decisions() {
    for town in towns().await {
        town.admit(town.data).await;
        let member = town.member(town.agent).await;
        let asked = town.rooms.request_access(&member, town.data, "", town.now()).await.unwrap();
        town.rooms.request_access(&member, town.data, "again", town.now()).await.unwrap();
        let mut told = messages(&town, town.administrator.account).await;
        told.retain(|message| message.kind == Kind::AccessRequested);
        assert_eq!(told.len(), 1, "one request, one message");
        assert_eq!(told[0].kind, Kind::AccessRequested);
        assert!(told[0].text.contains("Market data"), "{}", told[0].text);
        assert_eq!(told[0].href, Some(format!("/org/{}/applications/{}", town.ours, asked.id)));
        assert!(messages(&town, town.their_administrator.account).await.is_empty());
        let by = town.as_administrator(town.administrator).await;
        town.rooms
            .decide_application(by, town.ours, asked.id, Verdict::Reject, "先签合同", town.now())
            .await
            .unwrap();
        let told = messages(&town, town.agent.account).await;
        assert_eq!(told[0].kind, Kind::RequestRejected);
        assert!(told[0].text.contains("先签合同"), "{}", told[0].text);
    }
}

#[tokio::test]
async fn m18_members_hear_of_grants_once_a_change_and_of_their_membership() {
    for town in towns().await {
        let extra = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = crate::product::AdmissionClass::Open;
            product.name = crate::organization_type::Words::new("报价", "Quotes");
        })
        .await;
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let save = async |wanted: bool| {
            let wish = |product| Wish {
                cell: crate::grant::Cell { membership: town.agent.membership, product },
                shown: !wanted,
                seen: None,
                wanted,
                until: None,
            };
            let wishes = vec![wish(town.data), wish(extra)];
            let plan = town.rooms.plan_grants(&by, wishes, town.now()).await.unwrap();
            let changes = plan.changes.iter().map(|planned| planned.change).collect();
            town.rooms.save_grants(by.clone(), town.ours, changes, town.now()).await.unwrap()
        };
        save(true).await;
        let told = messages(&town, town.agent.account).await;
        assert_eq!(told.len(), 1, "one save, one message");
        assert!(told[0].text.contains("Market data, Quotes"), "{}", told[0].text);
        save(false).await;
        for suspended in [true, false] {
            let id = town.agent.membership;
            town.rooms
                .set_member_suspended(by.clone(), town.ours, id, suspended, "", town.now())
                .await
                .unwrap();
        }
        town.rooms.reset_member_password(by, town.ours, town.agent.membership, town.now()).await.unwrap();
        assert_eq!(
            kinds(&town, town.agent.account).await,
            [
                Kind::PasswordReset,
                Kind::MembershipResumed,
                Kind::MembershipSuspended,
                Kind::GrantRevoked,
                Kind::GrantGiven
            ]
        );
        let own = kinds(&town, town.administrator.account).await;
        assert!(
            !own.iter().any(|kind| matches!(kind, Kind::GrantGiven | Kind::GrantRevoked)),
            "who did it knows it: {own:?}"
        );
    }
}
