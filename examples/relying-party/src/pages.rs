//! Four plain pages. Everything that came from outside is escaped.
use crate::{Config, provider::SignedIn};
use axum::response::Html;
use serde_json::Value;

pub const STYLE: &str = include_str!("style.css");

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn page(title: &str, body: &str) -> Html<String> {
    let title = escape(title);
    Html(format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><link rel=\"stylesheet\" \
         href=\"/style.css\"></head><body><header><b>{title}</b></header><main>{body}</main></body></html>"
    ))
}

pub fn welcome(config: &Config) -> Html<String> {
    page(
        &config.name,
        "<h1>欢迎</h1><p>此产品由符节统一登录。<span lang=\"en\">Sign-in goes through Fujie.</span></p>\
         <p><a class=\"button\" id=\"sign-in\" href=\"/login\">登录 Sign in</a></p>",
    )
}

pub fn signed_in(config: &Config, session: &SignedIn, userinfo: Option<&Value>) -> Html<String> {
    let claims = &session.claims;
    // Who it is stands at userinfo, for whom they act in the ID token as well.
    let told =
        |pointer: &str| userinfo.and_then(|told| told.pointer(pointer)).or_else(|| claims.pointer(pointer));
    let text = |pointer: &str| told(pointer).and_then(Value::as_str).map(escape).unwrap_or_default();
    let who = if text("/name").is_empty() { text("/sub") } else { text("/name") };
    let for_whom = match text("/acting_for").as_str() {
        "organization" => {
            let code = text("/organization/uscc");
            let role = text("/role");
            let role = words(&role);
            format!(
                "<b id=\"acting-for\">{}</b><small>{code}</small><small id=\"role\">{role}</small>",
                text("/organization/name")
            )
        }
        _ => "<b id=\"acting-for\">本人 Themselves</b>".to_owned(),
    };
    let level = text("/real_name_level");
    let (state, now) = match userinfo {
        Some(value) => ("ok", format!("userinfo 现在的回答<pre id=\"userinfo\">{}</pre>", pretty(value))),
        None => ("bad", "访问令牌已到期或权限已收回，重新登录后再试。<span lang=\"en\">The access token has expired or access was taken back. Sign in again.</span>".to_owned()),
    };
    page(
        &config.name,
        &format!(
            "<h1>您好，<span id=\"who\">{who}</span></h1><dl><dt>登录人 Who</dt><dd><b>{who}</b><small>{}</small></dd>\
             <dt>代表 Acting for</dt><dd>{for_whom}</dd><dt>实名等级 Level</dt><dd>{}</dd></dl>\
             <section class=\"{state}\" id=\"now\">{now}</section>\
             <details><summary>ID token</summary><pre id=\"claims\">{}</pre></details>\
             <p><a class=\"button\" href=\"/login\">重新登录 Sign in again</a> <a id=\"sign-out\" href=\"/logout\">退出 Sign out</a></p>",
            text("/preferred_username"),
            words(&level),
            pretty(claims),
        ),
    )
}

/// `description` is the provider's stable reason code, for example `grant.missing`.
pub fn denied(config: &Config, error: &str, description: &str) -> Html<String> {
    let advice = if error == "access_denied" {
        "您返回了本产品，但还没有使用权限。符节的说明页写明了缺少哪一层、找谁处理。\
         <span lang=\"en\">You came back without access. Fujie's page says which layer is missing and whom to ask.</span>"
    } else {
        "登录没有完成。<span lang=\"en\">Sign-in did not finish.</span>"
    };
    page(
        &config.name,
        &format!(
            "<h1>暂不能使用</h1><p>{advice}</p><dl><dt>错误 Error</dt><dd id=\"error\">{}</dd><dt>原因 Reason</dt>\
             <dd id=\"reason\">{}</dd></dl><p><a class=\"button\" href=\"/login\">再试一次 Try again</a></p>",
            escape(error),
            escape(description),
        ),
    )
}

pub fn failed(message: &str) -> Html<String> {
    page(
        "登录没有完成",
        &format!(
            "<h1>登录没有完成</h1><p id=\"failure\">{}</p><p><a class=\"button\" href=\"/\">返回 Back</a></p>",
            escape(message)
        ),
    )
}

/// Claims are words for programs; people get these.
fn words(claim: &str) -> &str {
    match claim {
        "agent" => "经办人 Agent",
        "administrator" => "管理员 Administrator",
        "legal_representative" => "法定代表人 Legal representative",
        "unverified" => "未实名 Unverified",
        "primary" => "初级 Primary",
        "intermediate" => "中级 Intermediate",
        "advanced" => "高级 Advanced",
        other => other,
    }
}

fn pretty(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).unwrap_or_default())
}
