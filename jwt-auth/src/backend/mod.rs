//! A backend: its declaration, together with the settings of a deployment.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::authenticate::Authenticator;
use crate::backend::open_connections::OpenConnections;
use crate::declaration::exclude::ExcludeSet;
use crate::events::tell::Events;
use crate::hooks::AuthBackend;
use crate::issuer::issue;
use crate::issuer::issue::IssueError;
use crate::issuer::token_policy::Policy;
use crate::jose::claims::Claims;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::RotatingKeys;
use crate::keys::source::KeySource;
use crate::oauth2::client::Clients;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::Passwords;
use crate::peer::proxies::Proxies;
use crate::records::refresh_policy::RefreshTokens;
use crate::rejection::challenge::Presentation;
use crate::user::JwtUser;
use crate::user::UserId;

pub(crate) mod finish;
pub(crate) mod issuers;
pub(crate) mod open_connections;
pub(crate) mod rotation;
pub(crate) mod verify;

/// A backend that is ready to serve: it [`protect`](Self::protect)s a router, creates and [`verify`](Self::verify)s tokens,
/// revokes them, and holds the keys. Signing in and out depends on the request, so [`AuthSession`](crate::AuthSession) does that.
///
/// Cloning is cheap. As an extractor it gives a handler the backend that guards the route, also on open routes, so that
/// the backend need not be in axum's state:
///
/// ```
/// # use jwt_auth::{auth_backend, Backend, JwtUser, StoreError};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// async fn sign_out_everywhere(auth: Backend<Auth>, user: User) -> Result<(), StoreError> {
///     auth.revoke_user(&user.id).await
/// }
/// ```
///
/// # What the compiler says
///
/// If an argument of a handler is not an extractor, the compiler says at `get(handler)` that
/// ``the trait bound `fn(Auth) -> ..: Handler<_, _>` is not satisfied``.
/// `#[axum::debug_handler]` on the handler (axum's feature `macros`) shows which one:
///
/// * the struct of the declaration (`auth: Auth`): write `auth: Backend<Auth>`, and `auth.config()` for the struct;
/// * a reference (`user: &User`): write `user: User`;
/// * `AuthSession<User>` or `Backend<User>`, with a user in place of the backend: write `AuthSession<Auth>`.
#[doc(alias("JWTAuth", "middleware", "JWTCookieAuth", "AuthenticationMiddleware"))]
pub struct Backend<A, M = Issuing> {
    pub(crate) stages: Arc<Stages<A>>,
    mode: PhantomData<fn() -> M>,
}

/// The state of every stage of a request. `build()` makes it once.
pub(crate) struct Stages<A> {
    pub(crate) authenticator: Authenticator<A>,
    pub(crate) issuance: Issuance,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) clients: Clients,
    pub(crate) exclude: ExcludeSet,
    pub(crate) presentation: Arc<Presentation>,
    pub(crate) resource_metadata: Option<ResourceMetadata>,
    pub(crate) proxies: Arc<Proxies>,
    /// The path below which browsers see the service. Empty, or begins with a slash and ends without one.
    pub(crate) public_prefix: String,
    pub(crate) events: Events,
    pub(crate) open_connections: OpenConnections,
}

impl<A, M> Backend<A, M> {
    pub(crate) fn new(stages: Arc<Stages<A>>) -> Self {
        Self { stages, mode: PhantomData }
    }
}

impl<A> Stages<A> {
    /// The keys that sign new tokens. `None` for a backend that only verifies.
    pub(crate) fn own_keys(&self) -> Option<&RotatingKeys> {
        match &self.authenticator.trust.own()?.keys {
            Some(KeySource::Given(keys)) => Some(keys),
            _ => None,
        }
    }

    /// The public keys as a JWK set. Empty for a backend that only verifies, since its issuers publish their keys
    /// themselves.
    pub(crate) fn jwks(&self) -> String {
        self.own_keys().map_or_else(|| r#"{"keys":[]}"#.to_owned(), |keys| keys.key_set().to_jwks())
    }
}

impl<A: AuthBackend> Stages<A> {
    /// Signs the claims. Fails if the backend's own guard would refuse the token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, IssueError> {
        if <A::User as JwtUser>::Id::from_subject(&claims.sub).is_none() {
            return Err(IssueError::UserId);
        }
        let key_set = self.own_keys().ok_or(IssueError::Key(KeyError::NoKey))?.key_set();
        let key = key_set.signing().ok_or(IssueError::Key(KeyError::NoKey))?;
        issue::sign(claims, &self.issuance.policy.required, key)
    }
}

impl<A: AuthBackend, M> Backend<A, M> {
    /// The config struct: the value that `backend()` was called on.
    pub fn config(&self) -> &A {
        &self.stages.authenticator.hooks
    }
}

impl<A, M> Clone for Backend<A, M> {
    fn clone(&self) -> Self {
        Self { stages: Arc::clone(&self.stages), mode: PhantomData }
    }
}

impl<A: AuthBackend, M> fmt::Debug for Backend<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("scheme_name", &A::SPEC.scheme_name)
            .field("issuer", &self.stages.issuance.issuer)
            .field("trust", &self.stages.authenticator.trust)
            .finish_non_exhaustive()
    }
}

/// The backend issues tokens and verifies its own: see [`Builder::keys`](crate::Builder::keys). This is the default.
#[derive(Clone, Copy, Debug)]
pub enum Issuing {}

/// The backend verifies the tokens of other issuers and issues none, as a resource server does (RFC 6749 section 1.1):
/// see [`Builder::verify_only`](crate::Builder::verify_only). It has no `login`.
#[derive(Clone, Copy, Debug)]
pub enum VerifyOnly {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::backend::Issuing {}
    impl Sealed for crate::backend::VerifyOnly {}
}

/// [`Issuing`] or [`VerifyOnly`].
pub trait Mode: sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    const ISSUES: bool;
}

impl Mode for Issuing {
    const ISSUES: bool = true;
}

impl Mode for VerifyOnly {
    const ISSUES: bool = false;
}

/// The settings of the tokens and sessions that the backend issues.
pub(crate) struct Issuance {
    /// Whether the backend issues tokens; otherwise it only verifies them.
    pub(crate) is_on: bool,
    /// The `iss` claim. For a backend that only verifies, the first trusted issuer.
    pub(crate) issuer: String,
    /// What our own tokens must be. Of no effect for a backend that only verifies.
    pub(crate) policy: Arc<Policy>,
    /// The default of the `client_id` claim. A token that an OAuth client requests names that client instead.
    pub(crate) client_id: String,
    /// The lifetime of an access token, in seconds.
    pub(crate) lifetime: u64,
    /// The scopes of a client that asks the token endpoint for none.
    pub(crate) default_scopes: Vec<String>,
    /// `None` if no refresh tokens are issued.
    pub(crate) refresh: Option<RefreshTokens>,
}
