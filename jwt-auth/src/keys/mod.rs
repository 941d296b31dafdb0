//! Keys that sign and verify tokens, and keys that an identity provider publishes.
//!
//! A backend that issues tokens gets [`Keys`]: a secret (HS256 and its kin) or a private key (RS256, PS256, ES256, EdDSA and their
//! kin), read from the environment, a PEM or DER file, or a JWK.
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
//! Keys change while the service runs with [`add_key`](crate::Backend::add_key),
//! [`switch_signing_key`](crate::Backend::switch_signing_key) and [`retire_key`](crate::Backend::retire_key), and
//! [`serve_jwks`](crate::well_known::serve_jwks)
//! publishes the public ones.
//!
//! Traps:
//!
//! * A key belongs to one [`Algorithm`]: the `alg` of a token's header never chooses how it is verified (RFC 8725 section 3.1).
//! * A secret is at least as long as the output of its hash, 32 bytes for HS256 (RFC 7518 section 3.2).
//!   [`Keys::hs256_ephemeral`] makes a new one at each start, so tokens do not survive a restart.
//! * Whoever verifies with a secret can also issue with it. Give other services a public key instead.
//! * `RemoteJwks` (feature `remote_jwks`) fetches keys that a provider publishes. Its URL is `https`, and it follows no redirects.

pub(crate) mod formats;
pub(crate) mod verifying_key;
pub(crate) mod jwk_set;
pub(crate) mod signing_key;
pub(crate) mod key_set;
pub(crate) mod own_keys;
pub(crate) mod source;
#[cfg(feature = "remote_jwks")]
pub(crate) mod remote;

pub use crate::jose::algorithm::Algorithm;
pub use crate::jose::key_error::KeyError;
pub use jwk_set::VerifyingKeys;
pub use own_keys::Keys;
#[cfg(feature = "reqwest")]
pub use remote::reqwest_client::ReqwestClient;
#[cfg(feature = "remote_jwks")]
pub use remote::{
    fetch::{Fetch, FetchFuture, Fetched},
    remote_jwks::RemoteJwks,
};
pub use signing_key::SigningKey;
pub use verifying_key::VerifyingKey;
