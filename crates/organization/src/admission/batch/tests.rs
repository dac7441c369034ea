//! Batches: shown first, applied in slices, each row once, beside single edits, by several workers.
use super::{BatchAction, BatchId, BatchState, Chosen, NewBatch, RowState};
use crate::admission::roll::{CandidateFilter, CandidateState};
use crate::admission::{AdmissionState, NewAdmission};
use crate::authority::Operator;
use crate::decision::LayerState;
use crate::product::{AdmissionClass, AdmissionEditor, Product};
use crate::testing::{Town, new_organization, new_product, towns};
use kernel::{
    Timestamp,
    id::{OrganizationId, ProductId},
};

fn quotes(product: &mut Product) {
    product.admission_class = AdmissionClass::Discretionary;
}
async fn organizations(town: &Town, count: usize) -> Vec<OrganizationId> {
    let mut made = Vec::new();
    for n in 0..count {
        let name = format!("远帆{n}号报关有限公司");
        made.push(new_organization(&town.rooms, town.public, &name, Some(town.account_manager)).await);
    }
    made
}
fn batch(town: &Town, chosen: Chosen, action: BatchAction) -> NewBatch {
    NewBatch {
        id: town.rooms.db().draw(),
        chosen,
        action,
        valid_until: Timestamp::FOREVER,
        reason: "年度核验".into(),
    }
}
fn chosen(product: ProductId, organizations: &[OrganizationId]) -> Chosen {
    let organizations = organizations.to_vec();
    Chosen::Organizations { product, organizations, typed: Vec::new(), matching: None }
}
async fn held(town: &Town, organization: OrganizationId, product: ProductId) -> bool {
    let found = town.rooms.organization(organization).await.unwrap();
    let found = town.rooms.admissions(&found, town.now()).await.unwrap();
    let line = found.lines.into_iter().find(|line| line.product.id == product).unwrap();
    line.layer.state == LayerState::Met
}
async fn codes(town: &Town, by: &Operator, id: BatchId, state: RowState) -> Vec<Option<String>> {
    let rows = town.rooms.batch_rows(by, id, Some(state), 0, 100).await.unwrap();
    rows.into_iter().map(|row| row.code.or(Some(row.plan))).collect()
}

#[tokio::test]
async fn m44_many_organizations_are_admitted_after_they_were_shown() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", quotes).await;
        let many = organizations(&town, 45).await;
        let by = town.as_staff(town.account_manager).await;
        let system = Operator::installation();
        let number = |number: &str| {
            let number = Some(number.to_owned());
            town.rooms.set_member_number(&system, town.ours, number, town.now())
        };
        number("0427").await.unwrap();
        let typed = vec!["0427".to_owned(), "9999".to_owned()];
        let everything = Chosen::Organizations {
            product,
            organizations: [&many[..], &many[..3], &[town.theirs]].concat(),
            typed,
            matching: None,
        };
        let new = batch(&town, everything, BatchAction::Admit);
        let id = town.rooms.draft_batch(&by, new.clone(), town.now()).await.unwrap();
        assert_eq!(town.rooms.draft_batch(&by, new, town.now()).await.unwrap(), id, "the form came twice");
        let shown = town.rooms.batch(&by, id).await.unwrap();
        // 45 and the pasted one; another's portfolio and a number that fits none cannot be.
        assert_eq!((shown.total, shown.changes, shown.state), (48, 46, BatchState::Shown));
        let cannot = codes(&town, &by, id, RowState::Idle).await;
        assert_eq!(cannot, vec![Some("admission.batch_not_here".to_owned()); 2]);
        assert!(!held(&town, many[0], product).await, "nothing is done before it is confirmed");
        town.rooms.drain_batches().await.unwrap();
        assert!(!held(&town, many[0], product).await);
        let other = town.as_staff(town.product_manager).await;
        assert_eq!(town.rooms.confirm_batch(&other, id).await.unwrap_err().code, "admission.batch_unknown");
        town.rooms.confirm_batch(&by, id).await.unwrap();
        town.rooms.confirm_batch(&by, id).await.unwrap();
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let rooms = town.rooms.clone();
                tokio::spawn(async move { rooms.drain_batches().await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap().unwrap();
        }
        let done = town.rooms.batch(&by, id).await.unwrap();
        assert_eq!((done.state, done.done, done.refused), (BatchState::Done, 46, 0));
        for organization in many.iter().chain([&town.ours]) {
            assert!(held(&town, *organization, product).await);
        }
        assert!(!held(&town, town.theirs, product).await);
        // On the record of each.
        let record = town.rooms.db().clone();
        let entries = platform::audit::service::of_organization(
            &record,
            many[7],
            platform::audit::model::Before::NEWEST,
            10,
        );
        let entries = entries.await.unwrap();
        let granted: Vec<_> = entries.iter().filter(|entry| entry.action == "admission.granted").collect();
        assert_eq!(granted.len(), 1);
        assert_eq!(granted[0].actor_account, Some(town.account_manager));
    }
}
#[tokio::test]
async fn m44_a_batch_says_what_cannot_be_and_why() {
    for town in towns().await {
        let by = town.as_staff(town.account_manager).await;
        let discretionary = new_product(&town.rooms, "quotes", quotes).await;
        let foreign = new_product(&town.rooms, "margin", |product| {
            quotes(product);
            product.admission_editor = AdmissionEditor::ProductManager;
        })
        .await;
        let open =
            new_product(&town.rooms, "open", |product| product.admission_class = AdmissionClass::Open).await;
        let unsigned = new_product(&town.rooms, "hosting", |_| {}).await;
        let products = vec![town.data, discretionary, foreign, open, unsigned];
        let what = Chosen::Products { organization: town.ours, products };
        let silent = NewBatch { reason: " ".into(), ..batch(&town, what.clone(), BatchAction::Admit) };
        assert_eq!(town.rooms.draft_batch(&by, silent, town.now()).await.unwrap_err().field, Some("reason"));
        let empty = Chosen::Products { organization: town.ours, products: vec![] };
        let empty = batch(&town, empty, BatchAction::Admit);
        let refused = town.rooms.draft_batch(&by, empty, town.now()).await.unwrap_err();
        assert_eq!((refused.code, refused.field), ("admission.batch_empty", Some("chosen")));
        let new = batch(&town, what.clone(), BatchAction::Admit);
        let id = town.rooms.draft_batch(&by, new, town.now()).await.unwrap();
        let mut cannot: Vec<_> = codes(&town, &by, id, RowState::Idle).await.into_iter().flatten().collect();
        cannot.sort();
        assert_eq!(cannot, ["admission.contract_missing", "admission.not_needed", "staff.role_required"]);
        town.rooms.confirm_batch(&by, id).await.unwrap();
        town.rooms.drain_batches().await.unwrap();
        assert!(held(&town, town.ours, town.data).await && held(&town, town.ours, discretionary).await);
        // The same again has nothing to change; suspending finds two.
        for (action, changes) in [
            (BatchAction::Admit, 0),
            (BatchAction::Suspend, 2),
            (BatchAction::Resume, 0),
            (BatchAction::End, 2),
        ] {
            let new = batch(&town, what.clone(), action);
            let id = town.rooms.draft_batch(&by, new, town.now()).await.unwrap();
            assert_eq!(town.rooms.batch(&by, id).await.unwrap().changes, changes, "{action}");
            town.rooms.stop_batch(&by, id, town.now()).await.unwrap();
            assert_eq!(town.rooms.batch(&by, id).await.unwrap_err().code, "admission.batch_unknown");
        }
        let auditor = town.as_staff(town.auditor).await;
        let new = batch(&town, what, BatchAction::Suspend);
        let id = town.rooms.draft_batch(&auditor, new, town.now()).await.unwrap();
        assert_eq!(town.rooms.batch(&auditor, id).await.unwrap().changes, 0);
    }
}
#[tokio::test]
async fn m44_a_batch_beside_single_edits_overwrites_none_of_them() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", quotes).await;
        let many = organizations(&town, 30).await;
        let by = town.as_staff(town.account_manager).await;
        let new = batch(&town, chosen(product, &many), BatchAction::Admit);
        let id = town.rooms.draft_batch(&by, new, town.now()).await.unwrap();
        town.rooms.confirm_batch(&by, id).await.unwrap();
        let until = town.now().plus_days(9);
        let single: Vec<_> = many
            .iter()
            .step_by(3)
            .map(|organization| {
                let (rooms, by, organization, now) =
                    (town.rooms.clone(), by.clone(), *organization, town.now());
                tokio::spawn(async move {
                    let new = NewAdmission {
                        id: rooms.db().draw(),
                        product,
                        contract: None,
                        valid_until: until,
                        note: Some("单独办理".into()),
                    };
                    let more =
                        crate::admission::Admitting { seen: Some(String::new()), ..Default::default() };
                    rooms.admit_with(by, organization, new, more, now).await.is_ok()
                })
            })
            .collect();
        let rooms = town.rooms.clone();
        let worker = tokio::spawn(async move { rooms.drain_batches().await });
        let mut edited = 0;
        for task in single {
            edited += i64::from(task.await.unwrap());
        }
        worker.await.unwrap().unwrap();
        let done = town.rooms.batch(&by, id).await.unwrap();
        assert_eq!((done.state, done.done + done.refused), (BatchState::Done, 30));
        assert_eq!(done.refused, edited, "each organization went to one of the two");
        for code in codes(&town, &by, id, RowState::Refused).await {
            assert_eq!(code.as_deref(), Some("admission.changed"));
        }
        for organization in many {
            assert!(held(&town, organization, product).await);
        }
    }
}
#[tokio::test]
async fn m44_everything_that_a_filter_shows_and_a_stop_that_keeps_what_was_done() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", quotes).await;
        let many = organizations(&town, 50).await;
        let by = town.as_staff(town.account_manager).await;
        let filter = CandidateFilter {
            state: CandidateState::Without,
            name: Some("远帆".into()),
            kind: None,
            before: None,
        };
        let listed = town.rooms.admission_candidates(&by, product, filter.clone(), 100).await.unwrap();
        assert_eq!(listed.len(), 50);
        let what = Chosen::Organizations {
            product,
            organizations: Vec::new(),
            typed: Vec::new(),
            matching: Some(filter.clone()),
        };
        let id =
            town.rooms.draft_batch(&by, batch(&town, what, BatchAction::Admit), town.now()).await.unwrap();
        town.rooms.confirm_batch(&by, id).await.unwrap();
        assert!(town.rooms.apply_slice(id).await.unwrap());
        town.rooms.stop_batch(&by, id, town.now()).await.unwrap();
        assert!(!town.rooms.apply_slice(id).await.unwrap());
        let stopped = town.rooms.batch(&by, id).await.unwrap();
        assert_eq!((stopped.state, stopped.done), (BatchState::Stopped, 20));
        assert_eq!(town.rooms.confirm_batch(&by, id).await.unwrap_err().code, "admission.batch_over");
        let with = CandidateFilter { state: CandidateState::With, ..filter };
        let admitted = town.rooms.admission_candidates(&by, product, with, 100).await.unwrap();
        assert_eq!(admitted.len(), 20);
        assert!(admitted.iter().all(|one| one.state == Some(AdmissionState::Active)));
        assert!(many.len() > admitted.len());
    }
}
#[tokio::test]
async fn m44_whoever_made_batches_finds_them_again_and_nobody_else() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", quotes).await;
        let many = organizations(&town, 3).await;
        let by = town.as_staff(town.account_manager).await;
        let mut made = Vec::new();
        for _ in 0..3 {
            let new = batch(&town, chosen(product, &many), BatchAction::Admit);
            made.push(town.rooms.draft_batch(&by, new, town.now()).await.unwrap());
        }
        town.rooms.stop_batch(&by, made[1], town.now()).await.unwrap();
        let one = Chosen::Products { organization: many[0], products: vec![product] };
        let last =
            town.rooms.draft_batch(&by, batch(&town, one, BatchAction::Admit), town.now()).await.unwrap();
        let listed = town.rooms.batches(&by, None, 10).await.unwrap();
        let ids: Vec<BatchId> = listed.iter().map(|line| line.id).collect();
        assert_eq!(ids, [last, made[2], made[0]], "the newest first, without what was discarded");
        assert_eq!(listed[0].about_en, "远帆0号报关有限公司");
        assert_eq!((listed[1].about_en.as_str(), listed[1].changes), ("Market data", 3));
        let older = town.rooms.batches(&by, Some(last), 1).await.unwrap();
        assert_eq!(older.iter().map(|line| line.id).collect::<Vec<_>>(), [made[2]]);
        let other = town.as_staff(town.product_manager).await;
        assert!(town.rooms.batches(&other, None, 10).await.unwrap().is_empty());
        // A form that is sent again once its batch is applied leads there, not to an empty choice.
        town.rooms.confirm_batch(&by, made[0]).await.unwrap();
        town.rooms.drain_batches().await.unwrap();
        let filter = CandidateFilter {
            state: CandidateState::Without,
            name: Some("远帆".into()),
            kind: None,
            before: None,
        };
        let matching = Chosen::Organizations {
            product,
            organizations: Vec::new(),
            typed: Vec::new(),
            matching: Some(filter),
        };
        let again = NewBatch { id: made[0], ..batch(&town, matching, BatchAction::Admit) };
        assert_eq!(town.rooms.draft_batch(&by, again, town.now()).await.unwrap(), made[0]);
    }
}
