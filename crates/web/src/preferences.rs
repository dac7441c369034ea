//! Language, theme and text size: kept in cookies, set by a plain form.
use crate::{
    Ctx, Form, Lang, Policy, Routes,
    context::{TextSize, Theme},
    cookie,
    response::{self, local_path, see_other, with_cookie},
};

#[derive(serde::Deserialize)]
struct Choice {
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    theme: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    return_to: Option<String>,
}

pub(crate) fn routes() -> Routes {
    Routes::new().post("/preferences", Policy::Public, save)
}

async fn save(ctx: Ctx, Form(choice): Form<Choice>) -> response::Result {
    let back = choice.return_to.as_deref().and_then(local_path).unwrap_or("/");
    let mut response = see_other(&without_lang(back));
    let kept = [
        ("fujie-lang", choice.lang.as_deref().and_then(Lang::from_tag).map(Lang::tag)),
        ("fujie-theme", choice.theme.as_deref().and_then(Theme::parse).map(Theme::as_str)),
        ("fujie-text", choice.text.as_deref().and_then(TextSize::parse).map(TextSize::as_str)),
    ];
    for (name, value) in kept {
        if let Some(value) = value {
            response = with_cookie(response, cookie::set_preference(&ctx.app, name, value));
        }
    }
    Ok(response)
}

/// A `lang` in the address would win over the choice just made.
fn without_lang(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("lang=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}
