use super::*;
use crate::organization::{Field, FieldSource, record::OwnRecordInput, record::RecordInput};
use crate::testing::{Town, towns};
use kernel::id::OrganizationTypeId;

fn input() -> TypeInput {
    let policy = TypePolicy {
        materials: vec![MaterialRule::new("licence", "营业执照", "Licence", true)],
        identifiers: vec![Identifier::Uscc, Identifier::MemberNumber],
        ..TypePolicy::default()
    };
    TypeInput::of("exchange_member", &Words::new("会员", "Member"), &policy)
}

#[test]
fn a_type_goes_through_its_form_unchanged() {
    let parsed = input().parse().unwrap();
    assert_eq!(TypeInput::of(&parsed.code, &parsed.name, &parsed.policy), input());
    let json = parsed.policy.to_json().unwrap();
    assert_eq!(TypePolicy::parse(&json).unwrap(), parsed.policy);
    assert_eq!(TypePolicy::parse("{}").unwrap(), TypePolicy::default(), "every member has a default");
}

#[test]
fn every_fault_of_a_type_is_told_at_once() {
    let bad = TypeInput {
        code: "会员".into(),
        name_en: String::new(),
        registration: "anybody".into(),
        administrators: "0".into(),
        head_level: "godlike".into(),
        sync_days: "-1".into(),
        ..input()
    };
    let fields: Vec<_> = bad.parse().unwrap_err().into_iter().filter_map(|error| error.field).collect();
    assert_eq!(fields, ["code", "name_en", "registration", "administrators", "head_level", "sync_days"]);
}

#[test]
fn rows_of_materials_are_checked_one_by_one() {
    let code = |change: fn(&mut Vec<MaterialInput>)| {
        let mut typed = input();
        change(&mut typed.materials);
        typed.parse().map(|parsed| parsed.policy.materials.len()).map_err(|faults| faults[0].code)
    };
    assert_eq!(code(|rows| rows.push(MaterialInput::default())), Ok(1), "an empty row is none");
    assert_eq!(code(|rows| rows[0].key = "A b".into()), Err("organization_type.material_key"));
    assert_eq!(code(|rows| rows[0].en.clear()), Err("organization_type.material_name"));
    assert_eq!(code(|rows| rows[0].formats.clear()), Err("organization_type.material_formats"));
    assert_eq!(code(|rows| rows.push(rows[0].clone())), Err("organization_type.material_twice"));
    let many = |rows: &mut Vec<MaterialInput>| {
        *rows = (0..21).map(|n| MaterialInput { key: format!("m{n}"), ..rows[0].clone() }).collect();
    };
    assert_eq!(code(many), Err("organization_type.materials_many"));
}

async fn type_of(town: &Town) -> OrganizationTypeId {
    town.rooms.organization(town.ours).await.unwrap().type_id
}

#[tokio::test]
async fn the_newest_form_of_a_type_counts_and_a_used_identifier_stays() {
    for town in towns().await {
        let (id, by) = (type_of(&town).await, crate::Operator::installation());
        let found = town.rooms.organization_type(id).await.unwrap();
        let parsed = TypeInput { administrators: "2".into(), ..input() }.parse().unwrap();
        let new = ParsedType { code: found.kind.code.clone(), ..parsed };
        town.rooms.change_organization_type(&by, id, found.rev, new.clone()).await.unwrap();
        let policy = town.rooms.organization(town.ours).await.unwrap().policy;
        assert_eq!((policy.administrators, policy.materials.len()), (2, 1), "it counts at once");
        let stale = town.rooms.change_organization_type(&by, id, found.rev, new.clone()).await.unwrap_err();
        assert_eq!(stale.code, "organization_type.changed_meanwhile");
        let taken = ParsedType { code: "public_service".into(), ..new.clone() };
        let taken = town.rooms.change_organization_type(&by, id, found.rev + 1, taken).await.unwrap_err();
        assert_eq!((taken.code, taken.field), ("organization_type.code_taken", Some("code")));
        town.rooms.set_member_number(&by, town.ours, Some("0427".into()), town.now()).await.unwrap();
        let mut without = new.clone();
        without.policy.identifiers = vec![Identifier::Uscc];
        let used = town.rooms.change_organization_type(&by, id, found.rev + 1, without).await.unwrap_err();
        assert_eq!((used.code, used.field), ("organization_type.identifier_in_use", Some("identifiers")));
        let manager = town.as_staff(town.account_manager).await;
        let refused =
            town.rooms.change_organization_type(&manager, id, found.rev + 1, new).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
    }
}

#[tokio::test]
async fn m24_an_administrator_changes_address_and_telephone_alone() {
    for town in towns().await {
        let (by, now) = (town.as_administrator(town.administrator).await, town.now());
        let typed =
            |address: &str, phone: &str| OwnRecordInput { address: address.into(), phone: phone.into() };
        let bad = town.rooms.change_own_record(&by, &typed("x", "call me"), now).await.unwrap_err();
        assert_eq!((bad.code, bad.field), ("organization.phone", Some("phone")));
        for _ in 0..2 {
            town.rooms.change_own_record(&by, &typed("新街 1 号", "021-5555 0172"), now).await.unwrap();
        }
        let organization = town.rooms.organization(town.ours).await.unwrap();
        assert_eq!(organization.address.as_deref(), Some("新街 1 号"));
        assert_eq!(organization.name, "澄江证券股份有限公司");
        let origins = town.rooms.organization_origins(town.ours).await.unwrap();
        assert!(origins.iter().all(|origin| origin.source == FieldSource::Own));
        let events: i64 = town
            .rooms
            .db()
            .read(|tx| {
                tx.one(
                    "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE action = 'organization.record_changed'",
                    &[],
                )
            })
            .await
            .unwrap();
        assert_eq!(events, 1, "the same again changes nothing");
        let theirs = town.rooms.organization(town.theirs).await.unwrap();
        assert_eq!(theirs.address, None);
    }
}

#[tokio::test]
async fn m23_the_account_manager_changes_the_rest_of_the_own_portfolio() {
    for town in towns().await {
        let (by, now) = (town.as_staff(town.account_manager).await, town.now());
        let before = town.rooms.organization(town.ours).await.unwrap();
        let typed = |uscc: &str, reason: &str| RecordInput {
            uscc: uscc.into(),
            uscc_reason: reason.into(),
            head_name: "林知远".into(),
            ..RecordInput::of(&before)
        };
        let wrong = town.rooms.change_record(&by, town.ours, typed("91990000MA0X7Q4H29", ""), now).await;
        assert_eq!(wrong.unwrap_err().code, "uscc.invalid");
        let short = town.rooms.change_record(&by, town.ours, typed("12345", "已核"), now).await;
        assert_eq!(short.unwrap_err().code, "uscc.invalid", "a reason makes no code of anything");
        let odd = typed("91990000ma0x7q4h29", "证照原件如此");
        town.rooms.change_record(&by, town.ours, odd, now).await.unwrap();
        let after = town.rooms.organization(town.ours).await.unwrap();
        assert_eq!(after.uscc.as_deref(), Some("91990000MA0X7Q4H29"));
        let details: Vec<String> = town
            .rooms
            .db()
            .read(|tx| {
                tx.all("SELECT detail FROM audit_event WHERE action = 'organization.record_changed'", &[])
            })
            .await
            .unwrap();
        assert!(details[0].contains("证照原件如此"), "the reason is written down");
        assert!(!details[0].contains("林知远"), "the name of a person is not");
        let origins = town.rooms.organization_origins(town.ours).await.unwrap();
        let head = origins.iter().find(|origin| origin.field == Field::HeadName).unwrap();
        assert_eq!(head.source, FieldSource::Platform);
        let foreign = town.rooms.change_record(&by, town.theirs, RecordInput::of(&before), now).await;
        assert_eq!(foreign.unwrap_err().code, "organization.unknown", "another portfolio");
        let auditor = town.as_staff(town.auditor).await;
        let refused = town.rooms.change_record(&auditor, town.ours, RecordInput::of(&before), now).await;
        assert_eq!(refused.unwrap_err().code, "staff.role_required");
    }
}
