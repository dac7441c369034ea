//! From what a client sent to a request that may be answered: pushed before, signed, or plain. Until the redirect address
//! is proven, a fault is shown and never sent anywhere.
use super::{
    answer::Answer,
    model::{self, ErrorCode, Refused, Request},
    object,
    store::FlowId,
};
use crate::{OpenId, client::Client, jose::Jws, par, parameters::Parameters};
use kernel::{Result, Timestamp};

/// Nothing was pushed under that name, or it was answered or ran out.
pub(super) const UNKNOWN_PUSHED: &str = "authorize.request_uri_unknown";

/// A request that may be answered.
#[derive(Debug)]
pub struct Incoming {
    pub request: Request,
    /// The row of a pushed one.
    pub pushed: Option<FlowId>,
}

/// Why a request is not answered.
#[derive(Debug)]
pub struct Fault {
    pub refused: Refused,
    /// What a person is told, where the client cannot be.
    pub code: &'static str,
    /// The address was proven: the client may hear of it.
    pub back: Option<Answer>,
}

impl OpenId {
    /// The request behind the parameters of the authorization endpoint.
    pub async fn incoming(
        &self,
        client: &Client,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<std::result::Result<Incoming, Fault>> {
        let not_here = |error, reason| Ok(Err(self.fault(client, parameters, Refused::new(error, reason))));
        if let Some(uri) = parameters.get("request_uri") {
            let Some(handle) = uri.strip_prefix(par::URN) else {
                return not_here(
                    ErrorCode::RequestUriNotSupported,
                    "request_uri must come from the pushed authorization request endpoint",
                );
            };
            if parameters.get("request").is_some() {
                return not_here(ErrorCode::InvalidRequest, "request and request_uri exclude each other");
            }
            if parameters.refuse_duplicates().is_err() {
                return not_here(ErrorCode::InvalidRequest, "a parameter occurs more than once");
            }
            return Ok(match self.find_pushed(client, handle, now).await? {
                Some((pushed, request)) => Ok(Incoming { request, pushed: Some(pushed) }),
                None => Err(Fault {
                    refused: Refused::new(
                        ErrorCode::InvalidRequest,
                        "request_uri is unknown, expired or used",
                    ),
                    code: UNKNOWN_PUSHED,
                    back: None,
                }),
            });
        }
        if client.settings.demands().par {
            return not_here(ErrorCode::InvalidRequest, "this client has to push its requests (RFC 9126)");
        }
        let examined = self.examine(client, parameters, now).await?;
        Ok(examined.map(|request| Incoming { request, pushed: None }))
    }

    /// A request that came in full, here or pushed.
    pub async fn examine(
        &self,
        client: &Client,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<std::result::Result<Request, Fault>> {
        let inside;
        let effective = match self.opened(client, parameters, now).await? {
            Ok(None) => parameters,
            Ok(Some(found)) => {
                inside = found;
                &inside
            }
            Err(refused) => return Ok(Err(self.fault(client, parameters, refused))),
        };
        let Some(uri) = effective.get("redirect_uri").filter(|uri| client.allows_redirect(uri)) else {
            let refused = Refused::new(ErrorCode::InvalidRequest, "redirect_uri is not registered");
            return Ok(Err(Fault { refused, code: "client.redirect_uri_unknown", back: None }));
        };
        let request = match model::parse(effective, uri, client, self.issuer()) {
            Ok(request) => request,
            Err(refused) => return Ok(Err(self.fault(client, effective, refused))),
        };
        if let Some(token) = &request.id_token_hint
            && self.hinted(token, client, now).await?.is_none()
        {
            let refused =
                Refused::new(ErrorCode::InvalidRequest, "id_token_hint is no ID token of this client");
            return Ok(Err(self.fault(client, effective, refused)));
        }
        Ok(Ok(request))
    }

    /// What a request object holds; None where the request has none and needs none.
    async fn opened(
        &self,
        client: &Client,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<std::result::Result<Option<Parameters>, Refused>> {
        let invalid = |reason| Ok(Err(Refused::new(ErrorCode::InvalidRequestObject, reason)));
        let settings = &client.settings;
        let Some(text) = parameters.get("request") else {
            return match settings.request_object_algorithm {
                Some(_) => invalid("this client has to sign its requests"),
                None => Ok(Ok(None)),
            };
        };
        let algorithms = object::algorithms(settings);
        if algorithms.is_empty() {
            return Ok(Err(Refused::new(
                ErrorCode::RequestNotSupported,
                "a client that signs requests registers its public keys first, as jwks or jwks_uri",
            )));
        }
        if parameters.refuse_duplicates().is_err() {
            return Ok(Err(Refused::new(ErrorCode::InvalidRequest, "a parameter occurs more than once")));
        }
        let Some(message) = Jws::parse(text) else {
            return invalid("request is no signed message in compact form");
        };
        // Which may sign is what was registered, never the message's choice alone.
        if !message.algorithm().is_some_and(|algorithm| algorithms.contains(&algorithm)) {
            return invalid("the request object is not signed with an algorithm that this client may use");
        }
        if !self.is_signed_by_client(client, &message, now).await? {
            return invalid("the signature of the request object is not the client's");
        }
        Ok(match object::open(&message, &client.client_id, self.issuer(), parameters, now) {
            Ok(found) => Ok(Some(found)),
            Err(reason) => Err(Refused::new(ErrorCode::InvalidRequestObject, reason)),
        })
    }

    /// The client hears of it if the address that the parameters name is one of its own.
    fn fault(&self, client: &Client, parameters: &Parameters, refused: Refused) -> Fault {
        let uri = parameters.get("redirect_uri");
        let back = uri.filter(|uri| client.allows_redirect(uri)).map(|uri| {
            let members = [("error", refused.error.as_str()), ("error_description", refused.reason)];
            let state = model::state_of(parameters);
            Answer::new(uri, model::mode_of(parameters), self.issuer(), state.as_deref(), &members)
        });
        let code = if uri.is_some() && back.is_none() {
            "client.redirect_uri_unknown"
        } else {
            "authorize.malformed"
        };
        Fault { refused, code, back }
    }
}
