//! Whether a store of documents is slower the more it holds, what a session takes in it, and whether a sweep is in the way.

mod fill;
mod measure;
mod sweep;

use std::sync::Arc;

use jwt_auth::store::{Key, Store};

pub(crate) use measure::report;
pub(crate) use sweep::report as sweep;

pub(crate) const SMALL: u64 = 1_000;

/// A store that holds so many documents, and some of their keys in an order of chance.
pub(crate) struct Filled {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Vec<Key>,
    pub(crate) count: u64,
    /// Of one document, with whatever finds it.
    pub(crate) bytes: f64,
    #[expect(dead_code, reason = "it ends with this")]
    pub(crate) server: Option<crate::servers::Server>,
}

/// 10,000,000 and 1,000,000, unless `JWT_AUTH_BENCH_DOCUMENTS` says how many a database is to hold.
pub(crate) fn large() -> u64 {
    std::env::var("JWT_AUTH_BENCH_DOCUMENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000_000)
}
