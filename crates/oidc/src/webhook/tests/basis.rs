//! Ends of what lies further down: the account, the membership, the contract and its type, the member number.
use super::{Told, all, system};
use crate::house::NOW;
use http::StatusCode;
use identity::account::AccountState;
use kernel::{
    Timestamp,
    id::{ContractId, ContractTypeId},
};
use organization::{
    admission::NewAdmission,
    contract::{ContractStep, ContractType, NewContract, NewPeriod, types::TypeChange},
    organization_type::Words,
};

/// Neither the token nor what was refreshed with it answers any more.
async fn is_dead(told: &Told, token: &str, end: &str) {
    assert_eq!(told.live_tokens().await, 0, "{end} left a token");
    assert_eq!(told.house.bearer(token).await.status, StatusCode::UNAUTHORIZED, "{end}");
}
/// What ends the sessions too: each in a house of its own.
#[tokio::test]
async fn an_account_that_staff_disable_and_a_membership_that_ends_take_their_tokens_and_are_told() {
    for end in ["account.disabled", "membership.ended"] {
        for told in all().await {
            let (rooms, ours) = (told.house.openid.organizations(), told.house.organization);
            let token = told.house.token().await;
            told.drain().await;
            told.receiver.forget();
            match end {
                "account.disabled" => told.set_account(AccountState::Disabled).await.unwrap(),
                _ => rooms.delete_member(system(), ours, told.membership, "", told.now()).await.unwrap(),
            }
            is_dead(&told, &token, end).await;
            told.drain().await;
            let heard = told.receiver.told();
            let organization = end == "membership.ended";
            let expected = ("access.ended".to_owned(), end.to_owned(), organization, true);
            assert_eq!(heard.iter().filter(|one| one.1 == end).collect::<Vec<_>>(), [&expected], "{heard:?}");
            if end == "account.disabled" {
                told.set_account(AccountState::Active).await.unwrap();
                is_dead(&told, &token, "an account that was disabled").await;
            }
        }
    }
}

/// The product is of the contract class from now on, and the organization admitted to it by a contract of 40 days.
async fn by_contract(told: &Told) -> (ContractTypeId, ContractId) {
    let (rooms, ours, now) = (told.house.openid.organizations(), told.house.organization, told.now());
    told.house.change("UPDATE product SET admission_class = 'contract'").await;
    told.house.another_product(None).await;
    let kind =
        ContractType { id: told.house.db.draw(), code: "data".into(), name: Words::new("数据", "Data") };
    let kind = rooms.create_contract_type(&system(), kind, vec![told.product]).await.unwrap();
    let new = NewContract {
        id: told.house.db.draw(),
        type_id: kind,
        number: "HT-1".into(),
        valid_from: NOW,
        valid_until: NOW.plus_days(40),
    };
    let contract = rooms.sign_contract(&system(), ours, new, now).await.unwrap();
    let new = NewAdmission {
        id: told.house.db.draw(),
        product: told.product,
        contract: Some(contract),
        valid_until: Timestamp::FOREVER,
        note: None,
    };
    rooms.admit(system(), ours, new, now).await.unwrap();
    (kind, contract)
}
#[tokio::test]
async fn m45_what_rests_on_a_contract_is_told_until_when_and_ends_with_what_its_type_lists() {
    for told in all().await {
        let (rooms, ours, now) = (told.house.openid.organizations(), told.house.organization, told.now());
        let (kind, contract) = by_contract(&told).await;
        told.drain().await;
        let until = |days| serde_json::to_value(NOW.plus_days(days)).unwrap();
        let heard = told.receiver.bodies();
        let given = heard.iter().find(|body| body["data"]["reason"] == "admission.given").unwrap();
        assert_eq!(given["data"]["until"], until(40), "the contract ends before the admission");
        let longer = NewPeriod {
            rev: 0,
            step: ContractStep::Renewed,
            valid_from: NOW.plus_days(40),
            valid_until: NOW.plus_days(90),
            reason: "续签".into(),
        };
        rooms.move_contract(&system(), ours, contract, longer, None, now).await.unwrap();
        told.drain().await;
        let heard = told.receiver.bodies();
        let moved = heard.iter().rfind(|body| body["data"]["reason"] == "contract.changed").unwrap();
        assert_eq!((&moved["type"], &moved["data"]["until"]), (&"access.changed".into(), &until(90)));

        let token = told.house.token().await;
        assert_eq!(told.house.bearer(&token).await.status, StatusCode::OK);
        told.receiver.forget();
        let list = async |product| {
            let there = rooms.contract_type(kind).await.unwrap();
            let change = TypeChange { rev: there.rev, name: there.kind.name, products: vec![product] };
            rooms.change_contract_type(&system(), kind, change, now).await.unwrap();
        };
        list(kernel::Id::from_i64(77)).await;
        is_dead(&told, &token, "a product that the type lists no longer").await;
        told.drain().await;
        let expected = ("access.changed".to_owned(), "contract_type.changed".to_owned(), false, false);
        assert_eq!(told.receiver.told(), [expected]);
        list(told.product).await;
        is_dead(&told, &token, "listed again").await;
    }
}
#[tokio::test]
async fn m45_without_its_member_number_an_organization_loses_its_tokens() {
    for told in all().await {
        told.house.change("UPDATE product SET admission_class = 'membership'").await;
        let token = told.house.token().await;
        told.drain().await;
        told.receiver.forget();
        let ours = told.house.organization;
        let set = async |number: Option<&'static str>| {
            told.house
                .db
                .write_unaudited("a test's world", move |tx| {
                    tx.run("UPDATE organization SET member_number = $2 WHERE id = $1", &[&ours, &number])?;
                    tx.changed("organization", ours);
                    Ok(())
                })
                .await
                .unwrap();
        };
        set(Some("M002")).await;
        assert_eq!(told.house.bearer(&token).await.status, StatusCode::OK, "another number is a number");
        set(None).await;
        is_dead(&told, &token, "no number").await;
        set(Some("M001")).await;
        is_dead(&told, &token, "a number again").await;
        told.drain().await;
        let reasons: Vec<String> = told.receiver.told().into_iter().map(|one| one.1).collect();
        assert_eq!(reasons, ["organization.changed"; 3]);
    }
}
