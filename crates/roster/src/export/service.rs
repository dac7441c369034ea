use crate::Roster;
use crate::sheet::{Format, Sink};
use identity::SignedIn;
use identity::account::{self, AccountState};
use kernel::{Error, Event, Result, Timestamp, clock::Zone, id::AccountId};
use organization::directory::{Asked, From};
use organization::membership::{MemberRow, MembershipState, OrganizationAdministrator};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use web::Lang;

/// Members read at a time.
const PAGE: usize = 500;

/// What goes out.
#[derive(Clone)]
pub(super) struct Wanted {
    pub format: Format,
    pub full: bool,
    pub lang: Lang,
    pub zone: Zone,
    pub now: Timestamp,
}
pub(super) fn header(lang: Lang) -> Vec<String> {
    [
        "roster-column-name",
        "roster-column-login-name",
        "roster-column-phone",
        "roster-column-role",
        "roster-column-state",
        "roster-column-from",
        "roster-column-until",
        "roster-column-owner",
        "roster-column-last",
    ]
    .iter()
    .map(|key| lang.t(key))
    .collect()
}

impl Roster {
    /// For the record, before anything goes out.
    pub(super) async fn record_export(&self, by: &OrganizationAdministrator, wanted: &Wanted) -> Result<()> {
        let event = Event::done(by.actor(), "members.exported")
            .on("organization", by.organization())
            .of(by.organization())
            .with(json!({ "format": wanted.format, "full": wanted.full }));
        self.db().write(move |_| Ok(((), vec![event.clone()]))).await
    }
    /// A page of rows into the sink; from where the next goes on. Whoever reads slowly reads as long as they may: the power is
    /// asked again for each page. Errors: `organization.unknown`, `membership.administrators_only`.
    pub(super) async fn export_some(
        &self,
        (who, by): (&SignedIn, &OrganizationAdministrator),
        wanted: &Wanted,
        from: From,
        sink: &mut Sink,
    ) -> Result<Option<From>> {
        let rooms = self.organizations();
        let now = self.db().clock().now();
        let member = rooms.member(who, by.organization(), now).await?;
        member.as_administrator().ok_or_else(|| Error::forbidden("membership.administrators_only"))?;
        let asked = Asked { from, ..Asked::default() };
        let listed = rooms.directory(by, asked, PAGE, wanted.now).await?;
        let people = rooms.people(listed.rows.iter().map(|row| row.account)).await?;
        let numbers = if wanted.full { self.numbers(&listed.rows).await? } else { HashMap::new() };
        for row in &listed.rows {
            let Some(card) = people.card(row.account) else { continue };
            let number = numbers.get(&row.account).cloned();
            sink.row(&[
                card.name.clone(),
                card.login_name.clone(),
                number.or_else(|| card.phone_masked.clone()).unwrap_or_default(),
                by.policy().role_label(row.role).of(wanted.lang == Lang::En).to_owned(),
                wanted.lang.t(state_key(row, card.state, wanted.now)),
                row.valid_from.local_date(&wanted.zone),
                match row.valid_until {
                    Timestamp::FOREVER => String::new(),
                    until => until.last_day(&wanted.zone),
                },
                wanted.lang.t(if row.managed { "roster-owner-managed" } else { "roster-owner-self" }),
                card.last_sign_in_at.map(|at| at.local_minute(&wanted.zone)).unwrap_or_default(),
            ])?;
        }
        Ok(listed.older.map(From::Before))
    }
    /// Of accounts that the organization owns: of others it sees the masked form alone.
    async fn numbers(&self, rows: &[MemberRow]) -> Result<HashMap<AccountId, String>> {
        let ids: Vec<AccountId> = rows.iter().filter(|row| row.managed).map(|row| row.account).collect();
        let keyring = Arc::clone(self.db().keyring());
        self.db()
            .read(move |tx| {
                let mut numbers = HashMap::with_capacity(ids.len());
                for id in &ids {
                    if let Some((phone, _)) = account::service::phone_in(tx, &keyring, *id)? {
                        let national = phone.strip_prefix("+86").unwrap_or(&phone).to_owned();
                        numbers.insert(*id, national);
                    }
                }
                Ok(numbers)
            })
            .await
    }
}
fn state_key(row: &MemberRow, account: AccountState, now: Timestamp) -> &'static str {
    match row.state {
        MembershipState::Active if row.valid_until <= now => "roster-member-expired",
        MembershipState::Active if account == AccountState::Unactivated => "roster-member-unactivated",
        MembershipState::Active => "roster-member-active",
        MembershipState::Suspended => "roster-member-suspended",
        MembershipState::Ended => "roster-member-ended",
    }
}
