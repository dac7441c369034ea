use super::model::{OwnFilter, Spaces};
use super::{nav, store};
use crate::Organizations;
use crate::decision::Space;
use crate::membership::Membership;
use db::Tx;
use identity::account::own::{self, Badges};
use identity::session::{self, SignedIn};
use kernel::{Error, Result, Timestamp, id::AccountId, id::OrganizationId};
use web::page::{NavGroup, Shell, SpaceBadge, SpaceKind, SpaceLink, Warning, initial};
use web::{Ctx, Lang};

/// The switcher shows so many spaces, then a link to all of them.
const SHOWN: usize = 7;

impl Organizations {
    /// The organizations that the switcher may show, and the one at hand; however many the account has, a handful of rows.
    pub async fn spaces(&self, account: AccountId, current: Option<OrganizationId>) -> Result<Spaces> {
        let most = SHOWN as i64;
        self.db()
            .read_few(move |tx| {
                let newest = store::list_newest(tx, account, most + 1)?;
                let mut wanted: Vec<OrganizationId> = current.into_iter().collect();
                wanted.extend(store::list_visited(tx, account, most)?);
                let there = |id: &OrganizationId| newest.iter().any(|m| m.organization == *id);
                let missing: Vec<OrganizationId> = wanted.iter().copied().filter(|id| !there(id)).collect();
                let more = newest.len() > SHOWN;
                // With all of them at hand, what is missing has ended.
                let others = if more && !missing.is_empty() {
                    store::list_in(tx, account, &missing)?
                } else {
                    Vec::new()
                };
                let mut list: Vec<Membership> = newest.into_iter().chain(others).collect();
                let place = |id: OrganizationId| wanted.iter().position(|w| *w == id).unwrap_or(wanted.len());
                list.sort_by_key(|membership| place(membership.organization));
                Ok(Spaces { list, more })
            })
            .await
    }
    /// The account's memberships in these few.
    pub(crate) async fn memberships_among(
        &self,
        account: AccountId,
        organizations: Vec<OrganizationId>,
    ) -> Result<Vec<Membership>> {
        self.db().read_few(move |tx| store::list_in(tx, account, &organizations)).await
    }
    /// All organizations of the account, a page at a time.
    pub async fn own_organizations(
        &self,
        account: AccountId,
        filter: OwnFilter,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Membership>> {
        self.db().read(move |tx| store::list_own(tx, account, &filter, now, limit)).await
    }
    /// The account is in this space now: the switcher puts it first, and the next sign-in offers it.
    pub(crate) async fn visit(
        &self,
        who: &SignedIn,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<()> {
        if who.last_organization == Some(organization) {
            return Ok(());
        }
        let account = who.account;
        session::service::remember_space(self.db(), account, Some(organization)).await;
        self.db()
            .exec("space visited", move |s| store::upsert_visit(s, account, organization, now))
            .await
            .map(drop)
    }
}

/// The frame of the personal space.
pub async fn personal(rooms: &Organizations, ctx: &Ctx, who: &SignedIn) -> Result<Shell> {
    let spaces = rooms.spaces(who.account, None).await?;
    let badge = SpaceBadge {
        kind: SpaceKind::Person,
        name: who.name.clone(),
        initial: initial(&who.name),
        role: personal_role(ctx, who),
    };
    let badges = badges(rooms, who).await?;
    let nav = nav::personal(ctx, who.owner.organization().is_some(), badges.unread);
    Ok(shell(ctx, who, badge, &spaces, Current::Personal, nav, badges))
}

/// The frame of an organization's space. Error `organization.unknown` if it is not the account's.
pub async fn of(
    rooms: &Organizations,
    ctx: &Ctx,
    who: &SignedIn,
    organization: OrganizationId,
) -> Result<Shell> {
    let spaces = rooms.spaces(who.account, Some(organization)).await?;
    let membership =
        spaces.find(organization).ok_or_else(|| Error::not_found("organization.unknown"))?.clone();
    let badge = SpaceBadge {
        kind: SpaceKind::Org,
        name: membership.organization_name.clone(),
        initial: initial(&membership.organization_short_name),
        role: role_label(ctx, &membership),
    };
    let waiting = match membership.role.administers() {
        true => rooms.open_applications(organization, ctx.now).await?,
        false => 0,
    };
    let administers = membership.role.administers();
    let develops = rooms.shows_development(who.account, organization, administers, ctx.now).await?;
    let nav = nav::organization(ctx, organization, &membership, waiting, develops);
    let badges = badges(rooms, who).await?;
    Ok(shell(ctx, who, badge, &spaces, Current::Organization(organization), nav, badges))
}

/// The frame of the platform's desk; its navigation is the desk's own.
pub async fn operator(rooms: &Organizations, ctx: &Ctx, who: &SignedIn, nav: Vec<NavGroup>) -> Result<Shell> {
    let spaces = rooms.spaces(who.account, None).await?;
    let badge = desk_badge(ctx, who);
    let badges = badges(rooms, who).await?;
    Ok(shell(ctx, who, badge, &spaces, Current::Desk, nav, badges))
}

/// Where a space begins.
pub fn link(space: Space) -> String {
    match space {
        Space::Personal => "/me".to_owned(),
        Space::Organization(id) => format!("/org/{id}/"),
    }
}

/// With an account goes where it was.
pub fn forget_visits_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_visits(tx, account).map(drop)
}

async fn badges(rooms: &Organizations, who: &SignedIn) -> Result<Badges> {
    own::badges(rooms.db(), who.account).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Current {
    Personal,
    Organization(OrganizationId),
    Desk,
}
fn role_label(ctx: &Ctx, membership: &Membership) -> String {
    membership.policy.role_label(membership.role).of(ctx.lang == Lang::En).to_owned()
}
/// A managed account does no private business: its personal space holds its settings.
fn personal_role(ctx: &Ctx, who: &SignedIn) -> String {
    ctx.lang.t(if who.owner.organization().is_some() {
        "organization-space-account-role"
    } else {
        "organization-space-personal-role"
    })
}
fn desk_badge(ctx: &Ctx, who: &SignedIn) -> SpaceBadge {
    let brand = match ctx.lang {
        Lang::Zh => &ctx.app.brand.name_zh,
        Lang::En => &ctx.app.brand.name_en,
    };
    SpaceBadge {
        kind: SpaceKind::Operator,
        name: brand.clone(),
        initial: initial(brand),
        role: who
            .staff
            .map(|role| ctx.lang.t(&format!("organization-staff-{}", role.as_str().replace('_', "-"))))
            .unwrap_or_default(),
    }
}

fn shell(
    ctx: &Ctx,
    who: &SignedIn,
    space: SpaceBadge,
    known: &Spaces,
    current: Current,
    nav: Vec<NavGroup>,
    badges: Badges,
) -> Shell {
    let mut spaces = vec![SpaceLink {
        href: link(Space::Personal),
        name: who.name.clone(),
        initial: initial(&who.name),
        role: personal_role(ctx, who),
        kind: SpaceKind::Person,
        current: current == Current::Personal,
    }];
    if who.staff.is_some() {
        let badge = desk_badge(ctx, who);
        spaces.push(SpaceLink {
            href: "/desk".to_owned(),
            name: badge.name,
            initial: badge.initial,
            role: badge.role,
            kind: SpaceKind::Operator,
            current: current == Current::Desk,
        });
    }
    let usable: Vec<&Membership> = known.list.iter().filter(|m| m.is_in_force(ctx.now)).collect();
    let room = SHOWN.saturating_sub(spaces.len());
    let more_spaces = known.more || usable.len() > room;
    spaces.extend(usable.into_iter().take(room).map(|membership| SpaceLink {
        href: link(Space::Organization(membership.organization)),
        name: membership.organization_name.clone(),
        initial: initial(&membership.organization_short_name),
        role: role_label(ctx, membership),
        kind: SpaceKind::Org,
        current: current == Current::Organization(membership.organization),
    }));
    Shell {
        user_name: who.name.clone(),
        user_hint: who.phone_masked.clone().unwrap_or_else(|| who.login_name.clone()),
        space,
        spaces,
        more_spaces,
        nav,
        unread: badges.unread,
        level: (who.level.rank(), ctx.lang.t(who.level.key())),
        warning: badges.closing_due.map(|due| Warning {
            text: ctx.lang.ta("organization-closing-warning", &[("due", &due.local_minute(&ctx.app.zone))]),
            action: "/me/close/undo".to_owned(),
            button: ctx.lang.t("organization-closing-undo"),
        }),
    }
}
