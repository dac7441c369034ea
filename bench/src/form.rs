//! Reads the forms of a page as far as a person would send them without typing.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    /// Values as they stand, chosen radios and options, ticked boxes.
    pub fields: Vec<(String, String)>,
    /// Boxes that are not ticked, and buttons by their `id`.
    pub boxes: Vec<(String, String)>,
    pub buttons: Vec<(String, String, String)>,
}
impl Form {
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(found, _)| found == name)
    }
    /// Replaces the values of `name`, or adds it.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Ticks every box.
    #[must_use]
    pub fn ticked(mut self) -> Self {
        self.fields.append(&mut self.boxes);
        self
    }
    /// Presses the button with this id: what it carries is sent too. None if there is no such button.
    pub fn pressed(self, id: &str) -> Option<Self> {
        let (_, name, value) = self.buttons.iter().find(|(found, ..)| found == id)?.clone();
        Some(if name.is_empty() { self } else { self.with(&name, &value) })
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// All forms of the page in order. Templates escape `<` and `>` in values, so a tag ends at the first `>`.
pub fn forms(html: &str) -> Vec<Form> {
    let mut out: Vec<Form> = Vec::new();
    let mut open = false;
    for piece in html.split('<').skip(1) {
        let tag = piece.split_once('>').map_or(piece, |(tag, _)| tag);
        let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        match name {
            "form" => {
                open = true;
                let action = Attributes::of(rest).get("action");
                out.push(Form { action, ..Form::default() });
            }
            "/form" => open = false,
            "select" | "option" | "input" | "button" if open => {
                if let Some(form) = out.last_mut() {
                    take(form, name, &Attributes::of(rest));
                }
            }
            _ => {}
        }
    }
    out
}

fn take(form: &mut Form, tag: &str, attributes: &Attributes) {
    let (name, value) = (attributes.get("name"), attributes.get("value"));
    match (tag, attributes.get("type").as_str()) {
        // A list sends its first value unless another one is selected.
        ("select", _) => form.fields.push((name, String::new())),
        ("option", _) => {
            if let Some((_, chosen)) = form.fields.last_mut()
                && (chosen.is_empty() || attributes.has("selected"))
            {
                *chosen = value;
            }
        }
        ("button", "button" | "reset") => {}
        ("button", _) | (_, "submit") => form.buttons.push((attributes.get("id"), name, value)),
        _ if name.is_empty() || attributes.has("disabled") => {}
        (_, "radio") if !attributes.has("checked") => {}
        (_, "checkbox") => {
            let value = if attributes.has("value") { value } else { "on".to_owned() };
            let list = if attributes.has("checked") { &mut form.fields } else { &mut form.boxes };
            list.push((name, value));
        }
        _ => form.fields.push((name, value)),
    }
}

struct Attributes(Vec<(String, String)>);
impl Attributes {
    fn of(mut text: &str) -> Self {
        let mut out = Vec::new();
        loop {
            text = text.trim_start();
            let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
            let Some((name, rest)) = text.split_at_checked(end) else { break };
            if name.is_empty() {
                break;
            }
            let (value, rest) = match rest.strip_prefix("=\"").and_then(|rest| rest.split_once('"')) {
                Some((value, rest)) => (unescape(value), rest),
                None => (String::new(), rest.trim_start_matches('=')),
            };
            out.push((name.to_ascii_lowercase(), value));
            text = rest;
        }
        Self(out)
    }
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }
    fn get(&self, name: &str) -> String {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The character references that templates write.
fn unescape(text: &str) -> String {
    let named =
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&quot;", "\"")];
    let text = named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&#38;", "&").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<form id="pref-form" method="post" action="/preferences"><input type="hidden" name="csrf" value="p">
      <input type="radio" name="theme" value="auto" checked><input type="radio" name="theme" value="dark"></form>
      <form method="post" action="/consent?flow=a&#38;x=1">
        <input type="hidden" name="csrf" value="t&#34;k"><input id="login-password" name="password" type="password" required>
        <select id="space" name="space" required><option value="person">P</option><option value="A1" selected>A</option></select>
        <input type="checkbox" name="remember"><input name="off" value="1" disabled>
        <button type="button" data-reveal="x">Show</button>
        <button id="consent-deny" name="answer" value="deny">No</button>
        <button id="consent-allow" name="answer" value="allow">Yes</button></form><input name="stray" value="1">"#;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_token_of_the_right_form() {
        let forms = forms(PAGE);
        assert_eq!(forms.len(), 2);
        assert_eq!(forms[0].fields, [pair("csrf", "p"), pair("theme", "auto")]);
        assert_eq!(forms[1].action, "/consent?flow=a&x=1");
        assert_eq!(forms[1].fields, [pair("csrf", "t\"k"), pair("password", ""), pair("space", "A1")]);
    }
    #[test]
    fn boxes_are_ticked_and_buttons_pressed() {
        let form = forms(PAGE).remove(1);
        assert_eq!(form.clone().pressed("nothing"), None);
        let sent = form.with("password", "a b&").ticked().pressed("consent-allow").unwrap();
        let body = encode(sent.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        assert_eq!(body, "csrf=t%22k&space=A1&password=a+b%26&remember=on&answer=allow");
    }
}
