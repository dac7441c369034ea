//! Markdown as staff write it, as HTML that this file alone puts together: every tag that comes out stands here, and whatever
//! was typed is escaped. Raw HTML is dropped, a picture is its caption, a link leads to the web or to a mailbox or is plain
//! text, headings lie below those of the page.
use askama::filters::Safe;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The page has `h1`, the card around the text `h2`.
const FIRST_HEADING: u8 = 3;
/// Lists in lists in quotations: nobody reads more, and a browser need not build it.
const MOST_DEPTH: usize = 12;
/// A table row may be two characters that stand for a hundred cells: no guide is longer than this, whatever was typed.
const MOST_BYTES: usize = 256 * 1024;
/// Of a column's name where it stands beside each cell.
const MOST_LABEL: usize = 400;

/// Ready HTML for a page.
pub fn render(markdown: &str) -> Safe<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut writer = Writer::default();
    for event in Parser::new_ext(markdown, options) {
        writer.event(event);
    }
    Safe(writer.out)
}

#[derive(Default)]
struct Writer {
    out: String,
    /// What each open tag closes with; empty for one that left nothing.
    open: Vec<&'static str>,
    /// Inside raw HTML, whose text is no text.
    dropped: usize,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// What the columns are called, escaped: where a table is narrow, each cell says it.
    heads: Vec<String>,
    /// The table itself was written, so its rows and cells are.
    in_table: bool,
}
impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            _ if self.dropped > 0 || self.is_full() => {}
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.text(&text);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            // Raw HTML says nothing here; the others are switched off.
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }
    fn is_full(&self) -> bool {
        self.out.len() > MOST_BYTES
    }
    fn start(&mut self, tag: &Tag<'_>) {
        let silent = matches!(tag, Tag::HtmlBlock | Tag::MetadataBlock(_));
        if self.dropped > 0 || silent || self.is_full() {
            self.dropped += 1;
            return;
        }
        let close = if self.open.len() >= MOST_DEPTH { "" } else { self.begin(tag) };
        self.open.push(close);
    }
    /// Writes what opens the tag, answers what closes it.
    fn begin(&mut self, tag: &Tag<'_>) -> &'static str {
        match tag {
            Tag::Paragraph => self.put("<p>", "</p>"),
            Tag::Heading { level, .. } => self.heading(*level),
            Tag::BlockQuote(_) => self.put("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
                self.put("<pre tabindex=\"0\"><code>", "</code></pre>")
            }
            // A list without its items, or a table without its cells, would be none.
            Tag::List(_) if self.open.len() + 2 > MOST_DEPTH => "",
            Tag::Table(_) if self.open.len() + 3 > MOST_DEPTH => {
                self.in_table = false;
                ""
            }
            Tag::TableHead | Tag::TableRow | Tag::TableCell if !self.in_table => "",
            Tag::List(None) => self.put("<ul>", "</ul>"),
            Tag::List(Some(1)) => self.put("<ol>", "</ol>"),
            Tag::List(Some(start)) => {
                self.out.push_str(&format!("<ol start=\"{start}\">"));
                "</ol>"
            }
            Tag::Item => self.put("<li>", "</li>"),
            Tag::Table(columns) => {
                self.columns = columns.clone();
                self.in_table = true;
                self.heads.clear();
                self.put("<div class=\"tw\"><table class=\"t\">", "</tbody></table></div>")
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.put("<thead><tr>", "</tr></thead><tbody>")
            }
            Tag::TableRow => {
                self.column = 0;
                self.put("<tr>", "</tr>")
            }
            Tag::TableCell => self.cell(),
            Tag::Emphasis => self.put("<em>", "</em>"),
            Tag::Strong => self.put("<strong>", "</strong>"),
            Tag::Strikethrough => self.put("<s>", "</s>"),
            // In the caption of a picture that is itself a link.
            Tag::Link { .. } if self.open.contains(&"</a>") => "",
            Tag::Link { dest_url, .. } => self.link(dest_url),
            // The caption is its text: pictures of other hosts would tell them who reads.
            Tag::Image { .. } => self.put("<em>", "</em>"),
            _ => "",
        }
    }
    fn put(&mut self, open: &str, close: &'static str) -> &'static str {
        self.out.push_str(open);
        close
    }
    fn heading(&mut self, level: HeadingLevel) -> &'static str {
        match FIRST_HEADING + (level as u8).saturating_sub(1) {
            ..=3 => self.put("<h3>", "</h3>"),
            4 => self.put("<h4>", "</h4>"),
            5 => self.put("<h5>", "</h5>"),
            _ => self.put("<h6>", "</h6>"),
        }
    }
    fn cell(&mut self) -> &'static str {
        let column = self.column;
        self.column += 1;
        let right = self.columns.get(column) == Some(&Alignment::Right);
        let class = if right { " class=\"num\"" } else { "" };
        if self.in_head {
            self.heads.push(String::new());
            self.out.push_str(&format!("<th scope=\"col\"{class}>"));
            return "</th>";
        }
        let head = self.heads.get(column).map_or("", String::as_str);
        self.out.push_str(&format!("<td data-l=\"{head}\"{class}>"));
        "</td>"
    }
    fn link(&mut self, address: &str) -> &'static str {
        let Some(address) = web_address(address) else { return "" };
        self.out.push_str("<a href=\"");
        escape(&address, usize::MAX, &mut self.out);
        self.out.push_str("\" rel=\"noopener noreferrer nofollow\">");
        "</a>"
    }
    fn end(&mut self, tag: TagEnd) {
        if self.dropped > 0 {
            self.dropped -= 1;
            return;
        }
        if tag == TagEnd::TableHead {
            self.in_head = false;
        }
        let close = self.open.pop().unwrap_or("");
        self.out.push_str(close);
    }
    fn text(&mut self, text: &str) {
        escape(text, usize::MAX, &mut self.out);
        if let Some(head) = self.heads.last_mut().filter(|_| self.in_head) {
            escape(text, MOST_LABEL, head);
        }
    }
}
/// Appends while `out` is shorter than `most` bytes.
fn escape(text: &str, most: usize, out: &mut String) {
    for c in text.chars() {
        if out.len() >= most {
            return;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// `http`, `https` and `mailto`, whatever the case; anything else, a path of our own too, is not a link.
fn web_address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let fits = match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {
            rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        }
        "mailto" => !rest.is_empty(),
        _ => false,
    };
    let clean = text.len() <= 1000 && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    (fits && clean).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::render;
    use proptest::prelude::*;

    #[test]
    fn what_staff_write_becomes_what_people_read() {
        let html = render(
            "# 办理\n\n先 **准备** 再 `curl`\n\n1. 一\n2. 二\n\n| 项 | 费 |\n|---|--:|\n| 甲 | 3 |\n\n> 注\n\n[说明](https://kb.test/a?b=1&c=2 \"x\") <mailto:a@kb.test> ~~旧~~",
        )
        .0;
        for piece in [
            "<h3>办理</h3>",
            "<strong>准备</strong>",
            "<code>curl</code>",
            "<ol><li>一</li>",
            "<th scope=\"col\" class=\"num\">费</th></tr></thead><tbody><tr><td data-l=\"项\">甲</td><td data-l=\"费\" class=\"num\">3</td>",
            "<blockquote><p>注</p>",
            "<a href=\"https://kb.test/a?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\">说明</a>",
            "<a href=\"mailto:a@kb.test\"",
            "<s>旧</s>",
        ] {
            assert!(html.contains(piece), "{piece}\n{html}");
        }
        assert_eq!(render("###### 深").0, "<h6>深</h6>");
    }
    #[test]
    fn nothing_that_runs_or_tells_other_hosts_comes_through() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=x>b</b>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>)",
            "[x](java\nscript:alert(1))",
            "[x](//evil.test)",
            "[x](/org/1/leave)",
            "[x](https:///evil.test)",
            "[x](vbscript:x)",
            "<javascript:alert(1)>",
            "![x](https://evil.test/pixel.png)",
            "[a]: javascript:alert(1)\n\n[a]",
            "[x](https://kb.test/\"onmouseover=alert(1))",
        ] {
            must_be_harmless(&render(text).0);
        }
        assert_eq!(render("[x](javascript:alert(1))").0, "<p>x</p>");
        assert_eq!(render("![图](https://evil.test/pixel.png)").0, "<p><em>图</em></p>");
        let deep = render(&"> ".repeat(500)).0;
        assert!(deep.matches("<blockquote>").count() <= super::MOST_DEPTH);
        let nested = render("[![ [x](https://kb.test/1) ](y)](https://kb.test/2)").0;
        assert!(nested.matches("<a ").count() <= 1, "{nested}");
    }
    #[test]
    fn a_short_text_does_not_grow_into_a_page_that_no_browser_builds() {
        let columns = 1_500;
        let table = format!("{}|\n{}|\n{}", "|a".repeat(columns), "|-".repeat(columns), "|a\n".repeat(2_000));
        assert!(table.len() <= 12_100);
        let html = render(&table).0;
        assert!(html.len() < super::MOST_BYTES + 1_000, "{}", html.len());
        assert!(html.ends_with("</tbody></table></div>"), "what was opened is closed");
        must_be_harmless(&html);
        // As long as a guide may be, of what takes most room: whole.
        let long = "- *a*\n".repeat(2_000);
        assert_eq!(render(&long).0.matches("<em>").count(), 2_000);
    }
    #[test]
    fn lists_and_tables_too_deep_to_hold_anything_are_left_out_whole() {
        for depth in 0..20 {
            for inner in ["- a\n", "|a|b|\n{}|-|-|\n{}|1|2|\n"] {
                let quote = "> ".repeat(depth);
                let html = render(&format!("{quote}{}", inner.replace("{}", &quote))).0;
                for (outer, held) in [("<ul>", "<li>"), ("<table", "<td "), ("<tbody>", "<td ")] {
                    assert_eq!(html.contains(outer), html.contains(held), "{depth}: {html}");
                }
                for tag in ["ul", "li", "table", "thead", "tbody", "tr", "td", "div", "blockquote"] {
                    let (open, close) = (
                        html.matches(&format!("<{tag}>")).count(),
                        html.matches(&format!("</{tag}>")).count(),
                    );
                    let attributed = html.matches(&format!("<{tag} ")).count();
                    assert_eq!(open + attributed, close, "{depth} {tag}: {html}");
                }
            }
        }
    }

    /// Every `<` begins a tag of the list, as it stands there; only a link has something typed in it, and that is a web address.
    fn must_be_harmless(html: &str) {
        const TAGS: [&str; 24] = [
            "p",
            "h3",
            "h4",
            "h5",
            "h6",
            "blockquote",
            "ul",
            "ol",
            "li",
            "em",
            "strong",
            "s",
            "code",
            "pre",
            "div",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "br",
            "hr",
            "a",
        ];
        const WHOLE: [&str; 4] =
            ["pre tabindex=\"0\"", "div class=\"tw\"", "table class=\"t\"", "th scope=\"col\""];
        for piece in html.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("a tag without end in {html}"));
            assert!(!text.contains('>'), "{html}");
            let name = tag.trim_start_matches('/');
            let plain =
                TAGS.contains(&name) || WHOLE.contains(&name) || name == "th scope=\"col\" class=\"num\"";
            let start = name
                .strip_prefix("ol start=\"")
                .and_then(|rest| rest.strip_suffix('"'))
                .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
            let link = name
                .strip_prefix("a href=\"")
                .and_then(|rest| rest.strip_suffix("\" rel=\"noopener noreferrer nofollow\""))
                .is_some_and(|address| {
                    let lower = address.to_ascii_lowercase();
                    ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
                        && !address.contains(['"', '\'', ' ', '\n', '\t'])
                });
            let cell = name.strip_prefix("td data-l=\"").and_then(|rest| rest.split_once('"'));
            let cell = cell.is_some_and(|(_, rest)| rest.is_empty() || rest == " class=\"num\"");
            assert!(plain || start || link || cell, "<{tag}> in {html}");
        }
        // Quotation marks of what was typed never stand for themselves.
        let typed: String =
            html.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text)).collect();
        assert!(!typed.contains(['"', '\'']), "{html}");
    }
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<script>",
            "</script>",
            "<svg/onload=alert(1)>",
            "javascript:",
            "data:text/html,",
            "https://kb.test/",
            "http:",
            "//",
            "mailto:",
            "[",
            "]",
            "(",
            ")",
            "](",
            "![",
            "<",
            ">",
            "\"",
            "'",
            "`",
            "```",
            "\n",
            "\n\n",
            "    ",
            "* ",
            "1. ",
            "99) ",
            "> ",
            "#",
            "## ",
            "|",
            "---",
            "|---|--:|\n",
            "&lt;",
            "&#106;avascript:",
            "\\",
            "*",
            "**",
            "~~",
            "onclick=x",
            " ",
            "\t",
            "\r",
            "中文",
            "\u{0}",
            "\u{1}",
            "\u{202e}",
            "<!--",
            "-->",
            "<?x",
            "<![CDATA[",
            "[a]: ",
            "[a]",
            "^",
            "$",
            "{",
            "}",
            "=",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn whatever_is_typed_is_harmless(text in pieces()) {
            must_be_harmless(&render(&text).0);
        }
        #[test]
        fn any_text_at_all_is_harmless(text in "\\PC{0,200}") {
            must_be_harmless(&render(&text).0);
        }
    }
}
