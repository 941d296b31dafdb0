//! A backend: the constants that the macro wrote, together with what differs between deployments.

pub(crate) mod mode;
pub(crate) mod rotation;
pub(crate) mod verify;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::backend::mode::Issuing;
use crate::caches::tokens::TokenCache;
use crate::caches::users::UserCache;
use crate::clock::{Clock, ClockError, timestamp};
use crate::credential::refresh_cookie::RefreshCookie;
use crate::credential::sources::Sources;
use crate::declaration::exclude::ExcludeSet;
use crate::hooks::AuthBackend;
use crate::issuer::issue::{self, IssueError};
use crate::issuer::trust::Trust;
use crate::issuer::verify::Policy;
use crate::jose::claims::Claims;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::RotatingKeys;
use crate::keys::source::KeySource;
use crate::oauth2::client::Clients;
use crate::oauth2::resource_metadata::ResourceMetadata;
use crate::passwords::check::Passwords;
use crate::records::effects::Sessions;
use crate::records::refresh_policy::RefreshTokens;
use crate::rejection::presentation::Presentation;
use crate::user::{JwtUser, UserId};

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
///
/// # What the compiler says
///
/// ``the trait bound `fn(Auth) -> ..: Handler<_, _>` is not satisfied`` at `get(handler)`, if an argument of the handler is no
/// extractor. `#[axum::debug_handler]` on the handler (axum's feature `macros`) shows which one:
///
/// * the struct of the declaration (`auth: Auth`): write `auth: Backend<Auth>`, and `auth.config()` for the struct;
/// * a reference (`user: &User`): write `user: User`;
/// * `AuthSession<User>` or `Backend<User>`, with a user in place of the backend: write `AuthSession<Auth>`.
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
    pub(crate) fn store(&self) -> Option<&RotatingKeys> {
        match &self.trust.issuers.first()?.keys {
            KeySource::Given(store) if self.issues => Some(store),
            _ => None,
        }
    }

    /// The time, which is read once a request.
    pub(crate) fn now(&self) -> Result<u64, ClockError> {
        timestamp(&*self.clock)
    }

    /// The public keys as a JWK set. Empty for a backend that only verifies, whose keys others publish.
    pub(crate) fn jwks(&self) -> String {
        self.store().map_or_else(|| r#"{"keys":[]}"#.to_owned(), |store| store.key_set().to_jwks())
    }
}

impl<A: AuthBackend> Inner<A> {
    /// Signs the claims. Fails where the backend's own guard would refuse the token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, IssueError> {
        if <A::User as JwtUser>::Id::from_subject(&claims.sub).is_none() {
            return Err(IssueError::UserId);
        }
        let key_set = self.store().ok_or(IssueError::Key(KeyError::NoKey))?.key_set();
        issue::sign(claims, &self.policy.required, key_set.signing().ok_or(IssueError::Key(KeyError::NoKey))?)
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
