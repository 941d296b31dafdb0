//! Fills stores with a number of documents, each as large as that of a user with one session.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{
    MemoryStore,
    store::{Body, Document, Key, PostgresStore, RedisStore, Safety, SqliteStore, Store, Summary, Version},
};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Filled, SMALL};
use crate::harness::mixed;
use crate::servers::Server;

/// The sizes in bytes of the document of a user with one session.
const SUMMARY: usize = 42;
const BODY: usize = 310;
/// The number of keys that are looked up.
const ASKED: u64 = 20_000;
const DAY: u64 = 86_400;

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().expect("a time").as_secs()
}

fn random<const N: usize>(n: u64) -> [u8; N] {
    std::array::from_fn(|at| mixed(n.wrapping_mul(131).wrapping_add(at as u64)).to_le_bytes()[0])
}

pub(crate) fn key(n: u64) -> Key {
    let mut bytes = random::<17>(n);
    bytes[0] = b's';
    Key::from_bytes(&bytes).expect("17 bytes")
}

pub(crate) fn document(n: u64) -> Document {
    let version = Version::from_bytes(&random::<16>(mixed(n))).expect("16 bytes");
    let (summary, body) = (Summary::from_bytes(random::<SUMMARY>(n)), Body::from_bytes(random::<BODY>(n)));
    Document { version, keep_until: (now() / DAY + 1 + n % 90) * DAY, summary, body }
}

pub(crate) fn memory(count: u64) -> Filled {
    let fill = || {
        let store = MemoryStore::with_capacity(2_000_000);
        for n in 0..count {
            let done = super::measure::at_once(store.replace(&key(n), None, Some(document(n)), Safety::Usual));
            assert_eq!(done, Ok(true));
        }
        store
    };
    let mut store = None;
    let allocated = allocation_counter::measure(|| store = Some(fill()));
    let store = Arc::new(store.expect("it was filled"));
    let keys = (0..ASKED.min(count)).map(|n| key(mixed(n) % count)).collect();
    Filled { store, keys, count, bytes: allocated.bytes_current as f64 / count as f64, server: None }
}

/// Fills Redis by a script inside Redis. The keys are numbers, which Redis hashes like any other keys.
pub(crate) async fn redis(count: u64) -> Filled {
    let server = Server::redis(&["--appendonly", "no"]).await.expect("redis-server must be installed");
    let before = used_memory(&server);
    let script = format!(
        "local s = string.rep('s', {SUMMARY}) local b = string.rep('b', {BODY}) \
         for n = ARGV[1], ARGV[1] + ARGV[2] - 1 do \
         local key = string.format('many:s:%016d', n) \
         redis.call('HSET', key, 'v', string.format('%016d', n), 's', s, 'b', b, 'k', '1900000000') \
         redis.call('EXPIREAT', key, '1900086400') end"
    );
    let batch = count.min(10_000);
    for first in (0..count).step_by(usize::try_from(batch).unwrap_or(usize::MAX)) {
        server.cli(&["EVAL", &script, "0", &first.to_string(), &batch.to_string()]);
    }
    let bytes = (used_memory(&server) - before) / count as f64;
    let numbered = |n: u64| Key::from_bytes(format!("s{:016}", mixed(n) % count).as_bytes()).expect("17 bytes");
    let store = RedisStore::connect(&format!("redis://127.0.0.1:{}", server.port), "many").await;
    let (store, keys) = (Arc::new(store.expect("a server")), (0..ASKED.min(count)).map(numbered).collect());
    Filled { store, keys, count, bytes, server: Some(server) }
}

fn used_memory(server: &Server) -> f64 {
    let info = server.cli(&["INFO", "memory"]);
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.and_then(|used| used.trim().parse().ok()).expect("a number")
}

pub(crate) async fn sqlite(file: &Path, count: u64) -> (Filled, sqlx::SqlitePool) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    let quick = options.clone().synchronous(SqliteSynchronous::Off).pragma("cache_size", "-2000000");
    let filling = SqlitePoolOptions::new().max_connections(1).connect_with(quick).await.expect("a database");
    let _ = SqliteStore::new(filling.clone()).migrate().await.expect("tables");
    let insert = format!(
        "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {count}) \
         INSERT INTO jwt_auth_documents SELECT randomblob(17), randomblob(16), randomblob({SUMMARY}), \
         randomblob({BODY}), ({} + n % 90) * {DAY} FROM n",
        now() / DAY + 1
    );
    for statement in [insert, "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(), "ANALYZE".to_owned()] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&filling).await.expect("it is done");
    }
    let mut keys = Vec::new();
    for n in 0..ASKED.min(count) {
        let row = i64::try_from(mixed(n) % count).expect("a number") + 1;
        let query = sqlx::query_scalar("SELECT key FROM jwt_auth_documents WHERE rowid = $1").bind(row);
        keys.push(query.fetch_one(&filling).await.expect("a row"));
    }
    filling.close().await;
    let size = std::fs::metadata(file).expect("a file").len();
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.expect("a database");
    let store = Arc::new(SqliteStore::new(pool.clone()));
    (Filled { store, keys: all_keys(&keys), count, bytes: size as f64 / count as f64, server: None }, pool)
}

pub(crate) async fn postgres(count: u64) -> (Filled, sqlx::PgPool) {
    let server = Server::postgres().await.expect("PostgreSQL must be installed");
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a database");
    let store = PostgresStore::new(pool.clone()).migrate().await.expect("tables");
    let bytes_of = |name: &str, count: usize| {
        let all: Vec<String> = (0..count.div_ceil(16)).map(|at| format!("md5('{name}{at}' || n)")).collect();
        format!("substring(decode({}, 'hex') for {count})", all.join(" || "))
    };
    let insert = format!(
        "INSERT INTO jwt_auth_documents SELECT '\\x73'::bytea || {}, {}, {}, {}, ({} + n % 90) * {DAY} \
         FROM generate_series(1, {count}) AS n",
        bytes_of("k", 16),
        bytes_of("v", 16),
        bytes_of("s", SUMMARY),
        bytes_of("b", BODY),
        now() / DAY + 1
    );
    let statements = [
        "ALTER SYSTEM SET max_wal_size = '1GB'; ",
        "ALTER SYSTEM SET fsync = off; ",
        "ALTER SYSTEM SET full_page_writes = off; ",
        "SELECT pg_reload_conf(); ",
        "ALTER TABLE jwt_auth_documents DROP CONSTRAINT jwt_auth_documents_pkey; ",
        "DROP INDEX jwt_auth_documents_keep_until; ",
        &insert,
        "SET maintenance_work_mem = '1GB'; ",
        "ALTER TABLE jwt_auth_documents ADD PRIMARY KEY (key); ",
        "CREATE INDEX jwt_auth_documents_keep_until ON jwt_auth_documents (keep_until); ",
        "VACUUM ANALYZE jwt_auth_documents; ",
        "ALTER SYSTEM RESET fsync; ",
        "ALTER SYSTEM RESET full_page_writes; ",
        "SELECT pg_reload_conf(); ",
        "CHECKPOINT; ",
    ];
    let mut connection = pool.acquire().await.expect("a connection");
    for statement in statements {
        let query = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
        query.execute(&mut *connection).await.expect("it is done");
    }
    drop(connection);
    let size: i64 = sqlx::query_scalar("SELECT pg_total_relation_size('jwt_auth_documents')")
        .fetch_one(&pool)
        .await
        .expect("a number");
    let percent = if count <= SMALL { 100.0 } else { 100.0 * ASKED as f64 / count as f64 };
    let sample = format!("SELECT key FROM jwt_auth_documents TABLESAMPLE BERNOULLI ({percent}) ORDER BY random()");
    let keys: Vec<Vec<u8>> = sqlx::query_scalar(sqlx::AssertSqlSafe(sample)).fetch_all(&pool).await.expect("rows");
    let bytes = size as f64 / count as f64;
    (Filled { store: Arc::new(store), keys: all_keys(&keys), count, bytes, server: Some(server) }, pool)
}

fn all_keys(keys: &[Vec<u8>]) -> Vec<Key> {
    keys.iter().map(|key| Key::from_bytes(key).expect("17 bytes")).collect()
}
