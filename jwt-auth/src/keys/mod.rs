//! Keys that sign and verify tokens.

pub(crate) mod formats;
pub(crate) mod jwk_set;
pub(crate) mod key_set;
pub(crate) mod own_keys;
#[cfg(feature = "remote_jwks")]
pub(crate) mod remote;
pub(crate) mod signing_key;
pub(crate) mod source;
pub(crate) mod verifying_key;

pub use crate::jose::algorithm::Algorithm;
pub use crate::jose::key_error::KeyError;
pub use jwk_set::VerifyingKeys;
pub use own_keys::Keys;
#[cfg(feature = "reqwest")]
pub use remote::reqwest_client::ReqwestClient;
#[cfg(feature = "remote_jwks")]
pub use remote::{
    RemoteJwks,
    fetch::{Fetch, FetchFuture, Fetched},
};
pub use signing_key::SigningKey;
pub use verifying_key::VerifyingKey;
