//! Names in the list of errors above a form. There a message stands away from its field, and "fill in this field" says nothing;
//! the page has the field's name in its label, so it is taken from there.

/// Set by the template at every link whose form gave no name.
const MARK: &str = "<a data-name-by-label href=\"#";
/// A label longer than this is a sentence: what it is about stands in the message.
const MOST_CHARS: usize = 24;

/// The page with each marked message led in by its field's label.
pub(crate) fn name_fields(page: String) -> String {
    if !page.contains(MARK) {
        return page;
    }
    let colon = if page.contains("<html lang=\"zh") { "：" } else { ": " };
    let mut named = String::with_capacity(page.len() + 200);
    let mut rest = page.as_str();
    while let Some((before, after)) = rest.split_once(MARK) {
        named.push_str(before);
        named.push_str("<a href=\"#");
        rest = after;
        let Some((field, message)) = after.split_once("\">") else { break };
        named.push_str(field);
        named.push_str("\">");
        if let Some(label) = label_of(&page, field).filter(|label| !message.starts_with(label.as_str())) {
            named.push_str(&label);
            named.push_str(colon);
        }
        rest = message;
    }
    named.push_str(rest);
    named
}
/// The words of a short label, as they are escaped on the page.
fn label_of(page: &str, field: &str) -> Option<String> {
    let (_, after) = page.split_once(&format!("<label for=\"{field}\""))?;
    let (_, inner) = after.split_once('>')?;
    let (inner, _) = inner.split_once("</label>")?;
    if inner.contains('<') {
        return None;
    }
    let label = inner.trim().trim_end_matches(['：', ':']);
    (!label.is_empty() && label.chars().count() <= MOST_CHARS).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::name_fields;

    const FORM: &str = r#"<label for="name" class="req">姓名</label><input id="name">
<label for="agree">我已阅读并同意用户协议和隐私政策，并知道可以随时撤回同意</label><label for="x"><b>X</b></label>"#;

    fn page(lang: &str, items: &str) -> String {
        format!("<html lang=\"{lang}\"><ul>{items}</ul>{FORM}")
    }

    #[test]
    fn a_message_is_led_in_by_the_label_of_its_field() {
        let item = r##"<a data-name-by-label href="#name">请填写此项</a>"##;
        let named = r##"<a href="#name">姓名：请填写此项</a>"##;
        assert_eq!(name_fields(page("zh-CN", &item.repeat(2))), page("zh-CN", &named.repeat(2)));
        let item = r##"<a data-name-by-label href="#name">Fill in this field</a>"##;
        assert_eq!(
            name_fields(page("en", item)),
            page("en", r##"<a href="#name">姓名: Fill in this field</a>"##)
        );
    }
    #[test]
    fn what_names_itself_or_has_no_short_label_stays() {
        for (field, message) in
            [("name", "姓名太长"), ("agree", "须先同意"), ("x", "请填写此项"), ("missing", "请填写此项")]
        {
            let item = format!("<a data-name-by-label href=\"#{field}\">{message}</a>");
            let plain = format!("<a href=\"#{field}\">{message}</a>");
            assert_eq!(name_fields(page("zh-CN", &item)), page("zh-CN", &plain));
        }
        let plain = page("zh-CN", "");
        assert_eq!(name_fields(plain.clone()), plain);
    }
}
