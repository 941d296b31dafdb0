//! Introspection (RFC 7662). A client that proves who it is learns whether a guarded route would accept an access token, and
//! what the token contains.

use http::StatusCode;
use serde_json::{Value, json};

use crate::backend::Stages;
use crate::endpoints::denied::Denied;
use crate::endpoints::{Body, Description, EndpointRequest, Errors, TOKEN_PARAMETERS};
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::oauth2::answer::GrantError;
use crate::rejection::reason::RejectionReason;

/// The parameters and answers of the endpoint.
pub(crate) const DESCRIPTION: Description = Description {
    summary: "Look at an access token",
    description: "The introspection endpoint of RFC 7662, for clients that prove who they are.",
    form: TOKEN_PARAMETERS,
    success: ("200", "Whether the token is active, and its claims"),
    body: Body::Introspection,
    errors: Errors::Grant(&[GrantError::InvalidGrant, GrantError::ServerError, GrantError::Unavailable]),
    always_identifies: true,
};

/// A member of the answer (RFC 7662 section 2.2).
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) kind: MemberKind,
    /// Reads its value from the token. `null` if the token does not have it.
    value: fn(&Token) -> Value,
}

/// The JSON type of a member.
#[derive(Clone, Copy)]
pub(crate) enum MemberKind {
    Text,
    Number,
    Texts,
}

/// Every member besides `active`. The application's own claims are left out, because they are meant for this service only.
pub(crate) const MEMBERS: [Member; 10] = [
    Member::new("scope", MemberKind::Text, |token| {
        let scope = token.scopes().collect::<Vec<_>>().join(" ");
        if scope.is_empty() { Value::Null } else { scope.into() }
    }),
    Member::new("client_id", MemberKind::Text, |token| token.client_id().into()),
    Member::new("token_type", MemberKind::Text, |_| "Bearer".into()),
    Member::new("exp", MemberKind::Number, |token| token.expires_at().into()),
    Member::new("iat", MemberKind::Number, |token| token.issued_at().into()),
    Member::new("nbf", MemberKind::Number, |token| token.not_before().into()),
    Member::new("sub", MemberKind::Text, |token| token.subject().into()),
    Member::new("aud", MemberKind::Texts, |token| token.audience().collect::<Vec<_>>().into()),
    Member::new("iss", MemberKind::Text, |token| token.issuer().into()),
    Member::new("jti", MemberKind::Text, |token| token.jwt_id().into()),
];

impl Member {
    const fn new(name: &'static str, kind: MemberKind, value: fn(&Token) -> Value) -> Self {
        Self { name, kind, value }
    }
}

/// Answers whether the token is active. The answer about an active token also has its members.
pub(crate) async fn answer<A: AuthBackend>(stages: &Stages<A>, request: &EndpointRequest<'_>) -> Result<Value, Denied> {
    // Section 2.1: without this check, anybody could try tokens until one is active.
    if !stages.clients.identify(&request.parts.headers, &request.form)?.is_confidential {
        return Err(GrantError::InvalidClient.into());
    }
    let text = request.required("token")?;
    let now = stages.authenticator.now();
    let accepted = match stages.authenticator.verify(text.as_bytes(), now).await {
        Ok(entry) => stages.authenticator.user_unless_revoked(&entry, now, request.parts).await.map(|_| entry.token),
        Err(reason) => Err(reason),
    };
    match accepted {
        Ok(token) => Ok(active(&token)),
        Err(reason) => inactive(&reason),
    }
}

fn active(token: &Token) -> Value {
    let members = MEMBERS.iter().map(|member| (member.name.to_owned(), (member.value)(token)));
    let known = members.filter(|(_, value)| !value.is_null());
    Value::Object([("active".to_owned(), true.into())].into_iter().chain(known).collect())
}

/// The answer for a token that a guarded route refuses. The answer does not say why. If the check itself failed, this
/// returns an error.
fn inactive(reason: &RejectionReason) -> Result<Value, Denied> {
    tracing::info!(target: "jwt_auth", reason = reason.code(), "introspected a token that is not active: {reason}");
    match reason.status() {
        StatusCode::SERVICE_UNAVAILABLE => Err(Denied::Told(GrantError::Unavailable)),
        StatusCode::INTERNAL_SERVER_ERROR => Err(Denied::Told(GrantError::ServerError)),
        _ => Ok(json!({ "active": false })),
    }
}
