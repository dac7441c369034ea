//! Lines of the record that concern an account, in words.
use crate::me::Me;
use kernel::id::AccountId;
use platform::audit::Entry;

/// Every action that the history shows. Its words are `profile-event-` and the action; `-failed` where it went wrong.
pub(crate) const ACTIONS: &[&str] = &[
    "account.closing_asked",
    "account.closing_undone",
    "account.data_taken",
    "account.edited",
    "account.email_changed",
    "account.employer_set",
    "account.factors_removed",
    "account.login_name_changed",
    "account.password_reset",
    "account.phone_changed",
    "account.phone_confirmed",
    "account.phone_released",
    "account.registered",
    "account.renamed",
    "authenticator.added",
    "authenticator.removed",
    "consent.withdrawn",
    "device.all_forgotten",
    "device.forgotten",
    "device.trusted",
    "external.linked",
    "external.unlinked",
    "legacy.merged",
    "legacy.parted",
    "passkey.added",
    "passkey.removed",
    "password.change",
    "password.changed",
    "questions.removed",
    "questions.set",
    "realname.proven",
    "realname.revoked",
    "recovery.alipay",
    "recovery.answers",
    "recovery.begun",
    "recovery.code",
    "recovery.done",
    "recovery.factor",
    "recovery.proven",
    "recovery_codes.replaced",
    "reminder.changed",
    "session.begin",
    "session.begun",
    "session.ended",
    "session.others_revoked",
    "session.revoked",
    "session.scan_approved",
    "session.scan_refused",
    "session.second_step",
    "session.verified",
    "session.verify",
];

pub(crate) struct Line {
    pub what: String,
    /// Key of the office of whoever else it was.
    pub by: Option<&'static str>,
    pub at: String,
    pub address: String,
    /// `ok`, `bad` or empty, for the timeline.
    pub tone: &'static str,
    /// A stranger's failure, or something that only the holder should have done.
    pub doubtful: bool,
}
pub(crate) fn line(me: &Me, entry: &Entry) -> Line {
    let mut key = format!("profile-event-{}", entry.action.replace(['.', '_'], "-"));
    let done = entry.outcome == "done";
    if !done && !matches!(entry.action.as_str(), "session.begin" | "password.change" | "session.verify") {
        key.push_str("-failed");
    }
    let what = if me.ctx.lang.has(&key) { me.t(&key) } else { entry.action.clone() };
    Line {
        what,
        by: by(entry, me.who.account),
        at: me.minute(entry.at),
        address: address(entry, me.who.account).unwrap_or_default().to_owned(),
        tone: match (done, entry.action.as_str()) {
            (false, _) => "bad",
            (true, "session.begun") => "ok",
            (true, _) => "",
        },
        doubtful: !done,
    }
}

/// Whoever did something to the account for the organization or the platform is told by office, never by name.
fn by(entry: &Entry, holder: AccountId) -> Option<&'static str> {
    if !foreign(entry, holder) {
        return None;
    }
    let detail = serde_json::from_str::<serde_json::Value>(&entry.detail).unwrap_or_default();
    match detail.get("office").and_then(serde_json::Value::as_str) {
        Some("administrator") => Some("profile-history-by-administrator"),
        Some(_) => Some("profile-history-by-staff"),
        // Whoever proved the number for themselves may be of the staff; that is not why they did it.
        None if entry.actor_kind == "staff" && entry.action != PHONE_RELEASED => {
            Some("profile-history-by-staff")
        }
        None => None,
    }
}
/// Somebody who is known, and not the holder.
fn foreign(entry: &Entry, holder: AccountId) -> bool {
    entry.actor_account.is_some_and(|account| account != holder) || entry.action == PHONE_RELEASED
}
/// Where from, as far as it is the holder's to know: of the holder and of strangers who try, not of others at their work.
pub(crate) fn address(entry: &Entry, holder: AccountId) -> Option<&str> {
    entry.address.as_deref().filter(|_| !foreign(entry, holder))
}
const PHONE_RELEASED: &str = "account.phone_released";

#[cfg(test)]
mod tests {
    use super::*;
    use web::Lang;

    #[test]
    fn every_action_has_words_in_both_languages() {
        // Steps of a recovery that somebody failed at; those that go right are told by the next.
        let failed = ["recovery.alipay", "recovery.answers", "recovery.code", "recovery.factor"];
        for action in ACTIONS {
            let mut key = format!("profile-event-{}", action.replace(['.', '_'], "-"));
            if failed.contains(action) {
                key.push_str("-failed");
            }
            for lang in Lang::ALL {
                assert!(lang.has(&key), "{key}");
            }
        }
        assert!(ACTIONS.is_sorted(), "in order, so that one is found");
    }
}
