//! Keys that an identity provider publishes (RFC 7517 section 5). The first request with a token waits for them; later
//! they are refreshed in the background. If a refresh fails, the old keys stay in use.

pub(crate) mod url;
pub(crate) mod discovery;
pub(crate) mod fetch;
pub(crate) mod places;
pub(crate) mod refetch;
pub(crate) mod remote_jwks;

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests;
