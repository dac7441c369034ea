use crate::testing::House;
use identity::credential;
use kernel::{Actor, ActorKind, Event, id::AccountId};
use organization::membership::{OrganizationAdministrator, PhoneChange, Role};
use serde_json::json;

const AT_WORK: &str = "198.51.100.7";

/// As a handler builds it for whoever sits at that address.
fn at_work(kind: ActorKind, account: AccountId) -> Actor {
    Actor { kind, account: Some(account), address: Some(AT_WORK.parse().unwrap()), ..Actor::system() }
}
async fn record(house: &House, account: AccountId) -> String {
    house.browser(account).await.get("/me/history").await.text
}
fn rows(page: &str) -> Vec<&str> {
    page.split("<tr><th scope=\"row\">").skip(1).map(|row| row.split("</tr>").next().unwrap()).collect()
}

#[tokio::test]
async fn m22_what_administrators_did_to_the_account_stands_in_its_record_without_their_name() {
    for house in House::on_engines().await {
        let organization = house.organization().await;
        let account = house.managed(organization, Role::Agent, "chensiqi", None).await;
        let head = house.person("linzy", None).await;
        house.join(organization, Role::LegalRepresentative, head).await;
        let actor = at_work(ActorKind::Account, head);
        let by: OrganizationAdministrator =
            house.rooms.administrator_again(head, organization, actor, house.now()).await.unwrap().unwrap();
        let membership = house.rooms.memberships(account).await.unwrap().remove(0).id;
        let (rooms, now) = (&house.rooms, house.now());

        let same =
            rooms.edit_member(by.clone(), organization, membership, "陈思齐".into(), PhoneChange::Keep, now);
        same.await.unwrap();
        assert!(rows(&record(&house, account).await).is_empty(), "nothing was changed");
        let other =
            rooms.edit_member(by.clone(), organization, membership, "陈思奇".into(), PhoneChange::Keep, now);
        other.await.unwrap();
        rooms.reset_member_password(by.clone(), organization, membership, now).await.unwrap();
        let id = house.db().draw::<kernel::id::mark::Passkey>();
        house
            .db()
            .write_unaudited("test", move |tx| {
                credential::service::set_in(tx, account, "none", false, now)?;
                tx.run(
                    "INSERT INTO passkey (id, account_id, credential_id, user_handle, name, credential, sign_count, synced,
                        transports, created_at)
                     VALUES ($1, $2, $3, $3, $3, $3, 0, TRUE, 'internal', $4)",
                    &[&id, &account, &id.as_i64().to_be_bytes().to_vec(), &now],
                )
            })
            .await
            .unwrap();
        rooms.remove_member_factors(by.clone(), organization, membership, now).await.unwrap();

        let page = record(&house, account).await;
        let rows = rows(&page);
        assert_eq!(rows.len(), 3, "{page}");
        let label = web::Lang::En.t("profile-history-by-administrator");
        for action in ["account-edited", "account-password-reset", "account-factors-removed"] {
            let words = web::Lang::En.t(&format!("profile-event-{action}"));
            let row: Vec<_> = rows.iter().filter(|row| row.contains(&words)).collect();
            assert_eq!(row.len(), 1, "{action}: {page}");
            assert!(row[0].contains(&label) && !row[0].contains(AT_WORK), "{}", row[0]);
        }
        assert!(!page.contains("林知远") && !page.contains("linzy"), "the office, not the person");
        // Each once in the organization's record, where it is by the membership.
        for action in ["membership.edited", "membership.password_reset", "membership.factors_removed"] {
            assert!(house.events(action).await >= 1, "{action}");
        }
        let own = "account.password_reset";
        let count = house
            .db()
            .read(move |tx| {
                tx.one::<i64>(
                    "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE action = $1 AND organization_id IS NULL",
                    &[&own],
                )
            })
            .await
            .unwrap();
        assert_eq!(count, 1);
    }
}

#[tokio::test]
async fn m22_what_staff_and_strangers_did_is_a_row_each_and_what_is_not_the_holders_stays_hidden() {
    for house in House::on_engines().await {
        let (account, staff) = (house.person("linzy", None).await, house.person("staff", None).await);
        let (officer, other) = (at_work(ActorKind::Staff, staff), at_work(ActorKind::Account, staff));
        let stranger = Actor::anonymous(Some("203.0.113.9".parse().unwrap()), String::new());
        let holder = at_work(ActorKind::Account, account);
        let by_staff = [
            "account.factors_removed",
            "realname.revoked",
            "realname.proven",
            "legacy.merged",
            "legacy.parted",
        ];
        let of_holder = ["device.trusted", "session.scan_approved", "session.scan_refused", "legacy.merged"];
        let begun = ["recovery.begun", "recovery.proven"];
        let failed = ["recovery.code", "recovery.answers", "recovery.factor", "recovery.alipay"];
        let (one, two, three) = (officer.clone(), holder.clone(), stranger.clone());
        house
            .db()
            .write(move |_| {
                let mut events: Vec<Event> = Vec::new();
                events
                    .extend(by_staff.map(|action| Event::done(&one, action).with(json!({ "reason": "x" }))));
                events.extend(of_holder.map(|action| Event::done(&two, action)));
                events.extend(begun.map(|action| Event::done(&three, action)));
                events
                    .extend(failed.map(|action| Event::failed(&three, action).with(json!({ "by": "sms" }))));
                // Somebody proved the number for themselves: of the staff or not, it is not the platform's doing.
                events.push(Event::done(&one, "account.phone_released"));
                events.push(Event::done(&other, "account.phone_released"));
                Ok(((), events.into_iter().map(|event| event.on("account", account)).collect()))
            })
            .await
            .unwrap();
        let page = record(&house, account).await;
        let rows = rows(&page);
        assert_eq!(rows.len(), 17, "{page}");
        let t = |key: &str| web::Lang::En.t(key);
        let of = |action: &str, ending: &str| {
            let words = t(&format!("profile-event-{}{ending}", action.replace(['.', '_'], "-")));
            rows.iter().filter(|row| row.contains(&words)).copied().collect::<Vec<_>>()
        };
        let staffs = t("profile-history-by-staff");
        for action in by_staff {
            let found: Vec<_> = of(action, "").into_iter().filter(|row| row.contains(&staffs)).collect();
            assert_eq!(found.len(), 1, "{action}: {page}");
            assert!(!found[0].contains(AT_WORK), "{action}: where staff sit");
        }
        for action in of_holder {
            let found: Vec<_> = of(action, "").into_iter().filter(|row| row.contains(AT_WORK)).collect();
            assert_eq!(found.len(), 1, "{action}: {page}");
            assert!(!found[0].contains(&staffs), "{action}");
        }
        for row in
            begun.iter().flat_map(|action| of(action, "")).chain(failed.iter().flat_map(|a| of(a, "-failed")))
        {
            assert!(row.contains("203.0.113.9"), "whoever tries has an address: {row}");
        }
        assert_eq!(failed.iter().map(|action| of(action, "-failed").len()).sum::<usize>(), 4);
        let released = of("account.phone_released", "");
        assert!(
            released.len() == 2
                && released.iter().all(|row| !row.contains(AT_WORK) && !row.contains(&staffs))
        );
    }
}
