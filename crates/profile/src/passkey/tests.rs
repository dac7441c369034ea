use super::service;
use crate::testing::House;
use factor::passkey::PasskeyId;
use kernel::id::AccountId;

/// As if the account had added a key.
async fn key_for(house: &House, account: AccountId) -> PasskeyId {
    let (id, now): (PasskeyId, _) = (house.db().draw(), house.now());
    let name = house.db().keyring().seal("passkey.name", id.as_i64(), "Laptop");
    house
        .db()
        .write_unaudited("test", move |tx| {
            tx.run(
                "INSERT INTO passkey (id, account_id, credential_id, user_handle, name, credential, sign_count, synced,
                    transports, created_at)
                 VALUES ($1, $2, $3, $4, $4, $4, 0, TRUE, 'internal', $5)",
                &[&id, &account, &id.as_i64().to_be_bytes().to_vec(), &name, &now],
            )
        })
        .await
        .unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_last_keys_that_are_removed_at_once_one_stays() {
    for house in House::on_engines().await {
        let account = house.person("linzhiyuan", None).await;
        let keys = [key_for(&house, account).await, key_for(&house, account).await];
        house
            .db()
            .write_unaudited("test", move |tx| {
                tx.run("DELETE FROM password WHERE account_id = $1", &[&account])
            })
            .await
            .unwrap();
        house.remember_browser(account).await;
        let (signed_in, now) = (house.signed_in(account).await, house.now());
        let tasks: Vec<_> = keys
            .into_iter()
            .map(|key| {
                let (identity, signed_in) = (house.identity().clone(), signed_in.clone());
                tokio::spawn(async move { service::remove(&identity, &signed_in, key, now).await })
            })
            .collect();
        let mut refused = Vec::new();
        for task in tasks {
            refused.extend(task.await.unwrap().err().map(|error| error.code));
        }
        assert_eq!(refused, ["passkey.last_way_in"]);
        assert_eq!(factor::summary(house.db(), account).await.unwrap().passkeys, 1);
        assert_eq!(house.events("passkey.removed").await, 1);
        assert_eq!(house.remembered_browsers().await, 0, "nothing stands in for what is gone");
        let missing = service::remove(house.identity(), &signed_in, house.db().draw(), now).await;
        assert_eq!(missing.unwrap_err().code, "passkey.unknown_key");
    }
}

#[tokio::test]
async fn a_bare_address_says_why_there_are_no_passkeys() {
    for house in House::on_engines().await {
        let account = house.person("linzhiyuan", None).await;
        let mut browser = house.browser(account).await;
        let page = browser.get("/me/passkeys").await;
        assert!(page.has("Passkeys do not work at this address") && !page.has("data-passkey=\"create\""));
        let refused = browser.post(&page, "/me/passkeys/begin", &[]).await;
        assert_eq!(refused.status, http::StatusCode::UNPROCESSABLE_ENTITY);
        // What no script filled in is told, not stored.
        let refused = browser.post(&page, "/me/passkeys", &[("name", "x")]).await;
        assert_eq!(refused.status, http::StatusCode::UNPROCESSABLE_ENTITY);
        house.pass(601);
        assert!(browser.get("/me/passkeys").await.location.starts_with("/me/verify?"));
        assert!(browser.post(&page, "/me/passkeys/begin", &[]).await.location.starts_with("/me/verify?"));
    }
}
