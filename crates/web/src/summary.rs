//! Names in the list of errors above a form. There a message stands away from its field, and "fill in this field" says nothing;
//! the page has the field's name in its label or, for a group of choices, in its legend, so it is taken from there.

/// Set by the template at every link whose form gave no name.
const MARK: &str = "<a data-name-by-label href=\"#";
/// A label longer than this is a sentence: what it is about stands in the message.
const MOST_CHARS: usize = 24;

/// The page with each marked message led in by what its field is called.
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
        let lead = lead(&page, field, message);
        if !lead.is_empty() {
            named.push_str(&lead.join(" · "));
            named.push_str(colon);
        }
        rest = message;
    }
    named.push_str(rest);
    named
}
/// The label, unless the message begins with it; before it the legend of its group, if other fields are called the same.
fn lead<'a>(page: &'a str, field: &str, message: &str) -> Vec<&'a str> {
    let label_tag = format!("<label for=\"{field}\"");
    let Some((before, after)) = page.split_once(label_tag.as_str()) else {
        let legend = page.split("<fieldset").skip(1).find_map(|group| group_of(group, field));
        return legend.filter(|legend| !message.starts_with(legend)).into_iter().collect();
    };
    let Some(label) = words(after, "label") else { return Vec::new() };
    let alike =
        page.split("<label for=\"").skip(1).filter(|other| words(other, "label") == Some(label)).count();
    let group = before.rsplit_once("<fieldset").filter(|(_, inside)| !inside.contains("</fieldset"));
    let legend = group.filter(|_| alike > 1).and_then(|(_, inside)| legend_of(inside));
    let label = Some(label).filter(|label| !message.starts_with(label));
    legend.into_iter().chain(label).collect()
}
/// The legend of what follows `<fieldset`, if that has this id.
fn group_of<'a>(group: &'a str, field: &str) -> Option<&'a str> {
    let (tag, _) = group.split_once('>')?;
    tag.contains(&format!(" id=\"{field}\"")).then(|| legend_of(group))?
}
fn legend_of(group: &str) -> Option<&str> {
    let (head, after) = group.split_once("<legend")?;
    words(after, "legend").filter(|_| !head.contains("</fieldset"))
}
/// The short text of an element whose tag has begun, as it is escaped on the page.
fn words<'a>(after: &'a str, element: &str) -> Option<&'a str> {
    let (_, inner) = after.split_once('>')?;
    let (inner, _) = inner.split_once(&format!("</{element}>"))?;
    let inner = inner.strip_prefix("<b>").and_then(|inner| inner.strip_suffix("</b>")).unwrap_or(inner);
    let text = inner.trim().trim_end_matches(['：', ':']);
    (!inner.contains('<') && !text.is_empty() && text.chars().count() <= MOST_CHARS).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::name_fields;

    const FORM: &str = r#"<label for="name" class="req">姓名</label><input id="name">
<label for="agree">我已阅读并同意用户协议和隐私政策，并知道可以随时撤回同意</label><label for="x"><i>X</i></label>"#;

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
    fn a_group_of_choices_is_called_by_its_legend() {
        let form = r#"<fieldset class="stack" id="other"><legend>其他</legend></fieldset>
<fieldset class="stack" id="checks"><legend class="req"><b>核验方式</b></legend><label class="choice"><input></label></fieldset>"#;
        let item = r##"<a data-name-by-label href="#checks">请至少选择一项</a>"##;
        let named = name_fields(format!("<html lang=\"zh-CN\">{item}{form}"));
        assert!(named.contains(r##"<a href="#checks">核验方式：请至少选择一项</a>"##), "{named}");
    }
    #[test]
    fn fields_that_are_called_the_same_are_told_apart_by_their_groups() {
        let group = |n: u8| {
            format!(
                "<fieldset><legend>第 {n} 题</legend><label for=\"own_{n}\">自己写的问题</label>\
                 <label for=\"answer_{n}\" class=\"req\">答案</label></fieldset>"
            )
        };
        let item = |n: u8, words: &str| format!("<a data-name-by-label href=\"#answer_{n}\">{words}</a>");
        let page = [item(1, "还没有填写"), item(2, "答案太短"), group(1), group(2)].concat();
        let named = name_fields(format!("<html lang=\"zh-CN\">{page}"));
        assert!(named.contains(r##"<a href="#answer_1">第 1 题 · 答案：还没有填写</a>"##), "{named}");
        assert!(named.contains(r##"<a href="#answer_2">第 2 题：答案太短</a>"##), "{named}");
        // One that is alone needs no number.
        let page = [item(1, "还没有填写"), group(1)].concat();
        let named = name_fields(format!("<html lang=\"zh-CN\">{page}"));
        assert!(named.contains(r##"<a href="#answer_1">答案：还没有填写</a>"##), "{named}");
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
