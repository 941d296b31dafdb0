//! The tables of the SQL stores: how they are created, and how expired documents are deleted.

use std::sync::Arc;

use jwt_auth::store::{Body, Document, Key, PostgresStore, Safety, SqliteStore, Store, Summary, Version};
use jwt_auth_tests::{database, server};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::handles::{sqlite, sqlite_pool};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_create_tables_can_start_once_they_exist() {
    let Some(mut schema) = Schema::new().await else { return };
    let role = fresh_name();
    schema.run(format!("CREATE ROLE {role} LOGIN")).await;
    schema.run(format!("GRANT USAGE ON SCHEMA {} TO {role}", schema.name)).await;
    let owner = schema.pool();
    schema.options = schema.options.clone().username(&role);
    assert!(PostgresStore::new(schema.pool()).migrate().await.is_err(), "there are none, and it may not make any");
    // The files that an administrator would run.
    for file in [
        include_str!("../../jwt-auth/migrations/postgres/0001_documents.sql"),
        include_str!("../../jwt-auth/migrations/postgres/0002_throttle.sql"),
    ] {
        sqlx::raw_sql(file).execute(&owner).await.expect("tables");
    }
    schema.run(format!("GRANT SELECT ON {0}.jwt_auth_migrations TO {role}", schema.name)).await;
    let of_documents = "SELECT, INSERT, UPDATE, DELETE";
    schema.run(format!("GRANT {of_documents} ON {0}.jwt_auth_documents TO {role}", schema.name)).await;
    let store = PostgresStore::new(schema.pool()).migrate().await.expect("nothing to be done");
    let key = add(&store, u64::MAX).await;
    assert!(is_there(&store, &key).await);
    assert_eq!(store.sweep().await, Ok(0));
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
