//! The operation of the token endpoint that the library answers itself.

use utoipa::PartialSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Required, Response, ResponseBuilder};

use super::refusals::retry_after;
use crate::oauth2::{GrantError, TokenResponse};

/// Adds `POST token_url` to a document.
pub(super) fn add(document: &mut OpenApi, token_url: &str, gives_refresh_tokens: bool) {
    let item = PathItem::new(HttpMethod::Post, operation(gives_refresh_tokens));
    document.paths.paths.insert(token_url.to_owned(), item);
}

fn operation(gives_refresh_tokens: bool) -> Operation {
    let form = ContentBuilder::new().schema(Some(form(gives_refresh_tokens))).build();
    let body =
        RequestBodyBuilder::new().content("application/x-www-form-urlencoded", form).required(Some(Required::True));
    let granted = ContentBuilder::new().schema(Some(TokenResponse::schema())).build();
    let granted =
        ResponseBuilder::new().description("A token (RFC 6749 section 5.1)").content("application/json", granted);
    let mut operation = OperationBuilder::new()
        .summary(Some("Get a token"))
        .description(Some("The token endpoint of RFC 6749 section 3.2."))
        .request_body(Some(body.build()))
        .response("200", granted.build());
    for error in [
        GrantError::InvalidGrant,
        GrantError::TooManyAttempts { retry_after: 1 },
        GrantError::ServerError,
        GrantError::Unavailable,
    ] {
        operation = operation.response(error.status().as_str(), refusal(error));
    }
    operation.build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn form(gives_refresh_tokens: bool) -> Object {
    let grants: &[&str] = if gives_refresh_tokens { &["password", "refresh_token"] } else { &["password"] };
    let given = || text().min_length(Some(1));
    let password = given().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)));
    let form = ObjectBuilder::new()
        .property("grant_type", text().enum_values(Some(grants.to_vec())))
        .required("grant_type")
        .property("username", given())
        .property("password", password)
        .property("scope", text())
        .property("client_id", text());
    if gives_refresh_tokens { form.property("refresh_token", given()).build() } else { form.build() }
}

fn refusal(error: GrantError) -> Response {
    let description = match error {
        GrantError::InvalidGrant => "The request cannot be granted (RFC 6749 section 5.2)",
        GrantError::TooManyAttempts { .. } => "Too many wrong passwords; Retry-After says when to try again",
        GrantError::Unavailable => "The session cannot be kept now",
        _ => "The server could not answer",
    };
    let body = ObjectBuilder::new().property("error", text()).required("error");
    let body = body.property("error_description", text()).build();
    let content = ContentBuilder::new().schema(Some(body)).build();
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    match error {
        GrantError::TooManyAttempts { .. } | GrantError::Unavailable => response.header("Retry-After", retry_after()),
        _ => response,
    }
    .build()
}
