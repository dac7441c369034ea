//! Real names: checked by a verifier that runs as a process of its own, reviewed at the counter by two people, disputed,
//! taken off again. One engine walks in Chinese at a desk, the other in English on a phone.
use crate::{
    journeys::{
        looks::look_at_step,
        steps::{look, said},
    },
    peers::upstream::{Provider, add_alipay},
    support::{options, signed_in},
};
use anyhow::{Context as _, Result};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{
    Browser, Engine, Server,
    browser::journey,
    process::{Process, free_port},
};
use verifier::population::{Person, person};

on_both_engines!(
    m20_m21_m22_a_person_is_checked_online_and_takes_the_verification_off,
    m20_alipay_vouches_for_name_and_document,
    m20_two_members_of_staff_review_a_document_at_the_counter,
    m21_a_second_claim_to_one_identity_is_decided_by_two,
    m20_a_verifier_that_hangs_holds_up_nobody,
);

pub const SEED: u64 = 5;
const SECRET: &str = "journeys-share-this-secret";

/// Not a test: what the journeys start as a process of its own.
#[test]
#[ignore = "the journeys start it"]
fn verifier_process() -> Result<()> {
    let Ok(arguments) = std::env::var("FUJIE_JOURNEY_VERIFIER") else { return Ok(()) };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(verifier::program::run(arguments.lines().map(str::to_owned)))
}
pub struct Verifier {
    url: String,
    _process: Process,
    _folder: tempfile::TempDir,
}
pub async fn start_verifier(fault: &str) -> Result<Verifier> {
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, SECRET)?;
    let (address, seed) = (format!("127.0.0.1:{port}"), SEED.to_string());
    let arguments = [
        "--listen",
        &address,
        "--seed",
        &seed,
        "--fault",
        fault,
        "--secret-file",
        secret.to_str().context("path")?,
    ];
    let process = Process::spawn(
        Command::new(std::env::current_exe()?)
            .args(["journeys::real_name::verifier_process", "--exact", "--ignored", "--nocapture"])
            .env("FUJIE_JOURNEY_VERIFIER", arguments.join("\n"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    let until = Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        anyhow::ensure!(Instant::now() < until, "the verifier did not come up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Verifier { url: format!("http://{address}"), _process: process, _folder: folder })
}

async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<()> {
    let account = server.demo.account(key)?;
    sign_in_as(browser, server, &account.login_name).await
}
pub async fn sign_in_as(browser: &Browser, server: &Server, login_name: &str) -> Result<()> {
    let account = server.demo.accounts.iter().find(|account| account.login_name == login_name);
    let account = account.with_context(|| format!("no demo account {login_name}"))?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await
}
/// A system administrator sets the verifier up at the desk and tests it.
pub async fn set_up(browser: &Browser, server: &Server, verifier: &Verifier, engine: Engine) -> Result<()> {
    sign_in(browser, server, "system_administrator").await?;
    browser.go(&format!("{}/desk/verifiers", server.base)).await?;
    browser.click("a[href='/desk/verifiers/new']").await?;
    for (field, value) in
        [("name", "示例核验中心"), ("url", verifier.url.as_str()), ("key_id", "fujie"), ("secret", SECRET)]
    {
        browser.fill(&format!("#{field}"), value).await?;
    }
    for check in ["two_element", "three_element", "bank_card"] {
        browser.tick(&format!("input[value='{check}']")).await?;
    }
    browser.click("main .savebar button.primary").await?;
    browser.click("main table th a").await?;
    assert_eq!(browser.value("#secret").await?, "", "a secret is never shown");
    browser.click("#verifier-test").await?;
    let text = browser.find(".flash[data-t='ok']").await?.text().await?;
    assert!(text.contains(said(engine, "答复正常", "answers as it should")), "{text}");
    super::steps::sign_out(browser, &server.base).await
}
/// Whatever the demonstration proved goes, so that the journey begins unverified.
pub async fn unbind(browser: &Browser, server: &Server) -> Result<()> {
    if level(browser, server).await? == "0" {
        return Ok(());
    }
    browser.click("main table a[href^='/me/real-name/unbind']").await?;
    browser.find("#lost").await?;
    browser.click("#unbind").await?;
    browser.find("#real-name-level .tag").await?;
    Ok(())
}
pub async fn ask(browser: &Browser, server: &Server, method: &str, person: &Person) -> Result<()> {
    browser.go(&format!("{}/me/real-name", server.base)).await?;
    browser.click(&format!("a[data-method='{method}']")).await?;
    browser.fill("#name", &person.name).await?;
    browser.fill("#number", &person.number).await?;
    if method != "two_element" && method != "counter" {
        browser.fill("#mobile", &person.mobile).await?;
    }
    browser.tick("#consent").await?;
    browser.click("main .savebar button.primary").await
}
/// The page of the case comes by itself to this state.
pub async fn comes_to(browser: &Browser, state: &str) -> Result<()> {
    let wanted = format!("#case-state[data-state='{state}']");
    browser.find(&wanted).await.map(drop)
}
pub async fn level(browser: &Browser, server: &Server) -> Result<String> {
    browser.go(&format!("{}/me/real-name", server.base)).await?;
    browser.find("#real-name-level").await?;
    if !browser.has("#real-name-level .level").await? {
        return Ok("0".into());
    }
    browser.find("#real-name-level .level").await?.attr("data-n").await?.context("no level")
}

async fn m20_m21_m22_a_person_is_checked_online_and_takes_the_verification_off(engine: Engine) -> Result<()> {
    let (server, verifier) = (Server::start(options(engine).tls()).await?, start_verifier("none").await?);
    journey(&format!("m20_online_{engine:?}"), look(engine), async |browser| {
        set_up(browser, &server, &verifier, engine).await?;
        // In an organization's space the own level stands as well.
        let agent = server.demo.account("agent_granted")?;
        sign_in_as(browser, &server, &agent.login_name).await?;
        browser.go(&format!("{}/org/{}/", server.base, agent.organization_id()?)).await?;
        browser.find("#own-standing .level[data-n='1']").await?;
        super::steps::sign_out(browser, &server.base).await?;

        sign_in_as(browser, &server, "songyuan").await?;
        assert_eq!(level(browser, &server).await?, "2", "as the demonstration has it");
        // What is lost is said before it is lost: the credit report needs the intermediate level.
        browser.click("main table a[href^='/me/real-name/unbind']").await?;
        let lost = browser.find("#lost-products").await?.text().await?;
        assert!(lost.contains(said(engine, "信用", "redit")), "{lost}");
        browser.picture("lost").await?;
        browser.click("#unbind").await?;
        assert_eq!(level(browser, &server).await?, "0");

        let somebody = person(SEED, 1);
        let wrong = Person { name: "别人".into(), ..somebody.clone() };
        ask(browser, &server, "two_element", &wrong).await?;
        comes_to(browser, "refused").await?;
        let text = browser.find("#case-state").await?.text().await?;
        assert!(text.contains(said(engine, "不一致", "do not belong together")), "{text}");
        browser.picture("mismatch").await?;

        ask(browser, &server, "two_element", &somebody).await?;
        comes_to(browser, "approved").await?;
        assert_eq!(level(browser, &server).await?, "1");
        let text = browser.text().await?;
        assert!(text.contains(&somebody.name) && !text.contains(&somebody.number), "{text}");
        browser.go(&format!("{}/me", server.base)).await?;
        browser.find(".level[data-n='1']").await?;

        ask(browser, &server, "three_element", &somebody).await?;
        comes_to(browser, "approved").await?;
        assert_eq!(level(browser, &server).await?, "2");
        browser.picture("proofs").await?;
        // A proven name is not changed by typing another.
        browser.go(&format!("{}/me/messages", server.base)).await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "实名", "Real name")), "{text}");

        // One of the two goes, and the level with it.
        browser.go(&format!("{}/me/real-name", server.base)).await?;
        browser.click("main table tbody tr:first-child a[href^='/me/real-name/unbind']").await?;
        browser.find("#lost .level[data-n='1']").await?;
        browser.click("#unbind").await?;
        assert_eq!(level(browser, &server).await?, "1");
        assert_eq!(browser.console().await?, Vec::<String>::new());
        Ok(())
    })
    .await
}

/// Name and number come from Alipay alone: nothing is typed here, and nothing there is believed that would not be here.
async fn m20_alipay_vouches_for_name_and_document(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let alipay = Provider::alipay().await?;
    journey(&format!("m20_alipay_{engine:?}"), look(engine), async |browser| {
        add_alipay(browser, &server, &alipay).await?;
        sign_in_as(browser, &server, "peisiyuan").await?;
        unbind(browser, &server).await?;
        let says = async |text: &str| -> Result<()> {
            let shown = browser.text().await?;
            anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
            Ok(())
        };
        let go = async || -> Result<()> {
            browser.go(&format!("{}/me/real-name", server.base)).await?;
            browser.click("a[href^='/me/real-name/certified/']").await?;
            browser.tick("#consent").await?;
            browser.click("main .savebar button.primary").await
        };
        let as_who = async |who: &str| -> Result<()> {
            go().await?;
            browser.fill("#account", who).await?;
            browser.click("#agree").await
        };
        browser.go(&format!("{}/me/real-name", server.base)).await?;
        browser.click("a[href^='/me/real-name/certified/']").await?;
        // A browser that does not know what "required" means.
        browser.driver.execute("document.getElementById('consent').required = false", vec![]).await?;
        browser.click("main .savebar button.primary").await?;
        browser.find("#consent-e").await?;
        browser.picture("consent").await?;
        // Left there; refused by the gateway; changed on its way.
        go().await?;
        browser.click("#cancel").await?;
        says(said(engine, "您未在支付宝同意授权", "You did not agree at Alipay")).await?;
        as_who("refused").await?;
        says(said(engine, "未完成登录", "did not complete the sign-in")).await?;
        browser.go(&format!("{}/tamper?on=1", alipay.issuer)).await?;
        as_who("one").await?;
        says(said(engine, "未通过核验", "could not be verified")).await?;
        browser.go(&format!("{}/tamper?on=0", alipay.issuer)).await?;
        // Nobody whom Alipay certified, and a number that is none.
        for who in ["one -", "one 纪白芸 110101199003074259"] {
            as_who(who).await?;
            says(said(engine, "没有您的实名信息", "has no certified identity of yours")).await?;
        }
        browser.picture("not-certified").await?;
        assert_eq!(level(browser, &server).await?, "0");

        let somebody = person(SEED, 5);
        as_who(&format!("one {} {}", somebody.name, somebody.number)).await?;
        comes_to(browser, "approved").await?;
        assert_eq!(level(browser, &server).await?, "2");
        let text = browser.text().await?;
        assert!(text.contains(&somebody.name) && !text.contains(&somebody.number), "{text}");
        browser.picture("proven").await?;
        // Somebody else's Alipay, in the same browser: the account stays whose it is.
        let other = person(SEED, 6);
        as_who(&format!("two {} {}", other.name, other.number)).await?;
        comes_to(browser, "refused").await?;
        says(said(engine, "以另一个人的身份实名", "verified as somebody else")).await?;
        browser.picture("another").await?;
        assert_eq!(level(browser, &server).await?, "2");
        assert!(browser.text().await?.contains(&somebody.name), "{}", browser.excerpt().await);
        // Taken off, it counts no more.
        browser.click("main table a[href^='/me/real-name/unbind']").await?;
        browser.click("#unbind").await?;
        assert_eq!(level(browser, &server).await?, "0");
        Ok(())
    })
    .await
}

async fn m20_two_members_of_staff_review_a_document_at_the_counter(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let scan =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshot.png").canonicalize()?;
    let wrong = tempfile::Builder::new().suffix(".png").tempfile()?;
    std::fs::write(wrong.path(), "<html>no image</html>")?;
    let name = format!("m20_counter_{engine:?}");
    journey(&name, look(engine), async |holder| {
        sign_in_as(holder, &server, "peisiyuan").await?;
        unbind(holder, &server).await?;
        let somebody = person(SEED, 2);
        ask(holder, &server, "counter", &somebody).await?;
        comes_to(holder, "draft").await?;
        holder.click("#submit-case").await?;
        holder.find("#document-e").await?;
        for (file, taken) in [(wrong.path(), false), (scan.as_path(), true), (scan.as_path(), true)] {
            holder.find("#document").await?.send_keys(file.to_str().context("path")?).await?;
            holder.click("#document-upload").await?;
            holder.find(if taken { "#documents" } else { "#document-e" }).await?;
        }
        holder.picture("draft").await?;
        holder.click("#submit-case").await?;
        comes_to(holder, "submitted").await?;
        let case = holder.url().await?.path().rsplit('/').next().context("no case")?.to_owned();

        journey(&format!("{name}_one"), look(engine), async |one| {
            sign_in(one, &server, "account_manager").await?;
            one.go(&format!("{}/desk/proofs", server.base)).await?;
            one.click(&format!("a[href='/desk/proofs/{case}']")).await?;
            let text = one.text().await?;
            assert!(!text.contains(&somebody.number), "masked until somebody looks: {text}");
            one.click("#look").await?;
            let text = one.text().await?;
            assert!(text.contains(&somebody.number) && text.contains(&somebody.name), "{text}");
            let drawn =
                "return [...document.querySelectorAll('#documents img')].every(i => i.naturalWidth > 0)";
            one.settled().await?;
            assert_eq!(
                one.driver.execute(drawn, vec![]).await?.json().as_bool(),
                Some(true),
                "both are shown"
            );
            one.picture("documents").await?;
            // Without a reason nothing is returned.
            one.click("button[value='return']").await?;
            one.find("#reason-e").await?;
            one.click("button[value='approve']").await?;
            comes_to(one, "first_approved").await?;
            one.find("#why-not").await?;

            journey(&format!("{name}_two"), look(engine), async |two| {
                sign_in(two, &server, "security_administrator").await?;
                two.go(&format!("{}/desk/proofs/{case}", server.base)).await?;
                two.click("#look").await?;
                two.fill("#reason", "反面不清楚，重新拍摄").await?;
                two.click("button[value='return']").await?;
                comes_to(two, "returned").await?;
                holder.go(&format!("{}/me/real-name/cases/{case}", server.base)).await?;
                assert!(holder.text().await?.contains("反面不清楚"), "the holder reads why");
                holder.click("#submit-case").await?;
                comes_to(holder, "submitted").await?;
                // After a return it begins anew: this time the second approves first.
                two.go(&format!("{}/desk/proofs/{case}/documents", server.base)).await?;
                two.click("button[value='approve']").await?;
                comes_to(two, "first_approved").await?;
                one.go(&format!("{}/desk/proofs/{case}/documents", server.base)).await?;
                one.click("button[value='approve']").await?;
                comes_to(one, "approved").await?;
                one.picture("approved").await?;
                Ok(())
            })
            .await
        })
        .await?;
        assert_eq!(level(holder, &server).await?, "3");
        assert!(holder.text().await?.contains(&somebody.name), "the proven name is the name");
        Ok(())
    })
    .await
}

async fn m21_a_second_claim_to_one_identity_is_decided_by_two(engine: Engine) -> Result<()> {
    let (server, verifier) = (Server::start(options(engine).tls()).await?, start_verifier("none").await?);
    let name = format!("m21_dispute_{engine:?}");
    journey(&name, look(engine), async |claimant| {
        set_up(claimant, &server, &verifier, engine).await?;
        let somebody = person(SEED, 3);
        sign_in_as(claimant, &server, "songyuan").await?;
        unbind(claimant, &server).await?;
        journey(&format!("{name}_holder"), look(engine), async |holder| {
            sign_in_as(holder, &server, "peisiyuan").await?;
            unbind(holder, &server).await?;
            ask(holder, &server, "three_element", &somebody).await?;
            comes_to(holder, "approved").await?;

            ask(claimant, &server, "two_element", &somebody).await?;
            comes_to(claimant, "disputed").await?;
            let text = claimant.text().await?;
            assert!(!text.contains("peisiyuan"), "nobody is named: {text}");
            claimant.click("main a[href^='/me/real-name/disputes/']").await?;
            claimant.fill("#statement", "我是本人，原账号不是我注册的").await?;
            claimant.click("main .savebar button.primary").await?;
            claimant.picture("claim").await?;
            let dispute = claimant.url().await?.path().rsplit('/').next().context("no dispute")?.to_owned();

            holder.go(&format!("{}/me/real-name/disputes/{dispute}", server.base)).await?;
            let text = holder.text().await?;
            assert!(text.contains(said(engine, "另一个账号", "Another account")), "{text}");
            assert!(!text.contains("songyuan") && !text.contains("我是本人"), "{text}");
            let language = look(engine).language;
            look_at_step(holder, language, "/me/real-name/disputes/{dispute}").await?;
            assert_eq!(level(holder, &server).await?, "2", "nothing changes meanwhile");

            let desk = format!("{}/desk/disputes/{dispute}", server.base);
            journey(&format!("{name}_one"), look(engine), async |one| {
                sign_in(one, &server, "account_manager").await?;
                one.go(&desk).await?;
                assert!(one.text().await?.contains("我是本人"), "the staff reads both sides");
                look_at_step(one, language, "/desk/disputes/{dispute}").await?;
                one.tick("input[name='verdict'][value='move']").await?;
                one.fill("#reason", "现场核实身份证原件").await?;
                one.click("main .savebar button.primary").await?;
                one.find("#why-not").await?;
                one.picture("proposed").await?;
                super::steps::sign_out(one, &server.base).await?;
                sign_in(one, &server, "security_administrator").await?;
                one.go(&desk).await?;
                one.click("button[name='agreed'][value='yes']").await?;
                one.find("#dispute-state[data-state='decided']").await?;
                super::steps::sign_out(one, &server.base).await?;
                // Decided, and the way back while it can be taken.
                sign_in(one, &server, "account_manager").await?;
                one.go(&desk).await?;
                look_at_step(one, language, "/desk/disputes/{dispute}").await?;
                Ok(())
            })
            .await?;
            assert_eq!(level(holder, &server).await?, "0");
            holder.go(&format!("{}/me/messages", server.base)).await?;
            let text = holder.text().await?;
            assert!(text.contains(said(engine, "争议", "dispute")), "{text}");
            Ok(())
        })
        .await?;
        assert_eq!(level(claimant, &server).await?, "1");
        Ok(())
    })
    .await
}

/// Ten seconds are the verifier's; no page waits for them.
async fn m20_a_verifier_that_hangs_holds_up_nobody(engine: Engine) -> Result<()> {
    let (server, verifier) = (Server::start(options(engine)).await?, start_verifier("hang").await?);
    let desk = signed_in(&server, "security_administrator").await?;
    let page = desk.get("/desk/verifiers/new").await?;
    let form = page.form_to("/desk/verifiers/new")?;
    let form = form
        .with("name", "慢的")
        .with("url", &verifier.url)
        .with("key_id", "fujie")
        .with("secret", SECRET)
        .with("checks[]", "two_element");
    desk.submit(&page, &form).await?;
    let agent = signed_in(&server, "agent_granted").await?;
    let somebody = person(SEED, 4);
    let page = agent.get("/me/real-name/new?method=two_element").await?;
    let form = page
        .form_to("/me/real-name/new")?
        .with("name", &somebody.name)
        .with("number", &somebody.number)
        .with("consent", "on");
    let began = Instant::now();
    let reply = agent.submit(&page, &form).await?;
    let case = reply.location().context("no case")?.path().to_owned();
    let page = agent.get(&case).await?;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(page.body.contains("data-state=\"queued\""), "{}", page.excerpt());
    assert!(page.headers.contains_key("refresh"));
    let until = Instant::now() + Duration::from_secs(20);
    let page = loop {
        let page = agent.get(&case).await?;
        if !page.body.contains("data-state=\"queued\"") {
            break page;
        }
        anyhow::ensure!(Instant::now() < until, "still waiting");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(page.body.contains("data-state=\"failed\""), "{}", page.excerpt());
    assert!(page.body.contains("/me/real-name#ways-title"), "another way is offered");
    Ok(())
}
