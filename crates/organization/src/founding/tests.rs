//! M35: who is proven to be the head receives the authority, once, and strangers learn nothing.
use super::{ClaimInput, ClaimVerdict, HeadDocument, LookUp, Record, RegistryLookup};
use crate::application::agent_tests::{CODE, HEAD, NAME, change_policy, other_manager, pdf, register};
use crate::application::{ApplicationState, Requested, agent::Viewer, desk::DeskFilter};
use crate::membership::Role;
use crate::organization::RegistryState;
use crate::organization_type::{Identifier, Registration, Words};
use crate::succession::Verdict;
use crate::testing::{Town, new_organization, towns};
use identity::notice::{Kind, service as notices};
use identity::realname::{Document, DocumentType, Proof, RealNameLevel, service as realname};
use identity::session::SignedIn;
use kernel::{
    Actor, Event, Result,
    id::{AccountId, ApplicationId, OrganizationTypeId},
};
use std::sync::Arc;

const DOCUMENT: &str = "110101199003074477";
const OTHER_DOCUMENT: &str = "440308199901010012";

/// One record, whatever is asked; none for another code.
struct Book(Option<Record>);
impl RegistryLookup for Book {
    fn look_up<'a>(&'a self, uscc: &'a str) -> LookUp<'a> {
        let found = self.0.clone().filter(|record| record.uscc == uscc);
        Box::pin(async move { Ok(found) })
    }
}
fn record(head_document: Option<&str>) -> Record {
    Record {
        name: NAME.into(),
        uscc: CODE.into(),
        head_name: HEAD.into(),
        head_document: head_document
            .map(|number| HeadDocument { kind: DocumentType::ResidentId, number: number.into() }),
        state: RegistryState::Live,
        address: Some("澄江市江口路 8 号".into()),
    }
}
/// Proven to be this person, by name and document.
async fn person(town: &Town, login_name: &str, name: &str, number: &str) -> SignedIn {
    let account = town.self_owned(login_name).await;
    let (rooms, now, name) = (town.rooms.clone(), town.now(), name.to_owned());
    let document = Document::parse(DocumentType::ResidentId, number, "", 20_260_101).unwrap();
    let (fresh, proof) = (rooms.db().draw(), rooms.db().draw());
    let keyring = Arc::clone(rooms.db().keyring());
    rooms
        .db()
        .write(move |tx| {
            let person = realname::person_in(tx, &keyring, fresh, &document, &name, now)?;
            realname::bind_in(tx, &keyring, account, person, &document, &name)?;
            let proof = Proof {
                id: proof,
                account,
                method: "test".into(),
                provider: "test".into(),
                level: RealNameLevel::Advanced,
                proven_at: now.plus_days(-1),
                expires_at: now.plus_days(3650),
            };
            realname::prove_in(tx, &proof)?;
            Ok(((), vec![Event::done(&Actor::system(), "test.proven")]))
        })
        .await
        .unwrap();
    let mut who = town.signed_in(account).await;
    who.level = RealNameLevel::Advanced;
    who
}
async fn claim_of(town: &Town, who: &SignedIn, name: &str, code: &str) -> Result<Requested> {
    claim_as(town, who, town.public, name, code).await
}
async fn claim_as(
    town: &Town,
    who: &SignedIn,
    kind: OrganizationTypeId,
    name: &str,
    code: &str,
) -> Result<Requested> {
    let types = town.rooms.organization_types().await?;
    let input = ClaimInput {
        type_id: kind.to_string(),
        name: name.into(),
        code: code.into(),
        ..ClaimInput::default()
    };
    let head_name = town.rooms.proven_name(who, town.now()).await?;
    let new =
        input.parse(town.rooms.db().draw(), &head_name, &types).map_err(|mut faults| faults.remove(0))?;
    town.rooms.claim_head(who, new, &pdf(&town.rooms), town.now()).await
}
async fn claim(town: &Town, who: &SignedIn) -> Result<Requested> {
    claim_of(town, who, NAME, CODE).await
}
async fn state(town: &Town, who: &SignedIn, id: ApplicationId) -> ApplicationState {
    let viewer = Viewer::Applicant(who.account);
    town.rooms.shown_application(&viewer, id, town.now()).await.unwrap().application.state
}
async fn headed(town: &Town, who: &SignedIn) -> Vec<String> {
    let own = town.rooms.memberships(who.account).await.unwrap();
    let heads = own.into_iter().filter(|membership| membership.role == Role::LegalRepresentative);
    heads.map(|membership| membership.organization_name).collect()
}
async fn told(town: &Town, account: AccountId) -> Vec<Kind> {
    let reader = (web::Lang::En, &kernel::clock::Zone::default());
    let list = notices::list(town.rooms.identity(), account, reader, false, None, 50).await.unwrap();
    list.into_iter().map(|message| message.kind).collect()
}
const APPROVE: ClaimVerdict = ClaimVerdict::Approve { replace: false };

#[tokio::test]
async fn m35_name_and_document_of_the_register_found_the_organization_at_once() {
    for town in towns().await {
        change_policy(&town, |policy| policy.registration = Registration::Head).await;
        assert!(town.rooms.use_registry(Arc::new(Book(Some(record(Some(DOCUMENT)))))));
        let stranger = person(&town, "stranger", "温如初", OTHER_DOCUMENT).await;
        let refused = claim(&town, &stranger).await.unwrap();
        assert_eq!(state(&town, &stranger, refused.id).await, ApplicationState::Submitted);
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let asked = claim(&town, &head).await.unwrap();
        assert_eq!(state(&town, &head, asked.id).await, ApplicationState::Approved);
        assert_eq!(headed(&town, &head).await, [NAME]);
        assert!(told(&town, head.account).await.contains(&Kind::HeadGiven));
        // To the stranger nothing changed by it.
        assert_eq!(state(&town, &stranger, refused.id).await, ApplicationState::Submitted);
        assert!(headed(&town, &stranger).await.is_empty());
    }
}
#[tokio::test]
async fn m35_a_name_alone_another_document_or_no_register_leave_it_to_staff() {
    for answer in [Some(record(None)), Some(record(Some(OTHER_DOCUMENT))), None] {
        for town in towns().await {
            change_policy(&town, |policy| policy.registration = Registration::Head).await;
            town.rooms.use_registry(Arc::new(Book(answer.clone())));
            let head = person(&town, "head", HEAD, DOCUMENT).await;
            let asked = claim(&town, &head).await.unwrap();
            assert_eq!(state(&town, &head, asked.id).await, ApplicationState::Submitted);
            assert!(headed(&town, &head).await.is_empty());
            let manager = town.as_staff(town.account_manager).await;
            let listed =
                town.rooms.desk_applications(&manager, DeskFilter::default(), 50, town.now()).await.unwrap();
            assert_eq!(listed.len(), 1);
            town.rooms.settle_applications().await.unwrap();
            assert_eq!(told(&town, town.account_manager).await, [Kind::ApplicationReceived]);
            town.rooms.decide_claim(&manager, asked.id, APPROVE, "", town.now()).await.unwrap();
            assert_eq!(headed(&town, &head).await, [NAME]);
            let own = town.rooms.memberships(head.account).await.unwrap().remove(0);
            let made = town.rooms.organization(own.organization).await.unwrap();
            assert_eq!(made.account_manager, Some(town.account_manager), "what a manager makes is theirs");
            assert_eq!(made.uscc.as_deref(), Some(CODE));
        }
    }
}
#[tokio::test]
async fn m35_the_proven_head_claims_an_organization_that_is_here() {
    for town in towns().await {
        register(&town, town.ours).await;
        let types = town.rooms.organization_types().await.unwrap();
        assert!(types.iter().all(|kind| kind.policy.registration == Registration::Platform));
        town.rooms.use_registry(Arc::new(Book(Some(record(Some(DOCUMENT))))));
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let kind = town.rooms.organization(town.ours).await.unwrap().type_id;
        let asked = claim_as(&town, &head, kind, NAME, CODE).await.unwrap();
        assert_eq!(state(&town, &head, asked.id).await, ApplicationState::Approved);
        let member = town.rooms.member(&head, town.ours, town.now()).await.unwrap();
        assert_eq!(member.role(), Role::LegalRepresentative);
        // Again: a new claim stands against the head who is there, and waits.
        let twice = claim_as(&town, &head, kind, NAME, CODE).await.unwrap();
        assert!(twice.new);
        assert_eq!(state(&town, &head, twice.id).await, ApplicationState::Submitted);
        let manager = town.as_staff(town.account_manager).await;
        town.rooms.settle_applications().await.unwrap();
        let refused = town.rooms.decide_claim(&manager, twice.id, APPROVE, "", town.now()).await.unwrap_err();
        assert_eq!(refused.code, "founding.head_already");
    }
}
#[tokio::test]
async fn m35_a_claim_under_another_type_than_the_organization_has_is_left_to_staff() {
    for town in towns().await {
        register(&town, town.ours).await;
        town.rooms.use_registry(Arc::new(Book(Some(record(Some(DOCUMENT))))));
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let asked = claim_as(&town, &head, town.public, NAME, CODE).await.unwrap();
        assert_eq!(state(&town, &head, asked.id).await, ApplicationState::Submitted);
        assert!(headed(&town, &head).await.is_empty());
    }
}
#[tokio::test]
async fn m35_twenty_claims_make_one_head_and_one_organization() {
    for town in towns().await {
        change_policy(&town, |policy| policy.registration = Registration::Head).await;
        let mut claims = Vec::new();
        for n in 0..20 {
            let who = person(&town, &format!("claimant{n}"), &format!("沈砚秋{n}"), &number(n)).await;
            claims.push((claim(&town, &who).await.unwrap().id, who));
        }
        let manager = town.as_staff(town.account_manager).await;
        let tasks: Vec<_> = claims
            .iter()
            .map(|(id, _)| {
                let (rooms, manager, id, now) = (town.rooms.clone(), manager.clone(), *id, town.now());
                tokio::spawn(async move { rooms.decide_claim(&manager, id, APPROVE, "", now).await })
            })
            .collect();
        let mut heads = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => heads += 1,
                Err(error) => {
                    assert!(["founding.head_exists", "founding.meanwhile"].contains(&error.code), "{error:?}")
                }
            }
        }
        assert_eq!(heads, 1);
        let mut living = 0;
        for (_, who) in &claims {
            living += headed(&town, who).await.len();
        }
        assert_eq!(living, 1);
    }
}
/// Different resident numbers that keep the rules.
fn number(n: usize) -> String {
    let seventeen = format!("11010119900307{:03}", 100 + n);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        seventeen.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[sum % 11];
    format!("{seventeen}{}", char::from(check))
}
#[tokio::test]
async fn m35_types_without_the_code_and_with_another_title_of_the_head() {
    for town in towns().await {
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let wrong = claim_of(&town, &head, "某公司", "HH-2026-002").await.unwrap_err();
        assert_eq!((wrong.code, wrong.field), ("founding.code_kind", Some("code")));
        change_policy(&town, |policy| {
            policy.registration = Registration::Head;
            policy.identifiers = vec![Identifier::RegistrationNumber];
            policy.head_title = Words::new("执行事务合伙人", "Managing partner");
        })
        .await;
        let asked = claim_of(&town, &head, "澄江合伙企业", "HH-2026-001").await.unwrap();
        let manager = town.as_staff(town.account_manager).await;
        town.rooms.decide_claim(&manager, asked.id, APPROVE, "", town.now()).await.unwrap();
        let own = town.rooms.memberships(head.account).await.unwrap().remove(0);
        let made = town.rooms.organization(own.organization).await.unwrap();
        assert_eq!((made.uscc, made.registration_number.as_deref()), (None, Some("HH-2026-001")));
    }
}
#[tokio::test]
async fn m35_below_the_level_of_the_type_nobody_claims_and_staff_return_or_refuse() {
    for town in towns().await {
        change_policy(&town, |policy| policy.registration = Registration::Head).await;
        let low = town.self_owned("lowlevel").await;
        let low = town.signed_in(low).await;
        assert_eq!(claim(&town, &low).await.unwrap_err().code, "application.level");
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let id = claim(&town, &head).await.unwrap().id;
        let manager = town.as_staff(town.account_manager).await;
        let decide = async |verdict, note: &'static str| {
            town.rooms.decide_claim(&manager, id, verdict, note, town.now()).await
        };
        assert_eq!(decide(ClaimVerdict::Return, "").await.unwrap_err().field, Some("note"));
        assert_eq!(decide(ClaimVerdict::Return, "营业执照不清楚").await.unwrap(), ApplicationState::Returned);
        town.rooms.complete_application(&head, id, "", Some(&pdf(&town.rooms)), town.now()).await.unwrap();
        let auditor = town.as_staff(town.auditor).await;
        let refused = town.rooms.decide_claim(&auditor, id, APPROVE, "", town.now()).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        assert_eq!(decide(ClaimVerdict::Reject, "不是负责人").await.unwrap(), ApplicationState::Rejected);
        assert_eq!(decide(APPROVE, "").await.unwrap_err().code, "application.decided");
        assert!(headed(&town, &head).await.is_empty());
    }
}
#[tokio::test]
async fn m35_another_portfolio_is_not_to_be_seen_or_decided() {
    for town in towns().await {
        register(&town, town.ours).await;
        let head = person(&town, "head", HEAD, DOCUMENT).await;
        let id = claim(&town, &head).await.unwrap().id;
        town.rooms.settle_applications().await.unwrap();
        let other = other_manager(&town).await;
        let other = town.as_staff(other).await;
        let listed =
            town.rooms.desk_applications(&other, DeskFilter::default(), 50, town.now()).await.unwrap();
        assert!(listed.is_empty());
        let refused = town.rooms.decide_claim(&other, id, APPROVE, "", town.now()).await.unwrap_err();
        assert_eq!(refused.kind, kernel::Kind::NotFound);
        let manager = town.as_staff(town.account_manager).await;
        town.rooms.decide_claim(&manager, id, APPROVE, "", town.now()).await.unwrap();
        let member = town.rooms.member(&head, town.ours, town.now()).await.unwrap();
        assert_eq!(member.role(), Role::LegalRepresentative);
    }
}
#[tokio::test]
async fn m35_the_head_changes_and_the_new_one_goes_through_the_administrators() {
    for town in towns().await {
        let organization =
            new_organization(&town.rooms, town.public, "换帅有限公司", Some(town.account_manager)).await;
        register(&town, organization).await;
        let stays = town.hire(organization, Role::Administrator, "stays").await;
        let goes = town.hire(organization, Role::Administrator, "goes").await;
        let agent = town.hire(organization, Role::Agent, "agentx").await;
        let former = town.self_owned("former").await;
        let former = town.join(organization, Role::LegalRepresentative, former).await;
        let new = person(&town, "newhead", "叶知秋", DOCUMENT).await;
        let id = claim_of(&town, &new, "换帅有限公司", CODE).await.unwrap().id;
        let manager = town.as_staff(town.account_manager).await;
        let careful = town.rooms.decide_claim(&manager, id, APPROVE, "", town.now()).await.unwrap_err();
        assert_eq!(careful.code, "founding.head_exists");
        let replace = ClaimVerdict::Approve { replace: true };
        town.rooms.decide_claim(&manager, id, replace, "", town.now()).await.unwrap();
        let record = town.rooms.organization(organization).await.unwrap();
        assert_eq!(record.head_name.as_deref(), Some("叶知秋"));
        let old = town.signed_in(former.account).await;
        assert!(town.rooms.member(&old, organization, town.now()).await.is_err(), "the old authority ended");
        for account in [former.account, stays.account, goes.account, town.account_manager] {
            assert!(told(&town, account).await.contains(&Kind::HeadChanged));
        }
        assert!(!told(&town, agent.account).await.contains(&Kind::HeadChanged));
        let administrator = town.as_administrator(stays).await;
        let refused = town
            .rooms
            .decide_succession(&administrator, stays.membership, Verdict::Confirm, town.now())
            .await
            .unwrap_err();
        assert_eq!(refused.code, "succession.head_only");
        let head = town.rooms.member(&new, organization, town.now()).await.unwrap();
        assert_eq!(town.rooms.succession(&head).await.unwrap().members.len(), 2);
        let head = head.as_administrator().unwrap();
        let decide = async |person: crate::testing::Person, verdict| {
            town.rooms.decide_succession(&head, person.membership, verdict, town.now()).await
        };
        decide(stays, Verdict::Confirm).await.unwrap();
        decide(goes, Verdict::End).await.unwrap();
        assert_eq!(decide(stays, Verdict::End).await.unwrap_err().code, "succession.decided");
        assert!(town.rooms.succession(&head).await.unwrap().members.is_empty());
        let ended = town.signed_in(goes.account).await;
        assert!(town.rooms.member(&ended, organization, town.now()).await.is_err());
        town.as_administrator(stays).await;
        // An administrator who was listed for the other firm is none of this head's.
        let foreign = decide(town.their_administrator, Verdict::End).await.unwrap_err();
        assert_eq!(foreign.code, "membership.unknown");
    }
}
