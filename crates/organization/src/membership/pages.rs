//! `/org/{organization}/members/{member}`: one member with everything that can be done below the own role, and what happened
//! so far. Every handler takes the administrator's capability.
use super::change_pages::EditForm;
use super::model::{Basis, MembershipState, OrganizationAdministrator};
use super::newcomer::MemberInput;
use super::store::MemberRow;
use super::timeline::{self, Entry};
use crate::activation::{self, Way};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::account::AccountState;
use identity::{realname, session::SignedIn, stepup};
use kernel::{Error, Timestamp, id::MembershipId};
use web::{Ctx, FormErrors, Lang, Page, Path, Policy, Result, Routes, html_status};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/members/{member}", POLICY, member)
}

/// A member as the page shows them.
struct View {
    id: MembershipId,
    name: String,
    login_name: String,
    phone: String,
    phone_proven: bool,
    role: String,
    administers: bool,
    managed: bool,
    suspended: bool,
    ended: bool,
    unactivated: bool,
    state: String,
    tone: &'static str,
    basis: String,
    by: String,
    period: String,
    /// As a date field has it; empty without an end.
    until: String,
    scope: String,
    reason: String,
    last: String,
    editable: bool,
}
/// What a membership is called in its state, and the tone of it.
pub(crate) fn state_of(row: &MemberRow, now: Timestamp) -> (&'static str, &'static str) {
    match row.state {
        MembershipState::Ended => ("", "organization-member-ended"),
        MembershipState::Suspended => ("bad", "organization-member-suspended"),
        MembershipState::Active if row.valid_until <= now => ("bad", "organization-member-expired"),
        MembershipState::Active if now < row.valid_from => ("wait", "organization-member-not-yet"),
        MembershipState::Active => ("ok", "organization-member-active"),
    }
}
pub(crate) fn period_words(page: &Page, from: Timestamp, until: Timestamp) -> String {
    let from = page.date(&from);
    match until {
        Timestamp::FOREVER => page.t1("organization-from-on", "from", from),
        until => {
            let until = until.last_day(&page.ctx.app.zone);
            page.t2("organization-from-to", "from", from, "until", until)
        }
    }
}
/// `2026-07-14 至 2026-12-31`, or without an end.
pub(crate) fn period_of(page: &Page, row: &MemberRow) -> String {
    period_words(page, row.valid_from, row.valid_until)
}
pub(crate) const fn basis_key(basis: Basis) -> &'static str {
    match basis {
        Basis::Proven => "organization-basis-proven",
        Basis::Appointed => "organization-basis-appointed",
        Basis::Delegated => "organization-basis-delegated",
        Basis::Applied => "organization-basis-applied",
        Basis::Created => "organization-basis-created",
        Basis::Merged => "organization-basis-merged",
    }
}
impl View {
    fn new(page: &Page, by: &OrganizationAdministrator, row: &MemberRow, people: &People) -> Self {
        let card = people.card(row.account);
        let unactivated = card.is_some_and(|card| card.state == AccountState::Unactivated);
        let (tone, state) = match state_of(row, page.ctx.now) {
            ("ok", _) if unactivated => ("wait", "organization-member-unactivated"),
            other => other,
        };
        let zone = &page.ctx.app.zone;
        let finite = row.valid_until != Timestamp::FOREVER;
        Self {
            id: row.id,
            name: people.name(row.account).to_owned(),
            login_name: card.map(|card| card.login_name.clone()).unwrap_or_default(),
            phone: card.and_then(|card| card.phone_masked.clone()).unwrap_or_default(),
            phone_proven: card.is_some_and(|card| card.phone_proven),
            role: by.policy().role_label(row.role).of(page.ctx.lang == Lang::En).to_owned(),
            administers: row.role.administers(),
            managed: row.managed,
            suspended: row.state == MembershipState::Suspended,
            ended: row.state == MembershipState::Ended,
            unactivated,
            state: page.t(state),
            tone,
            basis: page.t(basis_key(row.basis)),
            by: match row.granted_by {
                Some(granted_by) => people.name(granted_by).to_owned(),
                None => page.t("organization-event-platform"),
            },
            period: period_of(page, row),
            until: if finite { row.valid_until.last_day(zone) } else { String::new() },
            scope: row.scope.clone().unwrap_or_default(),
            reason: row.reason.clone().unwrap_or_default(),
            last: match card.and_then(|card| card.last_sign_in_at) {
                Some(at) => page.minute(&at),
                None => page.t("organization-member-never"),
            },
            editable: by.role().may_touch(row.role) && row.state != MembershipState::Ended,
        }
    }
}

#[derive(Template)]
#[template(path = "membership/member.html")]
struct MemberPage {
    page: Page,
    home: String,
    members: String,
    m: View,
    grants: usize,
    input: MemberInput,
    /// The holder proved it: it changes by a new proof of theirs alone.
    name_proven: bool,
    remove_phone: bool,
    phone_hint: String,
    /// Whether there is one that could have been lost.
    second_factor: bool,
    /// The last link that was handed out, in words; empty if there was none.
    link: String,
    timeline: Vec<Entry>,
    errors: FormErrors,
}
pub(super) type Ids = (String, String);
/// The second id of the path; the first one made the capability.
pub(super) fn member_id(ids: &Ids) -> kernel::Result<MembershipId> {
    ids.1.parse().map_err(|_| Error::not_found("membership.unknown"))
}
async fn member(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
) -> Result {
    render_member(&ctx, &rooms, &who, &by, member_id(&ids)?, None, FormErrors::none()).await
}
/// With what was typed, if a form came back.
pub(super) async fn render_member(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: MembershipId,
    typed: Option<EditForm>,
    errors: FormErrors,
) -> Result {
    let row = rooms.find_member(by.organization(), id).await?;
    let happened = rooms.member_timeline(by.organization(), &row).await?;
    let named = timeline::people(&happened).into_iter().chain([row.account]).chain(row.granted_by);
    let people = rooms.people(named).await?;
    let grants = rooms.granted_cells(by.organization(), vec![id], ctx.now).await?.len();
    let page = page(ctx, rooms, who, by, people.name(row.account).to_owned()).await?.with_errors(&errors);
    let m = View::new(&page, by, &row, &people);
    let second_factor = m.editable && m.managed && factor::summary(rooms.db(), row.account).await?.second();
    let name_proven = m.editable
        && m.managed
        && realname::service::name_is_proven(rooms.db(), row.account, ctx.now).await?;
    let link = match m.editable && m.managed {
        true => rooms.handed_out(row.account).await?.map(|link| link_words(&page, &link)),
        false => None,
    };
    let remove_phone = typed.as_ref().is_some_and(|typed| typed.remove_phone.is_some());
    let input = match typed {
        Some(typed) => MemberInput { name: typed.name, phone: typed.phone, login_name: String::new() },
        None => MemberInput { name: m.name.clone(), ..MemberInput::default() },
    };
    let phone_hint = if m.phone.is_empty() {
        page.t("organization-member-phone-hint")
    } else {
        page.t1("organization-member-phone-now", "phone", &m.phone)
    };
    let view = MemberPage {
        home: home(by),
        members: members(by),
        timeline: timeline::entries(&page, &happened, &people),
        m,
        grants,
        input,
        name_proven,
        remove_phone,
        phone_hint,
        second_factor,
        link: link.unwrap_or_default(),
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
/// `2026-07-14 09:12 短信链接，有效至 …`.
fn link_words(page: &Page, link: &activation::Standing) -> String {
    let key = match (link.state, link.way) {
        (activation::State::Used, _) => "organization-link-used",
        (activation::State::Void, _) => "organization-link-void",
        (activation::State::Open, _) if link.expires_at <= page.ctx.now => "organization-link-expired",
        (activation::State::Open, Way::Sms) => "organization-link-sms",
        (activation::State::Open, Way::Print) => "organization-link-print",
    };
    page.t2(key, "at", page.minute(&link.created_at), "until", page.minute(&link.expires_at))
}
/// Whoever finds an open session must not let themselves in to the accounts below it: a way in is handed out by somebody
/// who proved a moment ago to be there. Some leads to that proof and back to the member.
pub(super) async fn proven_anew(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: MembershipId,
) -> kernel::Result<Option<axum::response::Response>> {
    fresh(ctx, rooms, who, &format!("/org/{}/members/{id}", by.organization())).await
}
/// Whoever lets somebody in proves to be there; `back` is the page of the action.
pub(crate) async fn fresh(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    back: &str,
) -> kernel::Result<Option<axum::response::Response>> {
    stepup::service::required(rooms.identity(), ctx, who, stepup::Need::Fresh, back).await
}
pub(super) async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    title: String,
) -> kernel::Result<Page> {
    Ok(Page::new(ctx, title).with_shell(shell::of(rooms, ctx, who, by.organization()).await?))
}
pub(super) fn home(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/", by.organization())
}
pub(super) fn members(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/members", by.organization())
}
