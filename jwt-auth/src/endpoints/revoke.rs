//! Revocation (RFC 7009): the client that a token was issued to can revoke it.

use crate::backend::Backend;
use crate::clock::ClockError;
use crate::endpoints::denied::Denied;
use crate::endpoints::{Body, Description, EndpointRequest, Errors, TOKEN_PARAMETERS};
use crate::events::event::SignOut;
use crate::hooks::AuthBackend;
use crate::oauth2::answer::GrantError;
use crate::records::end::Ending;
use crate::records::refresh_token::RefreshToken;
use crate::store::error::StoreError;

/// The parameters and answers of the endpoint.
pub(crate) const DESCRIPTION: Description = Description {
    summary: "Revoke a token",
    description: "The revocation endpoint of RFC 7009. Revokes an access or refresh token and ends its session.",
    form: TOKEN_PARAMETERS,
    success: ("200", "The token is revoked, or was not valid before"),
    body: Body::None,
    errors: Errors::Grant(&[GrantError::InvalidGrant, GrantError::ServerError, GrantError::Unavailable]),
    always_identifies: false,
};

/// Revokes the token. An invalid token gets the same answer (RFC 7009 section 2.2). `token_type_hint` is not needed: a
/// refresh token is not a JWT, so its format already differs.
pub(crate) async fn answer<A: AuthBackend>(backend: &Backend<A>, request: &EndpointRequest<'_>) -> Result<(), Denied> {
    let stages = &backend.stages;
    let caller = stages.clients.identify(&request.parts.headers, &request.form)?;
    let text = request.required("token")?;
    let client_id = caller.id.unwrap_or(&stages.issuance.client_id);
    let now = stages.authenticator.now().map_err(|ClockError| unavailable(ClockError.into()))?;
    // Section 2.1: only the client that the token was issued to may revoke it.
    let is_own = |owner: &str| if owner == client_id { Ok(()) } else { Err(Denied::Grant(GrantError::InvalidGrant)) };
    if let Some(refresh_token) = RefreshToken::parse(text) {
        let Some(found) = backend.session_of(&refresh_token, now).await.map_err(unavailable)? else { return Ok(()) };
        is_own(&found.session.client_id)?;
        let sessions = stages.authenticator.sessions().map_err(unavailable)?;
        if sessions.end(refresh_token.tag, found.id, now).await.map_err(unavailable)? == Ending::Ended {
            let (of, session) = ((&*found.issuer, &*found.subject), found.id.text());
            stages.tell_sign_out(SignOut::Session, of, Some(&session), Some(&request.info));
        }
        return Ok(());
    }
    let token = match stages.authenticator.verify(text.as_bytes(), Ok(now)).await {
        Ok(entry) => entry.token,
        Err(reason) if reason.status().is_server_error() => {
            tracing::info!(target: "jwt_auth", reason = reason.code(), "no token revoked: {reason}");
            return Err(Denied::Told(GrantError::Unavailable));
        }
        Err(_) => return Ok(()),
    };
    is_own(token.client_id().unwrap_or(&stages.issuance.client_id))?;
    stages.end([&token], Some(&request.info)).await.map_err(unavailable)
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn unavailable(error: StoreError) -> Denied {
    tracing::error!(target: "jwt_auth", reason = "store_failed", "no token revoked: {error}");
    Denied::Told(GrantError::Unavailable)
}
