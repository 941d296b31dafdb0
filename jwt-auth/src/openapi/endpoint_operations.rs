//! The operations of the endpoints that the library answers itself, made from the description of each endpoint.

use http::Method;
use utoipa::PartialSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, RefOr, Required, Response, ResponseBuilder, Schema};

use crate::backend::Backend;
use crate::backend::Mode;
use crate::declaration::spec::Endpoint;
use crate::endpoints::introspect::{MEMBERS, MemberKind};
use crate::endpoints::{
    Applies, Body, Description, Errors, Parameter, ParameterKind, description, method, mounted, renew,
};
use crate::hooks::AuthBackend;
use crate::oauth2::answer::GrantError;
use crate::oauth2::answer::TokenResponse;
use crate::openapi::refusals::{Refusals, retry_after};
use crate::openapi::scheme::add_scheme;
use crate::web::protect_error::ProtectError;
use crate::web::rejection_response::is_rendered;

/// Adds an operation for each endpoint that is mounted.
pub(crate) fn add<A: AuthBackend, M: Mode>(document: &mut OpenApi, backend: &Backend<A, M>) {
    let settings = Settings {
        has_clients: backend.stages.clients.is_closed(),
        has_refresh_tokens: backend.stages.issuance.refresh.is_some(),
        refusals: Refusals { by_cookie: true, are_rendered: is_rendered(&backend.stages.presentation) },
    };
    for (endpoint, path) in mounted::<A, M>() {
        let operation = settings.operation(description(endpoint));
        let method = if method(endpoint) == Method::GET { HttpMethod::Get } else { HttpMethod::Post };
        document.paths.paths.insert(path.to_owned(), PathItem::new(method, operation));
    }
}

/// Adds the security scheme of clients to the endpoints, if the builder names clients. The guard does not enforce it; the
/// endpoints do.
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
    for (endpoint, path) in mounted::<A, M>() {
        let operation = document.paths.paths.get_mut(path).and_then(|item| item.post.as_mut());
        let Some(operation) = operation.filter(|_| endpoint != Endpoint::Refresh) else { continue };
        let by_basic = SecurityRequirement::new(name.clone(), Vec::<String>::new());
        // The alternative without a scheme: the client's secret is in the form.
        operation.security = Some(vec![by_basic, SecurityRequirement::default()]);
    }
    Ok(())
}

/// The settings of the builder that change the parameters and answers of an endpoint.
struct Settings {
    has_clients: bool,
    has_refresh_tokens: bool,
    refusals: Refusals,
}

impl Settings {
    fn operation(&self, endpoint: &Description) -> Operation {
        let (status, meaning) = endpoint.success;
        let mut success = ResponseBuilder::new().description(meaning);
        if let Some(schema) = body(endpoint.body) {
            success = success.content("application/json", ContentBuilder::new().schema(Some(schema)).build());
        }
        let mut operation = OperationBuilder::new()
            .summary(Some(endpoint.summary))
            .description(Some(endpoint.description))
            .response(status, success.build());
        if !endpoint.form.is_empty() {
            let form = ContentBuilder::new().schema(Some(self.form(endpoint.form))).build();
            let form = RequestBodyBuilder::new().content("application/x-www-form-urlencoded", form);
            operation = operation.request_body(Some(form.required(Some(Required::True)).build()));
        }
        match endpoint.errors {
            Errors::None => {}
            Errors::Grant(errors) => {
                let identifies = self.has_clients || endpoint.always_identifies;
                let is_read = !endpoint.form.is_empty();
                let before = [is_read.then_some(&GrantError::Slow), identifies.then_some(&GrantError::InvalidClient)];
                for error in before.into_iter().flatten().chain(errors) {
                    operation = operation.response(error.status().as_str(), grant_error(*error));
                }
            }
            Errors::Rejections => {
                for reason in renew::refusals() {
                    operation = operation.response(reason.status().as_str(), self.refusals.refusal(&reason));
                }
            }
        }
        operation.build()
    }

    fn form(&self, parameters: &[Parameter]) -> Object {
        let applies = |parameter: &&Parameter| match parameter.applies {
            Applies::Always => true,
            Applies::WithClients => self.has_clients,
            Applies::WithRefreshTokens => self.has_refresh_tokens,
        };
        let mut form = ObjectBuilder::new();
        for parameter in parameters.iter().filter(applies) {
            form = form.property(parameter.name, self.parameter(parameter.kind));
            if parameter.is_required {
                form = form.required(parameter.name);
            }
        }
        form.build()
    }

    fn parameter(&self, kind: ParameterKind) -> ObjectBuilder {
        match kind {
            ParameterKind::Text => text(),
            ParameterKind::NonEmpty => text().min_length(Some(1)),
            ParameterKind::Secret => secret(),
            ParameterKind::NonEmptySecret => secret().min_length(Some(1)),
            ParameterKind::GrantType => {
                let refresh = self.has_refresh_tokens.then_some("refresh_token");
                text().enum_values(Some(["password"].into_iter().chain(refresh).collect::<Vec<_>>()))
            }
        }
    }
}

fn body(body: Body) -> Option<RefOr<Schema>> {
    match body {
        Body::None => None,
        Body::Tokens => Some(TokenResponse::schema()),
        Body::ResourceMetadata => {
            let texts = || ArrayBuilder::new().items(text());
            let document = ObjectBuilder::new().property("resource", text()).required("resource");
            let document = document.property("authorization_servers", texts()).required("authorization_servers");
            let document = document.property("scopes_supported", texts()).property("bearer_methods_supported", texts());
            Some(RefOr::T(Schema::Object(document.build())))
        }
        Body::Introspection => {
            let active = ObjectBuilder::new().schema_type(Type::Boolean);
            let mut answer = ObjectBuilder::new().property("active", active).required("active");
            for member in &MEMBERS {
                answer = match member.kind {
                    MemberKind::Text => answer.property(member.name, text()),
                    MemberKind::Number => answer.property(member.name, ObjectBuilder::new().schema_type(Type::Integer)),
                    MemberKind::Texts => answer.property(member.name, ArrayBuilder::new().items(text())),
                };
            }
            Some(RefOr::T(Schema::Object(answer.build())))
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn secret() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
}

fn grant_error(error: GrantError) -> Response {
    let body = ObjectBuilder::new().property("error", text()).required("error");
    let body = body.property("error_description", text()).build();
    let content = ContentBuilder::new().schema(Some(body)).build();
    let response = ResponseBuilder::new().description(error.meaning()).content("application/json", content);
    match error {
        GrantError::TooManyAttempts { .. } | GrantError::Unavailable => response.header("Retry-After", retry_after()),
        _ => response,
    }
    .build()
}
