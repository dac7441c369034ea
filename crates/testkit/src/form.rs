//! Reads the forms of a page as a browser without scripts would fill them in.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub id: Option<String>,
    pub action: String,
    pub method: String,
    /// What is sent when nothing is typed: values, selected options, ticked boxes. Buttons are in `buttons`.
    pub fields: Vec<(String, String)>,
    /// (name, value, id)
    pub buttons: Vec<(String, String, Option<String>)>,
    /// Every name that the form could send.
    pub names: Vec<String>,
    /// (id, name) of the fields that have both.
    pub ids: Vec<(String, String)>,
}

impl Form {
    fn name(&mut self, name: &str, id: Option<&str>) {
        self.names.push(name.to_owned());
        if let Some(id) = id {
            self.ids.push((id.to_owned(), name.to_owned()));
        }
    }
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }
    /// Replaces the values of `name`, or adds it.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self
    }
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// The name of the field with this id.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.ids.iter().find(|(i, _)| i == id).map(|(_, n)| n.as_str())
    }
    /// Presses the consent page's button that allows.
    #[must_use]
    pub fn allowed(self) -> Self {
        self.pressed("consent-allow")
    }
    /// Adds what the button with this id sends.
    #[must_use]
    pub fn pressed(self, id: &str) -> Self {
        let Some(name) = self.name_of(id).map(String::from) else { return self };
        let value = self.buttons.iter().find(|(_, _, i)| i.as_deref() == Some(id)).map(|(_, v, _)| v.clone());
        self.with(&name, &value.unwrap_or_default())
    }
    pub fn body(&self) -> String {
        encode(self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())))
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub fn encode_one(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The sign-in form of a page, with the names of its two fields.
pub fn sign_in(html: &str) -> Option<(Form, String, String)> {
    forms(html).into_iter().find_map(|form| {
        let login = form.name_of("login-name")?.to_owned();
        let password = form.name_of("login-password")?.to_owned();
        Some((form, login, password))
    })
}

struct Tag<'a> {
    name: String,
    attributes: Vec<(String, String)>,
    /// The text up to the next tag.
    text: &'a str,
}
impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// All forms of the page in order.
pub fn forms(html: &str) -> Vec<Form> {
    let mut out: Vec<Form> = Vec::new();
    let mut open: Option<Form> = None;
    let mut select: Option<(String, Option<String>, Option<String>)> = None;
    // Fields that stand outside their form and name it.
    let mut strays: Vec<(String, String, String)> = Vec::new();
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                open = Some(Form {
                    id: tag.get("id").map(String::from),
                    action: tag.get("action").unwrap_or_default().to_owned(),
                    method: tag.get("method").unwrap_or("get").to_ascii_lowercase(),
                    ..Form::default()
                });
            }
            "/form" => out.extend(open.take()),
            "input" => {
                let Some(name) = tag.get("name").filter(|_| !tag.has("disabled")) else { continue };
                let kind = tag.get("type").unwrap_or("text");
                let value = tag.get("value");
                let choice = matches!(kind, "checkbox" | "radio");
                let value = if choice { value.unwrap_or("on") } else { value.unwrap_or_default() };
                if let Some(owner) = tag.get("form") {
                    if !choice || tag.has("checked") {
                        strays.push((owner.to_owned(), name.to_owned(), value.to_owned()));
                    }
                    continue;
                }
                let Some(form) = open.as_mut() else { continue };
                form.name(name, tag.get("id"));
                match kind {
                    "submit" | "image" => {
                        form.buttons.push((
                            name.to_owned(),
                            value.to_owned(),
                            tag.get("id").map(String::from),
                        ));
                    }
                    "button" | "reset" | "file" => {}
                    _ if choice && !tag.has("checked") => {}
                    _ => form.fields.push((name.to_owned(), value.to_owned())),
                }
            }
            "button" => {
                if let (Some(form), Some(name)) = (open.as_mut(), tag.get("name")) {
                    form.name(name, tag.get("id"));
                    let (value, id) = (tag.get("value").unwrap_or_default(), tag.get("id"));
                    form.buttons.push((name.to_owned(), value.to_owned(), id.map(String::from)));
                }
            }
            "textarea" => {
                if let (Some(form), Some(name)) = (open.as_mut(), tag.get("name")) {
                    form.name(name, tag.get("id"));
                    let text = decode(tag.text.strip_prefix('\n').unwrap_or(tag.text));
                    form.fields.push((name.to_owned(), text));
                }
            }
            "select" => {
                select = tag.get("name").map(|name| (name.to_owned(), None, None));
                if let (Some(form), Some(name)) = (open.as_mut(), tag.get("name")) {
                    form.name(name, tag.get("id"));
                }
            }
            "option" => {
                if let Some((_, first, selected)) = select.as_mut() {
                    let value = tag.get("value").map_or_else(|| decode(tag.text.trim()), String::from);
                    if tag.has("selected") {
                        *selected = Some(value.clone());
                    }
                    first.get_or_insert(value);
                }
            }
            "/select" => {
                if let (Some(form), Some((name, first, selected))) = (open.as_mut(), select.take())
                    && let Some(value) = selected.or(first)
                {
                    form.fields.push((name, value));
                }
            }
            _ => {}
        }
    }
    for (owner, name, value) in strays {
        if let Some(form) = out.iter_mut().find(|f| f.id.as_deref() == Some(owner.as_str())) {
            form.names.push(name.clone());
            form.fields.push((name, value));
        }
    }
    out
}

/// The text between the tags of the element with this id, without tags, decoded; enough for leaf elements.
pub fn text_of(html: &str, id: &str) -> Option<String> {
    let mut depth = 0_i32;
    let mut found = String::new();
    for tag in tags(html) {
        let closing = tag.name.starts_with('/');
        let empty =
            matches!(tag.name.as_str(), "br" | "img" | "input" | "hr" | "use" | "path" | "meta" | "link");
        if depth == 0 {
            if tag.get("id") == Some(id) {
                depth = 1;
                found.push_str(tag.text);
            }
            continue;
        }
        if closing {
            depth -= 1;
        } else if !empty {
            depth += 1;
        }
        if depth == 0 {
            break;
        }
        found.push_str(tag.text);
    }
    (depth == 0 && !found.is_empty() || !found.is_empty()).then(|| decode(found.trim()))
}

/// The targets of all links.
pub fn links(html: &str) -> Vec<String> {
    tags(html).into_iter().filter(|t| t.name == "a").filter_map(|t| t.get("href").map(String::from)).collect()
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, r)| r);
            continue;
        }
        let (attributes, name, after) = tag(after);
        let text = after.split_once('<').map_or(after, |(text, _)| text);
        out.push(Tag { name, attributes, text });
        rest = after;
    }
    out
}

/// Parses what follows `<`; returns the rest after `>`.
fn tag(after: &str) -> (Vec<(String, String)>, String, &str) {
    let end = after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len());
    let (name, mut rest) = after.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(tail) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return (attributes, name.trim_end_matches('/').to_ascii_lowercase(), tail);
        }
        if rest.is_empty() {
            return (attributes, name.to_ascii_lowercase(), rest);
        }
        let end =
            rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>')).unwrap_or(rest.len());
        let (key, tail) = rest.split_at(end.max(1).min(rest.len()));
        rest = tail;
        let Some(value) = rest.strip_prefix('=') else {
            attributes.push((key.trim_end_matches('/').to_ascii_lowercase(), String::new()));
            continue;
        };
        let (value, tail) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = value.strip_prefix(quote).unwrap_or(value);
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            _ => value
                .split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
        };
        attributes.push((key.to_ascii_lowercase(), decode(value)));
        rest = tail;
    }
}

/// The character references that an escaping template writes.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((entity, tail)) = after.split_once(';').filter(|(e, _)| e.len() <= 8) else {
            out.push('&');
            rest = after;
            continue;
        };
        let number = entity.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        let character = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => number.and_then(char::from_u32),
        };
        match character {
            Some(c) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would_send_it() {
        let html = r#"<!-- <form> --><form id=f method="post" action="/a?b=1&amp;c=2"><input name="csrf" value="x&quot;y" type=hidden>
            <input name=q required><input type="checkbox" name="t" value="1" checked/><input type="radio" name="r" value="a">
            <select name="s"><option value="1">One<option value="2" selected>Two</select><textarea name="n">
a &lt; b</textarea><button name="go" value="1">Go</button></form><input form="f" name="late" value="l">"#;
        let forms = forms(html);
        assert_eq!(forms.len(), 1);
        let form = &forms[0];
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/a?b=1&c=2", "post"));
        let expected = [("csrf", "x\"y"), ("q", ""), ("t", "1"), ("s", "2"), ("n", "a < b"), ("late", "l")]
            .map(|(a, b)| (a.into(), b.into()));
        assert_eq!(form.fields, expected);
        assert!(form.has("r") && form.has("go"));
        assert_eq!(form.clone().with("q", "&").value("q"), Some("&"));
    }
    #[test]
    fn the_text_of_an_element_is_found_by_its_id() {
        let html =
            r#"<main><p>no</p><code id="error-code">a.b_c</code><p id="x">one <b>two</b> three</p></main>"#;
        assert_eq!(text_of(html, "error-code").as_deref(), Some("a.b_c"));
        assert_eq!(text_of(html, "x").as_deref(), Some("one two three"));
        assert_eq!(text_of(html, "none"), None);
    }
}
