//! Keys of the words on results.

/// What a stored result means, told to the holder: what happened, then what to do.
pub fn result_key(result: Option<&str>) -> &'static str {
    match result.unwrap_or("") {
        "match" | "approved" | "certified" => "verification-result-match",
        "mismatch" => "verification-result-mismatch",
        "not_found" => "verification-result-not-found",
        "refused" => "verification-result-refused",
        "too_young" => "verification-result-too-young",
        "another_person" => "verification-result-another-person",
        "owner_has_account" => "verification-result-owner-has-account",
        "account_closed" => "verification-result-account-closed",
        "refused_by_reviewer" => "verification-result-refused-by-reviewer",
        "kept_with_holder" => "verification-result-kept-with-holder",
        _ => "verification-result-unavailable",
    }
}
/// As [`result_key`], for a message: its words take no number.
pub fn told_key(result: &str) -> &'static str {
    match result {
        "too_young" => "verification-told-too-young",
        result => result_key(Some(result)),
    }
}
/// What the holder is told about a state that is not decided by a result.
pub fn waiting_key(state: super::CaseState) -> &'static str {
    use super::CaseState;
    match state {
        CaseState::Queued => "verification-waiting-queued",
        CaseState::Draft => "verification-waiting-draft",
        CaseState::Submitted => "verification-waiting-submitted",
        CaseState::FirstApproved => "verification-waiting-first-approved",
        CaseState::Returned => "verification-waiting-returned",
        CaseState::Disputed => "verification-waiting-disputed",
        CaseState::Withdrawn => "verification-waiting-withdrawn",
        CaseState::Expired => "verification-waiting-expired",
        CaseState::Approved | CaseState::Refused | CaseState::Failed => "verification-waiting-decided",
    }
}
/// Who vouched, in words.
pub fn provider_words(lang: web::Lang, provider: &str) -> String {
    match provider {
        super::review::COUNTER => lang.t("verification-provider-counter"),
        "demo" => lang.t("verification-provider-demo"),
        name => name.to_owned(),
    }
}
/// What a method answered, in a word for the desk.
pub fn answer_words(lang: web::Lang, result: Option<&str>) -> String {
    match result {
        Some("match") => lang.t("verification-answer-match"),
        Some("approved") => lang.t("verification-answer-approved"),
        Some("certified") => lang.t("verification-answer-certified"),
        other => other.unwrap_or("—").to_owned(),
    }
}
