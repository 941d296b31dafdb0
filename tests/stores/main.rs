//! Every store against the one suite, each on its real server. `JWT_AUTH_POSTGRES` and `JWT_AUTH_REDIS` are the URLs of
//! the servers; where one is not named its tests say that they were skipped, and with `JWT_AUTH_REQUIRE` set they fail. What
//! kills its server, or needs several, starts its own.

mod cluster;
mod document_failovers;
mod document_outages;
mod document_tables;
mod documents;
mod failover;
mod history;
mod instances;
mod load;
mod network;
mod outages;
mod races;
mod register;
mod servers;
mod service;
mod silent;
mod sqlite_limits;
mod standby;
mod steps;

use std::time::Duration;

use jwt_auth::{PostgresStore, RedisStore, Revocation, SqliteStore, Store};
use jwt_auth_tests::{database, server};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
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

/// In a schema of their own, where the tables are not there yet.
#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_instances_make_the_tables_of_postgres() {
    let Some(url) = server("JWT_AUTH_POSTGRES") else { return };
    let admin = sqlx::PgPool::connect(&url).await.expect("a database");
    for _ in 0..5 {
        let name = service::fresh_name();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&admin).await.expect("a schema");
        let options: PgConnectOptions = url.parse().expect("a URL");
        let options = options.options([("search_path", &name)]);
        let pool = || PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let all: Vec<_> = (0..16).map(|_| tokio::spawn(PostgresStore::new(pool()).migrate())).collect();
        for one in all {
            assert_eq!(one.await.expect("it ends").err(), None);
        }
        let drop = format!("DROP SCHEMA {name} CASCADE");
        sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&admin).await.expect("it goes");
    }
}

// REV-06
#[tokio::test]
async fn what_has_expired_is_deleted_and_nothing_else() {
    let options = SqliteConnectOptions::new().filename(database()).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("a database");
    let store = SqliteStore::new(pool.clone()).migrate().await.expect("tables");
    for (jwt_id, until) in [("short", 100), ("long", 200)] {
        store.revoke(&[Revocation::Token { issuer: "i", jwt_id, until }], 1).await.expect("a revocation");
    }
    store.revoke(&[Revocation::Session { issuer: "i", session: "s", until: 300 }], 150).await.expect("a revocation");
    let left = || sqlx::query_scalar::<_, String>("SELECT jwt_id FROM jwt_auth_revoked_tokens").fetch_all(&pool);
    while left().await.expect("rows") != ["long"] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
