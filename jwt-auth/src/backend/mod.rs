//! A backend: the constants that the macro wrote, together with what differs between deployments.

mod accept;
mod answers;
mod auth_session;
mod build;
mod build_error;
mod builder;
mod builder_mode;
mod check;
mod demand;
mod endpoints;
mod exclude;
mod issued;
mod login;
mod login_error;
mod logout;
mod mode;
mod methods;
mod password_error;
mod passwords;
mod purpose;
mod refresh;
mod refresh_cookie;
mod refresh_error;
mod refresh_policy;
mod refresh_record;
mod require;
mod revoke;
mod rotation;
mod scope;
mod segment;
mod sessions;
mod set_cookie;
mod sign_in;
mod spec;
mod store_settings;
mod turns;
mod user_cache;
mod verify;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use http::request::Parts;

use crate::clock::{Clock, ClockError, timestamp};
use crate::credential::Sources;
use crate::oauth2::{Clients, ResourceMetadata};
use crate::rejection::Presentation;
use crate::session::Sessions;
use crate::token::{self, Claims, IssueError, KeyError, KeySource, KeyStore, Policy, Token, TokenCache, Trust};
use crate::user::{Answer, JwtUser, UserId};

pub use auth_session::AuthSession;
pub(crate) use auth_session::RequestAuth;
pub use build_error::BuildError;
pub use builder::Builder;
#[cfg(feature = "openapi")]
pub(crate) use demand::Declared;
pub use demand::Demand;
pub(crate) use endpoints::Endpoint;
pub(crate) use exclude::ExcludeSet;
pub use issued::Login;
pub use login::LoginBuilder;
pub use login_error::LoginError;
pub use logout::{Logout, LogoutError};
pub use mode::{Issuing, Mode, VerifyOnly};
pub use password_error::PasswordError;
pub(crate) use passwords::Passwords;
pub use purpose::{Answered, TokenOnly};
pub(crate) use refresh::Asked;
pub use refresh::Renewal;
pub(crate) use refresh_cookie::RefreshCookie;
pub use refresh_error::RefreshError;
pub use refresh_policy::RefreshTokens;
pub(crate) use require::RequiredScopes;
pub use require::{Require, RequireAny, ScopeSet};
#[cfg(feature = "openapi")]
pub(crate) use scope::ScopeType;
pub use scope::{Scope, ScopeSpec};
pub(crate) use segment::meet;
pub use sessions::UserSession;
pub use sign_in::SignIn;
pub use spec::{CookieSpec, SameSite, Spec};
pub(crate) use spec::{Kind, Pattern};
pub(crate) use user_cache::UserCache;
pub use verify::Verified;

/// What `#[auth_backend]` implements for a config struct. Not meant to be implemented by hand: [`Spec`] can only be
/// made by the macro.
pub trait AuthBackend: Sized + Send + Sync + 'static {
    /// `user = ...`.
    type User: JwtUser;

    /// The constants of the declaration.
    const SPEC: Spec;

    /// Calls the function named by `retrieve_user`, or rebuilds the user from the token.
    fn retrieve_user<'a>(&'a self, token: &'a Token, request: &'a Parts) -> impl Answer<Option<Self::User>>;

    /// Calls the function named by `revoked`. No token is revoked where none is named.
    fn revoked<'a>(&'a self, token: &'a Token) -> impl Answer<bool> {
        let _ = token;
        std::future::ready(Ok(false))
    }

    /// Calls the function named by `authenticate`. Nobody is let in where none is named.
    fn authenticate<'a>(
        &'a self,
        username: &'a str,
        password: &'a str,
        request: &'a Parts,
    ) -> impl Answer<Option<Self::User>> {
        let _ = (username, password, request);
        std::future::ready(Ok(None))
    }

    /// Calls the function named by `scope_allowed`. Every declared scope is allowed where none is named.
    fn allows_scope(&self, user: &Self::User, scope: &str) -> bool {
        let _ = (user, scope);
        true
    }
}

/// A backend that is ready to serve: it [`protect`](Self::protect)s a router, creates and [`verify`](Self::verify)s tokens,
/// revokes them, and holds the keys. Signing in and out depends on the request, so [`AuthSession`] does that.
///
/// A cheap clone. As an extractor it gives a handler the backend whose guard the request passed, on open routes too, so that
/// no state is needed:
///
/// ```
/// # use jwt_auth::{auth_backend, Backend, JwtUser, StoreError};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// async fn sign_out_everywhere(auth: Backend<Auth>, user: User) -> Result<(), StoreError> {
///     auth.revoke_user(&user.id).await
/// }
/// ```
pub struct Backend<A, M = Issuing> {
    pub(crate) inner: Arc<Inner<A>>,
    mode: PhantomData<fn() -> M>,
}

/// Everything that a request needs, made once by `build()`.
pub(crate) struct Inner<A> {
    pub(crate) config: A,
    pub(crate) trust: Trust,
    /// The first trusted issuer, which is the own one where tokens are issued.
    pub(crate) issuer: String,
    pub(crate) issues: bool,
    /// The `client_id` of issued tokens.
    pub(crate) client_id: String,
    pub(crate) policy: Policy,
    pub(crate) token_cache: Option<TokenCache>,
    pub(crate) user_cache: Option<UserCache>,
    /// Whether a request is judged without waiting: no function of the application's and no remote store is asked.
    pub(crate) judges_at_once: bool,
    pub(crate) clock: Arc<dyn Clock>,
    /// `None` for a backend that only verifies and names no store.
    pub(crate) sessions: Option<Sessions>,
    pub(crate) sources: Sources,
    pub(crate) resource_metadata: Option<ResourceMetadata>,
    pub(crate) exclude: ExcludeSet,
    pub(crate) presentation: Arc<Presentation>,
    pub(crate) allowed_origins: Vec<String>,
    /// Seconds.
    pub(crate) lifetime: u64,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) refresh: Option<RefreshTokens>,
    pub(crate) refresh_cookie: Option<RefreshCookie>,
    pub(crate) clients: Clients,
}

impl<A, M> Backend<A, M> {
    pub(crate) fn new(inner: Arc<Inner<A>>) -> Self {
        Self { inner, mode: PhantomData }
    }
}

impl<A> Inner<A> {
    /// The keys that tokens are issued with. `None` for a backend that only verifies.
    pub(crate) fn store(&self) -> Option<&KeyStore> {
        match &self.trust.issuers.first()?.keys {
            KeySource::Store(store) if self.issues => Some(store),
            _ => None,
        }
    }

    /// The time, which is read once a request.
    pub(crate) fn now(&self) -> Result<u64, ClockError> {
        timestamp(&*self.clock)
    }

    /// The public keys as a JWK set. Empty for a backend that only verifies, whose keys others publish.
    pub(crate) fn jwks(&self) -> String {
        self.store().map_or_else(|| r#"{"keys":[]}"#.to_owned(), |store| store.ring().to_jwks())
    }
}

impl<A: AuthBackend> Inner<A> {
    /// Signs the claims. Fails where the backend's own guard would refuse the token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, IssueError> {
        if <A::User as JwtUser>::Id::from_subject(&claims.sub).is_none() {
            return Err(IssueError::UserId);
        }
        let ring = self.store().ok_or(IssueError::Key(KeyError::NoKey))?.ring();
        token::sign(claims, &self.policy.required, ring.signing().ok_or(IssueError::Key(KeyError::NoKey))?)
    }
}

impl<A: AuthBackend, M> Backend<A, M> {
    /// The user's own config struct.
    pub fn config(&self) -> &A {
        &self.inner.config
    }
}

impl<A, M> Clone for Backend<A, M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), mode: PhantomData }
    }
}

impl<A: AuthBackend, M> fmt::Debug for Backend<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("scheme_name", &A::SPEC.scheme_name)
            .field("issuer", &self.inner.issuer)
            .field("trust", &self.inner.trust)
            .finish_non_exhaustive()
    }
}
