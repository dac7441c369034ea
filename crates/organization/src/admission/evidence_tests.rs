//! Evidence that comes later, and after the end; who reads it, and that every look is on record.
use super::NewAdmission;
use crate::authority::Operator;
use crate::product::{AdmissionClass, AdmissionEditor};
use crate::testing::{Town, new_product, towns};
use kernel::{
    Result, Timestamp,
    id::{AdmissionId, ProductId},
};
use platform::document::Upload;

fn paper(town: &Town, bytes: &'static [u8]) -> Upload {
    Upload { id: town.rooms.db().draw(), bytes: bytes.into() }
}
async fn admitted(town: &Town) -> (ProductId, AdmissionId) {
    let product = new_product(&town.rooms, "quotes", |product| {
        product.admission_class = AdmissionClass::Discretionary;
        product.admission_editor = AdmissionEditor::AccountManager;
    })
    .await;
    let new = NewAdmission {
        id: town.rooms.db().draw(),
        product,
        contract: None,
        valid_until: Timestamp::FOREVER,
        note: None,
    };
    let id = town.rooms.admit(Operator::installation(), town.ours, new, town.now()).await.unwrap();
    (product, id)
}
async fn recorded(town: &Town, action: &'static str) -> i64 {
    let db = town.rooms.db();
    db.read(move |tx| tx.one("SELECT COUNT(*) FROM audit_event WHERE action = $1", &[&action])).await.unwrap()
}

#[tokio::test]
async fn m45_evidence_comes_late_and_stays_after_the_end() {
    for town in towns().await {
        let (_, id) = admitted(&town).await;
        let by = town.as_staff(town.account_manager).await;
        let add = async |by: &Operator, file: Upload| -> Result<()> {
            town.rooms.add_admission_evidence(by, town.ours, id, file, town.now()).await
        };
        let wrong = add(&by, paper(&town, b"<html>")).await.unwrap_err();
        assert_eq!((wrong.code, wrong.field), ("document.kind", Some("evidence")));
        let products = town.as_staff(town.product_manager).await;
        let refused = add(&products, paper(&town, b"%PDF-1.7 x")).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        let file = paper(&town, b"%PDF-1.7 approval");
        let (document, again) = (file.id, file.clone());
        add(&by, file).await.unwrap();
        add(&by, again).await.unwrap();
        assert_eq!(recorded(&town, "admission.evidence_added").await, 1, "the form came twice");
        town.rooms.end_admission(Operator::installation(), town.ours, id, town.now()).await.unwrap();
        add(&by, paper(&town, b"%PDF-1.7 later")).await.unwrap();
        let organization = town.rooms.organization(town.ours).await.unwrap();
        let shown = town.rooms.desk_admission(&by, &organization, id, town.now()).await.unwrap();
        assert_eq!(shown.admission.map(|there| there.id), Some(id));
        assert_eq!(town.rooms.admission_evidence(&by, town.ours, id).await.unwrap().len(), 2);
        let read = town.rooms.admission_file(&by, town.ours, id, document).await.unwrap();
        assert_eq!(read.1, b"%PDF-1.7 approval");
        assert_eq!(recorded(&town, "admission.evidence_seen").await, 1);
        // By another organization's address it is not there, and for others' staff neither.
        let elsewhere = town.rooms.admission_file(&Operator::installation(), town.theirs, id, document).await;
        assert_eq!(elsewhere.unwrap_err().code, "admission.unknown");
        let refused = town.rooms.admission_evidence(&products, town.ours, id).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
    }
}
#[tokio::test]
async fn m45_nobody_who_signed_in_ends_a_contract_without_a_reason() {
    for town in towns().await {
        for account in [town.account_manager, town.product_manager, town.auditor] {
            let by = town.as_staff(account).await;
            let refused = town.rooms.terminate_contract(&by, town.ours, town.contract).await.unwrap_err();
            assert_eq!(refused.code, "staff.role_required");
        }
        assert!(town.rooms.contracts(town.ours).await.unwrap()[0].is_in_force(town.now()));
        let system = Operator::installation();
        town.rooms.terminate_contract(&system, town.ours, town.contract).await.unwrap();
        assert!(!town.rooms.contracts(town.ours).await.unwrap()[0].is_in_force(town.now()));
    }
}
