//! Two handles on each store, as two instances of a service would have.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_auth::{
    MemoryStore,
    store::{
        Document, Key, PostgresStore, Reading, RedisStore, Safety, SqliteStore, Store, StoreFuture, Summary, Version,
    },
};
use jwt_auth_tests::around::{Around, in_turn};
use jwt_auth_tests::{database, server};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::cluster::Cluster;
use crate::service::PATIENT;

pub(crate) type Handles = [Arc<dyn Store>; 2];

/// Makes a module for each function. It has one test for each store, which calls the function with two handles.
macro_rules! on_every_store {
    ($($name:ident)+) => {
        $(mod $name {
            crate::handles::on_every_store!(@ $name in_memory in_turns on_sqlite on_postgres on_redis on_a_cluster);
        })+
    };
    (@ $name:ident $($store:ident)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $store() {
            if let Some(handles) = crate::handles::$store().await {
                super::$name(handles).await;
            }
        })+
    };
}
pub(crate) use on_every_store;

pub(crate) async fn sqlite_pool(path: &Path) -> sqlx::SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    // `Normal` is enough, because no power cut is tested here.
    let options = options.synchronous(SqliteSynchronous::Normal);
    let (pools, began) = (SqlitePoolOptions::new().max_connections(4), Instant::now());
    loop {
        match pools.clone().connect_with(options.clone()).await {
            // The busy timeout does not cover the lock that the first change to WAL needs.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => {
                assert!(began.elapsed() < PATIENT, "{error}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            pool => return pool.expect("a database"),
        }
    }
}

pub(crate) async fn sqlite(path: &Path) -> SqliteStore {
    SqliteStore::new(sqlite_pool(path).await).migrate().await.expect("tables")
}

pub(crate) async fn in_memory() -> Option<Handles> {
    let store = Arc::new(MemoryStore::new());
    Some([Arc::clone(&store) as _, store])
}

/// A store in memory that lets other requests run before each call.
pub(crate) async fn in_turns() -> Option<Handles> {
    let store = Around::before(&Arc::default(), |_| in_turn());
    Some([Arc::new(store.clone()), Arc::new(store)])
}

pub(crate) async fn on_sqlite() -> Option<Handles> {
    let path = Arc::new(database());
    let handle = async || With(sqlite(&path).await, Arc::clone(&path));
    Some([Arc::new(handle().await), Arc::new(handle().await)])
}

pub(crate) async fn on_postgres() -> Option<Handles> {
    let url = server("JWT_AUTH_POSTGRES")?;
    let handle = async || {
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("a database");
        PostgresStore::new(pool).migrate().await.expect("tables")
    };
    Some([Arc::new(handle().await), Arc::new(handle().await)])
}

pub(crate) async fn on_redis() -> Option<Handles> {
    let url = server("JWT_AUTH_REDIS")?;
    let handle = async || RedisStore::connect(&url, "jwt-auth-test").await.expect("a server");
    Some([Arc::new(handle().await), Arc::new(handle().await)])
}

pub(crate) async fn on_a_cluster() -> Option<Handles> {
    let cluster = Cluster::shared().await?;
    let handle = async || With(cluster.store("jwt-auth-test").await, Arc::clone(&cluster));
    Some([Arc::new(handle().await), Arc::new(handle().await)])
}

/// A handle, and the value that it needs, such as a server. The value is dropped together with its last handle.
pub(crate) struct With<S, T>(pub(crate) S, #[allow(dead_code, reason = "it is only kept")] pub(crate) Arc<T>);

impl<S: Store, T: Send + Sync + 'static> Store for With<S, T> {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        self.0.read(key)
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        self.0.read_summary(key)
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        self.0.replace(key, expected, new, safety)
    }
}
