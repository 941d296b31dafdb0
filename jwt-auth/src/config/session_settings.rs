//! The settings of sessions and of the store that keeps them.

use std::sync::Arc;
use std::time::Duration;

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::records::refresh_policy::RefreshTokens;
use crate::store::store_trait::Store;

impl<A: AuthBackend> Builder<A> {
    /// Switches refresh tokens on. Off by default. The token endpoint then issues them; a handler calls
    /// [`LoginBuilder::with_refresh_token`](crate::session::LoginBuilder::with_refresh_token).
    #[doc(alias = "remember_me")]
    pub fn refresh_tokens(self, refresh: RefreshTokens) -> Self {
        Self { refresh: Some(refresh), ..self }
    }
}

impl<A: AuthBackend, M> Builder<A, M> {
    /// Where sessions and revocations are kept. The default is a [`MemoryStore`](crate::MemoryStore), which is for one instance
    /// and loses everything when the process ends. A backend that only verifies has no store by default. Give it the store of the
    /// issuing service, and it refuses the tokens that the issuing service has revoked.
    #[doc(alias = "denylist")]
    #[doc(alias = "blacklist")]
    pub fn store(self, store: impl Store) -> Self {
        Self { store: Some(Arc::new(store)), ..self }
    }

    /// How long all store calls of one step may take together. A step is the check of a token, a sign-in, a refresh or a
    /// sign-out. 2 seconds by default. Requests that are still waiting after this time get a 503.
    pub fn store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: timeout, ..self }
    }

    /// How far the clocks of two instances, or of an instance and the store, may differ, rounded up to whole seconds. 2 by
    /// default; more than 60 is an error of `build()`. A larger difference is logged as a warning, if the store has a clock of
    /// its own (PostgreSQL and Redis). After a [`revoke_user`](crate::Backend::revoke_user), sign-ins fail for twice this
    /// time plus one second.
    pub fn clocks_apart(self, difference: Duration) -> Self {
        Self { clocks_apart: difference, ..self }
    }

    /// How many sessions with refresh tokens a user can have. 100 by default. If one more begins, the session that was refreshed
    /// longest ago ends. 0, or more than 250, is an error of `build()`.
    ///
    /// Each refresh rewrites the record of all sessions of the user, which has about 300 bytes per session and is limited to
    /// 64 KiB, about 200 sessions. If a service account runs on many machines, give it tokens without sessions.
    pub fn max_sessions(self, sessions: usize) -> Self {
        Self { max_sessions: sessions, ..self }
    }

    /// How long the answer "not revoked" of the store is cached for a user, in whole seconds. It saves a round trip per request
    /// to a store outside this process. 0 by default: every request asks the store. Anything between 0 and 1 second, more than 60
    /// seconds, or a backend without a store is an error of `build()`.
    ///
    /// The price: for at most this time, the guard still accepts a token that another instance, or another backend of this
    /// process, has revoked. It also accepts the token of a recently active user while the store fails. Revocations by this
    /// backend take effect at once: a logout, [`revoke`](crate::Backend::revoke), [`revoke_user`](crate::Backend::revoke_user),
    /// or the second use of a refresh token.
    ///
    /// Refusals and errors are never cached. At most 50,000 users are cached. Every refresh asks the store, and every request
    /// calls the function named by `revoked`. Introspection uses the cache as a guarded route does.
    pub fn revocation_staleness(self, staleness: Duration) -> Self {
        Self { revocation_staleness: staleness, ..self }
    }

    /// How often a connection that stays open is checked: whether its session has ended on another instance, or the declared
    /// `revoked` says so. 10 seconds by default; less than a second, or more than an hour, is an error of `build()`.
    /// [`Backend::until_over`](crate::Backend::until_over) notices an end within this time plus
    /// [`store_timeout`](Self::store_timeout). Each open connection reads the store once in this time.
    #[doc(alias("websocket", "sse"))]
    pub fn open_connections_checked_every(self, interval: Duration) -> Self {
        Self { open_connections: interval, ..self }
    }

    /// How long a user that `retrieve_user` found is cached, in whole seconds. 0 by default: every request looks the user up.
    /// Anything between 0 and 1 second, more than 300 seconds, or a declaration without `retrieve_user` is an error of `build()`.
    ///
    /// A change of a user takes effect on this instance after this time at the latest.
    /// [`revoke_user`](crate::Backend::revoke_user) on this instance empties the cache at once. Only users that were found are
    /// cached, at most 10,000.
    ///
    /// The key is the issuer and the subject. Leave the cache off if `retrieve_user` reads anything else of the token or the
    /// request: a request would get the user that another request found.
    pub fn user_cache(self, lifetime: Duration) -> Self {
        Self { user_cache: lifetime, ..self }
    }
}
