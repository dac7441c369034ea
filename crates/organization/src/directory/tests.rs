use super::model::{Asked, Expiry, From};
use crate::membership::{MembershipState, Role};
use crate::testing::{Town, towns};
use identity::account::model::today;
use identity::search::Wanted;
use kernel::{Event, LoginName, Mobile, ResidentId, id::AccountId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A managed member, made as an import makes one.
async fn add(town: &Town, login_name: &str, name: &str, phone: Option<&str>, days: Option<i64>) -> AccountId {
    add_with(town, login_name, name, (phone, None), days).await
}
async fn add_with(
    town: &Town,
    login_name: &str,
    name: &str,
    (phone, document): (Option<&str>, Option<&str>),
    days: Option<i64>,
) -> AccountId {
    let new = crate::membership::ManagedMember {
        membership: town.rooms.db().draw(),
        account: town.rooms.db().draw(),
        sub: town.rooms.db().rng().short_token(),
        login_name: LoginName::parse(login_name).unwrap(),
        name: name.into(),
        phone: phone.map(|phone| Mobile::parse(phone).unwrap()),
        document: document.map(|document| ResidentId::parse(document, today(town.now())).unwrap()),
        valid_from: None,
        valid_until: days.map(|days| town.now().plus_days(days)),
        scope: None,
        reason: None,
    };
    let (account, keyring) = (new.account, Arc::clone(town.rooms.db().keyring()));
    let (by, organization, now) = (town.as_administrator(town.administrator).await, town.ours, town.now());
    town.rooms
        .db()
        .write(move |tx| {
            let managing = crate::membership::managing_in(tx, &by.clone().into(), organization, now)?;
            let events: Option<Vec<Event>> =
                crate::membership::create_managed_in(tx, &keyring, &managing, &new, now)?;
            Ok(((), events.unwrap()))
        })
        .await
        .unwrap();
    account
}
async fn found(town: &Town, asked: Asked) -> Vec<AccountId> {
    let by = town.as_administrator(town.administrator).await;
    let listed = town.rooms.directory(&by, asked, 20, town.now()).await.unwrap();
    listed.rows.into_iter().map(|row| row.account).collect()
}
fn typed(text: &str, town: &Town) -> Asked {
    Asked { wanted: Some(Wanted::parse(text, town.now())), ..Asked::default() }
}

#[tokio::test]
async fn m32_members_are_found_by_what_people_know_of_them() {
    for town in towns().await {
        let li = add(&town, "lilei01", "李雷", Some("13912342046"), None).await;
        let han = add(&town, "hanmei", "韩梅梅", None, None).await;
        let own = town.self_owned("liubei").await;
        town.join(town.ours, Role::Agent, own).await;
        // The same name elsewhere is nobody here.
        let theirs = town.self_owned("liubei2").await;
        town.join(town.theirs, Role::Agent, theirs).await;
        for (text, expected) in [
            ("李雷", vec![li]),
            ("ll", vec![li]),
            ("hmm", vec![han]),
            ("梅梅", vec![han]),
            ("13912342046", vec![li]),
            ("2046", vec![li]),
            ("lilei", vec![li]),
            ("LIU", vec![own]),
            ("温如", vec![own]),
            ("wrc", vec![own]),
            ("9999", vec![]),
            ("没有这人", vec![]),
            ("x", vec![]),
        ] {
            assert_eq!(found(&town, typed(text, &town)).await, expected, "{text}");
        }
    }
}
#[tokio::test]
async fn documents_are_found_of_accounts_that_the_organization_owns_alone() {
    let (held, shown) = ("110101199003077774", "11010119900307109X");
    for town in towns().await {
        let owned = add_with(&town, "hanmei", "韩梅梅", (None, Some(held)), None).await;
        let own = town.with_document("liubei", shown).await;
        town.join(town.ours, Role::Agent, own).await;
        for (text, expected) in
            [(held, vec![owned]), ("7774", vec![owned]), (shown, vec![]), ("109X", vec![])]
        {
            assert_eq!(found(&town, typed(text, &town)).await, expected, "{text}");
        }
    }
}
#[tokio::test]
async fn filters_hold_in_lists_and_in_searches() {
    for town in towns().await {
        let soon = add(&town, "lilei01", "李雷", None, Some(10)).await;
        let later = add(&town, "lilei02", "李雷", None, Some(20)).await;
        let far = add(&town, "lilei03", "李雷", None, Some(400)).await;
        let expiry = |expiry| Asked { expiry: Some(expiry), ..Asked::default() };
        assert_eq!(found(&town, expiry(Expiry::Soon)).await, [soon, later], "the first to end first");
        assert!(found(&town, expiry(Expiry::Over)).await.is_empty());
        let administrators = Asked { role: Some(Role::Administrator), ..Asked::default() };
        assert_eq!(found(&town, administrators).await, [town.administrator.account]);
        let by = town.as_administrator(town.administrator).await;
        let member = town.rooms.live_member_of(town.ours, far).await.unwrap().unwrap();
        town.rooms.set_member_suspended(by, town.ours, member.id, true, "", town.now()).await.unwrap();
        let suspended = Asked { state: Some(MembershipState::Suspended), ..Asked::default() };
        assert_eq!(found(&town, suspended.clone()).await, [far]);
        let both = Asked { wanted: typed("李雷", &town).wanted, ..suspended };
        assert_eq!(found(&town, both).await, [far]);
        let by = town.as_administrator(town.administrator).await;
        town.rooms.delete_member(by, town.ours, member.id, "", town.now()).await.unwrap();
        assert_eq!(found(&town, typed("李雷", &town)).await, [later, soon]);
        let left: i64 = town
            .rooms
            .db()
            .read_one(move |s| s.one("SELECT COUNT(*) FROM search_gram WHERE account_id = $1", &[&far]))
            .await
            .unwrap();
        assert_eq!(left, 0, "nobody finds who was removed");
    }
}
#[tokio::test]
async fn pages_of_a_list_and_of_a_search_have_everybody_once() {
    for town in towns().await {
        let mut all = BTreeSet::new();
        for n in 0..23 {
            all.insert(add(&town, &format!("page{n:02}"), "赵子龙", None, Some(5 + n)).await);
        }
        let by = town.as_administrator(town.administrator).await;
        for asked in [
            typed("子龙", &town),
            typed("赵子龙", &town),
            Asked { expiry: Some(Expiry::Soon), ..Asked::default() },
        ] {
            let (mut seen, mut from, mut pages) = (Vec::new(), From::Start, 0);
            loop {
                let page = Asked { from, ..asked.clone() };
                let listed = town.rooms.directory(&by, page, 5, town.now()).await.unwrap();
                assert!(listed.rows.len() <= 5);
                seen.extend(listed.rows.iter().map(|row| row.account));
                pages += 1;
                from = match (listed.next, listed.older) {
                    (Some(account), _) => From::Below(account),
                    (None, Some(key)) => From::Before(key),
                    (None, None) => break,
                };
            }
            assert!(pages >= 5);
            assert_eq!(seen.len(), 23, "each once");
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
        }
    }
}
