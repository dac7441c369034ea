use crate::{
    closing::service::{Obstacle, obstacles},
    history::model::{ACTIONS, Line, line},
    me::Me,
};
use askama::Template;
use identity::{
    account::{contact, own::Own},
    external, realname,
    session::{self, SessionCard},
};
use platform::{
    Channel,
    audit::{self, model::Before},
    setting::ProfileField,
};
use web::{Page, Policy, Routes, html};

/// The center shows so many; the pages behind it all of them.
const SESSIONS: usize = 5;
const EVENTS: i64 = 8;

pub fn routes() -> Routes {
    Routes::new().get("/me/security", Policy::SignedIn, show)
}

/// One way in or back, or what the account is called.
struct Way {
    icon: &'static str,
    title: String,
    state: String,
    /// Key and tone of a tag, if it has one.
    tag: (&'static str, &'static str),
    href: String,
    /// Key of what its link does.
    action: &'static str,
}
struct Browser {
    id: String,
    device: String,
    icon: &'static str,
    address: String,
    at: String,
    how: String,
    current: bool,
}
#[derive(Template)]
#[template(path = "security/center.html")]
struct Center {
    page: Page,
    known: Vec<Way>,
    ways_in: Vec<Way>,
    ways_back: Vec<Way>,
    ready: usize,
    sessions: Vec<Browser>,
    others: bool,
    events: Vec<Line>,
    level: (i64, &'static str),
    proofs: bool,
    obstacle: Option<&'static str>,
    closing_due: Option<String>,
}
const ON: (&str, &str) = ("profile-security-on", "ok");
const OFF: (&str, &str) = ("profile-security-off", "");
const UNSET: (&str, &str) = ("profile-security-unset", "wait");

async fn show(me: Me) -> web::Result {
    let own = me.own().await?;
    let (db, account) = (me.identity.db(), me.who.account);
    let cards = session::service::list(&me.identity, &me.who, me.ctx.now).await?;
    let events = audit::service::concerning(db, account, ACTIONS, Before::NEWEST, EVENTS).await?;
    let proofs = realname::service::proofs_of(db, account, me.ctx.now).await?;
    let linked = external::service::linked(&me.identity, account).await?;
    let offered = external::service::offered(&me.identity).await?;
    let ways_back = ways_back(&me, &own, &linked, &offered).await?;
    let obstacle = obstacles(&me.rooms, &me.who).await?.first().map(|first| match first {
        Obstacle::Managed => "profile-close-short-managed",
        Obstacle::Member { head: true, .. } => "profile-close-short-head",
        Obstacle::Member { .. } | Obstacle::More => "profile-close-short-member",
        Obstacle::Staff => "profile-close-short-staff",
        Obstacle::Matter => "profile-close-short-matter",
    });
    Ok(html(Center {
        page: me.page("profile-security-title").await?,
        known: known(&me, &own).await?,
        ways_in: ways_in(&me, &own, &linked, !offered.is_empty()).await?,
        ready: ways_back.iter().filter(|way| way.tag == ON).count(),
        ways_back,
        others: cards.iter().any(|card| !card.current),
        sessions: cards.into_iter().take(SESSIONS).map(|card| browser(&me, card)).collect(),
        events: events.iter().map(|entry| line(&me, entry)).collect(),
        level: (me.who.level.rank(), me.who.level.key()),
        proofs: !proofs.is_empty(),
        obstacle,
        closing_due: own.closing_due.map(|due| me.minute(due)),
    }))
}

/// What the account is called, and where it is changed.
async fn known(me: &Me, own: &Own) -> kernel::Result<Vec<Way>> {
    let editable = me.editable().await?;
    let action = |field| if editable.has(field) { "profile-change" } else { "profile-look" };
    let way = |title: &str, state: &str, tag, href: &str, action| Way {
        icon: "user",
        title: me.t(title),
        state: state.to_owned(),
        tag,
        href: href.to_owned(),
        action,
    };
    let name_tag = if own.name_proven { ("profile-name-real", "ok") } else { ("profile-unproven", "wait") };
    let name_page = if own.name_proven { "/me/real-name" } else { "/me/profile" };
    let login_name_page =
        if editable.has(ProfileField::LoginName) { "/me/login-name" } else { "/me/profile" };
    Ok(vec![
        way("profile-name", &own.name, name_tag, name_page, action(ProfileField::Name)),
        way(
            "profile-login-name",
            &own.login_name,
            ("", ""),
            login_name_page,
            action(ProfileField::LoginName),
        ),
    ])
}
async fn ways_in(me: &Me, own: &Own, linked: &[external::Linked], offers: bool) -> kernel::Result<Vec<Way>> {
    let factors = factor::summary(me.identity.db(), me.who.account).await?;
    let count = |n: i64| me.ctx.lang.ta("profile-security-count", &[("n", &n.to_string())]);
    let way = |icon, title: &str, state: String, tag, href: &str, action| Way {
        icon,
        title: me.t(title),
        state,
        tag,
        href: href.to_owned(),
        action,
    };
    let mut ways = vec![
        way(
            "key",
            "profile-security-password",
            match own.password_set_at {
                Some(at) => me.ctx.lang.ta("profile-security-password-at", &[("at", &me.date(at))]),
                None => me.t("profile-security-password-none"),
            },
            if own.password_set_at.is_some() { ON } else { UNSET },
            "/me/password",
            if own.password_set_at.is_some() { "profile-change" } else { "profile-set" },
        ),
        way(
            "passkey",
            "profile-security-passkeys",
            if factors.passkeys > 0 {
                count(factors.passkeys)
            } else {
                me.t("profile-security-passkeys-none")
            },
            if factors.passkeys > 0 { ON } else { OFF },
            "/me/passkeys",
            if factors.passkeys > 0 { "profile-manage" } else { "profile-add" },
        ),
        way(
            "phone",
            "profile-security-authenticators",
            if factors.totp > 0 { count(factors.totp) } else { me.t("profile-security-authenticators-none") },
            if factors.totp > 0 { ON } else { OFF },
            "/me/authenticator",
            if factors.totp > 0 { "profile-manage" } else { "profile-add" },
        ),
    ];
    // Codes stand in for a factor: without one there is nothing to stand in for.
    if factors.second() {
        let left = factors.recovery_codes_left;
        ways.push(way(
            "lock",
            "profile-security-codes",
            me.ctx.lang.ta("profile-security-codes-left", &[("n", &left.to_string())]),
            if left > 2 { ON } else { UNSET },
            "/me/recovery-codes",
            "profile-manage",
        ));
    }
    for linked in linked {
        ways.push(Way {
            icon: linked.icon(),
            title: linked.label(me.ctx.lang).to_owned(),
            state: linked.display_name.clone().unwrap_or_else(|| {
                me.ctx.lang.ta("profile-security-linked-at", &[("at", &me.date(linked.linked_at))])
            }),
            tag: if linked.enabled { ON } else { OFF },
            href: "/me/linked".to_owned(),
            action: "profile-manage",
        });
    }
    // Without a provider that is switched on there is nothing to link.
    if linked.is_empty() && offers {
        ways.push(way(
            "link",
            "profile-security-linked",
            me.t("profile-security-linked-none"),
            OFF,
            "/me/linked",
            "profile-add",
        ));
    }
    Ok(ways)
}
async fn ways_back(
    me: &Me,
    own: &Own,
    linked: &[external::Linked],
    offered: &[external::Offer],
) -> kernel::Result<Vec<Way>> {
    let editable = me.editable().await?;
    let questions = recovery::question::service::set_at(me.identity.db(), me.who.account).await?;
    let contact = |icon, title: &str, value: Option<String>, proven: bool, href: &str, channel| Way {
        icon,
        title: me.t(title),
        state: value.clone().unwrap_or_else(|| me.t("profile-none")),
        tag: match (value.is_some(), proven) {
            (_, true) => ON,
            (true, false) => ("profile-unproven", "wait"),
            (false, false) => UNSET,
        },
        href: href.to_owned(),
        action: match (editable.has(contact::field(channel)), proven, value.is_some()) {
            (false, ..) => "profile-look",
            (true, true, _) => "profile-change",
            (true, false, true) => "profile-prove",
            (true, false, false) => "profile-bind",
        },
    };
    let alipay = linked.iter().find(|linked| linked.provider == "alipay" && linked.enabled);
    let mut ways = vec![
        contact("phone", "profile-phone", own.phone_masked(), own.phone_proven, "/me/phone", Channel::Sms),
        contact("mail", "profile-email", own.email_masked(), own.email_proven, "/me/email", Channel::Mail),
        Way {
            icon: "help",
            title: me.t("profile-security-questions"),
            state: match questions {
                Some(at) => me.ctx.lang.ta("profile-security-set-at", &[("at", &me.date(at))]),
                None => me.t("profile-security-questions-none"),
            },
            tag: if questions.is_some() { ON } else { UNSET },
            href: "/me/security-questions".to_owned(),
            action: if questions.is_some() { "profile-change" } else { "profile-set" },
        },
    ];
    // A way without its connector is none.
    if offered.iter().any(|offer| offer.provider == "alipay") {
        ways.push(Way {
            icon: "link",
            title: me.t("profile-security-alipay"),
            state: me.t(if alipay.is_some() {
                "profile-security-alipay-on"
            } else {
                "profile-security-alipay-none"
            }),
            tag: if alipay.is_some() { ON } else { UNSET },
            href: "/me/linked".to_owned(),
            action: if alipay.is_some() { "profile-look" } else { "profile-add" },
        });
    }
    Ok(ways)
}

/// How somebody signed in, in words.
fn method_key(method: &str) -> Option<&'static str> {
    Some(match method {
        "pwd" => "profile-method-pwd",
        "sms" => "profile-method-sms",
        "otp" => "profile-method-otp",
        "hwk" | "swk" => "profile-method-hwk",
        "fed" => "profile-method-fed",
        "scan" => "profile-method-scan",
        _ => return None,
    })
}
fn browser(me: &Me, card: SessionCard) -> Browser {
    let handheld = matches!(card.device.system, "Android" | "iPhone" | "HarmonyOS" | "iPad");
    let mut how: Vec<String> =
        card.methods.iter().filter_map(|method| method_key(method)).map(|key| me.t(key)).collect();
    how.dedup();
    Browser {
        id: card.id.to_string(),
        device: card.device.words(me.ctx.lang),
        icon: if handheld { "phone" } else { "laptop" },
        address: card.address.unwrap_or_default(),
        at: me.minute(card.begun_at),
        how: how.join(&me.t("profile-scope-and")),
        current: card.current,
    }
}
