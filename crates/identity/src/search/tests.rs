use super::model::{EVERYBODY, Wanted, initials, terms};
use super::service;
use crate::account::{self, NewManaged};
use crate::testing::Room;
use db::{Keyring, Tx};
use kernel::{
    LoginName, Mobile, ResidentId, Result, Rng, Timestamp,
    id::{AccountId, OrganizationId},
};

const PHONE: &str = "13812342046";
const DOCUMENT: &str = "110101199003077774";

fn now() -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000)
}

#[test]
fn what_is_typed_says_what_is_wanted() {
    let parse = |typed| Wanted::parse(typed, now());
    assert_eq!(parse("  "), Wanted::Everybody);
    assert_eq!(parse("138-1234-2046"), Wanted::Phone(Mobile::parse(PHONE).unwrap()));
    assert_eq!(
        parse("11010119900307777４"),
        Wanted::Document(ResidentId::parse(DOCUMENT, 20_260_101).unwrap())
    );
    assert_eq!(parse("2046"), Wanted::Tail("2046".into()));
    assert_eq!(parse("777x"), Wanted::Tail("777X".into()));
    assert_eq!(parse("20461"), Wanted::Text("20461".into()));
    assert_eq!(parse("CSQ"), Wanted::Text("csq".into()));
    assert_eq!(parse("思齐"), Wanted::Text("思齐".into()));
}
#[test]
fn initials_know_family_names() {
    for (name, read) in
        [("陈思齐", "csq"), ("曾国藩", "zgf"), ("单雄信", "sxx"), ("Li Wei", "liwei"), ("欧阳修", "oyx")]
    {
        assert_eq!(initials(name), read, "{name}");
    }
}
#[test]
fn every_part_of_a_name_is_among_its_terms() {
    let keyring = Keyring::ephemeral(&Rng::System).unwrap();
    for name in ["陈思齐", "欧阳修文", "Li Wei", "阿卜杜拉·买买提", "David陈"] {
        let kept = terms(&keyring, 7, name, Some("+8613812342046"), Some(DOCUMENT));
        let lower = name.to_lowercase();
        for text in [lower.as_str(), initials(name).as_str()] {
            let letters: Vec<char> = text.chars().collect();
            for length in 2..=letters.len() {
                for part in letters.windows(length) {
                    let part: String = part.iter().collect();
                    let wanted = Wanted::parse(&part, now());
                    let asked = wanted.terms(&keyring, 7);
                    assert!(asked.iter().all(|term| kept.contains(term)), "{name}: {part}");
                    assert!(wanted.fits(name, None, None), "{name}: {part}");
                }
            }
        }
        for tail in ["2046", "7774"] {
            assert!(kept.contains(&Wanted::parse(tail, now()).terms(&keyring, 7)[0]));
            assert!(!kept.contains(&Wanted::parse(tail, now()).terms(&keyring, 8)[0]));
        }
    }
}

async fn found(room: &Room, scope: i64, typed: &str) -> Vec<AccountId> {
    let (wanted, keyring) = (Wanted::parse(typed, now()), std::sync::Arc::clone(room.db().keyring()));
    room.db()
        .read(move |tx: &mut Tx<'_>| -> Result<Vec<AccountId>> {
            let mut candidates: Option<Vec<AccountId>> = None;
            for term in wanted.terms(&keyring, scope) {
                let here: Vec<AccountId> = tx.all(
                    "SELECT account_id FROM search_gram WHERE scope = $1 AND gram = $2 ORDER BY account_id",
                    &[&scope, &term],
                )?;
                candidates = Some(match candidates {
                    None => here,
                    Some(before) => before.into_iter().filter(|id| here.contains(id)).collect(),
                });
            }
            service::verified_in(tx, &keyring, &wanted, candidates.unwrap_or_default(), None)
        })
        .await
        .unwrap()
}
#[tokio::test]
async fn terms_follow_name_phone_and_end() {
    for room in Room::on_engines().await {
        let owner = OrganizationId::from_i64(42);
        let new = NewManaged {
            id: room.db().draw(),
            sub: room.db().rng().short_token(),
            organization: owner,
            login_name: LoginName::parse("chensq").unwrap(),
            name: "陈思齐".into(),
            phone: Some(Mobile::parse(PHONE).unwrap()),
            document: ResidentId::parse(DOCUMENT, 20_260_101).ok(),
            temporary_password_hash: None,
            now: room.now(),
        };
        let (id, keyring) = (new.id, std::sync::Arc::clone(room.db().keyring()));
        let keys = keyring.clone();
        room.db()
            .write_unaudited("test", move |tx| account::service::create_managed_in(tx, &keys, &new))
            .await
            .unwrap();
        for scope in [EVERYBODY, owner.as_i64()] {
            for typed in ["陈思", "思齐", "sq", "csq", "陈思齐", "2046", "7774", PHONE, DOCUMENT] {
                assert_eq!(found(&room, scope, typed).await, [id], "{typed}");
            }
        }
        assert!(found(&room, 43, "思齐").await.is_empty());
        let keys = keyring.clone();
        room.db()
            .write_unaudited("test", move |tx| {
                account::service::rename_in(tx, &keys, id, "王慧")?;
                account::service::set_phone_in(tx, &keys, id, None)
            })
            .await
            .unwrap();
        for gone in ["陈思", "csq", "2046"] {
            assert!(found(&room, EVERYBODY, gone).await.is_empty(), "{gone}");
        }
        assert_eq!(found(&room, owner.as_i64(), "王慧").await, [id]);
        let keys = keyring.clone();
        room.db().write_unaudited("test", move |tx| service::forget_in(tx, &keys, id)).await.unwrap();
        let left: i64 = room
            .db()
            .read_one(move |s| s.one("SELECT COUNT(*) FROM search_gram WHERE account_id = $1", &[&id]))
            .await
            .unwrap();
        assert_eq!(left, 0);
    }
}
