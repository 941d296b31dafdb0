//! Every store of documents against the one suite, each on its real server, through two handles as two instances have them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{
    Body, Document, Key, PostgresStore, Reading, RedisStore, Safety, SqliteStore, Store, StoreFuture, Summary, Version,
};
use jwt_auth_tests::{database, server};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::cluster::Cluster;

pub(crate) async fn sqlite_pool(path: &Path) -> sqlx::SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await.expect("a database")
}

async fn sqlite() -> [SqliteStore; 2] {
    let path = database();
    let handle = async || SqliteStore::new(sqlite_pool(&path).await).migrate().await.expect("tables");
    [handle().await, handle().await]
}

async fn postgres() -> Option<[PostgresStore; 2]> {
    let url = server("JWT_AUTH_POSTGRES")?;
    let handle = async || {
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a database");
        PostgresStore::new(pool).migrate().await.expect("tables")
    };
    Some([handle().await, handle().await])
}

async fn redis() -> Option<[RedisStore; 2]> {
    let url = server("JWT_AUTH_REDIS")?;
    let handle = async || RedisStore::connect(&url, "jwt-auth-test").await.expect("a server");
    Some([handle().await, handle().await])
}

mod in_memory {
    jwt_auth::testing::store_conformance!(async {
        let store = super::Arc::new(jwt_auth::MemoryStore::new());
        [super::Arc::clone(&store), store]
    });
}

mod on_sqlite {
    jwt_auth::testing::store_conformance!(super::sqlite());
}

mod on_postgres {
    jwt_auth::testing::store_conformance!(super::postgres());
}

mod on_redis {
    jwt_auth::testing::store_conformance!(super::redis());
}

/// A handle, and the cluster that it is on.
struct OnCluster(RedisStore, Arc<Cluster>);

impl Store for OnCluster {
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

async fn on_cluster() -> Option<[OnCluster; 2]> {
    let cluster = Cluster::shared().await?;
    let nodes: Vec<String> = cluster.0.iter().map(|node| format!("redis://127.0.0.1:{}", node.port)).collect();
    let handle = async || {
        let nodes = nodes.iter().map(String::as_str);
        let store = RedisStore::connect_cluster(nodes, "documents").await.expect("a cluster");
        OnCluster(store, Arc::clone(&cluster))
    };
    Some([handle().await, handle().await])
}

mod on_a_cluster {
    jwt_auth::testing::store_conformance!(super::on_cluster());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_says_how_many_replicas_it_has() {
    let Some([OnCluster(store, cluster), _]) = on_cluster().await else { return };
    let store = store.confirmed_by(1, Duration::from_millis(100));
    for n in 0..8 {
        let (version, key) =
            (Version::from_bytes(&[n; 16]).expect("a version"), Key::from_bytes(&[n; 17]).expect("a key"));
        let (summary, body) = (Summary::from_bytes(*b"s"), Body::from_bytes(*b"b"));
        let new = Document { version, keep_until: u64::MAX, summary, body };
        let error = store.replace(&key, None, Some(new), Safety::Confirmed).await.expect_err("no replica");
        assert!(error.to_string().contains("0 of 1 replicas"), "{error}");
        assert!(store.read(&key).await.expect("an answer").document.is_some(), "on the node that has the slot");
    }
    drop(cluster);
}
