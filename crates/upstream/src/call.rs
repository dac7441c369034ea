//! Calls to providers: JSON answers, ten seconds, nothing of the request in an error.
use crate::model::Fault;
use http::{HeaderValue, header};
use serde_json::Value;
use std::time::Duration;
use web::{Call, Outbound};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn send(outbound: &Outbound, call: Call) -> Result<web::Answer, Fault> {
    Ok(outbound.send(call.within(TIMEOUT)).await?)
}
/// The object in the answer, with its status.
pub(crate) async fn json(outbound: &Outbound, call: Call) -> Result<(http::StatusCode, Value), Fault> {
    let call = call.header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let answer = send(outbound, call).await?;
    if answer.status.is_server_error() {
        return Err(Fault::Refused(format!("http {}", answer.status.as_u16())));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(value @ Value::Object(_)) => Ok((answer.status, value)),
        _ => Err(Fault::Refused(format!("http {} without JSON", answer.status.as_u16()))),
    }
}
/// Text that is there and not absurd.
pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.len() <= 2048)
        .map(str::to_owned)
}
/// A subject is compared, stored and never shown: short and printable.
pub(crate) fn subject(value: &Value, name: &str) -> Option<String> {
    text(value, name).filter(|text| text.len() <= 255 && text.chars().all(|c| !c.is_control()))
}
pub(crate) fn form(url: url::Url, members: &[(&str, &str)]) -> Call {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
    Call::post(url, body).header(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded;charset=utf-8"),
    )
}
