//! Cases, imports and devices: what people hand in, and what staff then have before them.
use super::{LETTER, Pages, SECOND, agent_of, child, led, post, token, until_there};
use crate::journeys::{factors::code, real_name::SEED};
use anyhow::{Context as _, Result};
use fujie::demo::plan;
use testkit::{Agent, Reply, Server, form::Form, passkey::SoftPasskey};
use verifier::population::person;

/// Of nobody: region 990000.
const FIRM: &str = "91990000MA3C7U5L6N";

fn scan() -> Result<Vec<u8>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshot.png");
    Ok(std::fs::read(path)?)
}
fn filled(form: Form, fields: &[(&str, &str)]) -> Form {
    fields.iter().fold(form, |form, (name, value)| form.with(name, value))
}
/// Hands a form in with a picture in its field `document`.
async fn with_scan(agent: &Agent, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<Reply> {
    let page = agent.get(page).await?;
    let form = filled(page.form_to(action)?, fields);
    agent.attach(&page, &form, ("document", "scan.png"), &scan()?).await
}
fn last(path: &str) -> Result<&str> {
    path.rsplit('/').next().context("an id")
}

pub(super) async fn of_the_organization(
    home: &str,
    administrator: &Agent,
    manager: &Agent,
    server: &Server,
) -> Result<Pages> {
    let desk = home.replace("/org/", "/desk/organizations/");
    let (mut own, mut at_desk) = (Vec::new(), Vec::new());
    // A material, and a change of the name that was sent back.
    let page = format!("{home}/materials/business-licence");
    led(with_scan(administrator, &page, "/business-licence", &[("valid_until", "2099-12-31")]).await?)?;
    at_desk.push(child(manager, "/desk/materials", "/desk/materials/").await?);
    let page = format!("{home}/changes/name");
    let fields = [("name", "澄江证券集团股份有限公司"), ("reason", "更名")];
    let change = led(with_scan(administrator, &page, "/changes/name", &fields).await?)?;
    let review = format!("/desk/changes/{}", last(&change)?);
    post(manager, &review, &review, &[("verdict", "return"), ("note", "缺少登记通知书")]).await?;
    own.extend([format!("{change}/edit"), change]);
    at_desk.push(review);

    // A registration of the own, and one that a register told of.
    let list = format!("{home}/registrations");
    let new = format!("{list}/new");
    for number in ["3501-7", "44-9"] {
        let fields = [("department", "海关"), ("kind", "报关单位备案"), ("number", number)];
        led(post(administrator, &new, "/registrations/new", &fields).await?)?;
    }
    own.push(child(administrator, &list, &format!("{list}/")).await?);
    let told =
        "UPDATE registration SET source = 'registry', source_name = '示例登记机关' WHERE number = '44-9'";
    server.database().rows(told)?;
    let shown = administrator.get(&list).await?;
    let changes = testkit::form::links(&shown.body).into_iter().find(|link| link.ends_with("/change"));
    own.push(changes.context("no registration of a register")?);

    // Two tables of people, checked and not confirmed.
    let table = "姓名,登录名,手机号,证件号码,有效期至\n季白芸,import.baiyun,,,2031-12-31\n陆远,import.yuan,1390000,,\n";
    for (agent, page) in
        [(administrator, format!("{home}/members/import")), (manager, format!("{desk}/import"))]
    {
        let start = agent.get(&page).await?;
        let job =
            led(agent.upload(&start, &start.form_to("/import")?, "people.csv", table.as_bytes()).await?)?;
        if page.starts_with(home) { own.push(job) } else { at_desk.push(job) }
    }

    let contacts = format!("{desk}/contacts");
    let fields = [("name", "何嘉木"), ("phone", "021-5555 0199"), ("purpose", "结算")];
    led(post(manager, &format!("{contacts}/new"), "/contacts/new", &fields).await?)?;
    at_desk.push(child(manager, &contacts, &format!("{contacts}/")).await?);
    let one = child(manager, &desk, &format!("{desk}/administrators/")).await?;
    at_desk.push(format!("{one}/factors"));
    Ok(vec![(Some("zhouyutong"), own), (Some("gumingzhe"), at_desk)])
}

/// A case that its holder still writes, one that waits for staff, and the devices of a third.
pub(super) async fn of_people(
    server: &Server,
    writer: &Agent,
    applicant: &Agent,
    manager: &Agent,
) -> Result<(Pages, String)> {
    let draft = counter_case(writer, 11).await?;
    let case = counter_case(applicant, 12).await?;
    led(with_scan(applicant, &case, "/documents", &[]).await?)?;
    led(post(applicant, &case, "/submit", &[]).await?)?;
    let review = format!("/desk/proofs/{}", last(&case)?);
    manager.get(&review).await?;
    let (claim, at_desk) = claim(server).await?;
    let (devices, secret) = devices(server).await?;
    let pages = vec![
        (Some("peisiyuan"), vec![format!("{draft}/change"), draft]),
        (Some("songyuan"), vec![case]),
        (Some("wenruchu"), vec![claim]),
        (Some("gumingzhe"), vec![format!("{review}/documents"), review, at_desk]),
        (Some(SECOND), devices),
    ];
    Ok((pages, secret))
}
async fn counter_case(agent: &Agent, place: u64) -> Result<String> {
    let somebody = person(SEED, place);
    let fields = [("name", somebody.name.as_str()), ("number", &somebody.number), ("consent", "on")];
    led(post(agent, "/me/real-name/new?method=counter", "/me/real-name/new", &fields).await?)
}
/// A head who registers a firm that is not here yet, as the person and as staff see it.
async fn claim(server: &Server) -> Result<(String, String)> {
    let head = agent_of(server, "wenruchu").await?;
    let page = head.get("/me/found").await?;
    let chosen = token(&page, "name=\"type\" value=\"")?;
    let kind = chosen.rsplit('"').next().context("a type")?;
    let fields = [("type", kind), ("name", "云帆示例贸易有限公司"), ("code", FIRM), ("reason", "登记")];
    let form = filled(page.form_to("/me/found")?, &fields);
    let own = led(head.attach(&page, &form, ("letter", "letter.pdf"), LETTER).await?)?;
    let at_desk = format!("/desk/applications/{}", last(&own)?);
    Ok((own, at_desk))
}
/// An app, whose secret comes back, and a passkey of somebody who signs in with a second step from then on.
async fn devices(server: &Server) -> Result<(Vec<String>, String)> {
    let agent = agent_of(server, SECOND).await?;
    let page = agent.get("/me/passkeys").await?;
    let form = page.form_to("/me/passkeys")?;
    let begun = agent.post_body("/me/passkeys/begin", form.body()).await?.json()?;
    let origin = page.url.origin().ascii_serialization();
    let (_, credential) = SoftPasskey::create(&origin, &begun["publicKey"], false)?;
    let challenge = begun["challenge"].as_str().context("a challenge")?;
    let form = filled(form, &[("challenge", challenge), ("credential", &credential), ("name", "书桌")]);
    let kept = agent.submit(&page, &form).await?;
    anyhow::ensure!(kept.status == 200, "{} {}", kept.status, kept.excerpt());
    let page = agent.get("/me/authenticator/new").await?;
    let secret = testkit::form::text_of(&page.body, "totp-secret").context("a secret")?;
    let form = page.form_to("/me/authenticator/new")?.with("code", &code(&secret, 0)?);
    let added = agent.submit(&page, &form).await?;
    anyhow::ensure!(!added.status.is_client_error(), "{}", added.excerpt());
    let pages = vec![
        child(&agent, "/me/passkeys", "/me/passkeys/").await?,
        child(&agent, "/me/authenticator", "/me/authenticator/").await?,
    ];
    Ok((pages, secret))
}

/// Accounts of an earlier system: one whose holder is on record, one that asks whose it is.
pub(super) async fn of_an_earlier_system(server: &Server, system: &Agent) -> Result<Pages> {
    let holder =
        plan::PEOPLE.iter().position(|person| person.login_name == "wenruchu").context("a person")?;
    let hash = "6a98270d113c52ad220aa08358b25b75";
    let table = format!(
        "登录名,密码算法,密码散列,盐,企业名称,姓名,证件号码,手机号\n\
         QY-0001,md5-salt-last,{hash},pepper,云帆国际贸易有限公司,温如初,{},\n\
         QY-0002,md5-salt-last,{hash},pepper,云帆国际贸易有限公司,,,\n",
        plan::resident_id(holder)
    );
    let page = system.get("/desk/legacy/new").await?;
    let form = page.form_to("/desk/legacy/new")?.with("source", "原企业办事平台");
    let import = led(system.upload(&page, &form, "accounts.csv", table.as_bytes()).await?)?;
    until_there(system, &import, "id=\"import-over").await?;
    let line = child(system, &import, "/desk/legacy/accounts/").await?;
    let agent = agent_of(server, "wenruchu").await?;
    let held = token(&agent.get("/me/former").await?, "/me/former/")?;
    Ok(vec![
        (Some("shenyibai"), vec!["/desk/legacy".into(), import, line]),
        (Some("wenruchu"), vec![format!("{held}/history"), format!("{held}/remove")]),
    ])
}
