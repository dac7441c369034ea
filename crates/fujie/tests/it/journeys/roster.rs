//! Many people at once: template, a file with faults, what is wrong with it row by row, the mended file in the encoding that
//! offices use, the accounts, and the list back out.
use crate::{
    journeys::steps::{look, said},
    support::{options, signed_in},
};
use anyhow::{Context as _, Result};
use roster::sheet::{self, Cell, Table};
use rust_xlsxwriter::Workbook;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use testkit::{Agent, Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m30_the_desk_sends_an_administrators_invitation_again,
    m32_a_file_with_faults_is_mended_and_makes_members,
    m32_a_wrong_file_is_told_and_a_job_can_be_thrown_away,
);

async fn says(browser: &Browser, text: &str) -> Result<()> {
    let shown = browser.text().await?;
    anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
    Ok(())
}
async fn hand_in(browser: &Browser, path: &Path) -> Result<()> {
    browser.find("#file").await?.send_keys(path.to_str().context("path")?).await?;
    browser.click("#import-check").await
}
async fn number(browser: &Browser, css: &str) -> Result<usize> {
    browser.find(css).await?.text().await?.trim().parse().context("a number")
}
/// So many messages lead there, a moment later at most.
async fn sent(agent: &Agent, path: &str, wanted: usize) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let messages = agent.get("/dev/outbox.json").await?.json()?;
        let leads =
            |message: &&serde_json::Value| message["text"].as_str().is_some_and(|text| text.contains(path));
        let found = messages.as_array().context("messages")?.iter().filter(leads).count();
        if found == wanted {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < until, "{found} messages lead to {path}: {messages}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
fn table(bytes: &[u8]) -> Result<Table> {
    sheet::read(bytes).map_err(|error| anyhow::anyhow!("{error}"))
}
fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|(_, row)| row.iter().map(Cell::text).collect()).collect()
}
/// In the columns of the template: two people who are in order, and five who are not.
fn faulty(path: &Path, header: &[String]) -> Result<()> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    for (column, title) in (0..).zip(header) {
        page.write_string(0, column, title)?;
    }
    let rows = [
        ["陈思齐", "import.siqi", "13900000001", "110101199003077774", "2031-12-31"],
        ["周雨桐", "import.yutong", "", "", ""],
        ["王慧", "import.hui", "", "", ""],
        ["王慧文", "import.siqi", "", "", ""],
        ["李雷", "import.lei", "1390000", "", ""],
        ["韩梅梅", "import.mei", "", "110101199003077775", ""],
        ["赵子龙", "import.long", "", "", "2020-01-01"],
    ];
    for (line, row) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            page.write_string(line, column, cell)?;
        }
    }
    // What a spreadsheet makes of eighteen digits.
    page.write_number(3, 3, 110_101_199_003_077_774_u64 as f64)?;
    Ok(book.save(path)?)
}
struct Files {
    folder: tempfile::TempDir,
}
impl Files {
    fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }
    fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }
}

async fn m32_a_file_with_faults_is_mended_and_makes_members(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let files = Files::new()?;
    let agent = signed_in(&server, "administrator").await?;
    journey(&format!("m32_import_{engine:?}"), look(engine), async |browser| {
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        let base = format!("{}/org/{organization}/members", server.base);
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        browser.go(&base).await?;
        browser.click(&format!("a[href='/org/{organization}/members/import']")).await?;
        browser.picture("start").await?;
        // The template, in both formats, is what the page reads.
        let mut header = Vec::new();
        for format in ["xlsx", "csv"] {
            let link = format!("a[href$='/members/import/template?format={format}']");
            let link = browser.find(&link).await?.prop("href").await?.context("an address")?;
            header = table(&agent.download(&link, None, look(engine).language).await?)?.header;
            assert_eq!(header.len(), 5, "{header:?}");
            assert_eq!(header[0], said(engine, "姓名", "Name"));
        }
        // A dry run: what is in order is counted, what is not is told by its row.
        let path = files.folder.path().join("people.xlsx");
        faulty(&path, &header)?;
        hand_in(browser, &path).await?;
        assert_eq!((number(browser, "#rows-valid").await?, number(browser, "#rows-faulty").await?), (2, 5));
        assert_eq!(browser.count("#faults tbody tr").await?, 5);
        for text in [
            said(engine, "已被表格软件改写", "the spreadsheet has changed its digits"),
            said(engine, "与第 2 行重复", "The same as in row 2"),
            said(engine, "日期已过", "The date is over"),
        ] {
            says(browser, text).await?;
        }
        browser.picture("checked").await?;
        let job = browser.url().await?;
        let nobody = agent.get(&format!("{base}?q=import.siqi")).await?;
        assert!(!nobody.body.contains("陈思齐"), "nobody is made before a yes");
        // The faults to keep, in both formats the same.
        let mut faults = Vec::new();
        for format in ["xlsx", "csv"] {
            let link = format!("{job}/faults?format={format}");
            let kept = table(&agent.download(&link, None, look(engine).language).await?)?;
            assert_eq!(kept.header.len(), 7, "{:?}", kept.header);
            assert_eq!(kept.header[2..], header, "columns as in the template");
            let rows = texts(&kept);
            let lines: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
            assert_eq!(lines, ["4", "5", "6", "7", "8"]);
            assert!(rows.iter().all(|row| !row[1].is_empty()), "each says what is wrong: {rows:?}");
            assert!(faults.is_empty() || faults == rows, "both formats say the same");
            faults = rows;
            header = kept.header[2..].to_vec();
        }
        // Confirmed, and followed to its end.
        browser.click("#import-confirm").await?;
        browser.find("#progress[data-state='done']").await?;
        assert_eq!(number(browser, "#rows-created").await?, 2);
        browser.picture("done").await?;
        // Mended by hand, in the encoding that offices use, with the columns of the faults as they came.
        let mended = [
            ["4", "", "王慧", "import.hui", "", "110101199003072236", ""],
            ["5", "", "王慧文", "import.huiwen", "", "", ""],
            ["6", "", "李雷", "import.lei", "13900000003", "", ""],
            ["7", "", "韩梅梅", "import.mei", "", "", "2032-06-30"],
            ["8", "", "赵子龙", "import.long", "", "", ""],
        ];
        let mut text = format!(
            "{},{},{}\r\n",
            said(engine, "行号", "Row"),
            said(engine, "问题", "Problems"),
            header.join(",")
        );
        for row in mended {
            text += &format!("{}\r\n", row.join(","));
        }
        let (bytes, _, lossy) = encoding_rs::GB18030.encode(&text);
        assert!(!lossy);
        let path = files.put("mended.csv", &bytes)?;
        browser.go(&format!("{base}/import")).await?;
        browser.find("ul.list a[href*='/members/import/']").await?;
        hand_in(browser, &path).await?;
        assert_eq!((number(browser, "#rows-valid").await?, number(browser, "#rows-faulty").await?), (5, 0));
        browser.click("#import-confirm").await?;
        browser.find("#progress[data-state='done']").await?;
        assert_eq!(
            (number(browser, "#rows-created").await?, number(browser, "#rows-notified").await?),
            (5, 1)
        );
        // Their link came by SMS; the first one's too.
        sent(&agent, "/activate/", 2).await?;
        // Those without a number get a slip each, which opens the account; printed again it is another one.
        let imported = browser.url().await?;
        let mut first = String::new();
        for round in 0..2 {
            browser.go(imported.as_str()).await?;
            browser.click("#import-print").await?;
            assert_eq!(browser.count("section.slip").await?, 4);
            let link = browser.find("section.slip [data-slip='link']").await?.text().await?;
            let path = url::Url::parse(link.trim())?.path().to_owned();
            let opened = agent.get(&path).await?;
            assert_eq!(opened.status, 200, "{}", opened.excerpt());
            assert!(opened.body.contains("new_password"), "{}", opened.excerpt());
            if round == 1 {
                let before = agent.get(&first).await?;
                assert!(!before.body.contains("new_password"), "the slip before opens nothing any more");
            }
            first = path;
        }
        browser.picture("slips").await?;
        browser.go(imported.as_str()).await?;
        // They are members, found by parts of their names, and wait for their holders.
        browser.click("a.btn.primary[href$='/members']").await?;
        for (typed, login_name) in
            [("思齐", "import.siqi"), ("zzl", "import.long"), ("13900000003", "import.lei")]
        {
            browser.fill("#q", typed).await?;
            browser.click("form.filter button.primary").await?;
            says(browser, login_name).await?;
            says(browser, said(engine, "待激活", "Not activated")).await?;
        }
        browser.picture("found").await?;
        // And out again.
        browser.go(&format!("{base}/export")).await?;
        browser.find("#export-now").await?;
        browser.picture("export").await?;
        Ok(())
    })
    .await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let page = agent.get(&format!("/org/{organization}/members/export")).await?;
    for format in ["xlsx", "csv"] {
        for full in [false, true] {
            let mut form = page.form_with("format")?.with("format", format);
            if full {
                form = form.with("full", "yes");
            }
            let target = format!("/org/{organization}/members/export");
            let rows = texts(&table(&agent.download(&target, Some(&form), "zh-CN").await?)?);
            let names =
                ["import.siqi", "import.yutong", "import.hui", "import.huiwen", "import.lei", "import.mei"];
            for name in names {
                assert_eq!(rows.iter().filter(|row| row[1] == name).count(), 1, "{name} in {rows:?}");
            }
            let lei = rows.iter().find(|row| row[1] == "import.lei").context("李雷")?;
            assert_eq!(lei[2], if full { "13900000003" } else { "139****0003" });
            let mei = rows.iter().find(|row| row[1] == "import.mei").context("韩梅梅")?;
            assert_eq!(mei[6], "2032-06-30", "the last day, not the one after");
        }
    }
    Ok(())
}

/// Without scripts, on a phone.
async fn m32_a_wrong_file_is_told_and_a_job_can_be_thrown_away(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let files = Files::new()?;
    let large = vec![b'x'; sheet::MOST_BYTES + 1];
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    let wrong = [
        (files.put("face.xlsx", picture)?, ["文件不是 XLSX 或 CSV", "neither XLSX nor CSV"]),
        (files.put("nothing.csv", b"")?, ["没有选择文件", "No file was chosen"]),
        (files.put("empty.csv", b"\r\n\r\n")?, ["文件是空的", "The file is empty"]),
        (files.put("large.csv", &large)?, ["文件超过 7 MB", "larger than 7 MB"]),
        (files.put("other.csv", "姓名,电话号\nx,1\n".as_bytes())?, ["不认识列名", "电话号"]),
    ];
    let right = files.put("right.csv", "姓名,登录名\n纪白芸,import.baiyun\n".as_bytes())?;
    let look =
        Look { width: 390, height: 844, scripts: false, language: look(engine).language, ..Look::default() };
    journey(&format!("m32_wrong_file_{engine:?}"), look, async |browser| {
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        let page = format!("{}/org/{organization}/members/import", server.base);
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        browser.go(&page).await?;
        for (path, [zh, en]) in &wrong {
            hand_in(browser, path).await?;
            browser.find("#file-e").await?;
            says(browser, said(engine, zh, en)).await?;
            assert!(!browser.has("#import-confirm").await?);
        }
        browser.picture("wrong-file").await?;
        hand_in(browser, &right).await?;
        assert_eq!(number(browser, "#rows-valid").await?, 1);
        browser.picture("checked-on-a-phone").await?;
        browser.click("button[name='decision'][value='discard']").await?;
        assert_eq!(browser.path().await?, format!("/org/{organization}/members/import"));
        assert!(!browser.has("ul.list a[href*='/members/import/']").await?, "nothing is left of it");
        // And once more to the end, which without scripts comes by reloading.
        hand_in(browser, &right).await?;
        browser.click("#import-confirm").await?;
        browser.find("#progress[data-state='done']").await?;
        assert_eq!(number(browser, "#rows-created").await?, 1);
        Ok(())
    })
    .await
}

/// A link that got lost: another one with new days, by SMS or printed; the one before opens nothing.
async fn m30_the_desk_sends_an_administrators_invitation_again(engine: Engine) -> Result<()> {
    const PHONE: &str = "13700004455";
    let server = Server::start(options(engine).tls()).await?;
    // There is one administrator already: the account manager allowed another until a day.
    server.database().rows("UPDATE organization SET administrator_extra_until = 4102444800000")?;
    let agent = server.agent()?;
    journey(&format!("m30_invited_again_{engine:?}"), look(engine), async |browser| {
        let staff = server.demo.account("system_administrator")?;
        let organization = server.demo.account("administrator")?.organization_id()?;
        let page = format!("{}/desk/organizations/{organization}/administrators/invite", server.base);
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&page).await?;
        browser.fill("#phone", PHONE).await?;
        browser.tick("input[name='way'][value='print']").await?;
        browser.click("#invite").await?;
        let printed = browser.find("#slip-link").await?.text().await?;
        let printed = printed.split_whitespace().next().context("a link")?.to_owned();
        assert_eq!(agent.get(url::Url::parse(&printed)?.path()).await?.status, 200);
        browser.go(&page).await?;
        browser.picture("waiting").await?;
        browser.click("form[action$='/send'] button[value='sms']").await?;
        says(browser, "4455").await?;
        sent(&agent, "/join/", 1).await?;
        let lost = agent.get(url::Url::parse(&printed)?.path()).await?;
        assert_eq!(lost.status, 404, "the link before opens nothing");
        // Answered meanwhile: the list says so instead.
        server.database().rows("UPDATE invitation SET state = 'declined' WHERE state = 'open'")?;
        browser.click("form[action$='/send'] button[value='print']").await?;
        assert!(!browser.has("form[action$='/send']").await?, "nothing to send any more");
        says(browser, said(engine, "邀请已有结果", "has been answered")).await?;
        Ok(())
    })
    .await
}
