//! Every store against the one suite, each on its real server. `JWT_AUTH_POSTGRES` and `JWT_AUTH_REDIS` are the URLs of
//! the servers; where one is not named its tests say that they were skipped, and with `JWT_AUTH_REQUIRE` set they fail. What
//! kills its server, or needs several, starts its own.

mod cluster;
mod instances;
mod load;
mod outages;
mod races;
mod servers;
mod service;

use std::time::Duration;

use jwt_auth::{PostgresStore, RedisStore, SqliteStore};
use jwt_auth_tests::server;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

pub(crate) async fn sqlite(path: &std::path::Path) -> SqliteStore {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.expect("a database");
    SqliteStore::new(pool).migrate().await.expect("tables")
}

pub(crate) async fn postgres() -> Option<PostgresStore> {
    let pool =
        PgPoolOptions::new().max_connections(8).connect(&server("JWT_AUTH_POSTGRES")?).await.expect("a database");
    Some(PostgresStore::new(pool).migrate().await.expect("tables"))
}

pub(crate) async fn redis() -> Option<RedisStore> {
    Some(RedisStore::connect(&server("JWT_AUTH_REDIS")?, "jwt-auth-test").await.expect("a server"))
}

mod on_sqlite {
    jwt_auth::testing::store_conformance!(async { super::sqlite(&jwt_auth_tests::database()).await });
}

mod on_postgres {
    jwt_auth::testing::store_conformance!(super::postgres());
}

mod on_redis {
    jwt_auth::testing::store_conformance!(super::redis());
}
