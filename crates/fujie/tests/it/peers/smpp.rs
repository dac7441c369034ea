//! SMPP 3.4 against npm's server: binding, texts in both alphabets and in parts, receipts, refusals, a broken connection.
use super::gateways::{Gateways, fill, recorded, staff, test};
use crate::support::options;
use anyhow::Result;
use testkit::{Engine, Server};

on_both_engines!(m06_texts_go_out_by_smpp_and_receipts_come_back);

async fn m06_texts_go_out_by_smpp_and_receipts_come_back(engine: Engine) -> Result<()> {
    let Some(operator) = Gateways::start(false).await? else { return Ok(()) };
    let server = Server::start(options(engine).gateways()).await?;
    let agent = staff(&server).await?;
    let fields = [
        ("name", "运营商"),
        ("host", "127.0.0.1"),
        ("port", &operator.smpp),
        ("system_id", "fujie"),
        ("password", "wrong"),
        ("source", "106900001"),
        ("sign", "符节"),
    ];
    let id = fill(&agent, "/desk/channels/new/smpp", &fields).await?;
    let refused = test(&agent, &id, "13800138000", "any_code", "zh-CN").await?;
    assert!(refused.contains("密码") && refused.contains("ESME_RINVPASWD"), "{refused}");

    let edit = format!("/desk/channels/{id}");
    fill(&agent, &edit, &[("password", "secret8")]).await?;
    let taken = test(&agent, &id, "13800138000", "any_code", "zh-CN").await?;
    assert!(taken.contains("00000001"), "{taken}");
    let sms = operator.next("sms").await?;
    assert_eq!(sms["text"], "【符节】这是 符节 的测试消息，验证码示例 123456。");
    assert_eq!(
        (&sms["to"], &sms["from"], &sms["coding"]),
        (&"8613800138000".into(), &"106900001".into(), &8.into())
    );
    let receipt = operator.next("receipt").await?;
    assert_eq!(receipt["status"], 0, "acknowledged once it is stored");
    recorded(&agent, &["已送达", "138****8000", "运营商"]).await?;

    // The default alphabet where it suffices, with the platform's name where the gateway has no signature; a long text in two parts.
    fill(&agent, &edit, &[("sign", ""), ("password", "")]).await?;
    test(&agent, &id, "+85251234567", "any_code", "en").await?;
    let sms = operator.next("sms").await?;
    assert_eq!(sms["text"], "[Fujie] This is a test message from Fujie, sample code 123456.");
    assert_eq!((&sms["coding"], &sms["to"]), (&0.into(), &"85251234567".into()));
    fill(&agent, &edit, &[("sign", "一二三四五六七八九十一二三四五六七八九十")]).await?;
    test(&agent, &id, "13800138001", "any_code", "en").await?;
    let (one, two) = (operator.next("sms").await?, operator.next("sms").await?);
    assert_eq!((&one["udh"][4], &two["udh"][4]), (&1.into(), &2.into()), "{one} {two}");
    let whole = format!("{}{}", one["text"].as_str().unwrap_or(""), two["text"].as_str().unwrap_or(""));
    assert!(whole.starts_with("【一二三") && whole.ends_with("sample code 123456."), "{whole}");

    let refused = test(&agent, &id, "13800138098", "any_code", "zh-CN").await?;
    assert!(refused.contains("号码") && refused.contains("ESME_RINVDSTADR"), "{refused}");
    let refused = test(&agent, &id, "13800138097", "any_code", "zh-CN").await?;
    assert!(refused.contains("ESME_RTHROTTLED"), "{refused}");
    // The operator hangs up; the next text goes by a new session.
    test(&agent, &id, "13800138099", "any_code", "zh-CN").await?;
    let before = operator.next("sms").await?;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    test(&agent, &id, "13800138003", "any_code", "zh-CN").await?;
    let after = operator.next("sms").await?;
    assert!(after["session"].as_i64() > before["session"].as_i64(), "{before} {after}");
    operator.next("receipt").await?;
    // Switched off, nothing goes this way.
    let page = agent.visit("/desk/channels").await?;
    let form = page.form_to(&format!("/desk/channels/{id}/switch"))?;
    agent.submit(&page, &form).await?;
    let page = agent.visit("/desk/channels").await?;
    assert!(page.body.contains("已停用"), "{}", page.excerpt());
    Ok(())
}
