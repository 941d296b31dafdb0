//! The settings of tokens: our own keys, issuer and rules, and the other issuers.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::builder::{Builder, OwnTokens};
use crate::hooks::AuthBackend;
use crate::issuer::settings::{Issuer, normal_type};
use crate::keys::own_keys::Keys;

impl<A: AuthBackend> Builder<A> {
    /// The keys that sign and verify tokens. Mandatory. If the compiler says ``expected `Keys`, found `&str` ``, first make keys
    /// from the secret: [`Keys::hs256_from_env("JWT_SECRET")?`](Keys::hs256_from_env) or [`Keys::hs256(secret)?`](Keys::hs256).
    pub fn keys(self, keys: Keys) -> Self {
        Self { own: OwnTokens { keys: Some(keys), ..self.own }, ..self }
    }

    /// The `iss` claim of issued tokens. Mandatory. A token with another issuer is refused; names are compared byte by byte (RFC
    /// 7519 section 4.1.1).
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { own: OwnTokens { issuer: Some(issuer.into()), ..self.own }, ..self }
    }

    /// How long issued tokens are valid, in whole seconds. One hour by default. Zero, or more than 400 days, is an error of
    /// `build()`.
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { own: OwnTokens { lifetime, ..self.own }, ..self }
    }

    /// The `client_id` claim of issued tokens (RFC 9068 section 2.2), unless the request names a client. The issuer by default,
    /// because the service is its own client when users sign in with a password.
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        Self { own: OwnTokens { client_id: Some(client_id.into()), ..self.own }, ..self }
    }

    /// The `aud` claim of issued tokens, which accepted tokens must also have (RFC 7519 section 4.1.3). The issuer by default.
    /// A further call adds another audience that is accepted. Issued tokens have the first one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.own.audiences.push(audience.into());
        self
    }

    /// Accepts tokens for any audience, and tokens without one. If another service has the same key and issuer, its tokens are
    /// then accepted here (RFC 8725 section 3.9).
    pub fn any_audience(self) -> Self {
        Self { own: OwnTokens { any_audience: true, ..self.own }, ..self }
    }

    /// Accepts a token only if its `aud` is exactly the one audience, as a string and not in a list. Off by default.
    pub fn strict_audience(self) -> Self {
        Self { own: OwnTokens { strict_audience: true, ..self.own }, ..self }
    }

    /// Also accepts this `typ` header, such as `JWT` for the tokens of an older service. By default only `at+jwt` is accepted
    /// (RFC 9068 section 4). The comparison ignores case and a leading `application/`.
    pub fn accept_type(mut self, typ: impl AsRef<str>) -> Self {
        self.own.types.push(normal_type(typ.as_ref()));
        self
    }

    /// The tolerance for clock differences in the checks of `exp`, `nbf` and `iat`, in whole seconds. By default it is 0 for
    /// `exp`, and `2 * clocks_apart + 1` for `nbf` and `iat`, which is 5 unless you set [`clocks_apart`](Self::clocks_apart).
    /// More than 300 seconds is an error of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { own: OwnTokens { leeway: Some(leeway), ..self.own }, ..self }
    }

    /// The longest time, in whole seconds, that an accepted or issued token may still be valid. 24 hours by default, or
    /// [`lifetime`](Builder::lifetime) if that is longer. A sign-in that asks for a longer-lived token fails. More than 400 days
    /// is an error of `build()`, because the store keeps a sign-out everywhere for as long as a token can live.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { own: OwnTokens { max_lifetime: Some(max_lifetime), ..self.own }, ..self }
    }

    /// Claims that a token must have. A claim that is `null` counts as missing. `iss`, `sub`, `exp`, `iat`, `jti` and, unless
    /// [`any_audience`](Self::any_audience) is set, `aud` are always required. A sign-in fails if its token would lack one.
    pub fn require_claims<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.own.required.extend(names.into_iter().map(Into::into));
        self
    }
}

impl<A: AuthBackend, M> Builder<A, M> {
    /// Accepts the tokens of another issuer, on the terms of that [`Issuer`]. Call it once for each issuer. At least one call is
    /// mandatory after [`verify_only`](Builder::verify_only); a backend that issues tokens trusts itself and may trust others too.
    pub fn trust(mut self, issuer: Issuer) -> Self {
        self.trusted.push(issuer);
        self
    }

    /// How many verified tokens are cached, by their exact bytes. The signature of a cached token is not checked again; its times
    /// and its revocation are checked on every request. A change of the keys empties the cache. 0 switches the cache off. The
    /// default is 10,000 if there are public keys, and 0 if all keys are secrets, because an HMAC costs little more than a
    /// look-up. An entry takes about three times the token's length.
    pub fn token_cache(self, entries: usize) -> Self {
        Self { token_cache: Some(entries), ..self }
    }

    /// The source of the time. [`SystemClock`](crate::config::SystemClock) by default.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }
}
