//! The records of sessions and revocations, and how they change. Everything about one subject is in one document, and a store
//! only reads and replaces documents.
//!
//! An effect (begin, refresh, sign-out, ...) reads the document, decides with a pure function of `Subject`, and asks the store to
//! replace the document if nobody else has replaced it meanwhile. So each effect happens wholly or not at all, and a call that
//! arrives late changes nothing. The tests in `model` check the decisions in all orders of steps.

pub(crate) mod retry;
pub(crate) mod rules;
pub(crate) mod encoding;
pub(crate) mod names;
pub(crate) mod live_session;
pub(crate) mod summary;
pub(crate) mod subject;
pub(crate) mod endings;
pub(crate) mod driver;
pub(crate) mod sessions;
pub(crate) mod end;
pub(crate) mod refresh_token;
pub(crate) mod begin;
// Only with the feature `testing`, so that a run of several feature sets checks the model once.
#[cfg(all(test, feature = "testing"))]
mod model;
pub(crate) mod refresh;
pub(crate) mod refresh_policy;
#[cfg_attr(
    not(feature = "testing"),
    allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
)]
pub(crate) mod single_use;
#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests;
