//! Lines of the record that concern an account, in words.
use crate::me::Me;
use platform::audit::Entry;

/// Every action that the history shows. Its words are `profile-event-` and the action; `-failed` where it went wrong.
pub(crate) const ACTIONS: &[&str] = &[
    "account.closing_asked",
    "account.closing_undone",
    "account.data_taken",
    "account.email_changed",
    "account.employer_set",
    "account.login_name_changed",
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
    "external.linked",
    "external.unlinked",
    "passkey.added",
    "passkey.removed",
    "password.change",
    "password.changed",
    "questions.removed",
    "questions.set",
    "realname.proven",
    "realname.revoked",
    "recovery.done",
    "recovery_codes.replaced",
    "reminder.changed",
    "session.begin",
    "session.begun",
    "session.ended",
    "session.others_revoked",
    "session.revoked",
    "session.second_step",
    "session.verified",
    "session.verify",
];

pub(crate) struct Line {
    pub what: String,
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
        at: me.minute(entry.at),
        address: entry.address.clone().unwrap_or_default(),
        tone: match (done, entry.action.as_str()) {
            (false, _) => "bad",
            (true, "session.begun") => "ok",
            (true, _) => "",
        },
        doubtful: !done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::Lang;

    #[test]
    fn every_action_has_words_in_both_languages() {
        for action in ACTIONS {
            let key = format!("profile-event-{}", action.replace(['.', '_'], "-"));
            for lang in Lang::ALL {
                assert!(lang.has(&key), "{key}");
            }
        }
        assert!(ACTIONS.is_sorted(), "in order, so that one is found");
    }
}
