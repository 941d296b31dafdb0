//! Does a store become slower with more documents? How much room does a session take? Does a sweep delay requests?

mod fill;
mod measure;
mod sweep;

use std::sync::Arc;

use jwt_auth::store::{Key, Store};

pub(crate) use measure::report;
pub(crate) use sweep::report as sweep;

pub(crate) const SMALL: u64 = 1_000;

/// A filled store, and some of its keys in random order.
pub(crate) struct Filled {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Vec<Key>,
    pub(crate) count: u64,
    /// The size of one document, including its part of the index.
    pub(crate) bytes: f64,
    #[expect(dead_code, reason = "the server stops when this is dropped")]
    pub(crate) server: Option<crate::servers::Server>,
}

/// The number of documents in a large database: 10,000,000, unless `JWT_AUTH_BENCH_DOCUMENTS` says otherwise.
pub(crate) fn large() -> u64 {
    std::env::var("JWT_AUTH_BENCH_DOCUMENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000_000)
}
