//! Where sessions and revocations are kept.
//!
//! Without a setting, a backend that issues tokens uses a [`MemoryStore`], which serves one process and loses everything when the
//! process ends. If several instances run, or sessions must survive a restart, name a store that they share: `SqliteStore` for the
//! processes of one machine, `PostgresStore`, or `RedisStore` (features `sqlite`, `postgres`, `redis`).
//!
//! ```no_run
//! # #[cfg(feature = "redis")]
//! # async fn backend() -> Result<(), Box<dyn std::error::Error>> {
//! use jwt_auth::store::RedisStore;
//! # use jwt_auth::{auth_backend, JwtUser, Keys};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//!
//! let auth = Auth.backend()
//!     .keys(Keys::hs256_from_env("JWT_SECRET")?)
//!     .issuer("https://api.example.com")
//!     .store(RedisStore::connect("redis://127.0.0.1", "shop").await?)
//!     .build()?;
//! # Ok(()) }
//! ```
//!
//! Everything about one user is in one [`Document`]. A store reads a document and replaces it if nobody else has replaced it
//! meanwhile; this library does everything else. For another database, implement [`Store`], and test it with
//! [`store_conformance!`](crate::testing::store_conformance).
//!
//! Traps:
//!
//! * A request is denied (503) if the store does not answer within
//!   [`store_timeout`](crate::Builder::store_timeout). Set the time limits of your pool below it.
//! * Every guarded request reads the store, so a sign-out takes effect at once.
//!   [`revocation_staleness`](crate::Builder::revocation_staleness) saves most of these reads, and delays sign-outs by that time.
//! * A backend that only verifies tokens has no store by default, and without one it sees no revocation. Give it the store of the
//!   issuing service.
//! * The SQL stores take a pool of sqlx 0.9, which is a dependency of your own, and create their tables with `migrate`:
//!   `SqliteStore::new(pool).migrate().await?`.
//! * Leave `min_connections` of a pool of sqlx at 0: its own attempts to connect have a time limit of five minutes, and use up the
//!   places of the pool if the network falls silent meanwhile.
//! * A store must not evict or lose documents. For Redis set `maxmemory-policy noeviction` and `appendonly yes`, and see
//!   `RedisStore::confirmed_by` for replicas.
//! * All instances must agree on the time within [`clocks_apart`](crate::Builder::clocks_apart).

pub(crate) mod error;
pub(crate) mod subject_tag;
pub(crate) mod document;
pub(crate) mod store_trait;
pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;

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
