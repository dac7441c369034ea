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
