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
    /// What tokens are signed and verified with. Mandatory. If the compiler says ``expected `Keys`, found `&str` ``, make keys of the
    /// secret first: [`Keys::hs256_from_env("JWT_SECRET")?`](Keys::hs256_from_env) or [`Keys::hs256(secret)?`](Keys::hs256).
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The `iss` claim of issued tokens, and the only one accepted, compared byte by byte (RFC 7519 section 4.1.1).
    /// Mandatory.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }

    /// How long issued tokens are valid, in whole seconds. One hour by default. Zero, or more than 400 days, is an error of
    /// `build()`.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// A backend that verifies the tokens of others and issues none: a resource server behind an identity provider. Whom
    /// it trusts is said by [`trust`](Builder::trust).
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

    /// Switches refresh tokens on: [`LoginBuilder::with_refresh_token`](crate::session::LoginBuilder::with_refresh_token) gives one. Off by default.
    pub fn refresh_tokens(self, refresh: RefreshTokens) -> Self {
        Self { refresh: Some(refresh), ..self }
    }

    /// How often a password may be tried, at the token endpoint of `authenticate` and by
    /// [`check_password`](crate::Backend::check_password). A [`MemoryThrottle`](crate::passwords::MemoryThrottle) by default, which counts in
    /// this process; `RedisThrottle`, `SqliteThrottle` and `PostgresThrottle` count for all instances;
    /// [`NoThrottle`](crate::passwords::NoThrottle) where a proxy does it.
    ///
    /// A right password is not counted, and the wrong ones before it stay counted. So somebody who mistypes five times from
    /// one address within 15 minutes, which are the default limits, has to wait, even if they signed in meanwhile.
    pub fn throttle(self, throttle: impl Throttle) -> Self {
        Self { passwords: PasswordSettings { throttle: Box::new(throttle), ..self.passwords }, ..self }
    }

    /// Which spellings are one user name to the throttle: those of which `fold` makes the same text. [`fold_name`](crate::passwords::fold_name)
    /// by default. Fold at least what your look-up of users ignores, or an attacker has as many guesses as there are
    /// spellings. `authenticate` gets the name as it was sent.
    ///
    /// Accounts whose names fold to the same text share one limit: wrong passwords for `Alice` can make `alice` wait, and neither
    /// account gives more guesses at the other. Refuse a new account whose [`fold_name`](crate::passwords::fold_name) is taken, or, where
    /// names are compared byte by byte, write `.fold_names(str::to_owned)`.
    pub fn fold_names(self, fold: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self { passwords: PasswordSettings { fold_name: Box::new(fold), ..self.passwords }, ..self }
    }

    /// How many passwords are checked at once: so many calls of `authenticate` run at a time. As many as there are processors by
    /// default; 0 is an error of `build()`. Eight times as many wait, each for at most 5 seconds. Others are answered 429
    /// with `Retry-After`, and are not counted as wrong passwords.
    ///
    /// A request that is dropped frees its place. If `authenticate` hands work to another thread (`spawn_blocking`), that
    /// work goes on all the same, so let it hold a semaphore's permit of its own if it takes much memory.
    pub fn sign_ins_at_once(self, at_once: usize) -> Self {
        Self { passwords: PasswordSettings { at_once: Some(at_once), ..self.passwords }, ..self }
    }

    /// A client that may ask the endpoints of `authenticate`, `revoke_url` and `introspect_url`. Once one is named, whoever is not
    /// named is answered `invalid_client`; with none, every client may ask and none proves who it is.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The `client_id` claim of issued tokens (RFC 9068 section 2.2): the client that asks for them. The issuer by default,
    /// which is its own client where users sign in with a password.
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        Self { client_id: Some(client_id.into()), ..self }
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// Accepts the tokens of an issuer, compared byte by byte with `iss`, that verify with these keys and no other
    /// issuer's. At least one is mandatory.
    pub fn trust(mut self, issuer: impl Into<String>, keys: impl Into<TrustedKeys>) -> Self {
        self.trusted.push((issuer.into(), keys.into()));
        self
    }
}
