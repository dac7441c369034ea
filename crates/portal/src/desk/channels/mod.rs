//! Gateways for SMS and mail: which there are, in which order, how they fare. System administrators set them up, security
//! administrators look.
mod deliveries;
mod form;
mod list;
mod templates;
mod texts;
mod trial;

use super::Desk;
use channel::{Channels, gateway::Gateway, purpose};
use identity::{notice::model::Kind, staff::Staff};
use kernel::Error;
use platform::{
    Channel, StaffRole,
    connector::{self, Connector, ConnectorId},
    staff::PolicyEditor,
};
use web::{Failure, Routes};

pub const CHANNEL_ROLES: &[StaffRole] = &[StaffRole::SystemAdministrator, StaffRole::SecurityAdministrator];
const READERS: &str = "system_administrator security_administrator";
const EDITORS: &str = "system_administrator";
const AREA: &str = "/desk/channels";

pub fn routes() -> Routes {
    Routes::new()
        .merge(list::routes())
        .merge(form::routes())
        .merge(trial::routes())
        .merge(templates::routes())
        .merge(texts::routes())
        .merge(deliveries::routes())
}

/// What somebody must know at once, for the overview of the desk: words, and whether it is bad.
pub use list::{NoticeLine, notices};

fn may_edit(desk: &Desk) -> bool {
    desk.role == StaffRole::SystemAdministrator
}
/// Error: `staff.role_required`.
fn editor(desk: &Desk) -> Result<PolicyEditor, Failure> {
    desk.must_be(&[StaffRole::SystemAdministrator])?;
    let editor = Staff::of(&desk.signed_in).and_then(|staff| staff.policy_editor());
    editor.ok_or_else(|| Error::forbidden("staff.role_required").into())
}
/// Whoever decides by whom codes are sent, or what is written beside them, proves it anew.
async fn fresh(desk: &Desk, back: &str) -> Result<PolicyEditor, Failure> {
    let editor = editor(desk)?;
    desk.must_be_fresh(back).await?;
    Ok(editor)
}
/// A connector of these kinds. Error: `connector.unknown`.
async fn gateway(channels: &Channels, id: ConnectorId) -> Result<(Connector, Gateway), Failure> {
    let found = connector::service::find(channels.db(), id).await?;
    let found = found.filter(|found| matches!(found.kind, connector::Kind::Sms | connector::Kind::Mail));
    let connector = found.ok_or_else(|| Error::not_found("connector.unknown"))?;
    let gateway = Gateway::of(&connector)?;
    Ok((connector, gateway))
}
fn provider_key(provider: channel::gateway::Provider) -> &'static str {
    use channel::gateway::Provider;
    match provider {
        Provider::Aliyun => "portal-channel-aliyun",
        Provider::Tencent => "portal-channel-tencent",
        Provider::Http => "portal-channel-http",
        Provider::Smpp => "portal-channel-smpp",
        Provider::Smtp => "portal-channel-smtp",
    }
}

/// One option of a select.
struct Choice {
    value: String,
    label: String,
}
/// Every purpose of a channel, codes first. `any` adds those that stand for all without one of their own.
fn purposes(desk: &Desk, channel: Channel, any: bool) -> Vec<Choice> {
    let any = [purpose::ANY_CODE, purpose::ANY_NOTICE].into_iter().filter(|_| any).map(str::to_owned);
    let mut names: Vec<String> = any.chain(purpose::of_channel(channel)).collect();
    // Notices as their holders know them: security first.
    names.sort_by_key(|name| notice(name).and_then(|kind| Kind::ALL.iter().position(|known| *known == kind)));
    names.into_iter().map(|value| Choice { label: purpose_words(desk, &value), value }).collect()
}
fn notice(purpose: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| kind.purpose().name() == purpose)
}
/// A purpose in words; one that nobody named stands as it is.
fn purpose_words(desk: &Desk, name: &str) -> String {
    let key = title_key(name);
    if desk.ctx.lang.has(&key) { desk.t(&key) } else { name.to_owned() }
}
fn title_key(name: &str) -> String {
    match notice(name) {
        None => purpose::title_key(name),
        // Its title is the name of the product that speaks.
        Some(Kind::ProductMessage) => "portal-channel-product-message".to_owned(),
        Some(kind) => kind.title_key(),
    }
}
fn languages(desk: &Desk) -> Vec<Choice> {
    let choice = |lang: web::Lang| Choice { value: lang.tag().to_owned(), label: language(desk, lang.tag()) };
    web::Lang::ALL.into_iter().map(choice).collect()
}
fn language(desk: &Desk, tag: &str) -> String {
    match tag {
        "zh-CN" => desk.t("portal-channel-zh"),
        "en" => desk.t("portal-channel-en"),
        other => other.to_owned(),
    }
}
/// Why a gateway took nothing, in words, and what it said itself.
fn failure_words(desk: &Desk, reason: channel::gateway::Reason, said: &str) -> String {
    with_said(desk, desk.t(reason.key()), said)
}
fn with_said(desk: &Desk, words: String, said: &str) -> String {
    if said.is_empty() {
        words
    } else {
        desk.ctx.lang.ta("portal-channel-said", &[("words", &words), ("said", said)])
    }
}

#[cfg(test)]
mod tests {
    use super::title_key;
    use channel::purpose::{self, ANY_CODE, ANY_NOTICE};
    use platform::{Channel, outbox::PURPOSES};

    #[test]
    fn every_purpose_of_the_program_has_a_name_and_a_channel() {
        let sms = purpose::of_channel(Channel::Sms);
        let mail = purpose::of_channel(Channel::Mail);
        let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
        assert!(has(&sms, "register") && !has(&mail, "register"), "{sms:?} {mail:?}");
        assert!(has(&mail, "gateway_alarm") && !has(&sms, "gateway_alarm"), "{sms:?} {mail:?}");
        for purpose in PURPOSES.iter() {
            let listed = [(Channel::Sms, &sms), (Channel::Mail, &mail)];
            assert!(Channel::ALL.iter().any(|channel| purpose.goes_by(*channel)), "{purpose:?}");
            for (channel, names) in listed {
                assert_eq!(
                    names.iter().any(|name| name == purpose.name()),
                    purpose.goes_by(channel),
                    "{purpose:?}"
                );
            }
        }
        for name in sms.iter().chain(&mail).map(String::as_str).chain([ANY_CODE, ANY_NOTICE]) {
            for lang in web::Lang::ALL {
                assert!(lang.has(&title_key(name)), "{name} has no name");
            }
        }
    }
    #[test]
    fn no_two_purposes_share_a_name() {
        let mut names: Vec<&str> = PURPOSES.iter().map(|purpose| purpose.name()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
