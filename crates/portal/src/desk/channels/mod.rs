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
use identity::staff::Staff;
use kernel::Error;
use platform::{
    StaffRole,
    connector::{self, Connector, ConnectorId, Kind},
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
    let found = found.filter(|found| matches!(found.kind, Kind::Sms | Kind::Mail));
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
/// Every purpose that is known beforehand, codes first. `any` adds those that stand for all without one of their own.
fn purposes(desk: &Desk, any: bool) -> Vec<Choice> {
    let mut names: Vec<String> = Vec::new();
    if any {
        names.extend([purpose::ANY_CODE.to_owned(), purpose::ANY_NOTICE.to_owned()]);
    }
    names.extend(purpose::CODES.iter().map(|(name, _)| (*name).to_owned()));
    names.extend(identity::notice::model::Kind::ALL.iter().map(|kind| kind.purpose().to_owned()));
    names.into_iter().map(|value| Choice { label: purpose_words(desk, &value), value }).collect()
}
/// A purpose in words; one that nobody named stands as it is.
fn purpose_words(desk: &Desk, name: &str) -> String {
    let key = match name {
        purpose::ANY_CODE => "portal-channel-any-code",
        purpose::ANY_NOTICE => "portal-channel-any-notice",
        "gateway_alarm" => "portal-channel-alarm",
        _ => match purpose::CODES.iter().find(|(known, _)| *known == name) {
            Some((_, key)) => key,
            None => {
                let kinds = identity::notice::model::Kind::ALL;
                let kind = kinds.iter().find(|kind| kind.purpose() == name);
                return kind.map_or_else(|| name.to_owned(), |kind| desk.t(&kind.title_key()));
            }
        },
    };
    desk.t(key)
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
    let words = desk.t(reason.key());
    if said.is_empty() {
        words
    } else {
        desk.ctx.lang.ta("portal-channel-said", &[("words", &words), ("said", said)])
    }
}
