//! At the counter: documents, two reviewers, returns and refusals.
use super::JPEG;
use crate::case::CaseState;
use crate::case::model::Typed;
use crate::case::review::{Reviewed, Verdict};
use crate::testing::{Room, Visitor, someone, typed};
use crate::{Method, Reviewer};
use http::StatusCode;
use identity::realname::RealNameLevel;
use platform::{StaffRole, setting::RealNamePolicy};
use verifier::Fault;

#[tokio::test]
async fn m20_two_different_reviewers_make_the_advanced_level() {
    for room in Room::on_engines().await {
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        let (visitor, person) = (room.person("walker1").await, someone(1));
        let id = room.handed_in(&visitor, &typed(&person)).await;
        assert_eq!(room.review(&one, id, Verdict::Approve).await.unwrap(), Reviewed::Once);
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Unverified);
        let again = room.review(&one, id, Verdict::Approve).await.unwrap_err();
        assert_eq!(again.code, "verification.reviewed_already");
        assert_eq!(room.review(&two, id, Verdict::Approve).await.unwrap(), Reviewed::Approved);
        assert_eq!(room.level(visitor.account()).await, RealNameLevel::Advanced);
        assert_eq!(room.persons_of(visitor.account()).await.1, person.name);
        assert_eq!(room.review(&two, id, Verdict::Refuse).await.unwrap_err().code, "verification.decided");
        assert_eq!(room.told(&visitor).await, ["proof_approved", "real_name_proven"]);

        // Erased some days after the decision, and not before.
        assert_eq!(room.contents_kept().await, 1);
        room.room.erase().await.unwrap();
        assert_eq!(room.contents_kept().await, 1);
        room.db().clock().advance_seconds(31 * 86_400);
        room.room.erase().await.unwrap();
        assert_eq!(room.contents_kept().await, 0);
        let hashes = "SELECT CAST(COUNT(*) AS BIGINT) FROM verification_document WHERE erased_at IS NOT NULL";
        assert_eq!(room.count(hashes).await, 1);
    }
}

#[tokio::test]
async fn returned_cases_are_completed_and_reviewed_anew() {
    for room in Room::on_engines().await {
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        let visitor = room.person("walker1").await;
        let wrong = Typed { number: someone(2).number, ..typed(&someone(1)) };
        let id = room.handed_in(&visitor, &wrong).await;
        let locked = room.add(&visitor, id).await.unwrap_err();
        assert_eq!(locked.code, "verification.not_editable", "what was handed in stays as it is");
        room.review(&one, id, Verdict::Approve).await.unwrap();
        let unexplained = room.room.review(&two, id, Verdict::Return, " ", room.now()).await.unwrap_err();
        assert_eq!((unexplained.code, unexplained.field), ("field.required", Some("reason")));
        assert_eq!(room.review(&two, id, Verdict::Return).await.unwrap(), Reviewed::Returned);
        assert_eq!(room.told(&visitor).await, ["proof_rejected"]);
        room.room.change_counter(&visitor.ctx, &visitor.signed_in, id, &typed(&someone(1))).await.unwrap();
        room.add(&visitor, id).await.unwrap();
        room.add(&visitor, id).await.unwrap();
        assert_eq!(room.add(&visitor, id).await.unwrap_err().code, "verification.document_many");
        room.room.submit(&visitor.signed_in, id, room.now()).await.unwrap();
        // The first approval is gone with the return: the second reviewer of then may be the first now.
        assert_eq!(room.review(&two, id, Verdict::Approve).await.unwrap(), Reviewed::Once);
        assert_eq!(room.review(&one, id, Verdict::Approve).await.unwrap(), Reviewed::Approved);
        assert_eq!(room.persons_of(visitor.account()).await.1, someone(1).name);
    }
}

/// Whoever was at the counter has left when the second reviewer approves.
#[tokio::test]
async fn m20_the_claimant_is_told_where_the_second_approval_ends_otherwise() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let (one, two) = (room.reviewer("reviewer1").await, room.reviewer("reviewer2").await);
        let decided = async |visitor: &Visitor, place: u64| {
            let id = room.handed_in(visitor, &typed(&someone(place))).await;
            room.review(&one, id, Verdict::Approve).await.unwrap();
            (id, room.review(&two, id, Verdict::Approve).await.unwrap())
        };
        let told = async |visitor: &Visitor| {
            let (identity, ctx) = (room.room.identity(), &visitor.ctx);
            let words = (ctx.lang, &ctx.app.zone);
            let list =
                identity::notice::service::list(identity, visitor.account(), words, false, None, 9).await;
            let newest = list.unwrap().remove(0);
            (newest.kind.as_str(), newest.text, newest.href.unwrap())
        };
        let holder = room.person("holder").await;
        room.check(&holder, Method::TwoElement, &typed(&someone(1))).await;

        let claimant = room.person("claimant").await;
        assert_eq!(decided(&claimant, 1).await.1, Reviewed::Disputed);
        let dispute = room.room.own_disputes(claimant.account()).await.unwrap()[0].id;
        let (kind, _, href) = told(&claimant).await;
        assert_eq!((kind, href), ("proof_disputed", format!("/me/real-name/disputes/{dispute}")));
        assert_eq!(room.told(&holder).await[0], "dispute_opened");

        let holder = room.visitor(holder.account()).await;
        let (id, reviewed) = decided(&holder, 2).await;
        assert_eq!(reviewed, Reviewed::NotPossible);
        let (kind, text, href) = told(&holder).await;
        assert_eq!((kind, href), ("proof_failed", format!("/me/real-name/cases/{id}")));
        assert!(text.contains(&web::Lang::En.t("verification-result-another-person")), "{text}");

        // The rules may have changed between handing in and the second look.
        let (late, child) = (room.person("late").await, someone(99));
        room.policy(RealNamePolicy { least_age: 0, ..RealNamePolicy::default() }).await;
        let id = room.handed_in(&late, &typed(&child)).await;
        room.review(&one, id, Verdict::Approve).await.unwrap();
        room.policy(RealNamePolicy::default()).await;
        assert_eq!(room.review(&two, id, Verdict::Approve).await.unwrap(), Reviewed::NotPossible);
        let (kind, text, _) = told(&late).await;
        assert!(
            kind == "proof_failed" && text.contains(&web::Lang::En.t("verification-told-too-young")),
            "{text}"
        );

        let organization = room.db().draw();
        let (ours, again) =
            (room.managed("ours", organization).await, room.managed("again", organization).await);
        room.check(&ours, Method::TwoElement, &typed(&someone(4))).await;
        assert_eq!(decided(&again, 4).await.1, Reviewed::NotPossible);
        let (kind, text, _) = told(&again).await;
        let wanted = web::Lang::En.t("verification-result-owner-has-account");
        assert!(kind == "proof_failed" && text.contains(&wanted), "{text}");
    }
}

#[tokio::test]
async fn a_case_ends_by_refusal_by_its_holder_and_by_time() {
    for room in Room::on_engines().await {
        let one = room.reviewer("reviewer1").await;
        let visitor = room.person("walker1").await;
        let id = room.handed_in(&visitor, &typed(&someone(1))).await;
        assert_eq!(room.review(&one, id, Verdict::Refuse).await.unwrap(), Reviewed::Refused);
        assert_eq!(room.state(&visitor, id).await, (CaseState::Refused, "refused_by_reviewer".into()));
        assert_eq!(room.contents_kept().await, 1, "kept for a while");

        let id = room.handed_in(&visitor, &typed(&someone(1))).await;
        room.room.withdraw(&visitor.signed_in, id, room.now()).await.unwrap();
        assert_eq!(room.contents_kept().await, 1, "gone at once");
        assert_eq!(room.review(&one, id, Verdict::Approve).await.unwrap_err().code, "verification.decided");
        let again = room.room.withdraw(&visitor.signed_in, id, room.now()).await.unwrap_err();
        assert_eq!(again.code, "verification.decided");

        let id = room.db().draw();
        let (ctx, signed_in) = (&visitor.ctx, &visitor.signed_in);
        room.room.open_counter(ctx, signed_in, id, &typed(&someone(1))).await.unwrap();
        let empty = room.room.submit(signed_in, id, room.now()).await.unwrap_err();
        assert_eq!((empty.code, empty.field), ("verification.no_document", Some("document")));
        room.add(&visitor, id).await.unwrap();
        room.db().clock().advance_seconds(31 * 86_400);
        let late = room.room.submit(signed_in, id, room.now()).await.unwrap_err();
        assert_eq!(late.code, "verification.not_editable");
        room.room.erase().await.unwrap();
        assert_eq!(room.state(&visitor, id).await.0, CaseState::Expired);
        assert_eq!((room.contents_kept().await, room.subjects_kept().await), (0, 0));
    }
}

#[tokio::test]
async fn nobody_reviews_a_case_of_their_own_and_other_roles_review_none() {
    for room in Room::on_engines().await {
        let staff = room.staff("reviewer1", StaffRole::SecurityAdministrator).await;
        let own = Reviewer::of(&staff.signed_in).unwrap();
        let id = room.handed_in(&staff, &typed(&someone(1))).await;
        for refused in [
            room.review(&own, id, Verdict::Approve).await.map(drop),
            room.room.open_subject(&own, id).await.map(drop),
        ] {
            assert_eq!(refused.unwrap_err().code, "verification.own_case");
        }
        for role in [StaffRole::SystemAdministrator, StaffRole::ProductManager, StaffRole::Auditor] {
            let other = room.staff(&format!("other.{}", role.as_str().replace('_', "")), role).await;
            assert!(Reviewer::of(&other.signed_in).is_none(), "{role}");
        }
        // Whoever is no staff any more reviews nothing, whatever they hold.
        let former = room.reviewer("reviewer2").await;
        let account = former.account();
        room.db()
            .write_unaudited("test", move |tx| {
                tx.run("UPDATE staff SET state = 'ended' WHERE account_id = $1", &[&account]).map(drop)
            })
            .await
            .unwrap();
        let refused = room.review(&former, id, Verdict::Approve).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
    }
}

#[tokio::test]
async fn what_a_reviewer_sees_is_written_down() {
    for room in Room::on_engines().await {
        let one = room.reviewer("reviewer1").await;
        let (visitor, person) = (room.person("walker1").await, someone(1));
        let id = room.handed_in(&visitor, &typed(&person)).await;
        let (_, documents) = room.room.reviewed_case(&one, id).await.unwrap();
        assert_eq!(room.events("verification.document_seen").await, 0);
        let (kind, content) = room.room.open_document(&one, id, documents[0].id).await.unwrap();
        assert_eq!((kind.as_str(), content.as_slice()), ("image/jpeg", JPEG));
        assert_eq!(room.room.open_subject(&one, id).await.unwrap().unwrap().document_number, person.number);
        assert_eq!(room.events("verification.document_seen").await, 1);
        assert_eq!(room.events("verification.subject_seen").await, 1);
        let audit: Vec<String> =
            room.db().read(|tx| tx.all("SELECT detail FROM audit_event", &[])).await.unwrap();
        assert!(
            audit.iter().all(|detail| !detail.contains(&person.number) && !detail.contains(&person.name))
        );
        let sealed: Vec<u8> =
            room.db().read(|tx| tx.one("SELECT content FROM verification_document", &[])).await.unwrap();
        assert!(!sealed.windows(JPEG.len()).any(|window| window == JPEG));
    }
}

#[tokio::test]
async fn the_form_tells_every_error_at_its_field_and_keeps_what_was_typed() {
    for room in Room::on_engines().await {
        room.verifier(Fault::None).await;
        let visitor = room.person("walker1").await;
        let form = visitor.get("/me/real-name/new?method=bank_card").await;
        let id = form.value("id");
        let page = visitor
            .post(
                "/me/real-name/new",
                &[
                    ("id", &id),
                    ("method", "bank_card"),
                    ("name", "林"),
                    ("document_type", "resident_id"),
                    ("number", "110105194912310021"),
                    ("mobile", "12"),
                    ("bank_card", "4111111111111112"),
                ],
            )
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["name", "number", "mobile", "bank_card", "consent"] {
            assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}");
            assert!(page.text.contains(&format!("id=\"{field}-e\"")), "{field}");
        }
        assert!(page.text.contains("4111111111111112"));
        assert_eq!(page.value("id"), id);
    }
}

#[tokio::test]
async fn files_are_taken_by_their_content_with_a_token_and_no_other_way() {
    for room in Room::on_engines().await {
        let visitor = room.person("walker1").await;
        let id = room.db().draw();
        room.room.open_counter(&visitor.ctx, &visitor.signed_in, id, &typed(&someone(1))).await.unwrap();
        let (here, csrf) = (format!("/me/real-name/cases/{id}"), visitor.ctx.csrf.clone());
        let path = format!("{here}/documents");
        let file_id = || visitor.ctx.form_id(room.db().draw::<kernel::id::mark::Document>());
        for (csrf, id, file, status, key) in [
            (csrf.as_str(), file_id(), &b"<html>"[..], 422, "error-verification-document-kind"),
            (&csrf, file_id(), b"", 422, "error-verification-document-empty"),
            ("stale", file_id(), JPEG, 403, "error-form-stale"),
            (&csrf, "0000000000001.AAAA".into(), JPEG, 422, "error-form-id-stale"),
        ] {
            let page = visitor.upload(&path, csrf, &id, file).await;
            assert_eq!(page.status.as_u16(), status, "{key}");
            assert!(page.text.contains(&web::Lang::En.t(key)), "{key}: {}", page.text);
        }
        let big = [JPEG, &vec![0; crate::case::document::MOST_BYTES]].concat();
        let page = visitor.upload(&path, &csrf, &file_id(), &big).await;
        assert!(
            page.status == StatusCode::UNPROCESSABLE_ENTITY && page.text.contains("4 MB"),
            "{}",
            page.status
        );
        let huge = [JPEG, &vec![0; 8 * 1024 * 1024]].concat();
        let page = visitor.upload(&path, &csrf, &file_id(), &huge).await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(room.contents_kept().await, 0);

        let once = file_id();
        for _ in 0..2 {
            let page = visitor.upload(&path, &csrf, &once, JPEG).await;
            assert_eq!(page.location(), here, "{}", page.text);
        }
        assert_eq!(room.contents_kept().await, 1, "a form sent twice adds one");
        // Somebody else's case takes no file of mine.
        let other = room.person("walker2").await;
        let foreign = other.ctx.form_id(room.db().draw::<kernel::id::mark::Document>());
        let page = other.upload(&path, &other.ctx.csrf, &foreign, JPEG).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        let page = visitor.get(&here).await;
        let document = page.value("document");
        let page = visitor.post(&format!("{here}/documents/remove"), &[("document", &document)]).await;
        assert_eq!(page.location(), here);
        assert_eq!(room.contents_kept().await, 0);
    }
}

#[tokio::test]
async fn a_number_is_not_shown_again_and_stays_unless_another_is_typed() {
    for room in Room::on_engines().await {
        let (visitor, person) = (room.person("walker1").await, someone(1));
        let id = room.db().draw();
        room.room.open_counter(&visitor.ctx, &visitor.signed_in, id, &typed(&person)).await.unwrap();
        let here = format!("/me/real-name/cases/{id}/change");
        let page = visitor.get(&here).await;
        assert!(page.text.contains(&person.name) && !page.text.contains(&person.number));
        let change = async |kind: &str, number: &str| {
            let members = [
                ("name", "林知远"),
                ("document_type", kind),
                ("number", number),
                ("country", "CHN"),
                ("consent", "on"),
            ];
            visitor.post(&here, &members).await.status
        };
        assert_eq!(change("resident_id", "").await, StatusCode::SEE_OTHER);
        let kept = room.room.own_subject(&visitor.signed_in, id).await.unwrap();
        assert_eq!((kept.name.as_str(), &kept.document_number), ("林知远", &person.number));
        assert_eq!(
            change("passport", "").await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "of another document it is asked"
        );
        assert_eq!(change("passport", "E00000000").await, StatusCode::SEE_OTHER);
        let kept = room.room.own_subject(&visitor.signed_in, id).await.unwrap();
        assert_eq!((kept.document_number.as_str(), kept.country.as_str()), ("E00000000", "CHN"));
    }
}
