//! The endpoints that the library answers itself: tokens (RFC 6749 sections 4.3 and 6), revocation (RFC 7009), introspection
//! (RFC 7662), the renewal of a browser's session, and the metadata of a protected resource (RFC 9728). Each exists only if the declaration has a path for it.
//!
//! Each file holds one endpoint: its handler, and a [`Description`] of the parameters and answers. The OpenAPI document is
//! made from the description.

pub(crate) mod denied;
pub(crate) mod introspect;
pub(crate) mod renew;
pub(crate) mod resource_metadata;
pub(crate) mod revoke;
pub(crate) mod token;

use http::Method;
use http::request::Parts;
use serde_json::Value;

use crate::backend::{Backend, Mode};
use crate::declaration::spec::Endpoint;
use crate::endpoints::denied::Denied;
use crate::hooks::AuthBackend;
use crate::oauth2::answer::GrantError;
use crate::oauth2::form::TokenForm;
use crate::rejection::Rejection;
use crate::request_info::RequestInfo;
use crate::session::login::Login;

/// The endpoints of a backend, and their paths. A `token_url` without `authenticate` is not among them: the application has its
/// own route there.
pub(crate) fn mounted<A: AuthBackend, M: Mode>() -> impl Iterator<Item = (Endpoint, &'static str)> {
    let is_mounted = |endpoint: Endpoint| match endpoint {
        Endpoint::Token => M::ISSUES && A::SPEC.authenticates,
        other => M::ISSUES || other.serves_verifiers(),
    };
    A::SPEC.endpoints().filter(move |(endpoint, _)| is_mounted(*endpoint))
}

/// A request to an endpoint.
pub(crate) struct EndpointRequest<'r> {
    pub(crate) parts: &'r Parts,
    /// The path that the client has requested.
    pub(crate) path: &'r str,
    /// Empty for an endpoint that reads no form.
    pub(crate) form: TokenForm,
    /// For the log and the events.
    pub(crate) info: RequestInfo,
}

impl EndpointRequest<'_> {
    /// A parameter of the form. If it is missing or empty, the log names it, because the client only gets
    /// `invalid_request`.
    fn required(&self, name: &str) -> Result<&str, Denied> {
        let missing = || Denied::Form(format!("the form has no `{name}`, or it is empty").into());
        self.form.optional(name).ok_or_else(missing)
    }
}

/// The answer of an endpoint.
pub(crate) enum EndpointAnswer {
    /// Tokens.
    Login(Login),
    /// A success without a body.
    Done,
    /// A JSON body.
    Json(Value),
    /// A JSON body that caches may store and that pages of every origin may read.
    Public(Value),
    /// An error of RFC 6749 section 5.2.
    Error(GrantError),
    /// A rejection for a browser. It removes the browser's useless cookies.
    Rejected(Rejection),
}

/// Answers a request to an endpoint.
pub(crate) async fn answer<A: AuthBackend>(
    endpoint: Endpoint,
    backend: &Backend<A>,
    request: EndpointRequest<'_>,
) -> EndpointAnswer {
    match endpoint {
        Endpoint::Token => {
            let is_refresh = request.form.optional("grant_type") == Some("refresh_token");
            let events = &backend.stages.events;
            let denied = |denied: Denied| EndpointAnswer::Error(denied.tell(events, is_refresh, &request.info));
            token::answer(backend, &request).await.map_or_else(denied, EndpointAnswer::Login)
        }
        Endpoint::Revoke => {
            let denied = |denied: Denied| EndpointAnswer::Error(denied.log(&request.info));
            revoke::answer(backend, &request).await.map_or_else(denied, |()| EndpointAnswer::Done)
        }
        Endpoint::Introspect => {
            let answer = introspect::answer(&backend.stages, &request).await;
            answer.map_or_else(|denied| EndpointAnswer::Error(denied.log(&request.info)), EndpointAnswer::Json)
        }
        Endpoint::Refresh => renew::answer(backend, &request).await,
        Endpoint::ResourceMetadata => EndpointAnswer::Public(resource_metadata::answer(&backend.stages)),
    }
}

/// The method that an endpoint answers. Every other method gets a 405, except that `HEAD` works where `GET` does.
pub(crate) const fn method(endpoint: Endpoint) -> Method {
    match endpoint {
        Endpoint::ResourceMetadata => Method::GET,
        Endpoint::Token | Endpoint::Revoke | Endpoint::Introspect | Endpoint::Refresh => Method::POST,
    }
}

/// The parameters and answers of an endpoint.
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
pub(crate) struct Description {
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    /// The parameters of the form. Empty for an endpoint that reads no form.
    pub(crate) form: &'static [Parameter],
    /// The status and the description of a success.
    pub(crate) success: (&'static str, &'static str),
    pub(crate) body: Body,
    pub(crate) errors: Errors,
    /// Whether a client must prove who it is even if the builder names no clients.
    pub(crate) always_identifies: bool,
}

/// A parameter of a form.
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
    pub(crate) is_required: bool,
    pub(crate) applies: Applies,
}

/// What a parameter holds.
#[derive(Clone, Copy)]
pub(crate) enum ParameterKind {
    Text,
    /// Text that is not empty.
    NonEmpty,
    Secret,
    /// A secret that is not empty.
    NonEmptySecret,
    GrantType,
}

/// When a parameter exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applies {
    Always,
    /// Only if the builder has `refresh_tokens`.
    WithRefreshTokens,
    /// Only if the builder names clients.
    WithClients,
}

/// The body of a success.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Tokens,
    Introspection,
    ResourceMetadata,
}

/// The errors of an endpoint.
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
#[derive(Clone, Copy)]
pub(crate) enum Errors {
    None,
    /// Errors of RFC 6749 section 5.2.
    Grant(&'static [GrantError]),
    /// The rejections of the guard for a request with a cookie.
    Rejections,
}

/// The parameters and answers of an endpoint.
pub(crate) const fn description(endpoint: Endpoint) -> &'static Description {
    match endpoint {
        Endpoint::Token => &token::DESCRIPTION,
        Endpoint::Revoke => &revoke::DESCRIPTION,
        Endpoint::Introspect => &introspect::DESCRIPTION,
        Endpoint::Refresh => &renew::DESCRIPTION,
        Endpoint::ResourceMetadata => &resource_metadata::DESCRIPTION,
    }
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, is_required: false, applies: Applies::Always }
    }

    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) const fn only(self, applies: Applies) -> Self {
        Self { applies, ..self }
    }
}

/// The form of a request about one token: to revoke it, or to look at it.
const TOKEN_PARAMETERS: &[Parameter] = &[
    Parameter::new("token", ParameterKind::Text).required(),
    Parameter::new("token_type_hint", ParameterKind::Text),
    Parameter::new("client_id", ParameterKind::Text),
    Parameter::new("client_secret", ParameterKind::Secret),
];
