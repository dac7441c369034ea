//! Answers as they go out. A permit is two words; a refusal says what is missing, for whom it is to be told, and who can
//! mend it.
use crate::{resolve, words};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::Result;
use oidc::decision::{About, Asked as Question};
use organization::{
    decision::{Decision, Layer, LayerState, Remedy, Space},
    entitlement::Answer,
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use web::{Ctx, Failure, Lang};

/// What came of one question.
#[derive(Clone, Debug)]
pub enum Verdict {
    Permit,
    /// By a decision.
    Refused(Box<Decision>),
    /// Without one, for this code.
    Unknown(&'static str),
    /// The question is faulted: in a batch alone.
    Faulty(resolve::Fault),
}
impl Verdict {
    /// Somebody who is no member and somebody who does not exist are told the same, and so are organizations.
    pub fn of(answer: Answer, question: Question<'_>) -> Self {
        match (answer, question.about, question.space) {
            (Answer::Permit, ..) => Self::Permit,
            (Answer::Refuse(decision), ..) => Self::Refused(decision),
            (Answer::Stranger, About::User(_), Space::Organization(_)) => {
                Self::Unknown("decision.membership_missing")
            }
            (Answer::Stranger, ..) => Self::Unknown(resolve::SUBJECT_UNKNOWN),
        }
    }
    pub const fn permits(&self) -> bool {
        matches!(self, Self::Permit)
    }
    /// Of a refusal.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Permit => None,
            Self::Refused(decision) => Some(decision.code()),
            Self::Unknown(code) => Some(code),
            Self::Faulty(_) => Some("authzen.request_faulty"),
        }
    }
    pub fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Permit => out.extend_from_slice(br#"{"decision":true}"#),
            other => {
                out.extend_from_slice(br#"{"decision":false,"context":"#);
                other.write_context(out)?;
                out.push(b'}');
            }
        }
        Ok(())
    }
    fn write_context(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Permit => write(out, &serde_json::Map::new()),
            Self::Refused(decision) => {
                let unmet: Vec<&Layer> =
                    decision.layers.iter().filter(|layer| layer.state != LayerState::Met).collect();
                let missing = unmet.iter().filter(|layer| layer.state == LayerState::Missing);
                let words: Vec<_> = missing.map(|layer| words::of_layer(layer)).collect();
                let admin = |at: usize| {
                    let named: Vec<&str> =
                        words.iter().filter_map(|words| Some(words.admin.get(at)?.as_str())).collect();
                    named.join(", ")
                };
                let first = words.first();
                write(
                    out,
                    &Context {
                        id: decision.code(),
                        reason_admin: Reason([admin(0), admin(1)]),
                        reason_user: Reason(first.map(|words| words.user.clone()).unwrap_or_default()),
                        layers: &unmet,
                        remedies: &decision.remedies,
                    },
                )
            }
            Self::Unknown(code) => {
                let words = words::of_unknown(code);
                write(
                    out,
                    &Context {
                        id: code,
                        reason_admin: Reason(words.admin.clone()),
                        reason_user: Reason(words.user.clone()),
                        layers: &[],
                        remedies: &[],
                    },
                )
            }
            Self::Faulty(message) => write(out, &Fault { error: Error { status: 400, message } }),
        }
    }
}

#[derive(Serialize)]
struct Context<'a> {
    id: &'a str,
    reason_admin: Reason,
    reason_user: Reason,
    /// Those that are not met, in the order in which a person would clear them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    layers: &'a [&'a Layer],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    remedies: &'a [Remedy],
}
#[derive(Serialize)]
struct Fault<'a> {
    error: Error<'a>,
}
#[derive(Serialize)]
struct Error<'a> {
    status: u16,
    message: &'a str,
}

/// Texts by language.
struct Reason([String; 2]);
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        for (lang, text) in Lang::ALL.iter().zip(&self.0) {
            map.serialize_entry(lang.tag(), text)?;
        }
        map.end()
    }
}

fn write(out: &mut Vec<u8>, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| kernel::Error::internal("internal").because(error))
}

/// 200 with JSON that is written already.
pub fn json(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
/// An error of the whole request: its body is an error message string, as the specification has it.
pub fn fault(status: StatusCode, message: &str) -> Response {
    let mut response = web::json(&message);
    *response.status_mut() = status;
    response
}
/// What went wrong here is an error message string too: the error's stable code, and when to ask again.
pub fn said(ctx: &Ctx, answer: web::Result) -> Response {
    let problem = match answer {
        Ok(response) => return response,
        Err(Failure::Error(problem)) => problem,
        Err(failure @ Failure::Response(_)) => return failure.into_response(),
    };
    let (error, status) = (&problem.error, problem.status);
    if status.is_server_error() {
        tracing::error!(request.id = %ctx.request_id, error.code = error.code, error = %error, "no decision");
    }
    let mut response = fault(status, error.code);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
