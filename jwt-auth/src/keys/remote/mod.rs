//! Keys that an identity provider publishes (RFC 7517 section 5): fetched once before the first request, kept fresh in the
//! background, and kept when the provider does not answer.

pub(crate) mod discovery;
pub(crate) mod fetch;
pub(crate) mod url;
pub(crate) mod refresh;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest_client;
pub(crate) mod remote_jwks;
