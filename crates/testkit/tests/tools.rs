//! The tools themselves: a browser that trusts the test authority and finds the hosts of the journeys.
use testkit::{
    browser::{Look, journey},
    party::Party,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_trusts_the_test_authority_on_every_host() {
    journey("testkit_hosts", Look::default(), async |browser| {
        for host in ["rp.test", "third.test"] {
            let party = Party::start(host, None).await?;
            browser.go(&format!("{}/landed", party.base)).await?;
            assert_eq!(browser.text().await?, "landed");
            assert_eq!(browser.driver.execute("return window.isSecureContext", vec![]).await?.json(), true);
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_can_be_walked_without_scripts() {
    let look = Look { scripts: false, ..Look::default() };
    journey("testkit_no_scripts", look, async |browser| {
        let page = "data:text/html,<p id=p>plain</p><script>document.getElementById('p').textContent='scripted'</script>\
                    <form action='about:blank'><input id=i></form>";
        browser.go(page).await?;
        browser.fill("#i", "typed").await?;
        assert_eq!(browser.text().await?.trim(), "plain");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache_starts_with_its_own_configuration() {
    let Some(place) = testkit::apache::Place::find().unwrap() else { return };
    let client = testkit::Client {
        product: "x".into(),
        client_id: "x".into(),
        client_secret: "y".into(),
        redirect_uris: vec![],
    };
    let apache = testkit::apache::Apache::start(place, "http://127.0.0.1:1", &client).await.unwrap();
    let agent = testkit::Agent::new(&apache.base).unwrap();
    let reply = agent.get("/out.html").await.unwrap();
    assert!(reply.body.contains("signed out"), "{}\n{}", reply.body, apache.log());
}
