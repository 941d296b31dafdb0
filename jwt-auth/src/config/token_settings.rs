//! The settings of tokens: keys and issuers, and what an accepted token must say.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::VerifyOnly;
use crate::clock::Clock;
use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::issuer::trust::TrustedKeys;
use crate::keys::own_keys::Keys;

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

impl<A: AuthBackend, M> Builder<A, M> {
    /// The `aud` claim of issued tokens, which accepted tokens must also have (RFC 7519 section 4.1.3). The issuer by default.
    /// A further call adds another audience that is accepted. Issued tokens have the first one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts tokens for any audience, and tokens without one. If another service has the same key and issuer, its tokens are
    /// then accepted here (RFC 8725 section 3.9).
    pub fn any_audience(self) -> Self {
        Self { any_audience: true, ..self }
    }

    /// Accepts a token only if its `aud` is exactly the one audience, as a string and not in a list. Off by default.
    pub fn strict_audience(self) -> Self {
        Self { strict_audience: true, ..self }
    }

    /// Also accepts this `typ` header, such as `JWT` for the tokens of an older service. By default only `at+jwt` is accepted
    /// (RFC 9068 section 4). The comparison ignores case and a leading `application/`.
    pub fn accept_type(mut self, typ: impl AsRef<str>) -> Self {
        let typ = typ.as_ref().to_ascii_lowercase();
        self.types.push(typ.strip_prefix("application/").unwrap_or(&typ).to_owned());
        self
    }

    /// The tolerance for clock differences in the checks of `exp`, `nbf` and `iat`, in whole seconds. By default it is 0 for
    /// `exp`, and `2 * clocks_apart + 1` for `nbf` and `iat`, which is 5 unless you set [`clocks_apart`](Self::clocks_apart).
    /// More than 300 seconds is an error of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway: Some(leeway), ..self }
    }

    /// The longest time, in whole seconds, that an accepted or issued token may still be valid. 24 hours by default, or
    /// [`lifetime`](Builder::lifetime) if that is longer. A sign-in that asks for a longer-lived token fails. More than 400 days
    /// is an error of `build()`, because the store keeps a sign-out everywhere for as long as a token can live.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { max_lifetime: Some(max_lifetime), ..self }
    }

    /// Claims that a token must have. A claim that is `null` counts as missing. `iss`, `sub`, `exp`, `iat`, `jti` and, unless
    /// [`any_audience`](Self::any_audience) is set, `aud` are always required. A sign-in fails if its token would lack one.
    pub fn require_claims<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.required.extend(names.into_iter().map(Into::into));
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
