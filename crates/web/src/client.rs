//! The browser by what it says of itself: its name for people, and whether it is older than what the pages are made for.
//! Nothing is withheld from it: the notice names it and says what will not work there.
use crate::Lang;

/// The oldest that the stylesheet is lowered for; `build.mjs` names the same.
pub const CHROMIUM: u32 = 99;
pub const FIREFOX: u32 = 97;
/// Major and minor.
pub const SAFARI: (u32, u32) = (15, 4);

/// What a page may say of the browser before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    zh: &'static str,
    en: &'static str,
    /// Where people know the browser by its number.
    pub version: Option<u32>,
    pub fault: Option<Fault>,
}
/// Why pages may not work there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    InternetExplorer,
    /// A Chinese browser that shows the page with the engine of Internet Explorer.
    Compatibility,
    /// Edge with Microsoft's own engine, before version 79.
    OldEdge,
    TooOld,
}

/// Order matters: everyone calls itself Chrome, and Chrome calls itself Safari.
const NAMES: [(&str, &str, &str); 22] = [
    ("MicroMessenger/", "微信", "WeChat"),
    ("DingTalk/", "钉钉", "DingTalk"),
    ("AlipayClient/", "支付宝", "Alipay"),
    ("QQBrowser/", "QQ 浏览器", "QQ Browser"),
    ("360SE", "360 安全浏览器", "360 Safe Browser"),
    ("360EE", "360 极速浏览器", "360 Extreme Browser"),
    ("QIHU", "360 浏览器", "360 Browser"),
    ("MetaSr", "搜狗浏览器", "Sogou Browser"),
    ("LBBROWSER", "猎豹浏览器", "Liebao Browser"),
    ("2345Explorer", "2345 浏览器", "2345 Browser"),
    ("Maxthon", "傲游浏览器", "Maxthon"),
    ("UCBrowser/", "UC 浏览器", "UC Browser"),
    ("HuaweiBrowser/", "华为浏览器", "Huawei Browser"),
    ("MiuiBrowser/", "小米浏览器", "Xiaomi Browser"),
    ("Edg", "Edge", "Edge"),
    ("OPR/", "Opera", "Opera"),
    ("FxiOS/", "Firefox", "Firefox"),
    ("Firefox/", "Firefox", "Firefox"),
    ("CriOS/", "Chrome", "Chrome"),
    ("HeadlessChrome/", "Chrome", "Chrome"),
    ("Chrome/", "Chrome", "Chrome"),
    ("Safari/", "Safari", "Safari"),
];
/// Of these the engine's number is the browser's own.
const NUMBERED: [&str; 3] = ["Chrome", "Edge", "Firefox"];

impl Client {
    pub fn of(user_agent: &str) -> Self {
        let (zh, en) = NAMES
            .iter()
            .find(|(mark, ..)| user_agent.contains(mark))
            .map_or(("", ""), |(_, zh, en)| (*zh, *en));
        let named = |version, fault| Self { zh, en, version, fault };
        let after = |mark: &str| number(user_agent.split_once(mark)?.1);
        if user_agent.contains("Trident/") || user_agent.contains("MSIE ") {
            return match en {
                "" => Self {
                    zh: "Internet Explorer",
                    en: "Internet Explorer",
                    version: after("rv:").or_else(|| after("MSIE ")),
                    fault: Some(Fault::InternetExplorer),
                },
                _ => named(None, Some(Fault::Compatibility)),
            };
        }
        if let Some(version) = after("Edge/") {
            return named(Some(version), Some(Fault::OldEdge));
        }
        let too_old = |old: bool| old.then_some(Fault::TooOld);
        // Every browser on an iPhone or iPad shows pages with the engine of the system.
        let system = ["iPhone OS ", "CPU OS "].iter().find_map(|mark| user_agent.split_once(mark));
        if let Some(version) = system.and_then(|(_, rest)| pair(rest, '_')) {
            return named(None, too_old(version < SAFARI));
        }
        for (mark, least) in [("Firefox/", FIREFOX), ("Chrome/", CHROMIUM)] {
            if let Some(version) = after(mark) {
                let own = NUMBERED.contains(&en);
                return named(own.then_some(version), too_old(version < least));
            }
        }
        match user_agent.split_once("Version/").and_then(|(_, rest)| pair(rest, '.')) {
            Some(version) if en == "Safari" => named(Some(version.0), too_old(version < SAFARI)),
            _ => named(None, None),
        }
    }
    /// `Chrome 86`, `Internet Explorer 11`, `360 安全浏览器`; empty where nothing is known.
    pub fn words(&self, lang: Lang) -> String {
        let name = match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        };
        match self.version {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        }
    }
}
fn number(text: &str) -> Option<u32> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(6).collect();
    digits.parse().ok()
}
fn pair(text: &str, between: char) -> Option<(u32, u32)> {
    let major = number(text)?;
    let minor = text.split_once(between).and_then(|(_, rest)| number(rest)).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m19_browsers_below_the_floor_are_named() {
        let old = Some(Fault::TooOld);
        let table: [(&str, &str, Option<Fault>); 22] = [
            (
                "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
                "Internet Explorer 11",
                Some(Fault::InternetExplorer),
            ),
            (
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
                "Internet Explorer 8",
                Some(Fault::InternetExplorer),
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0; 360SE) like Gecko",
                "360 安全浏览器",
                Some(Fault::Compatibility),
            ),
            (
                "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; SE 2.X MetaSr 1.0)",
                "搜狗浏览器",
                Some(Fault::Compatibility),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
                "Edge 18",
                Some(Fault::OldEdge),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
                "Edge 124",
                None,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36",
                "Chrome 86",
                old,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/98.0.4758.80 Safari/537.36",
                "Chrome 98",
                old,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.51 Safari/537.36",
                "Chrome 99",
                None,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
                "Chrome 130",
                None,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
                "360 安全浏览器",
                old,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.71 Safari/537.36 Core/1.94 QQBrowser/12.1",
                "QQ 浏览器",
                old,
            ),
            ("Mozilla/5.0 (Windows NT 6.1; rv:60.0) Gecko/20100101 Firefox/60.0", "Firefox 60", old),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128", None),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.3 Safari/605.1.15",
                "Safari 15",
                old,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari 17",
                None,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 14_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Mobile/15E148 Safari/604.1",
                "Chrome",
                old,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49",
                "微信",
                None,
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; V2046A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB MicroMessenger/8.0.47",
                "微信",
                None,
            ),
            (
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1 HuaweiBrowser/5.0",
                "华为浏览器",
                None,
            ),
            ("curl/8.5.0", "", None),
            ("", "", None),
        ];
        for (user_agent, words, fault) in table {
            let client = Client::of(user_agent);
            assert_eq!((client.words(Lang::Zh).as_str(), client.fault), (words, fault), "{user_agent}");
        }
    }
    #[test]
    fn m19_the_floor_is_what_the_stylesheet_is_made_for() {
        let build = include_str!("../assets/build.mjs");
        assert!(build.contains(&format!("const chrome99 = {CHROMIUM} << 16;")));
        assert!(build.contains(&format!("firefox: {FIREFOX} << 16")));
        assert!(build.contains(&format!("safari: ({} << 16) | ({} << 8)", SAFARI.0, SAFARI.1)));
    }
}
