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
            if !body.contains("csrf_field()") && !body.contains("name=\"csrf\"") {
                faults.push(format!(
                    "{}: a POST form without page.csrf_field(): <form{}",
                    file.path,
                    head(form)
                ));
            }
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
