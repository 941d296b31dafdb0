//! A backend: the constants that the macro wrote, together with what differs between deployments.

mod accept;
mod build;
mod build_error;
mod builder;
mod builder_mode;
mod demand;
mod endpoints;
mod exclude;
mod login;
mod login_answer;
mod login_error;
mod logout;
mod mode;
mod memory;
mod methods;
mod refresh;
mod refresh_cookie;
mod refresh_policy;
mod require;
mod revoke;
mod rotation;
mod scope;
mod segment;
mod set_cookie;
mod spec;
mod user_cache;
mod unrevoked;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use http::request::Parts;

use crate::clock::{Clock, ClockError, timestamp};
use crate::credential::Sources;
use crate::oauth2::{Clients, ResourceMetadata, Throttle};
use crate::rejection::Presentation;
use crate::store::StoreError;
use crate::token::{self, Claims, IssueError, KeyError, KeySource, KeyStore, Policy, Token, TokenCache, Trust};
use crate::user::{Answer, JwtUser};

pub use build_error::BuildError;
pub use builder::Builder;
#[cfg(feature = "openapi")]
pub(crate) use demand::Declared;
pub use demand::Demand;
pub(crate) use endpoints::Endpoint;
pub(crate) use exclude::ExcludeSet;
pub use login::Login;
pub use login_error::LoginError;
pub(crate) use logout::EndsSession;
pub use logout::Logout;
pub(crate) use memory::Memory;
pub use mode::{Issuing, Mode, VerifyOnly};
pub(crate) use refresh::Renewal;
pub(crate) use refresh_cookie::RefreshCookie;
pub use refresh_policy::{RefreshError, RefreshTokens};
pub(crate) use require::RequiredScopes;
pub use require::{Require, RequireAny, ScopeSet};
#[cfg(feature = "openapi")]
pub(crate) use scope::ScopeType;
pub use scope::{Scope, ScopeSpec};
#[cfg(feature = "testing")]
pub(crate) use segment::meet;
pub use spec::{CookieSpec, SameSite, Spec};
pub(crate) use spec::{Kind, Pattern};
pub(crate) use user_cache::UserCache;

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

/// A backend that is ready to serve: [`protect`](Self::protect) a router with it, [`login`](Self::login) users.
///
/// A cheap clone. As an extractor it gives a handler the backend whose guard the request passed, on open routes too,
/// so a login handler needs no state:
///
/// ```
/// # use jwt_auth::{auth_backend, Backend, JwtUser};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User, exclude = ["/login"])] struct Auth;
/// async fn login(auth: Backend<Auth>) -> jwt_auth::Login<Auth> {
///     auth.login(&User { id: 7 })
/// }
/// ```
pub struct Backend<A, M = Issuing> {
    pub(crate) inner: Arc<Inner<A>>,
    /// Whether a page of another site caused the request that this was extracted from.
    pub(crate) is_cross_site: bool,
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
    /// Whether a request is judged without waiting: by neither the user's own functions nor a store that is elsewhere.
    pub(crate) judges_at_once: bool,
    pub(crate) clock: Box<dyn Clock>,
    /// `None` for a backend that only verifies and names none.
    pub(crate) memory: Option<Memory>,
    pub(crate) sources: Sources,
    pub(crate) resource_metadata: Option<ResourceMetadata>,
    pub(crate) exclude: ExcludeSet,
    pub(crate) presentation: Arc<Presentation>,
    pub(crate) allowed_origins: Vec<String>,
    /// Seconds.
    pub(crate) lifetime: u64,
    pub(crate) throttle: Box<dyn Throttle>,
    pub(crate) refresh: Option<RefreshTokens>,
    pub(crate) refresh_cookie: Option<RefreshCookie>,
    pub(crate) clients: Clients,
}

impl<A, M> Backend<A, M> {
    pub(crate) fn new(inner: Arc<Inner<A>>) -> Self {
        Self { inner, is_cross_site: false, mode: PhantomData }
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

    /// Nothing is revoked where nothing is remembered.
    pub(crate) async fn revoke(&self, token: &Token) -> Result<(), StoreError> {
        let Some(memory) = &self.memory else { return Ok(()) };
        let now = self.now()?;
        memory.revoke(token, now).await
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, IssueError> {
        let ring = self.store().ok_or(IssueError::Key(KeyError::NoKey))?.ring();
        token::sign(claims, ring.signing().ok_or(IssueError::Key(KeyError::NoKey))?)
    }

    /// A set without keys where others publish them.
    pub(crate) fn jwks(&self) -> String {
        self.store().map_or_else(|| r#"{"keys":[]}"#.to_owned(), |store| store.ring().to_jwks())
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
        Self { inner: Arc::clone(&self.inner), is_cross_site: self.is_cross_site, mode: PhantomData }
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
