use super::*;
use crate::testing::{Town, towns};
use bytes::Bytes;
use kernel::{Result, Timestamp};
use organization::application::{ApplicationState, Verdict};
use organization::membership::OrganizationAdministrator;
use platform::document::Upload;

const PDF: &[u8] = b"%PDF-1.7 a licence of Chengjiang";

fn file(town: &Town, bytes: &'static [u8]) -> Upload {
    Upload { id: town.db().draw(), bytes: Bytes::from_static(bytes) }
}
async fn submit(
    town: &Town,
    by: &OrganizationAdministrator,
    rule: &str,
    bytes: &'static [u8],
    valid_until: Option<Timestamp>,
) -> Result<MaterialId> {
    let new = NewMaterial { id: town.db().draw(), upload: file(town, bytes), valid_until };
    let id = new.id;
    town.room.submit_material(by, rule, new, town.now()).await.map(|()| id)
}
async fn standing(town: &Town, rule: &str) -> Standing {
    let organization = town.organization().await;
    let (lines, _) = town.room.materials(&organization, town.now()).await.unwrap();
    lines.into_iter().find(|line| line.rule.key == rule).unwrap().standing
}

#[tokio::test]
async fn m25_a_material_is_handed_in_returned_completed_and_accepted() {
    for town in towns().await {
        let by = town.administrator().await;
        assert_eq!(standing(&town, "licence").await, Standing::Missing);
        let id = submit(&town, &by, "licence", PDF, None).await.unwrap();
        assert_eq!(standing(&town, "licence").await, Standing::InReview);
        assert_eq!(town.told(town.manager_account, "application_received").await, 1);
        let again = submit(&town, &by, "licence", PDF, None).await.unwrap_err();
        assert_eq!(again.code, "material.in_review");

        let (room, now) = (&town.room, town.now());
        let silent = room.review_material(&town.manager, id, Verdict::Return, " ", now).await.unwrap_err();
        assert_eq!((silent.code, silent.field), ("application.note_required", Some("note")));
        room.review_material(&town.manager, id, Verdict::Return, "印章不清晰", now).await.unwrap();
        assert_eq!(standing(&town, "licence").await, Standing::Returned);
        assert_eq!(town.told(town.administrator, "application_returned").await, 1);

        submit(&town, &by, "licence", b"%PDF-1.7 a better scan", None).await.unwrap();
        let review = room.material(Some(town.ours), id).await.unwrap();
        assert_eq!((review.files.len(), review.steps.len()), (2, 3), "the first file stays in the history");
        let (kind, content) = room.reviewed_file(&town.manager, id, review.files[0].id, now).await.unwrap();
        assert_eq!((kind.as_str(), content.as_slice()), ("application/pdf", PDF));
        assert_eq!(town.events("material.seen").await, 1, "a look is written down");
        room.review_material(&town.manager, id, Verdict::Approve, "", now).await.unwrap();
        assert_eq!(standing(&town, "licence").await, Standing::Accepted);
        let late = room.review_material(&town.manager, id, Verdict::Reject, "晚了", now).await.unwrap_err();
        assert_eq!(late.code, "application.decided");
    }
}

#[tokio::test]
async fn m25_files_are_sealed_and_known_by_their_bytes() {
    for town in towns().await {
        let by = town.administrator().await;
        let now = town.now();
        let fault = async |rule: &str, bytes, until| {
            let error = submit(&town, &by, rule, bytes, until).await.unwrap_err();
            (error.code, error.field)
        };
        assert_eq!(
            fault("licence", b"<svg onload=alert(1)>", None).await,
            ("document.kind", Some("document"))
        );
        assert_eq!(fault("licence", b"", None).await, ("document.empty", Some("document")));
        assert_eq!(fault("none-such", PDF, None).await, ("material.rule_unknown", None));
        assert_eq!(fault("permit", PDF, None).await, ("field.required", Some("valid_until")));
        assert_eq!(fault("permit", PDF, Some(now)).await, ("material.ended", Some("valid_until")));
        submit(&town, &by, "permit", PDF, Some(now.plus_days(90))).await.unwrap();
        let sealed: Vec<Vec<u8>> =
            town.db().read(|tx| tx.all("SELECT content FROM document", &[])).await.unwrap();
        assert!(sealed.iter().all(|bytes| !bytes.windows(7).any(|part| part == b"licence")));
    }
}

#[tokio::test]
async fn m25_a_material_ends_with_its_day_and_is_warned_of_once() {
    for town in towns().await {
        let (by, room) = (town.administrator().await, &town.room);
        let until = town.now().plus_days(40);
        let id = submit(&town, &by, "permit", PDF, Some(until)).await.unwrap();
        room.review_material(&town.manager, id, Verdict::Approve, "", town.now()).await.unwrap();
        assert_eq!(standing(&town, "permit").await, Standing::Accepted);
        assert_eq!(room.warn_of_materials(town.now()).await.unwrap(), 0);
        town.db().clock().advance_seconds(86_400 * 12);
        assert_eq!(standing(&town, "permit").await, Standing::Expiring);
        for _ in 0..2 {
            room.warn_of_materials(town.now()).await.unwrap();
        }
        assert_eq!(town.told(town.administrator, "record_expiring").await, 1);
        assert_eq!(town.told(town.agent, "record_expiring").await, 0);
        town.db().clock().advance_seconds(86_400 * 28);
        assert_eq!(standing(&town, "permit").await, Standing::Expired);
    }
}

#[tokio::test]
async fn m25_strangers_reach_nothing() {
    for town in towns().await {
        let (by, their, room, now) =
            (town.administrator().await, town.their_administrator().await, &town.room, town.now());
        let id = submit(&town, &by, "licence", PDF, None).await.unwrap();
        let document = room.material(Some(town.ours), id).await.unwrap().files[0].id;
        assert_eq!(room.material(Some(town.theirs), id).await.unwrap_err().code, "material.unknown");
        let opened = room.own_material_file(&their, id, document).await.unwrap_err();
        assert_eq!(opened.code, "material.unknown");
        assert_eq!(room.withdraw_material(&their, id, now).await.unwrap_err().code, "material.unknown");
        let other = &town.other_manager;
        let reviewed = room.review_material(other, id, Verdict::Approve, "", now).await.unwrap_err();
        assert_eq!(reviewed.code, "organization.unknown", "another portfolio");
        assert!(room.reviewed_file(other, id, document, now).await.is_err());
        assert!(room.waiting_materials(Some(town.manager_account), None, 9, now).await.unwrap().len() == 1);
        let others = other.account();
        assert!(room.waiting_materials(others, None, 9, now).await.unwrap().is_empty());
        room.withdraw_material(&by, id, now).await.unwrap();
        assert_eq!(standing(&town, "licence").await, Standing::Missing);
        assert!(room.own_material_file(&by, id, document).await.is_err(), "its file is gone");
    }
}

#[tokio::test]
async fn m25_of_many_decisions_at_once_one_counts() {
    for town in towns().await {
        let by = town.administrator().await;
        let id = submit(&town, &by, "licence", PDF, None).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|turn| {
                let (room, operator, now) = (town.room.clone(), town.manager.clone(), town.now());
                let verdict = if turn % 2 == 0 { Verdict::Approve } else { Verdict::Reject };
                tokio::spawn(async move { room.review_material(&operator, id, verdict, "已核", now).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(error) => assert_eq!(error.code, "application.decided"),
            }
        }
        assert_eq!(won, 1);
        let state = town.room.material(None, id).await.unwrap().material.state;
        assert!(matches!(state, ApplicationState::Approved | ApplicationState::Rejected));
    }
}
