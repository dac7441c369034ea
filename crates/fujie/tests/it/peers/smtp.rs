//! Mail against npm's SMTP server: STARTTLS and TLS with a checked certificate, authentication, refusals, edited texts.
use super::gateways::{Gateways, fill, recorded, staff, test};
use crate::support::options;
use anyhow::Result;
use testkit::{Engine, Server};

on_both_engines!(m06_mail_goes_out_encrypted_and_says_what_staff_wrote);

async fn m06_mail_goes_out_encrypted_and_says_what_staff_wrote(engine: Engine) -> Result<()> {
    let Some(sink) = Gateways::start(false).await? else { return Ok(()) };
    let Some(secure) = Gateways::start(true).await? else { return Ok(()) };
    // The test authority's root stands in the configuration of a server with certificates alone.
    let server = Server::start(options(engine).tls().gateways()).await?;
    let agent = staff(&server).await?;
    let fields = [
        ("name", "Mail"),
        ("host", "localhost"),
        ("port", &sink.smtp),
        ("security", "starttls"),
        ("user", "fujie"),
        ("password", "wrong"),
        ("from", "no-reply@op.test"),
        ("from_name", "符节平台"),
        ("reply_to", "help@op.test"),
    ];
    let id = fill(&agent, "/desk/channels/new/smtp", &fields).await?;
    let refused = test(&agent, &id, "li@example.cn", "any_code", "zh-CN").await?;
    assert!(refused.contains("密码"), "{refused}");
    let edit = format!("/desk/channels/{id}");
    fill(&agent, &edit, &[("password", "mail-secret")]).await?;
    test(&agent, &id, "li@example.cn", "any_code", "zh-CN").await?;
    let mail = sink.next("mail").await?;
    assert_eq!(
        (&mail["tls"], &mail["user"], &mail["to"][0]),
        (&true.into(), &"fujie".into(), &"li@example.cn".into())
    );
    assert_eq!(mail["headers"]["subject"], "符节 验证码");
    assert_eq!(mail["headers"]["auto-submitted"], "auto-generated");
    let from = mail["headers"]["from"].as_str().unwrap_or_default();
    assert!(from.contains("符节平台") && from.contains("<no-reply@op.test>"), "{from}");
    assert_eq!(mail["text"].as_str().map(str::trim_end), Some("这是 符节 的测试消息，验证码示例 123456。"));
    let refused = test(&agent, &id, "nobody@example.cn", "any_code", "zh-CN").await?;
    assert!(refused.contains("550"), "{refused}");

    // What staff wrote, tried first: a name that no mail has is refused at its field.
    let text = "/desk/channels/texts/contact.email/en";
    let page = agent.visit(text).await?;
    let broken = page.form_to(text)?.with("body", "{{ nobody }}").with("act", "save");
    let reply = agent.submit(&page, &broken).await?;
    assert!(reply.body.contains("id=\"body-e\""), "{}", reply.excerpt());
    let body = "Dear friend,\n\nyour code is {{ code }}. It holds for {{ minutes }} minutes.\n{{ brand }}";
    fill(&agent, text, &[("subject", "{{ code }} is your code"), ("body", body), ("act", "save")]).await?;
    test(&agent, &id, "li@example.cn", "contact.email", "en").await?;
    let mail = sink.next("mail").await?;
    assert_eq!(mail["headers"]["subject"], "123456 is your code");
    let text = mail["text"].as_str().unwrap_or_default();
    assert_eq!(text.trim_end(), "Dear friend,\n\nyour code is 123456. It holds for 5 minutes.\nFujie");

    // What staff is told of a channel is a text like the others, one in both languages.
    let alarm = "/desk/channels/texts/gateway_alarm/zh-CN";
    let body = "{{ notice }}\n值班电话 12345 / duty phone 12345";
    fill(&agent, alarm, &[("subject", "{{ title }}"), ("body", body), ("act", "save")]).await?;
    test(&agent, &id, "duty@example.cn", "gateway_alarm", "zh-CN").await?;
    let mail = sink.next("mail").await?;
    assert!(mail["text"].as_str().unwrap_or_default().contains("duty phone 12345"), "{mail}");
    assert_eq!(agent.get("/desk/channels/texts/gateway_alarm/en").await?.status.as_u16(), 404);
    assert_eq!(agent.get("/desk/channels/texts/register/en").await?.status.as_u16(), 404, "no mail has it");

    // TLS from the first byte; a certificate that does not name the host is refused.
    let page = agent.visit(&edit).await?;
    let moved = page.form_to(&edit)?.with("port", &secure.smtp).with("security", "tls");
    let reply = agent.submit(&page, &moved).await?;
    assert!(
        reply.body.contains("id=\"password-e\""),
        "a password goes elsewhere once typed: {}",
        reply.excerpt()
    );
    let password = ("password", "mail-secret");
    fill(&agent, &edit, &[("port", &secure.smtp), ("security", "tls"), password]).await?;
    test(&agent, &id, "li@example.cn", "any_code", "en").await?;
    assert_eq!(secure.next("mail").await?["tls"], true);
    fill(&agent, &edit, &[("host", "localhost.localdomain"), password]).await?;
    let refused = test(&agent, &id, "li@example.cn", "any_code", "en").await?;
    assert!(refused.contains("连接不上"), "{refused}");
    recorded(&agent, &["l*@example.cn", "服务商已收"]).await
}
