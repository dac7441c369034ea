use super::{StaffRole, service};
use kernel::{Actor, Id};

#[tokio::test]
async fn an_account_has_one_staff_role() {
    for db in db::testing::engines().await {
        let (account, now) = (Id::from_i64(7), db.clock().now());
        let appoint = move |role| {
            let db = db.clone();
            async move {
                let done = db
                    .write(move |tx| {
                        let event = service::appoint_in(tx, &Actor::system(), account, role, None, now)?;
                        Ok(((), vec![event]))
                    })
                    .await;
                (db, done)
            }
        };
        assert!(appoint(StaffRole::Auditor).await.1.is_ok());
        let (db, second) = appoint(StaffRole::SystemAdministrator).await;
        assert_eq!(second.unwrap_err().code, "staff.already");
        assert_eq!(service::list(&db, Some(StaffRole::Auditor)).await.unwrap().len(), 1);
        assert!(service::list(&db, Some(StaffRole::SystemAdministrator)).await.unwrap().is_empty());
        let refused = db
            .read(move |tx| service::require_in(tx, account, &[StaffRole::SystemAdministrator]))
            .await
            .unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
    }
}
