//! Where the endpoints are, and what they can.
use crate::AuthZen;
use axum::{Extension, response::Response};
use http::{HeaderValue, header};
use serde_json::json;

/// What goes beyond the specification is named by a URN of our own, which others ignore.
const SUBJECT_LIST: &str = "urn:fujie:authzen:capability:subjects";

pub async fn configuration(Extension(room): Extension<AuthZen>) -> Response {
    let base = room.openid().issuer();
    let at = |path: &str| format!("{base}/access/v1/{path}");
    let mut response = web::json(&json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": at("evaluation"),
        "access_evaluations_endpoint": at("evaluations"),
        "search_subject_endpoint": at("search/subject"),
        "search_resource_endpoint": at("search/resource"),
        "search_action_endpoint": at("search/action"),
        "capabilities": [SUBJECT_LIST],
        "fujie_subjects_endpoint": at("subjects"),
    }));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
