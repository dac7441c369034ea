//! What a strict Content-Security-Policy and life without scripts ask of templates.
use super::Faults;
use crate::source::Source;
use anyhow::Result;
use std::path::Path;

pub fn check(root: &Path, rust: &[Source], templates: &[Source], faults: &mut Faults) -> Result<()> {
    for file in templates {
        let lower = file.text.to_ascii_lowercase();
        for tag in tags(&lower, "<form") {
            if !tag.contains("action=\"") || tag.contains("action=\"#") {
                faults.push(format!("{}: a form without an explicit action: {tag}", file.path));
            }
        }
        let forms = lower.split("<form").skip(1).filter(|form| head(form).contains("method=\"post\""));
        for form in forms {
            let body = form.split("</form").next().unwrap_or(form);
            let token = body.contains("csrf_field()") || body.contains("name=\"csrf\"");
            // A form that another site receives must not tell it our token.
            if head(form).contains("data-elsewhere") {
                if token {
                    faults.push(format!("{}: a form that leaves this site carries its token", file.path));
                }
            } else if !token {
                faults.push(format!(
                    "{}: a POST form without page.csrf_field(): <form{}",
                    file.path,
                    head(form)
                ));
            }
        }
        if lower.contains("|safe") || lower.contains("| safe") {
            faults.push(format!("{}: |safe trusts what a person typed; return Safe from Rust", file.path));
        }
        for tag in tags(&lower, "<script") {
            if !tag.contains("src=") {
                faults.push(format!("{}: an inline script", file.path));
            }
        }
        if lower.contains("<style")
            || tags(&lower, "<").iter().any(|tag| {
                tag.contains(" style=\"") || tag.contains(" onclick=") || tag.contains("javascript:")
            })
        {
            faults.push(format!("{}: inline style or script, which the browser refuses", file.path));
        }
    }
    let icon = |name: &str| root.join(format!("crates/web/assets/src/icons/{name}.svg")).exists();
    for file in templates.iter().chain(rust) {
        for start in ["icon(\"", "icon: \""] {
            for (at, found) in file.text.match_indices(start) {
                let rest = file.text.get(at + found.len()..).unwrap_or("");
                let name = rest.split('"').next().unwrap_or("");
                if !file.path.starts_with("xtask/") && !icon(name) {
                    faults.push(format!("{}: there is no icon {name}", file.path));
                }
            }
        }
    }
    Ok(())
}

/// The opening tags that begin so, template expressions included.
fn tags<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    text.match_indices(start)
        .filter_map(|(at, _)| text.get(at..))
        .map(|rest| rest.split_at(head(rest).len()).0)
        .collect()
}
/// Up to the `>` that ends a tag: one inside an expression does not.
fn head(text: &str) -> &str {
    let mut depth = 0_u32;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '>' if depth == 0 && previous != '-' => return text.get(..=at).unwrap_or(text),
            _ => {}
        }
        previous = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let file = Source { path: "crates/x/templates/a.html".to_owned(), text: text.to_owned() };
        let mut faults = Vec::new();
        check(Path::new("/nowhere"), &[], &[file], &mut faults).unwrap();
        faults
    }
    #[test]
    fn forms_name_their_action_and_carry_the_token() {
        assert!(faults(r#"<form method="post" action="/a">{{ page.csrf_field() }}</form><form method="get" action="/b"></form>"#).is_empty());
        assert_eq!(faults(r#"<form method="post" action="/a"><input></form>"#).len(), 1);
        assert_eq!(faults(r##"<form method="get" action="#x"></form>"##).len(), 1);
        assert_eq!(faults("<form></form>").len(), 1);
        assert!(faults(r#"<form method="post" data-elsewhere action="{{ uri }}"></form>"#).is_empty());
        let told = r#"<form method="post" data-elsewhere action="{{ uri }}">{{ page.csrf_field() }}</form>"#;
        assert_eq!(faults(told).len(), 1);
    }
    #[test]
    fn inline_style_and_script_are_found() {
        for text in [
            r#"<p style="a">"#,
            "<script>1</script>",
            "<style>a</style>",
            r#"<a href="javascript:1">"#,
            "{{ x|safe }}",
        ] {
            assert_eq!(faults(text).len(), 1, "{text}");
        }
        assert!(faults(r#"<script type="module" src="{{ page.asset("a.js") }}"></script>"#).is_empty());
    }
    #[test]
    fn a_missing_icon_is_found() {
        assert_eq!(faults(r#"{{ page.icon("nothing") }}"#).len(), 1);
    }
}
