//! A session as it begins, as it is listed, and the device in words.
use kernel::{Timestamp, id::AccountId, id::SessionId};
use std::net::IpAddr;

/// A session that begins; `token` is drawn before the transaction and goes into the cookie alone.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub token: String,
    pub account: AccountId,
    /// RFC 8176: `pwd`, `sms`, `hwk` …
    pub methods: Vec<&'static str>,
    pub address: IpAddr,
    pub user_agent: Option<String>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// How strongly somebody signed in, 1 to 3: a second factor makes 2, hardware with its own check 3.
pub fn strength<M: AsRef<str>>(methods: &[M]) -> i64 {
    let has = |wanted: &[&str]| methods.iter().any(|method| wanted.contains(&method.as_ref()));
    if has(&["hwk", "sc"]) {
        3
    } else if has(&["mfa"]) || (has(&["pwd"]) && has(&["sms", "otp"])) {
        2
    } else {
        1
    }
}
/// Whether one of them rests on a key of its own: an app's code (or the code on paper in its place), a passkey, a card. A
/// password beside a code by SMS makes two factors, and neither is such a one (GB/T 22239-2019, 8.1.4.1 d).
pub fn has_cryptographic<M: AsRef<str>>(methods: &[M]) -> bool {
    methods.iter().any(|method| matches!(method.as_ref(), "otp" | "hwk" | "swk" | "sc"))
}
/// Whether the methods are two factors by themselves, whatever second factor the account has besides.
pub(crate) fn is_whole(methods: &[&str]) -> bool {
    methods.iter().any(|method| matches!(*method, "mfa" | "hwk" | "sc"))
}

/// A session in the person's own list.
#[derive(Clone, Debug)]
pub struct SessionCard {
    pub id: SessionId,
    pub current: bool,
    pub device: Device,
    pub address: Option<String>,
    pub begun_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub methods: Vec<String>,
}

/// What a User-Agent says, in names that people know; empty where it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub browser: &'static str,
    pub system: &'static str,
}
impl Device {
    /// Order matters: Edge and WeChat call themselves Chrome, Chrome calls itself Safari.
    pub fn of(user_agent: &str) -> Self {
        const BROWSERS: [(&str, &str); 12] = [
            ("MicroMessenger/", "WeChat"),
            ("QQBrowser/", "QQ Browser"),
            ("360SE", "360"),
            ("UCBrowser/", "UC Browser"),
            ("HuaweiBrowser/", "Huawei Browser"),
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("CriOS/", "Chrome"),
            ("FxiOS/", "Firefox"),
            ("Safari/", "Safari"),
        ];
        const SYSTEMS: [(&str, &str); 9] = [
            ("HarmonyOS", "HarmonyOS"),
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Kylin", "Kylin"),
            ("Linux", "Linux"),
        ];
        let find = |table: &[(&str, &'static str)]| {
            table.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("", |(_, name)| name)
        };
        Self { browser: find(&BROWSERS), system: find(&SYSTEMS) }
    }
    /// `Windows 上的 Chrome`, `Chrome on Windows`.
    pub fn words(&self, lang: web::Lang) -> String {
        match (self.browser, self.system) {
            ("", "") => lang.t("identity-device-unknown"),
            (browser, "") => browser.to_owned(),
            ("", system) => system.to_owned(),
            (browser, system) => lang.ta("identity-device", &[("browser", browser), ("system", system)]),
        }
    }
}
/// A User-Agent as it is stored: bounded, printable.
pub(crate) fn clean_user_agent(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
