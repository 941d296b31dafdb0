//! The settings of a backend that issues tokens, and those of one that only verifies.

use std::marker::PhantomData;
use std::time::Duration;

use crate::backend::mode::VerifyOnly;
use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::issuer::trusted_keys::TrustedKeys;
use crate::keys::own_keys::Keys;
use crate::oauth2::client::Client;
use crate::passwords::check::PasswordSettings;
use crate::passwords::throttle::Throttle;
use crate::records::refresh_policy::RefreshTokens;

impl<A: AuthBackend> Builder<A> {
    /// The keys that sign and verify tokens. Mandatory. If the compiler says ``expected `Keys`, found `&str` ``, first make keys
    /// from the secret: [`Keys::hs256_from_env("JWT_SECRET")?`](Keys::hs256_from_env) or [`Keys::hs256(secret)?`](Keys::hs256).
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The `iss` claim of issued tokens. Mandatory. A token with another issuer is refused; names are compared byte by byte (RFC
    /// 7519 section 4.1.1).
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }

    /// How long issued tokens are valid, in whole seconds. One hour by default. Zero, or more than 400 days, is an error of
    /// `build()`.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// Makes a backend that issues no tokens and only verifies those of other issuers: a resource server behind an identity
    /// provider. [`trust`](Builder::trust) names the issuers.
    pub fn verify_only(self) -> Builder<A, VerifyOnly> {
        let Self { config, keys, issuer, audiences, any_audience, strict_audience, types, .. } = self;
        Builder {
            audiences,
            any_audience,
            strict_audience,
            types,
            trusted: self.trusted,
            client_id: self.client_id,
            keys,
            issuer,
            lifetime: self.lifetime,
            max_lifetime: self.max_lifetime,
            leeway: self.leeway,
            required: self.required,
            clock: self.clock,
            realm: self.realm,
            allowed_origins: self.allowed_origins,
            web: self.web,
            insecure_cookie: self.insecure_cookie,
            store: self.store,
            store_timeout: self.store_timeout,
            clocks_apart: self.clocks_apart,
            max_sessions: self.max_sessions,
            revocation_staleness: self.revocation_staleness,
            refresh: self.refresh,
            clients: self.clients,
            token_cache: self.token_cache,
            user_cache: self.user_cache,
            passwords: self.passwords,
            resource_metadata: self.resource_metadata,
            mode: PhantomData,
            config,
        }
    }

    /// Switches refresh tokens on. Off by default. The token endpoint then issues them; a handler calls
    /// [`LoginBuilder::with_refresh_token`](crate::session::LoginBuilder::with_refresh_token).
    #[doc(alias = "remember_me")]
    pub fn refresh_tokens(self, refresh: RefreshTokens) -> Self {
        Self { refresh: Some(refresh), ..self }
    }

    /// Limits how often passwords may be tried, at the token endpoint of `authenticate` and in
    /// [`check_password`](crate::Backend::check_password). By default a
    /// [`MemoryThrottle`](crate::passwords::MemoryThrottle), which counts in this process. `RedisThrottle`, `SqliteThrottle` and
    /// `PostgresThrottle` count for all instances together. Use [`NoThrottle`](crate::passwords::NoThrottle) if a proxy limits the
    /// requests.
    ///
    /// A right password does not count, but it does not reset the count of wrong ones either. With the default limits, a user who
    /// mistypes five times from one address within 15 minutes has to wait, even after a sign-in in between.
    #[doc(alias = "rate_limit")]
    pub fn throttle(self, throttle: impl Throttle) -> Self {
        Self { passwords: PasswordSettings { throttle: Box::new(throttle), ..self.passwords }, ..self }
    }

    /// Maps the spellings of a user name to one text, under which the throttle counts them.
    /// [`fold_name`](crate::passwords::fold_name) by default. If your look-up of users ignores a difference, such as case, `fold`
    /// must remove it too; otherwise an attacker gets extra guesses with every spelling. `authenticate` gets the name as it was
    /// sent.
    ///
    /// Accounts with names that fold to the same text share one limit: wrong passwords for `Alice` can make `alice` wait. Neither
    /// account gives an attacker more guesses at the other. To avoid the waiting, refuse a new account if the
    /// [`fold_name`](crate::passwords::fold_name) of its name is taken. If you compare names byte by byte, write
    /// `.fold_names(str::to_owned)`.
    pub fn fold_names(self, fold: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self { passwords: PasswordSettings { fold_name: Box::new(fold), ..self.passwords }, ..self }
    }

    /// How many calls of `authenticate` run at the same time. By default one per processor; 0 is an error of `build()`. Eight
    /// times as many requests wait, each for at most 5 seconds. Every other request gets a 429 with `Retry-After`, and does not
    /// count as a wrong password.
    ///
    /// A request that the client drops frees its place at once. Work that `authenticate` has handed to another thread
    /// (`spawn_blocking`) continues, so if it needs much memory, limit it with a semaphore of your own.
    pub fn sign_ins_at_once(self, at_once: usize) -> Self {
        Self { passwords: PasswordSettings { at_once: Some(at_once), ..self.passwords }, ..self }
    }

    /// Adds an OAuth client that may use the endpoints of `authenticate`, `revoke_url` and `introspect_url`. If you add any, all
    /// other clients get `invalid_client`. Without any, every client may use the token and revocation endpoints, and none has to
    /// prove who it is.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The `client_id` claim of issued tokens (RFC 9068 section 2.2), unless the request names a client. The issuer by default,
    /// because the service is its own client when users sign in with a password.
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        Self { client_id: Some(client_id.into()), ..self }
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// Accepts the tokens of an issuer if these keys verify them; the keys of other issuers do not count. The name is compared
    /// with `iss` byte by byte. At least one call is mandatory.
    pub fn trust(mut self, issuer: impl Into<String>, keys: impl Into<TrustedKeys>) -> Self {
        self.trusted.push((issuer.into(), keys.into()));
        self
    }
}
