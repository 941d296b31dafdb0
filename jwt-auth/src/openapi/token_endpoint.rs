//! The operation of the token endpoint that the library answers itself.

use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Required, Response, ResponseBuilder};

use crate::oauth2::error::GrantError;
use crate::oauth2::token_response::TokenResponse;
use crate::openapi::refusals::retry_after;

/// `is_closed` to clients that are not named.
pub(crate) fn operation(gives_refresh_tokens: bool, is_closed: bool) -> Operation {
    let form = ContentBuilder::new().schema(Some(form(gives_refresh_tokens, is_closed))).build();
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
    if is_closed {
        operation = operation.response(GrantError::InvalidClient.status().as_str(), refusal(GrantError::InvalidClient));
    }
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

pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub(crate) fn password_text() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
}

fn form(gives_refresh_tokens: bool, is_closed: bool) -> Object {
    let grants: &[&str] = if gives_refresh_tokens { &["password", "refresh_token"] } else { &["password"] };
    let given = || text().min_length(Some(1));
    let form = ObjectBuilder::new()
        .property("grant_type", text().enum_values(Some(grants.to_vec())))
        .required("grant_type")
        .property("username", given())
        .property("password", password_text().min_length(Some(1)))
        .property("scope", text())
        .property("client_id", text());
    let form = if is_closed { form.property("client_secret", password_text()) } else { form };
    if gives_refresh_tokens { form.property("refresh_token", given()).build() } else { form.build() }
}

pub(crate) fn refusal(error: GrantError) -> Response {
    let description = match error {
        GrantError::InvalidClient => "The client is unknown or does not prove who it is (RFC 6749 section 5.2)",
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
