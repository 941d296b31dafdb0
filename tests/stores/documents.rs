//! Every store of documents against the one suite, each on its real server, through two handles as two instances have them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{PostgresDocumentStore, RedisDocumentStore, SqliteDocumentStore};
use jwt_auth_tests::{database, server};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

async fn sqlite_pool(path: &Path) -> sqlx::SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await.expect("a database")
}

async fn sqlite() -> [SqliteDocumentStore; 2] {
    let path = database();
    let handle = async || SqliteDocumentStore::new(sqlite_pool(&path).await).migrate().await.expect("tables");
    [handle().await, handle().await]
}

async fn postgres() -> Option<[PostgresDocumentStore; 2]> {
    let url = server("JWT_AUTH_POSTGRES")?;
    let handle = async || {
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a database");
        PostgresDocumentStore::new(pool).migrate().await.expect("tables")
    };
    Some([handle().await, handle().await])
}

async fn redis() -> Option<[RedisDocumentStore; 2]> {
    let url = server("JWT_AUTH_REDIS")?;
    let handle = async || RedisDocumentStore::connect(&url, "jwt-auth-test").await.expect("a server");
    Some([handle().await, handle().await])
}

mod in_memory {
    jwt_auth::testing::document_store_conformance!(async {
        let store = super::Arc::new(jwt_auth::MemoryDocumentStore::new());
        [super::Arc::clone(&store), store]
    });
}

mod on_sqlite {
    jwt_auth::testing::document_store_conformance!(super::sqlite());
}

mod on_postgres {
    jwt_auth::testing::document_store_conformance!(super::postgres());
}

mod on_redis {
    jwt_auth::testing::document_store_conformance!(super::redis());
}
