//! The operations of the endpoints that the library answers itself.

use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Required, ResponseBuilder};

use crate::backend::Backend;
use crate::backend::mode::Mode;
use crate::declaration::endpoints::Endpoint;
use crate::endpoints::endpoints;
use crate::hooks::AuthBackend;
use crate::oauth2::error::GrantError;
use crate::openapi::document::add_scheme;
use crate::openapi::refusals::Refusals;
use crate::openapi::token_endpoint::{self, password_text, refusal, text};
use crate::rejection::reason::RejectionReason;
use crate::web::protect_error::ProtectError;
use crate::web::rejection_response::is_rendered;

/// Adds a `POST` for each endpoint that is mounted.
pub(crate) fn add<A: AuthBackend, M: Mode>(document: &mut OpenApi, backend: &Backend<A, M>) {
    let is_closed = backend.stages.clients.is_closed();
    for (endpoint, path) in endpoints::<A>().filter(|_| M::ISSUES) {
        let operation = match endpoint {
            Endpoint::Token => token_endpoint::operation(backend.stages.issuance.refresh.is_some(), is_closed),
            Endpoint::Revoke => revoke(is_closed),
            Endpoint::Introspect => introspect(),
            Endpoint::Renew => {
                renew(Refusals { by_cookie: true, are_rendered: is_rendered(&backend.stages.presentation) })
            }
        };
        document.paths.paths.insert(path.to_owned(), PathItem::new(HttpMethod::Post, operation));
    }
}

/// How clients prove who they are, where some are named: the guard has no part in it.
pub(crate) fn add_clients<A: AuthBackend, M: Mode>(
    document: &mut OpenApi,
    backend: &Backend<A, M>,
) -> Result<(), ProtectError> {
    let clients = &backend.stages.clients;
    if !M::ISSUES || !clients.is_closed() {
        return Ok(());
    }
    let name = format!("{}Client", A::SPEC.scheme_name);
    let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some("A client's id and secret."));
    add_scheme(document.components.get_or_insert_default(), name.clone(), SecurityScheme::Http(basic.build()))?;
    for (endpoint, path) in endpoints::<A>() {
        let operation = document.paths.paths.get_mut(path).and_then(|item| item.post.as_mut());
        let Some(operation) = operation.filter(|_| endpoint != Endpoint::Renew) else { continue };
        let by_basic = SecurityRequirement::new(name.clone(), Vec::<String>::new());
        // Or by the form.
        operation.security = Some(vec![by_basic, SecurityRequirement::default()]);
    }
    Ok(())
}

fn form(operation: OperationBuilder) -> OperationBuilder {
    let form = ObjectBuilder::new()
        .property("token", text())
        .required("token")
        .property("token_type_hint", text())
        .property("client_id", text())
        .property("client_secret", password_text());
    let content = ContentBuilder::new().schema(Some(form.build())).build();
    let body =
        RequestBodyBuilder::new().content("application/x-www-form-urlencoded", content).required(Some(Required::True));
    operation.request_body(Some(body.build()))
}

fn refusals(operation: OperationBuilder, errors: &[GrantError]) -> OperationBuilder {
    errors.iter().fold(operation, |operation, error| operation.response(error.status().as_str(), refusal(*error)))
}

const REFUSALS: [GrantError; 3] = [GrantError::InvalidGrant, GrantError::ServerError, GrantError::Unavailable];

fn revoke(is_closed: bool) -> Operation {
    let revoked = ResponseBuilder::new().description("The token is not valid any more, or never was");
    let operation = OperationBuilder::new()
        .summary(Some("Revoke a token"))
        .description(Some("The revocation endpoint of RFC 7009: an access or refresh token, with its session."))
        .response("200", revoked.build());
    let operation = refusals(form(operation), &REFUSALS);
    if is_closed { refusals(operation, &[GrantError::InvalidClient]).build() } else { operation.build() }
}

fn introspect() -> Operation {
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    let answer = ObjectBuilder::new()
        .property("active", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("active")
        .property("scope", text())
        .property("client_id", text())
        .property("token_type", text())
        .property("exp", number())
        .property("iat", number())
        .property("nbf", number())
        .property("sub", text())
        .property("aud", ArrayBuilder::new().items(text()))
        .property("iss", text())
        .property("jti", text());
    let content = ContentBuilder::new().schema(Some(answer.build())).build();
    let told = ResponseBuilder::new().description("What the token is").content("application/json", content);
    let operation = OperationBuilder::new()
        .summary(Some("Ask what an access token is"))
        .description(Some("The introspection endpoint of RFC 7662, for clients that prove who they are."))
        .response("200", told.build());
    refusals(refusals(form(operation), &REFUSALS), &[GrantError::InvalidClient]).build()
}

fn renew(refusals: Refusals) -> Operation {
    let renewed = ResponseBuilder::new().description("The cookies are new");
    let mut operation = OperationBuilder::new()
        .summary(Some("Renew the session"))
        .description(Some("By the cookie with the refresh token, which browsers send here alone."))
        .response("204", renewed.build());
    for reason in [
        RejectionReason::RepeatedCookie,
        RejectionReason::SessionOver,
        RejectionReason::CrossSite,
        RejectionReason::Panicked(""),
        RejectionReason::KeysUnavailable(String::new()),
    ] {
        operation = operation.response(reason.status().as_str(), refusals.refusal(&reason));
    }
    operation.build()
}
