//! `POST /api/v1/decisions`: a product's server asks, between sign-ins, whether a person or a machine may still act for a
//! space; and the description of the API.
mod judge;

pub use judge::{About, Asked};

use crate::{OpenId, token::caller::confidential};
use axum::{
    Extension,
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use kernel::{Error, Timestamp};
use organization::{decision::Space, entitlement::Answer};
use serde::{Deserialize, Serialize};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use web::Ctx;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// `sub` of an ID token or of userinfo; of a machine its `client_id`.
    #[schema(max_length = 64, example = "9f3K0mXlP2qv7cQnE1aB4g")]
    pub subject: String,
    #[serde(default)]
    pub subject_type: SubjectType,
    /// `person`, or an organization's id. A machine of an organization acts for that one; one of the platform for `person`.
    #[schema(max_length = 13, example = "person")]
    pub space: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    #[default]
    User,
    Machine,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionResponse {
    /// Whether everything fits now. Strength of sign-in and network are judged at sign-in alone and left out here.
    pub allow: bool,
    /// `decision.allowed`, or the first reason against. Stable.
    #[schema(example = "decision.grant_missing")]
    pub code: String,
    /// Of a refusal, those that are met included, in the order in which a person would clear them. Empty if it is allowed, and
    /// for somebody who is no member.
    pub layers: Vec<LayerResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LayerResponse {
    /// `account`, `product`, `audience`, `organization`, `membership`, `role`, `admission`, `grant` or `real_name`; of a
    /// machine `client` in the place of `account` and `owner` in the place of `membership`.
    pub kind: String,
    /// `met`, `asleep` or `missing`.
    pub state: String,
    /// Stable.
    pub code: String,
    /// The end of what holds or ran out, RFC 3339.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
}

impl From<Answer> for DecisionResponse {
    fn from(answer: Answer) -> Self {
        let decision = match answer {
            Answer::Permit => {
                return Self { allow: true, code: "decision.allowed".to_owned(), layers: Vec::new() };
            }
            // Nobody of that name in that space: told as any other who is no member.
            Answer::Stranger => {
                let code = "decision.membership_missing".to_owned();
                return Self { allow: false, code, layers: Vec::new() };
            }
            Answer::Refuse(decision) => decision,
        };
        Self {
            allow: false,
            code: decision.code().to_owned(),
            layers: decision
                .layers
                .iter()
                .map(|layer| LayerResponse {
                    kind: layer.kind.as_str().to_owned(),
                    state: layer.state.as_str().to_owned(),
                    code: layer.code.to_owned(),
                    until: layer.until,
                })
                .collect(),
        }
    }
}

#[utoipa::path(
    post,
    path = "/api/v1/decisions",
    request_body = DecisionRequest,
    responses(
        (status = 200, description = "The decision, as of now", body = DecisionResponse),
        (status = 400, description = "The body is malformed (problem+json)"),
        (status = 401, description = "The client did not prove to be itself (problem+json)"),
        (status = 422, description = "`space` is neither `person` nor an id (problem+json)"),
        (status = 503, description = "Try again after the time in Retry-After (problem+json)"),
    ),
    security(("client" = [])),
)]
pub async fn decide(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (method, path) = (request.method(), request.uri().path());
    let client = match confidential(&openid, method, path, request.headers(), ctx.now).await? {
        Ok(client) => client,
        Err(challenge) => return Ok(challenge.into_response()),
    };
    let web::Json(asked): web::Json<DecisionRequest> = web::Json::from_request(request, &()).await?;
    let space = crate::parse_space(&asked.space).ok_or(Error::invalid("decision.space").at("space"))?;
    if asked.subject.len() > 64 {
        return Err(Error::invalid("field.too_long").at("subject").arg("max", "64").into());
    }
    let about = match asked.subject_type {
        SubjectType::User => About::User(&asked.subject),
        SubjectType::Machine => About::Machine(&asked.subject),
    };
    let answer = openid.judge(&client, &[Asked { about, space }], ctx.now).await?.pop();
    Ok(web::json(&DecisionResponse::from(answer.unwrap_or(Answer::Stranger))))
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Fujie", description = "Who is this person, for whom do they act, and may they do this here, now?"),
    paths(decide),
    modifiers(&Security)
)]
struct Description;

struct Security;
impl Modify for Security {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let basic =
            HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some("client_id and client_secret"));
        description
            .components
            .get_or_insert_with(Default::default)
            .add_security_scheme("client", SecurityScheme::Http(basic.build()));
    }
}

/// Of this room's part of the API; the topmost room that has one serves all of it.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// Which space a decision or page is about: `person`, or an organization's id.
pub fn space_text(space: Space) -> String {
    space.organization().map_or_else(|| "person".to_owned(), |id| id.to_string())
}
