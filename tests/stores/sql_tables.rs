//! The tables of the SQL stores: how they are created, and how expired documents are deleted.

use std::sync::Arc;

use jwt_auth::passwords::{PostgresThrottle, SqliteThrottle};
use jwt_auth::store::{Body, Document, Key, PostgresStore, Safety, SqliteStore, Store, Summary, Version};
use jwt_auth_tests::{database, server};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::handles::{sqlite, sqlite_pool};
use crate::servers::Server;
use crate::service::fresh_name;

const DAY: u64 = 86_400;

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("random numbers");
    bytes
}

fn document(keep_until: u64) -> Document {
    let version = Version::from_bytes(&random::<16>()).expect("a version");
    Document { version, keep_until, summary: Summary::from_bytes(*b"s"), body: Body::from_bytes(*b"b") }
}

async fn add(store: &dyn Store, keep_until: u64) -> Key {
    let key = Key::from_bytes(&random::<17>()).expect("a key");
    assert_eq!(store.replace(&key, None, Some(document(keep_until)), Safety::Usual).await, Ok(true));
    key
}

async fn is_there(store: &dyn Store, key: &Key) -> bool {
    store.read(key).await.expect("an answer").document.is_some()
}

/// A schema of its own on the shared server, with a role that may create tables and one that may not.
pub(crate) struct Schema {
    admin: sqlx::PgPool,
    name: String,
    options: PgConnectOptions,
}

impl Schema {
    pub(crate) async fn new() -> Option<Self> {
        let url = server("JWT_AUTH_POSTGRES")?;
        let (admin, name) = (sqlx::PgPool::connect(&url).await.expect("a database"), fresh_name());
        let options: PgConnectOptions = url.parse().expect("a URL");
        let schema = Self { admin, options: options.options([("search_path", &name)]), name };
        schema.run(format!("CREATE SCHEMA {}", schema.name)).await;
        Some(schema)
    }

    async fn run(&self, statement: String) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&self.admin).await.expect("it is done");
    }

    pub(crate) fn pool(&self) -> sqlx::PgPool {
        PgPoolOptions::new().max_connections(2).connect_lazy_with(self.options.clone())
    }

    pub(crate) async fn end(self) {
        self.run(format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_can_create_the_document_tables_at_once() {
    let Some(schema) = Schema::new().await else { return };
    let all: Vec<_> = (0..16).map(|_| tokio::spawn(PostgresStore::new(schema.pool()).migrate())).collect();
    for one in all {
        assert_eq!(one.await.expect("it ends").err(), None);
    }
    let versions: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM jwt_auth_migrations").fetch_all(&schema.pool()).await.expect("rows");
    assert_eq!(versions, [1, 2]);
    schema.end().await;
    let path = Arc::new(database());
    let all: Vec<_> = (0..8)
        .map(|_| {
            let path = Arc::clone(&path);
            tokio::spawn(async move { SqliteStore::new(sqlite_pool(&path).await).migrate().await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.expect("it ends").err(), None);
    }
}

// C6
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_create_tables_can_start_once_they_exist() {
    let Some(mut schema) = Schema::new().await else { return };
    let role = fresh_name();
    schema.run(format!("CREATE ROLE {role} LOGIN")).await;
    schema.run(format!("GRANT USAGE ON SCHEMA {} TO {role}", schema.name)).await;
    let owner = schema.pool();
    schema.options = schema.options.clone().username(&role);
    // There are none, and it may not make any.
    let error = PostgresStore::new(schema.pool()).migrate().await.expect_err("no tables").to_string();
    for part in ["are missing", &schema.name, "permission denied", "`PostgresStore::SCHEMA` from index 0"] {
        assert!(error.contains(part), "{error}");
    }
    // What an administrator would run.
    for statements in PostgresStore::SCHEMA {
        sqlx::raw_sql(*statements).execute(&owner).await.expect("tables");
    }
    let error = PostgresStore::new(schema.pool()).migrate().await.expect_err("no rights").to_string();
    assert!(error.contains("the role lacks SELECT ON jwt_auth_migrations"), "{error}");
    schema.run(format!("GRANT SELECT ON {0}.jwt_auth_migrations TO {role}", schema.name)).await;
    let error = PostgresStore::new(schema.pool()).migrate().await.expect_err("no rights").to_string();
    assert!(error.contains("the role lacks SELECT ON jwt_auth_documents"), "{error}");
    // A service that only verifies may have a role that only reads.
    schema.run(format!("GRANT SELECT ON {0}.jwt_auth_documents TO {role}", schema.name)).await;
    let store = PostgresStore::new(schema.pool()).migrate().await.expect("it may read");
    let key = Key::from_bytes(&random::<17>()).expect("a key");
    assert!(!is_there(&store, &key).await);
    assert!(store.replace(&key, None, Some(document(u64::MAX)), Safety::Usual).await.is_err());
    let of_documents = "SELECT, INSERT, UPDATE, DELETE";
    schema.run(format!("GRANT {of_documents} ON {0}.jwt_auth_documents TO {role}", schema.name)).await;
    let store = PostgresStore::new(schema.pool()).migrate().await.expect("nothing to be done");
    let key = add(&store, u64::MAX).await;
    assert!(is_there(&store, &key).await);
    assert_eq!(store.sweep().await, Ok(0));
    let error = PostgresThrottle::new(schema.pool(), "orders").migrate().await.expect_err("no rights").to_string();
    assert!(error.contains("SELECT ON jwt_auth_throttle, SELECT ON jwt_auth_throttle_secrets"), "{error}");
    drop(store);
    owner.close().await;
    schema.run(format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await;
    schema.end().await;
}

/// STO-08: the sweep deletes in batches. It keeps documents that are needed or that expired less than a day ago.
async fn sweeps(store: &dyn Store, sweep: impl AsyncFn() -> u64) {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    let mut past = Vec::new();
    for n in 0..1_100 {
        past.push(add(store, n % 10 * DAY).await);
    }
    let mut kept = Vec::new();
    for keep_until in [now - DAY + 60, now, now + DAY, u64::MAX] {
        kept.push(add(store, keep_until).await);
    }
    assert_eq!(sweep().await, 1_100);
    for key in &kept {
        assert!(is_there(store, key).await);
    }
    for key in past.iter().take(20) {
        assert!(!is_there(store, key).await);
    }
}

// STO-08, REV-06
#[tokio::test(flavor = "multi_thread")]
async fn expired_documents_are_deleted_in_batches() {
    let path = database();
    let store = sqlite(&path).await;
    sweeps(&store, async || store.sweep().await.expect("a sweep")).await;
    let Some(schema) = Schema::new().await else { return };
    let store = PostgresStore::new(schema.pool()).migrate().await.expect("tables");
    sweeps(&store, async || store.sweep().await.expect("a sweep")).await;
    drop(store);
    schema.end().await;
}

/// What is in a schema: tables, columns and indexes, without the schema's name.
async fn contents(schema: &Schema) -> Vec<String> {
    let columns = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) FROM information_schema.columns \
         WHERE table_schema = $1 ORDER BY 1";
    let indexes = "SELECT replace(indexdef, $1 || '.', '') FROM pg_indexes WHERE schemaname = $1 ORDER BY 1";
    let mut all = Vec::new();
    for statement in [columns, indexes] {
        let rows: Vec<String> =
            sqlx::query_scalar(statement).bind(&schema.name).fetch_all(&schema.admin).await.expect("rows");
        all.extend(rows);
    }
    all
}

// C6
#[tokio::test(flavor = "multi_thread")]
async fn the_published_sql_makes_what_migrate_makes() {
    let path = database();
    let pool = sqlite_pool(&path).await;
    for statements in SqliteThrottle::SCHEMA {
        sqlx::raw_sql(*statements).execute(&pool).await.expect("tables");
    }
    let sqlite_contents = async |pool: &sqlx::SqlitePool| -> Vec<String> {
        let all = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql";
        sqlx::query_scalar(all).fetch_all(pool).await.expect("rows")
    };
    let by_hand = sqlite_contents(&pool).await;
    let other = database();
    let migrated = sqlite_pool(&other).await;
    SqliteStore::new(migrated.clone()).migrate().await.expect("tables");
    assert_eq!(by_hand, sqlite_contents(&migrated).await);
    let (Some(one), Some(other)) = (Schema::new().await, Schema::new().await) else { return };
    let pool = one.pool();
    for statements in PostgresThrottle::SCHEMA {
        sqlx::raw_sql(*statements).execute(&pool).await.expect("tables");
    }
    PostgresStore::new(other.pool()).migrate().await.expect("tables");
    let by_hand = contents(&one).await;
    assert!(by_hand.len() > 10 && by_hand == contents(&other).await, "{by_hand:?}");
    pool.close().await;
    one.end().await;
    other.end().await;
}

// C6
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_can_be_read() {
    let Some(primary) = Server::postgres().await else { return };
    let connect = async |server: &Server| sqlx::PgPool::connect(&server.postgres_url()).await.expect("a database");
    let writes = PostgresStore::new(connect(&primary).await).migrate().await.expect("tables");
    let key = add(&writes, u64::MAX).await;
    let standby = primary.standby().await;
    let reads = PostgresStore::new(connect(&standby).await).migrate().await.expect("the tables are there");
    assert!(is_there(&reads, &key).await);
    assert!(reads.replace(&key, None, Some(document(u64::MAX)), Safety::Usual).await.is_err());
}
