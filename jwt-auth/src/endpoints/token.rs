//! The token endpoint: `grant_type=password` (RFC 6749 section 4.3) and `grant_type=refresh_token` (section 6).

use crate::backend::Backend;
use crate::endpoints::denied::Denied;
use crate::endpoints::{Applies, Body, Description, EndpointRequest, Errors, Parameter, ParameterKind};
use crate::events::event::SignInBy;
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::oauth2::answer::GrantError;
use crate::oauth2::client::Caller;
use crate::oauth2::form::TokenForm;
use crate::passwords::check::PresentedPassword;
use crate::session::auth_session::AuthSession;
use crate::session::errors::LoginError;
use crate::session::login::Login;
use crate::session::login_builder::LoginBuilder;
use crate::session::refresh::RefreshRequest;
use crate::session::request_auth::RequestAuth;

/// How often a password is checked again if its user was signed out everywhere during the check.
const MAX_RECHECKS: usize = 3;

/// The parameters and answers of the endpoint.
pub(crate) const DESCRIPTION: Description = Description {
    summary: "Get a token",
    description: "The token endpoint of RFC 6749 section 3.2.",
    form: &[
        Parameter::new("grant_type", ParameterKind::GrantType).required(),
        Parameter::new("username", ParameterKind::NonEmpty),
        Parameter::new("password", ParameterKind::NonEmptySecret),
        Parameter::new("scope", ParameterKind::Text),
        Parameter::new("client_id", ParameterKind::Text),
        Parameter::new("client_secret", ParameterKind::Secret).only(Applies::WithClients),
        Parameter::new("refresh_token", ParameterKind::NonEmpty).only(Applies::WithRefreshTokens),
    ],
    success: ("200", "A token (RFC 6749 section 5.1)"),
    body: Body::Tokens,
    errors: Errors::Grant(&[
        GrantError::InvalidGrant,
        GrantError::TooManyAttempts { retry_after: 1 },
        GrantError::ServerError,
        GrantError::Unavailable,
    ]),
    always_identifies: false,
};

/// Grants a token.
pub(crate) async fn answer<A: AuthBackend>(
    backend: &Backend<A>,
    request: &EndpointRequest<'_>,
) -> Result<Login, Denied> {
    let caller = backend.stages.clients.identify(&request.parts.headers, &request.form)?;
    match request.required("grant_type")? {
        "password" => password(backend, caller, request).await,
        "refresh_token" => refresh(backend, request, caller).await,
        _ => Err(GrantError::UnsupportedGrantType.into()),
    }
}

async fn password<A: AuthBackend>(
    backend: &Backend<A>,
    caller: Caller<'_>,
    request: &EndpointRequest<'_>,
) -> Result<Login, Denied> {
    let EndpointRequest { parts, path, form, info } = request;
    let (username, password) = (request.required("username")?, request.required("password")?);
    let stages = &backend.stages;
    // Takes the time before the password is checked, so that a sign-out everywhere during the check covers this sign-in.
    let received_at = stages.authenticator.now();
    let session =
        AuthSession::new(backend.clone(), RequestAuth::of(stages, (parts, path), info.clone(), None, received_at));
    let presented = PresentedPassword { username, password, address: info.client, request: parts };
    let wrong = Denied::Told(GrantError::InvalidGrant);
    let Some(user) = stages.check_password(presented, info).await? else { return Err(wrong) };
    let mut signed_in = sign_in(&session, &user, form, &caller, 0)?.await;
    // The sign-out may belong to a change of the password, so the password is checked again.
    let mut counts_from = 0;
    for _ in 0..MAX_RECHECKS {
        let Err(LoginError::SignedOutMeanwhile { before, .. }) = signed_in else { break };
        // Another check would count from the same second, so the sign-in would fail again.
        if before <= counts_from {
            break;
        }
        counts_from = before;
        let Some(user) = stages.check_password_again(presented, info).await? else { return Err(wrong) };
        signed_in = sign_in(&session, &user, form, &caller, before)?.await;
    }
    if let Err(error @ LoginError::SignedOutMeanwhile { .. }) = &signed_in {
        stages.events.sign_in_refused(&NotGranted::from(error), info);
    }
    Ok(signed_in?)
}

/// `checked_again` is the `before` of the sign-out after which the password was checked again; 0 if there was none.
fn sign_in<A: AuthBackend>(
    session: &AuthSession<A>,
    user: &A::User,
    form: &TokenForm,
    caller: &Caller<'_>,
    checked_again: u64,
) -> Result<LoginBuilder<A>, Denied> {
    let stages = &session.backend().stages;
    let asked: Vec<&str> = form.scopes()?;
    // RFC 6749 section 3.3: a client that asks for none gets the default, and the answer names it.
    let default = caller.default_scopes.unwrap_or(&stages.issuance.default_scopes).iter().map(String::as_str);
    let may_have =
        |scope: &&str| client_may_have::<A>(caller, scope) && stages.authenticator.hooks.allows_scope(user, scope);
    let allowed: Vec<&str> = if asked.is_empty() {
        default.filter(may_have).collect()
    } else {
        asked.iter().copied().filter(may_have).collect()
    };
    if !asked.is_empty() && allowed.is_empty() {
        return Err(GrantError::InvalidScope.into());
    }
    let mut login = session.login(user).checked_again(checked_again).scopes(allowed);
    login.purpose.by = SignInBy::TokenEndpoint;
    if let Some(client_id) = caller.id {
        login = login.client_id(client_id);
    }
    if stages.issuance.refresh.is_some() {
        login = login.with_refresh_token();
    }
    Ok(login)
}

async fn refresh<A: AuthBackend>(
    backend: &Backend<A>,
    request: &EndpointRequest<'_>,
    caller: Caller<'_>,
) -> Result<Login, Denied> {
    let refresh_token = request.required("refresh_token")?;
    let scopes = request.form.scopes()?;
    let client_id = caller.id.unwrap_or(&backend.stages.issuance.client_id);
    let asked = RefreshRequest { client_id, scopes: (!scopes.is_empty()).then_some(scopes.as_slice()) };
    let may_have = |scope: &str| client_may_have::<A>(&caller, scope);
    Ok(backend.renewal(refresh_token, asked, may_have, (request.parts, &request.info)).await?.await?)
}

/// Whether a client may have a scope: the client has it, or has a scope that implies it.
fn client_may_have<A: AuthBackend>(caller: &Caller<'_>, scope: &str) -> bool {
    caller.scopes().is_none_or(|own| A::SPEC.is_granted(own, scope))
}
