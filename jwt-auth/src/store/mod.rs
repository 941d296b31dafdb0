//! Stores: where sessions and revocations are kept.

pub(crate) mod digest;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;
pub(crate) mod store_trait;
pub(crate) mod subject_tag;

pub use document::{Body, Document, Key, Summary, Version};
pub use error::{StoreError, StoreFuture};
pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "postgres")]
pub use sql::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteStore;
pub use store_trait::{Reading, Safety, Store};
