//! Whose API a resource is. A token that names it opens it, so a product manager names what no other product lays claim to by
//! its addresses; where products share a host, or one calls another's API, the system administrator says that they may.
use super::{keeper::Keeper, model::Client, store};
use db::Tx;
use kernel::{Error, Result};
use platform::staff::StaffRole;
use url::Url;

/// Of what is new: it may have been allowed before by somebody who could. Error: `client.resource_foreign`.
pub(crate) fn recheck_in(tx: &mut Tx<'_>, by: &Keeper, client: &Client, before: &[String]) -> Result<()> {
    let added: Vec<String> = client
        .settings
        .resources
        .iter()
        .filter(|uri| !before.contains(uri))
        .map(|uri| place_of(uri))
        .collect();
    if !are_foreign_in(tx, client, &added)? {
        return Ok(());
    }
    let foreign = || Error::invalid("client.resource_foreign").at("resources");
    let Keeper::Desk(by) = by else { return Err(foreign()) };
    by.must_be(tx, &[StaffRole::SystemAdministrator]).map_err(|error| match error.code {
        "staff.role_required" => foreign(),
        _ => error,
    })
}

/// All of them, whoever allowed what is foreign. Error: `client.resource_foreign`.
pub(super) fn must_be_own_in(tx: &mut Tx<'_>, client: &Client) -> Result<()> {
    let places: Vec<String> = client.settings.resources.iter().map(|uri| place_of(uri)).collect();
    match are_foreign_in(tx, client, &places)? {
        true => Err(Error::invalid("client.resource_foreign").at("resources")),
        false => Ok(()),
    }
}
fn are_foreign_in(tx: &mut Tx<'_>, client: &Client, places: &[String]) -> Result<bool> {
    if places.is_empty() {
        return Ok(false);
    }
    let claims = store::list_addresses_of_others(tx, client.product)?;
    Ok(claims.iter().flat_map(|uris| uris.split('\n')).any(|uri| places.contains(&place_of(uri))))
}

/// Its host, whatever port and scheme: they are no other owner's. What has none, a URN, stands for itself.
fn place_of(uri: &str) -> String {
    let url = Url::parse(uri).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.map_or_else(|| uri.to_owned(), |host| host.trim_end_matches('.').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::place_of;
    use crate::{
        client::{
            Algorithm, ClientEdit, NewClient, Settings,
            service::{create_client, update_client},
        },
        house::{CALLBACK, House, houses},
        machine::{self, NewMachine},
    };
    use kernel::{
        Actor, Error, Result,
        id::{AccountId, ClientId, ProductId},
    };
    use organization::Operator;

    const OTHER: ProductId = ProductId::from_i64(77);

    #[test]
    fn a_place_is_a_host_or_a_name() {
        for uri in
            ["https://api.test", "https://API.test:8443/v1", "http://api.test./", "custom://API.test/x"]
        {
            assert_eq!(place_of(uri), "api.test", "{uri}");
        }
        assert_ne!(place_of("https://api.test.evil.test/"), "api.test");
        assert_eq!(place_of("urn:api:quotes"), "urn:api:quotes");
    }

    fn settings(resources: &[&str]) -> Settings {
        Settings { resources: resources.iter().map(|uri| (*uri).to_owned()).collect(), ..Settings::default() }
    }
    async fn create(
        house: &House,
        by: &Operator,
        product: ProductId,
        uri: &str,
        resources: &[&str],
    ) -> Result<ClientId> {
        let new = NewClient {
            id: house.db.draw(),
            product,
            name: "Server".into(),
            redirect_uris: vec![uri.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            skip_consent: false,
            id_token_algorithm: Algorithm::Es256,
            settings: settings(resources),
        };
        create_client(&house.db, by, new).await.map(|made| made.id)
    }
    async fn update(house: &House, by: &Operator, id: ClientId, resources: &[&str]) -> Result<()> {
        let edit = ClientEdit {
            seen: None,
            name: "Server".into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            id_token_algorithm: Algorithm::Es256,
            settings: settings(resources),
        };
        update_client(&house.db, by, house.client.product, id, edit).await.map(drop)
    }
    async fn program(house: &House, by: &Operator, resources: &[&str]) -> Result<()> {
        let new = NewMachine {
            id: house.db.draw(),
            product: house.client.product,
            name: "程序".into(),
            owner: Some(house.organization),
            settings: Settings { grant_types: Settings::machine().grant_types, ..settings(resources) },
            algorithm: Algorithm::Es256,
        };
        machine::service::create(&house.db, by, new).await.map(drop)
    }

    #[tokio::test]
    async fn f10_a_product_manager_enters_no_api_of_another_product() {
        for house in houses(true).await {
            let (own, installation) = (house.client.product, Operator::installation());
            house.another_product(Some("https://www.b.test/in")).await;
            let theirs = ["https://api.b.test/v1", "urn:b:api"];
            create(&house, &installation, OTHER, "https://b.test/callback", &theirs).await.unwrap();
            house
                .change(
                    "INSERT INTO staff (account_id, role, state, created_at)
                     SELECT id, 'product_manager', 'active', 0 FROM account",
                )
                .await;
            let account: AccountId =
                house.db.read(|tx| tx.one("SELECT account_id FROM staff", &[])).await.unwrap();
            let manager = Operator::again(account, Actor::system());
            let mine = ["https://rp.test/api", "https://api.new.test/", "urn:a:api"];
            let client = create(&house, &manager, own, CALLBACK, &mine).await.unwrap();
            program(&house, &manager, &mine).await.unwrap();
            let foreign = |result: Result<()>| {
                let Error { code, field, .. } = result.unwrap_err();
                assert_eq!((code, field), ("client.resource_foreign", Some("resources")));
            };
            for uri in [
                "https://api.b.test/v1",
                "https://api.b.test:8443/another",
                "https://API.B.test/",
                "https://b.test/api",
                "https://www.b.test/",
                "urn:b:api",
            ] {
                foreign(create(&house, &manager, own, CALLBACK, &[uri]).await.map(drop));
                foreign(update(&house, &manager, client, &["https://rp.test/api", uri]).await);
                foreign(program(&house, &manager, &[uri]).await);
            }
            // What somebody allowed who could stays when the manager edits something else, and is on record.
            let both = ["https://rp.test/api", "https://api.b.test/v1"];
            update(&house, &installation, client, &both).await.unwrap();
            update(&house, &manager, client, &both).await.unwrap();
            let told: Vec<String> = house
                .db
                .read(|tx| {
                    tx.all(
                        "SELECT detail FROM audit_event WHERE action IN ('client.created', 'client.updated')",
                        &[],
                    )
                })
                .await
                .unwrap();
            for uri in ["https://api.new.test/", "https://api.b.test/v1"] {
                assert!(told.iter().any(|detail| detail.contains(uri)), "{uri}: {told:?}");
            }
            house.change("UPDATE staff SET role = 'system_administrator'").await;
            create(&house, &manager, own, CALLBACK, &theirs).await.unwrap();
        }
    }
}
