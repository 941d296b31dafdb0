//! Introspection (RFC 7662): what a catch_panic route would say of an access token, for a client that proves who it is.

use http::StatusCode;
use http::request::Parts;
use serde_json::{Value, json};

use crate::backend::Stages;
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::oauth2::error::GrantError;
use crate::oauth2::token_form::TokenForm;
use crate::rejection::reason::RejectionReason;

/// What the token is, for a client that may ask.
pub(crate) async fn answer<A: AuthBackend>(
    stages: &Stages<A>,
    request: &Parts,
    form: &TokenForm,
) -> Result<Value, GrantError> {
    // Section 2.1: whoever may ask could try tokens until one is active.
    if !stages.clients.identify(&request.headers, form)?.is_confidential {
        return Err(GrantError::InvalidClient);
    }
    let text = form.required("token")?;
    let now = stages.authenticator.now();
    let accepted = match stages.authenticator.verify(text.as_bytes(), now).await {
        Ok(entry) => stages.authenticator.accept(&entry, now, request).await.map(|_| entry.token),
        Err(reason) => Err(reason),
    };
    match accepted {
        Ok(token) => Ok(active(&token)),
        Err(reason) => inactive(&reason),
    }
}

/// Section 2.2. Claims of the application's own are left out: what they tell is for this service.
fn active(token: &Token) -> Value {
    let mut answer = json!({
        "active": true,
        "token_type": "Bearer",
        "iss": token.issuer(),
        "sub": token.subject(),
        "aud": token.audience().collect::<Vec<_>>(),
        "exp": token.expires_at(),
        "iat": token.issued_at(),
        "jti": token.jwt_id(),
    });
    let scope = token.scopes().collect::<Vec<_>>().join(" ");
    let further = [
        ("scope", (!scope.is_empty()).then(|| scope.into())),
        ("client_id", token.client_id().map(Value::from)),
        ("nbf", token.not_before().map(Value::from)),
    ];
    if let Some(members) = answer.as_object_mut() {
        members.extend(further.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    answer
}

/// Why a token is not active is not told; that nobody knows is.
fn inactive(reason: &RejectionReason) -> Result<Value, GrantError> {
    tracing::info!(target: "jwt_auth", "not active: {reason}");
    match reason.status() {
        StatusCode::SERVICE_UNAVAILABLE => Err(GrantError::Unavailable),
        StatusCode::INTERNAL_SERVER_ERROR => Err(GrantError::ServerError),
        _ => Ok(json!({ "active": false })),
    }
}
