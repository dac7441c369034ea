//! The two clouds, whose stand-in checks every signature with other code: templates registered at the desk, what each refuses
//! in plain words, and the order in which they are asked.
use super::{
    gateways::{fill, recorded, staff, test},
    stub::{ID, SECRET, Stub},
};
use crate::support::{options, signed_in};
use anyhow::Result;
use testkit::{Engine, Server};

on_both_engines!(m06_clouds_send_approved_templates_with_right_signatures);

async fn m06_clouds_send_approved_templates_with_right_signatures(engine: Engine) -> Result<()> {
    let (aliyun, tencent) = (Stub::start().await, Stub::start().await);
    let server = Server::start(options(engine).gateways()).await?;
    let agent = staff(&server).await?;
    let ali = fill(
        &agent,
        "/desk/channels/new/aliyun",
        &[
            ("name", "阿里云"),
            ("access_key_id", ID),
            ("access_key_secret", "wrong"),
            ("sign", "符节"),
            ("endpoint", &aliyun.base()),
        ],
    )
    .await?;
    let without = test(&agent, &ali, "13800138000", "any_code", "zh-CN").await?;
    assert!(without.contains("模板"), "{without}");
    let new = format!("/desk/channels/{ali}/templates/new");
    let template =
        [("purpose", "any_code"), ("lang", "zh-CN"), ("code", "SMS_000000001"), ("parameters", "code")];
    let template_id = fill(&agent, &new, &[&template[..], &[("approval", "submitted")]].concat()).await?;
    let refused = test(&agent, &ali, "13800138000", "any_code", "zh-CN").await?;
    assert!(refused.contains("SignatureDoesNotMatch"), "{refused}");
    fill(&agent, &format!("/desk/channels/{ali}"), &[("access_key_secret", SECRET)]).await?;
    let taken = test(&agent, &ali, "13800138000", "any_code", "zh-CN").await?;
    assert!(taken.contains("biz-1"), "{taken}");
    fill(&agent, &format!("/desk/channels/{ali}/templates/{template_id}"), &[("approval", "approved")])
        .await?;
    let page = agent.visit(&format!("/desk/channels/{ali}/templates")).await?;
    assert!(page.body.contains("已通过") && page.body.contains("SMS_000000001"), "{}", page.excerpt());

    let ten = fill(
        &agent,
        "/desk/channels/new/tencent",
        &[
            ("name", "腾讯云"),
            ("secret_id", ID),
            ("secret_key", SECRET),
            ("sdk_app_id", "1400000000"),
            ("sign", "符节"),
            ("endpoint", &tencent.base()),
        ],
    )
    .await?;
    let new = format!("/desk/channels/{ten}/templates/new");
    let poor = [("purpose", "sign_in"), ("code", "poor"), ("parameters", "code"), ("approval", "approved")];
    fill(&agent, &new, &poor).await?;
    let refused = test(&agent, &ten, "13800138000", "sign_in", "zh-CN").await?;
    assert!(refused.contains("余额"), "{refused}");
    let good = [
        ("purpose", "any_code"),
        ("code", "1000001"),
        ("parameters", "code minutes"),
        ("approval", "approved"),
    ];
    fill(&agent, &new, &good).await?;
    test(&agent, &ten, "+85251234567", "any_code", "en").await?;
    assert_eq!(tencent.taken()[0].text, r#"["123456","5"]"#);
    recorded(&agent, &["biz-1", "serial-1", "138****8000", "InsufficientBalance"]).await?;
    // Moved up, it comes first.
    let page = agent.visit("/desk/channels").await?;
    let form = page.form_to(&format!("/desk/channels/{ten}/up"))?;
    agent.submit(&page, &form).await?;
    let page = agent.visit("/desk/channels").await?;
    assert!(page.body.find("<b>腾讯云</b>") < page.body.find("<b>阿里云</b>"), "{}", page.excerpt());
    assert!(!page.body.contains(SECRET));
    let page = agent.visit(&format!("/desk/channels/{ali}")).await?;
    assert!(!page.body.contains(SECRET) && page.body.contains("已设置"), "{}", page.excerpt());
    // Who guards security looks; nobody else of the staff does.
    let reader = signed_in(&server, "security_administrator").await?;
    for (path, status) in [
        ("/desk/channels".to_owned(), 200),
        (format!("/desk/channels/{ali}/templates"), 200),
        ("/desk/channels/deliveries".to_owned(), 200),
        ("/desk/channels/deliveries?to=13800138000&state=taken&from=2026-01-01".to_owned(), 200),
        ("/desk/channels/deliveries?to=138****8000".to_owned(), 422),
        ("/desk/channels/deliveries?from=14.7.2026".to_owned(), 422),
        ("/desk/channels/deliveries?state=somewhere".to_owned(), 422),
        ("/desk/channels/texts".to_owned(), 200),
        (format!("/desk/channels/{ali}"), 403),
        (format!("/desk/channels/{ali}/test"), 403),
        (format!("/desk/channels/{ali}/delete"), 403),
        ("/desk/channels/new/http".to_owned(), 403),
        ("/desk/channels/texts/contact.email/en".to_owned(), 403),
    ] {
        assert_eq!(reader.get(&path).await?.status.as_u16(), status, "{path}");
    }
    let list = reader.get("/desk/channels").await?;
    assert!(!list.body.contains("/switch") && !list.body.contains("/new/"), "{}", list.excerpt());
    let stranger = signed_in(&server, "account_manager").await?;
    assert_eq!(stranger.get("/desk/channels").await?.status.as_u16(), 403);
    Ok(())
}
