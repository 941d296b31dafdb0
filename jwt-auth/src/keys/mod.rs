//! Keys that sign and verify tokens: your own, those of other issuers, and those that an identity provider publishes.
//!
//! A backend that issues tokens needs [`Keys`]: an HMAC secret (`HS256`, `HS384`, `HS512`) or a private key for one of
//! the other [`Algorithm`]s. A secret comes from bytes, an environment variable or a JWK. A private key comes from PEM
//! (bytes, a file or an environment variable), DER or a JWK.
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser};
//! use jwt_auth::{Algorithm, Keys};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//!
//! let auth = Auth.backend()
//!     .keys(Keys::from_pem_file(Algorithm::ES256, "key.pem")?)
//!     .issuer("https://api.example.com")
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To rotate keys while the service runs, call [`add_key`](crate::Backend::add_key),
//! [`switch_signing_key`](crate::Backend::switch_signing_key) and [`retire_key`](crate::Backend::retire_key).
//! They also lead from a secret to a key pair. [`serve_jwks`](crate::well_known::serve_jwks) publishes the public keys.
//!
//! Traps:
//!
//! * A key has one [`Algorithm`]. The `alg` in a token's header must match it and never chooses how the token is
//!   verified (RFC 8725 section 3.1).
//! * A secret must be at least as long as the output of its hash, 32 bytes for `HS256` (RFC 7518 section 3.2), and must
//!   not be one that a person made up. [`Keys::hs256_ephemeral`] makes a new secret at each start, so tokens do not
//!   survive a restart.
//! * A service that has the secret to verify tokens can also issue them. Give other services a public key instead.
//! * `RemoteJwks` (feature `reqwest`, or `remote_jwks` with an HTTP client of your own) fetches the keys that a provider
//!   publishes. The URL must be `https`, unless `RemoteJwks::allow_http_to` names its host, and redirects are not followed.

pub(crate) mod formats;
pub(crate) mod verifying_key;
pub(crate) mod signing_key;
pub(crate) mod key_set;
pub(crate) mod published;
pub(crate) mod jwk_set;
pub(crate) mod own_keys;
pub(crate) mod source;
#[cfg(feature = "remote_jwks")]
pub(crate) mod remote;

pub use crate::jose::algorithm::Algorithm;
pub use crate::jose::key_error::KeyError;
pub use jwk_set::VerifyingKeys;
pub use own_keys::Keys;
#[cfg(feature = "reqwest")]
pub use remote::fetch::ReqwestClient;
#[cfg(feature = "remote_jwks")]
pub use remote::{
    fetch::{Fetch, FetchFuture},
    remote_jwks::RemoteJwks,
};
pub use signing_key::SigningKey;
pub use verifying_key::VerifyingKey;
