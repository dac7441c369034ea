//! Lines of the audit record in words.
use kernel::id::AccountId;
use platform::audit::Entry;
use std::collections::{BTreeSet, HashMap};
use web::Ctx;

/// One event as a page shows it.
pub struct Line {
    pub at: String,
    pub what: String,
    /// The stable code.
    pub action: String,
    pub outcome: &'static str,
    pub tone: &'static str,
    pub actor: String,
    pub organization: String,
    pub object: String,
    pub detail: String,
    pub address: String,
    pub request: String,
}

/// Longer details are cut; the record itself keeps them whole.
const DETAIL_LENGTH: usize = 240;

/// `names` says who acted, as far as the reader may know; an account without a name is shown by its id.
pub fn lines(ctx: &Ctx, entries: Vec<Entry>, names: &HashMap<AccountId, String>) -> Vec<Line> {
    entries.into_iter().map(|entry| line(ctx, entry, names)).collect()
}
/// Whose names `lines` wants.
pub fn actors(entries: &[Entry]) -> Vec<AccountId> {
    let all: BTreeSet<AccountId> = entries.iter().filter_map(|entry| entry.actor_account).collect();
    all.into_iter().collect()
}

fn line(ctx: &Ctx, entry: Entry, names: &HashMap<AccountId, String>) -> Line {
    let (outcome, tone) = match entry.outcome.as_str() {
        "done" => ("portal-outcome-done", "ok"),
        "refused" => ("portal-outcome-refused", "bad"),
        _ => ("portal-outcome-failed", "bad"),
    };
    let actor = match (entry.actor_account, entry.actor_kind.as_str()) {
        (Some(account), _) => names.get(&account).cloned().unwrap_or_else(|| account.to_string()),
        (None, "anonymous") => ctx.lang.t("portal-actor-anonymous"),
        (None, "client") => ctx.lang.t("portal-actor-client"),
        (None, _) => ctx.lang.t("portal-actor-system"),
    };
    let object = match entry.object_id {
        Some(id) => format!("{} {}", entry.object_kind, kernel::Id::<()>::from_i64(id)),
        None => entry.object_kind,
    };
    let mut detail: String = entry.detail.chars().take(DETAIL_LENGTH).collect();
    if detail.len() < entry.detail.len() {
        detail.push('…');
    }
    Line {
        at: entry.at.local_minute(&ctx.app.zone),
        what: words(&entry.action).map_or_else(|| entry.action.clone(), |key| ctx.lang.t(key)),
        action: entry.action,
        outcome,
        tone,
        actor,
        organization: entry.organization.map(|id| id.to_string()).unwrap_or_default(),
        object,
        detail,
        address: entry.address.unwrap_or_default(),
        request: entry.request_id,
    }
}

/// The key of an action's name; an action without one is shown by its code.
fn words(action: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == action).map(|(_, key)| *key)
}
const WORDS: &[(&str, &str)] = &[
    ("account.closed", "portal-event-account-closed"),
    ("account.created", "portal-event-account-created"),
    ("account.registered", "portal-event-account-registered"),
    ("account.closing_asked", "portal-event-account-closing-asked"),
    ("account.closing_undone", "portal-event-account-closing-undone"),
    ("account.data_taken", "portal-event-account-data-taken"),
    ("account.email_changed", "portal-event-account-email-changed"),
    ("account.employer_set", "portal-event-account-employer-set"),
    ("account.login_name_changed", "portal-event-account-login-name-changed"),
    ("account.phone_changed", "portal-event-account-phone-changed"),
    ("account.phone_released", "portal-event-account-phone-released"),
    ("account.renamed", "portal-event-account-renamed"),
    ("consent.withdrawn", "portal-event-consent-withdrawn"),
    ("reminder.changed", "portal-event-reminder-changed"),
    ("address.added", "portal-event-address-added"),
    ("address.changed", "portal-event-address-changed"),
    ("address.default_set", "portal-event-address-default-set"),
    ("address.deleted", "portal-event-address-deleted"),
    ("address.restored", "portal-event-address-restored"),
    ("contact.code_sent", "portal-event-contact-code-sent"),
    ("contact.verify", "portal-event-contact-verify"),
    ("admission.ended", "portal-event-admission-ended"),
    ("admission.granted", "portal-event-admission-granted"),
    ("admission.replaced", "portal-event-admission-replaced"),
    ("admission.state_changed", "portal-event-admission-state-changed"),
    ("application.returned", "portal-event-application-returned"),
    ("application.resubmitted", "portal-event-application-resubmitted"),
    ("application.first_approved", "portal-event-application-first-approved"),
    ("application.expired", "portal-event-application-expired"),
    ("application.attached", "portal-event-application-attached"),
    ("application.document_seen", "portal-event-application-document-seen"),
    ("application.register_asked", "portal-event-application-register-asked"),
    ("organization.head_changed", "portal-event-organization-head-changed"),
    ("membership.confirmed", "portal-event-membership-confirmed"),
    ("membership.not_confirmed", "portal-event-membership-not-confirmed"),
    ("application.submitted", "portal-event-application-submitted"),
    ("application.approved", "portal-event-application-approved"),
    ("application.rejected", "portal-event-application-rejected"),
    ("application.withdrawn", "portal-event-application-withdrawn"),
    ("authenticator.added", "portal-event-authenticator-added"),
    ("authenticator.removed", "portal-event-authenticator-removed"),
    ("authenticator.renamed", "portal-event-authenticator-renamed"),
    ("authorization.declined", "portal-event-authorization-declined"),
    ("authorization.granted", "portal-event-authorization-granted"),
    ("authorization.refused", "portal-event-authorization-refused"),
    ("client.created", "portal-event-client-created"),
    ("client.state_changed", "portal-event-client-state-changed"),
    ("connector.changed", "portal-event-connector-changed"),
    ("connector.created", "portal-event-connector-created"),
    ("connector.deleted", "portal-event-connector-deleted"),
    ("connector.moved", "portal-event-connector-moved"),
    ("contract.signed", "portal-event-contract-signed"),
    ("contract.terminated", "portal-event-contract-terminated"),
    ("contract_type.created", "portal-event-contract-type-created"),
    ("external.connector_removed", "portal-event-external-connector-removed"),
    ("external.exchange", "portal-event-external-exchange"),
    ("external.first_visit", "portal-event-external-first-visit"),
    ("external.link", "portal-event-external-link"),
    ("external.linked", "portal-event-external-linked"),
    ("external.returned", "portal-event-external-returned"),
    ("external.state", "portal-event-external-state"),
    ("external.unlinked", "portal-event-external-unlinked"),
    ("grant.granted", "portal-event-grant-granted"),
    ("grant.revoked", "portal-event-grant-revoked"),
    ("invitation.accepted", "portal-event-invitation-accepted"),
    ("invitation.declined", "portal-event-invitation-declined"),
    ("invitation.revoked", "portal-event-invitation-revoked"),
    ("invitation.sent", "portal-event-invitation-sent"),
    ("invitation.sent_again", "portal-event-invitation-sent-again"),
    ("invitation.void", "portal-event-invitation-void"),
    ("membership.activated", "portal-event-membership-activated"),
    ("membership.expiry_warned", "portal-event-membership-expiry-warned"),
    ("membership.handed_out", "portal-event-membership-handed-out"),
    ("membership.renewed", "portal-event-membership-renewed"),
    ("membership.role_changed", "portal-event-membership-role-changed"),
    ("key.created", "portal-event-key-created"),
    ("key.rotated", "portal-event-key-rotated"),
    ("membership.created", "portal-event-membership-created"),
    ("membership.edited", "portal-event-membership-edited"),
    ("membership.ended", "portal-event-membership-ended"),
    ("membership.factors_removed", "portal-event-membership-factors-removed"),
    ("membership.password_reset", "portal-event-membership-password-reset"),
    ("membership.resumed", "portal-event-membership-resumed"),
    ("membership.suspended", "portal-event-membership-suspended"),
    ("organization.account_manager_changed", "portal-event-organization-account-manager-changed"),
    ("organization.created", "portal-event-organization-created"),
    ("organization.extra_administrator_allowed", "portal-event-organization-extra-administrator-allowed"),
    ("organization.member_number_changed", "portal-event-organization-member-number-changed"),
    ("organization.state_changed", "portal-event-organization-state-changed"),
    ("organization.record_changed", "portal-event-organization-record-changed"),
    ("material.submitted", "portal-event-material-submitted"),
    ("material.seen", "portal-event-material-seen"),
    ("material.expiry_warned", "portal-event-material-expiry-warned"),
    ("contact.added", "portal-event-contact-added"),
    ("contact.changed", "portal-event-contact-changed"),
    ("contact.deleted", "portal-event-contact-deleted"),
    ("registration.added", "portal-event-registration-added"),
    ("registration.changed", "portal-event-registration-changed"),
    ("registration.ended", "portal-event-registration-ended"),
    ("registration.synchronised", "portal-event-registration-synchronised"),
    ("registration.expiry_warned", "portal-event-registration-expiry-warned"),
    ("registry.asked", "portal-event-registry-asked"),
    ("registry.applied", "portal-event-registry-applied"),
    ("registry.dismissed", "portal-event-registry-dismissed"),
    ("registry.file_uploaded", "portal-event-registry-file-uploaded"),
    ("organization.synchronised", "portal-event-organization-synchronised"),
    ("change.seen", "portal-event-change-seen"),
    ("organization_type.changed", "portal-event-organization-type-changed"),
    ("organization_type.created", "portal-event-organization-type-created"),
    ("passkey.add", "portal-event-passkey-add"),
    ("passkey.added", "portal-event-passkey-added"),
    ("passkey.removed", "portal-event-passkey-removed"),
    ("passkey.renamed", "portal-event-passkey-renamed"),
    ("password.change", "portal-event-password-change"),
    ("password.changed", "portal-event-password-changed"),
    ("product.created", "portal-event-product-created"),
    ("product.launch_url_changed", "portal-event-product-launch-url-changed"),
    ("product.state_changed", "portal-event-product-state-changed"),
    ("realname.proven", "portal-event-realname-proven"),
    ("recovery_codes.replaced", "portal-event-recovery-codes-replaced"),
    ("registration.resend", "portal-event-registration-resend"),
    ("registration.resent", "portal-event-registration-resent"),
    ("registration.start", "portal-event-registration-start"),
    ("registration.started", "portal-event-registration-started"),
    ("registration.verify", "portal-event-registration-verify"),
    ("session.begin", "portal-event-session-begin"),
    ("session.begun", "portal-event-session-begun"),
    ("session.ended", "portal-event-session-ended"),
    ("session.others_revoked", "portal-event-session-others-revoked"),
    ("session.revoked", "portal-event-session-revoked"),
    ("device.all_forgotten", "portal-event-device-all-forgotten"),
    ("device.forgotten", "portal-event-device-forgotten"),
    ("device.trusted", "portal-event-device-trusted"),
    ("session.code_sent", "portal-event-session-code-sent"),
    ("session.scan_approved", "portal-event-session-scan-approved"),
    ("session.scan_refused", "portal-event-session-scan-refused"),
    ("dispute.decided", "portal-event-dispute-decided"),
    ("dispute.holder_changed", "portal-event-dispute-holder-changed"),
    ("dispute.opened", "portal-event-dispute-opened"),
    ("dispute.proposed", "portal-event-dispute-proposed"),
    ("dispute.seen", "portal-event-dispute-seen"),
    ("dispute.sent_back", "portal-event-dispute-sent-back"),
    ("dispute.statement", "portal-event-dispute-statement"),
    ("dispute.withdrawn", "portal-event-dispute-withdrawn"),
    ("realname.revoked", "portal-event-realname-revoked"),
    ("verification.changed", "portal-event-verification-changed"),
    ("verification.checked", "portal-event-verification-checked"),
    ("verification.document_added", "portal-event-verification-document-added"),
    ("verification.document_removed", "portal-event-verification-document-removed"),
    ("verification.document_seen", "portal-event-verification-document-seen"),
    ("verification.first_approved", "portal-event-verification-first-approved"),
    ("verification.opened", "portal-event-verification-opened"),
    ("verification.refused", "portal-event-verification-refused"),
    ("verification.returned", "portal-event-verification-returned"),
    ("verification.second_approved", "portal-event-verification-second-approved"),
    ("verification.subject_seen", "portal-event-verification-subject-seen"),
    ("verification.submitted", "portal-event-verification-submitted"),
    ("verification.withdrawn", "portal-event-verification-withdrawn"),
    ("session.second_step", "portal-event-session-second-step"),
    ("session.verified", "portal-event-session-verified"),
    ("session.verify", "portal-event-session-verify"),
    ("session.verify_code_sent", "portal-event-session-verify-code-sent"),
    ("setting.changed", "portal-event-setting-changed"),
    ("setting.preset_applied", "portal-event-setting-preset-applied"),
    ("gateway.tested", "portal-event-gateway-tested"),
    ("message_template.created", "portal-event-message-template-created"),
    ("message_template.changed", "portal-event-message-template-changed"),
    ("message_template.deleted", "portal-event-message-template-deleted"),
    ("mail_text.changed", "portal-event-mail-text-changed"),
    ("mail_text.reset", "portal-event-mail-text-reset"),
    ("staff.appointed", "portal-event-staff-appointed"),
    ("token.issued", "portal-event-token-issued"),
    ("token.refused", "portal-event-token-refused"),
    ("account.factors_removed", "portal-event-account-factors-removed"),
    ("application.document_viewed", "portal-event-application-document-viewed"),
    ("code.resend", "portal-event-code-resend"),
    ("code.resent", "portal-event-code-resent"),
    ("feed.pushed", "portal-event-feed-pushed"),
    ("item.pushed", "portal-event-item-pushed"),
    ("former_login.ended", "portal-event-former-login-ended"),
    ("former_login.proven", "portal-event-former-login-proven"),
    ("import.checked", "portal-event-import-checked"),
    ("import.created", "portal-event-import-created"),
    ("import.received", "portal-event-import-received"),
    ("import.stopped", "portal-event-import-stopped"),
    ("legacy.decided", "portal-event-legacy-decided"),
    ("legacy.history_imported", "portal-event-legacy-history-imported"),
    ("legacy.imported", "portal-event-legacy-imported"),
    ("legacy.merged", "portal-event-legacy-merged"),
    ("legacy.parted", "portal-event-legacy-parted"),
    ("members.exported", "portal-event-members-exported"),
    ("questions.removed", "portal-event-questions-removed"),
    ("questions.set", "portal-event-questions-set"),
    ("recovery.alipay", "portal-event-recovery-alipay"),
    ("recovery.answers", "portal-event-recovery-answers"),
    ("recovery.begun", "portal-event-recovery-begun"),
    ("recovery.chosen", "portal-event-recovery-chosen"),
    ("recovery.code", "portal-event-recovery-code"),
    ("recovery.done", "portal-event-recovery-done"),
    ("recovery.factor", "portal-event-recovery-factor"),
    ("recovery.password", "portal-event-recovery-password"),
    ("recovery.proven", "portal-event-recovery-proven"),
    ("registration.phone_held", "portal-event-registration-phone-held"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use web::Lang;

    #[test]
    fn every_known_action_has_words_in_both_languages() {
        for (action, key) in WORDS {
            assert_eq!(*key, format!("portal-event-{}", action.replace(['.', '_'], "-")));
            assert!(Lang::ALL.iter().all(|lang| lang.has(key)), "{key}");
        }
    }
}
