//! Warnings of ends: to whoever can renew, all of them, and anew once the date is another one.
use super::{AdmissionState, NewAdmission, warn_expiring};
use crate::authority::Operator;
use crate::contract::{ContractStep, NewPeriod};
use crate::product::{AdmissionClass, AdmissionEditor};
use crate::testing::{Town, new_organization, new_product, towns, towns_at};
use identity::notice::{self, Kind};
use kernel::{Clock, clock::Zone, id::AccountId};

const DAY: i64 = 86_400;

async fn told(town: &Town, account: AccountId, kind: Kind) -> usize {
    let reader = (web::Lang::Zh, &Zone::default());
    let messages = notice::service::list(town.rooms.identity(), account, reader, false, None, 1000).await;
    messages.unwrap().iter().filter(|message| message.kind == kind).count()
}

#[tokio::test]
async fn m45_a_moved_end_is_warned_of_anew_and_the_last_day_still_counts() {
    let clock = Clock::fixed(Zone::default().start_of("2027-07-01").unwrap());
    for town in towns_at(clock.clone()).await {
        let zone = Zone::default();
        let system = Operator::installation();
        let contract = town.rooms.contracts(town.ours).await.unwrap().remove(0);
        let end = async |rev: i64, day: &str| {
            let new = NewPeriod {
                rev,
                step: ContractStep::Amended,
                valid_from: contract.valid_from,
                valid_until: zone.end_of(day).unwrap(),
                reason: "补充协议".into(),
            };
            let now = town.now();
            town.rooms.move_contract(&system, town.ours, contract.id, new, None, now).await.unwrap();
        };
        let warnings = async || {
            warn_expiring(&town.rooms, town.now()).await.unwrap();
            warn_expiring(&town.rooms, town.now()).await.unwrap();
            told(&town, town.account_manager, Kind::ContractExpiring).await
        };
        town.open_for_the_agent().await;
        end(0, "2027-07-20").await;
        assert_eq!(warnings().await, 1, "within 30 days");
        // Another date, as far away: whoever plans by the old one is told.
        end(1, "2027-07-25").await;
        assert_eq!(warnings().await, 2);
        end(2, "2027-07-03").await;
        assert_eq!(warnings().await, 3, "seven days at once, and not thirty as well");
        clock.advance_seconds(2 * DAY);
        assert_eq!(warnings().await, 4, "the last day has begun");
        clock.advance_seconds(DAY - 1);
        assert!(town.decision(town.agent).await.allow, "the last day still counts");
        clock.advance_seconds(1);
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_expired");
        assert_eq!(warnings().await, 4, "what is over is not warned of");
        clock.advance_seconds(-3 * DAY);
    }
}
#[tokio::test]
async fn m45_the_manager_of_a_product_hears_of_the_end_that_they_can_move() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = AdmissionClass::Discretionary;
            product.admission_editor = AdmissionEditor::ProductManager;
            product.manager = Some(town.product_manager);
        })
        .await;
        let new = NewAdmission {
            id: town.rooms.db().draw(),
            product,
            contract: None,
            valid_until: town.now().plus_days(5),
            note: None,
        };
        town.rooms.admit(Operator::installation(), town.ours, new, town.now()).await.unwrap();
        for _ in 0..2 {
            warn_expiring(&town.rooms, town.now()).await.unwrap();
        }
        for account in [town.administrator.account, town.account_manager, town.product_manager] {
            assert_eq!(told(&town, account, Kind::AdmissionExpiring).await, 1);
        }
        assert_eq!(told(&town, town.auditor, Kind::AdmissionExpiring).await, 0);
    }
}
#[tokio::test]
async fn m45_many_ends_on_one_day_are_all_warned_of_in_one_round() {
    for town in towns().await {
        let product = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = AdmissionClass::Discretionary;
        })
        .await;
        let elsewhere = new_organization(&town.rooms, town.public, "远帆报关有限公司", None).await;
        let (until, now) = (town.now().plus_days(20), town.now());
        // More than one look takes; of which one is suspended and says nothing.
        let rows = 230_i64;
        town.rooms
            .db()
            .write_unaudited("a test's admissions", move |tx| {
                for n in 0..rows {
                    let id: kernel::id::ProductId = kernel::Id::from_i64(1_000 + n);
                    tx.run(
                        "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon,
                            audience, admission_class, grant_mode, admission_editor, minimum_level, minimum_strength,
                            roles_allowed, state, created_at)
                         SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), name_zh, name_en, '', '', category, icon, audience, admission_class, grant_mode,
                            admission_editor, minimum_level, minimum_strength, roles_allowed, state, created_at
                         FROM product WHERE id = $3",
                        &[&id, &format!("q{n}"), &product],
                    )?;
                    let state = if n == 0 { AdmissionState::Suspended } else { AdmissionState::Active };
                    tx.run(
                        "INSERT INTO admission (id, organization_id, product_id, basis, state, valid_from, valid_until,
                            created_at)
                         VALUES ($1, $2, $1, 'discretionary', $3, $4, $5, $4)",
                        &[&id, &elsewhere, &state, &now, &until],
                    )?;
                }
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(warn_expiring(&town.rooms, town.now()).await.unwrap(), rows as u64 - 1);
        assert_eq!(warn_expiring(&town.rooms, town.now()).await.unwrap(), 0);
    }
}
