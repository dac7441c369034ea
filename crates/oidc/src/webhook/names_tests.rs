//! By which names a webhook tells of people: the one kind that the product's clients agree on.
use super::Opened;
use crate::{
    claims::Sector,
    client::{
        Algorithm, ClientEdit, ClientState, NewClient, Settings, SubjectType,
        service::{create_client, list_of_product, set_state, update_client},
    },
    house::{CALLBACK, House, houses},
};
use kernel::{Result, id::ClientId};
use organization::Operator;

fn by() -> Operator {
    Operator::installation()
}
fn settings(subject_type: SubjectType) -> Settings {
    Settings { subject_type, ..Settings::default() }
}
async fn create(house: &House, subject_type: SubjectType) -> Result<ClientId> {
    let new = NewClient {
        id: house.db.draw(),
        product: house.client.product,
        name: "Another".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: true,
        id_token_algorithm: Algorithm::Es256,
        settings: settings(subject_type),
    };
    create_client(&house.db, &by(), new).await.map(|registered| registered.id)
}
async fn open(house: &House) -> Result<Opened> {
    let (id, now) = (house.db.draw(), house.db.clock().now());
    house.openid.set_webhook(&by(), id, house.client.product, "https://rp.test/hook", now).await
}
async fn set(house: &House, id: ClientId, state: ClientState) -> Result<()> {
    let known = list_of_product(&house.db, house.client.product).await?;
    let client = known.iter().find(|client| client.id == id).unwrap();
    set_state(&house.db, &by(), client, state).await
}
fn refused<T>(result: Result<T>) -> (&'static str, Option<&'static str>) {
    let Err(error) = result else { panic!("not refused") };
    (error.code, error.field)
}

#[tokio::test]
async fn clients_of_a_product_that_is_told_things_know_people_by_the_same_names() {
    const MIXED: (&str, Option<&str>) = ("client.names_mixed", Some("subject_type"));
    for house in houses(true).await {
        let product = house.client.product;
        house.change("UPDATE client SET subject_type = 'pairwise'").await;
        // As long as nobody is told anything, each client has its names.
        let other = create(&house, SubjectType::Public).await.unwrap();
        assert_eq!(refused(open(&house).await), ("client.names_mixed", Some("url")));
        assert!(house.openid.webhook(product).await.unwrap().is_none());
        set(&house, other, ClientState::Disabled).await.unwrap();
        assert!(matches!(open(&house).await.unwrap(), Opened::New(_)));
        // Then none is switched on, registered or changed that would need others.
        assert_eq!(refused(set(&house, other, ClientState::Active).await), MIXED);
        assert_eq!(refused(create(&house, SubjectType::Public).await), MIXED);
        create(&house, SubjectType::Pairwise).await.unwrap();
        let edit = |settings| ClientEdit {
            seen: None,
            name: "Another".into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            id_token_algorithm: Algorithm::Es256,
            settings,
        };
        let public = edit(settings(SubjectType::Public));
        assert_eq!(refused(update_client(&house.db, &by(), product, house.client.id, public).await), MIXED);
        let pairwise = edit(settings(SubjectType::Pairwise));
        update_client(&house.db, &by(), product, other, pairwise).await.unwrap();
        set(&house, other, ClientState::Active).await.unwrap();
        let clients = list_of_product(&house.db, product).await.unwrap();
        assert!(!Sector::of_all(&clients).unwrap().is_common());
    }
}

#[tokio::test]
async fn a_redirect_address_on_another_products_host_gives_none_of_its_names() {
    for house in houses(true).await {
        house.change("UPDATE client SET subject_type = 'pairwise'").await;
        let sibling = create(&house, SubjectType::Pairwise).await.unwrap();
        let known = list_of_product(&house.db, house.client.product).await.unwrap();
        let one = |id: ClientId| known.iter().find(|client| client.id == id).unwrap().clone();
        let (own, sibling) = (one(house.client.id), one(sibling));
        assert_eq!(Sector::of(&own), Sector::of(&sibling), "one host of one product is one sector");
        let mut stranger = sibling.clone();
        stranger.product = house.db.draw();
        assert_ne!(Sector::of(&own), Sector::of(&stranger));
        let (mut listed, mut partner) = (own.clone(), stranger.clone());
        for client in [&mut listed, &mut partner] {
            client.settings.sector_identifier_uri = Some("https://rp.test/list".into());
        }
        assert_eq!(
            Sector::of(&listed),
            Sector::of(&partner),
            "whoever is on the host's list shares its names"
        );
        assert_ne!(Sector::of(&listed), Sector::of(&stranger));
    }
}
