//! What staff set up: a gateway with a template, a provider, a register, a verifier, an empty category. Nobody
//! answers at their addresses; the pages say so.
use super::{Pages, child, led, post, token};
use crate::peers::upstream;
use anyhow::{Context as _, Result};
use testkit::{Agent, form};

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9/";

pub(super) async fn made(system: &Agent, person: &Agent) -> Result<Pages> {
    let mut pages =
        ["channels", "providers", "registry", "verifiers"].map(|area| format!("/desk/{area}")).to_vec();

    let fields = [
        ("name", "云通道"),
        ("access_key_id", "LTAI-demo"),
        ("access_key_secret", "demo-secret"),
        ("sign", "符节"),
    ];
    let templates = led(post(system, "/desk/channels/new/aliyun", "/new/aliyun", &fields).await?)?;
    let gateway = templates.trim_end_matches("/templates").to_owned();
    let fields = [("code", "SMS_154950909"), ("parameters", "code")];
    post(system, &format!("{templates}/new"), "/templates/new", &fields).await?;
    let template = child(system, &templates, &format!("{templates}/")).await?;
    let delete = format!("{template}/delete");
    pages.extend([format!("{gateway}/test"), format!("{gateway}/delete"), format!("{templates}/new")]);
    pages.extend([gateway, templates, template, delete]);

    let (key, theirs) = (upstream::application_key()?, upstream::platform_key()?);
    let fields = [
        ("app_id", upstream::ALIPAY_APP),
        ("private_key", &key),
        ("public_key", &theirs),
        ("profile", "yes"),
        ("authorize", "https://127.0.0.1:9/authorize"),
        ("api", "https://127.0.0.1:9/gateway.do"),
    ];
    let test = led(post(system, "/desk/providers/new/alipay", "/new/alipay", &fields).await?)?;
    let provider = test.trim_end_matches("/test").to_owned();
    pages.extend([format!("{provider}/delete"), test, provider]);

    let shared = [
        ("name", "示例机构"),
        ("url", NOWHERE),
        ("key_id", "fujie"),
        ("secret", "nobody-shares-this-secret-7291"),
    ];
    post(system, "/desk/registry/new", "/registry/new", &shared).await?;
    let register = child(system, "/desk/registry", "/desk/registry/").await?;
    let checked: Vec<_> = shared.into_iter().chain([("checks[]", "two_element")]).collect();
    post(system, "/desk/verifiers/new", "/verifiers/new", &checked).await?;
    let verifier = child(system, "/desk/verifiers", "/desk/verifiers/").await?;
    pages.extend([format!("{register}/delete"), register, format!("{verifier}/delete"), verifier]);

    // A category that no product stands under.
    let fields = [("code", "drills"), ("name_zh", "演练"), ("name_en", "Drills")];
    post(system, "/desk/categories", "/desk/categories", &fields).await?;
    let shown = system.get("/desk/categories").await?;
    let empty = form::links(&shown.body).into_iter().find(|link| link.ends_with("/delete"));
    pages.push(empty.context("no empty category")?);

    // Whom the provider vouches for may say so.
    let certified = token(&person.get("/me/real-name").await?, "/me/real-name/certified/")?;
    Ok(vec![(Some("shenyibai"), pages), (Some("peisiyuan"), vec![certified]), (None, vec!["/login".into()])])
}
