//! Stores on SQL databases. SQLite and PostgreSQL differ only in a few words of SQL.

pub(crate) mod connection;
pub(crate) mod statements;
pub(crate) mod sweeper;

use std::sync::OnceLock;

use sqlx::Row;

use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::error::{StoreError, StoreFuture};
use crate::store::sql::connection::Connections;
use crate::store::sql::statements::{Dialect, SCHEMA, SUMMARY, VERSION, column, of_column, version};
use crate::store::sql::sweeper::{BATCH, PAUSE, Sweeper};
use crate::store::store_trait::{MARGIN, Reading, Safety, Store};

macro_rules! sql_store {
    ($(#[$doc:meta])* $store:ident, $database:ty, $dialect:path) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $store {
            connections: Connections<$database>,
            sweeper: OnceLock<Sweeper>,
        }

        impl $store {
            pub(crate) const DIALECT: Dialect = $dialect;

            /// A store on this pool. [`migrate`](Self::migrate) creates the tables.
            pub fn new(pool: sqlx::Pool<$database>) -> Self {
                Self { connections: Connections::new(pool, Self::DIALECT.is_remote), sweeper: OnceLock::new() }
            }

            /// Creates or updates the tables for this version. Their names begin with `jwt_auth_`. Any number of instances may
            /// call this at once. If there is nothing to do it only reads, so a role that may not create tables can call it after
            /// another role has run the files in `migrations/` of this package.
            ///
            /// # Errors
            ///
            /// An error of the database.
            pub async fn migrate(self) -> Result<Self, StoreError> {
                Self::migrate_tables(self.connections.pool()).await?;
                Ok(self)
            }

            /// Migrates the tables of the documents and of the throttle.
            pub(crate) async fn migrate_tables(pool: &sqlx::Pool<$database>) -> Result<(), StoreError> {
                let mut connection = pool.acquire().await?;
                let done = Self::schema(&mut connection).await?;
                drop(connection);
                if Self::DIALECT.migrations.len() <= done {
                    return Ok(());
                }
                let mut transaction = pool.begin_with(Self::DIALECT.begin).await?;
                sqlx::query(Self::DIALECT.lock).execute(&mut *transaction).await?;
                // Another instance may have migrated meanwhile.
                let done = Self::schema(&mut transaction).await?;
                for migration in Self::DIALECT.migrations.iter().skip(done) {
                    sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(())
            }

            /// How many migrations have been run.
            async fn schema(connection: &mut <$database as sqlx::Database>::Connection) -> Result<usize, StoreError> {
                let is_there: i64 = sqlx::query_scalar(Self::DIALECT.has_schema).fetch_one(&mut *connection).await?;
                let done: i64 = match is_there {
                    0 => 0,
                    _ => sqlx::query_scalar(SCHEMA).fetch_one(connection).await?,
                };
                usize::try_from(done).map_err(|_| StoreError::new("the version of the tables is negative"))
            }

            /// Deletes the documents that expired at least a day ago on the database's clock, in short batches, and returns how
            /// many. An instance that has written to the store does this by itself every minute; call it only from jobs of your
            /// own.
            ///
            /// # Errors
            ///
            /// An error of the database.
            pub async fn sweep(&self) -> Result<u64, StoreError> {
                Self::delete_in_batches(self.connections.pool(), Self::DIALECT.sweep).await
            }

            pub(crate) async fn delete_in_batches(
                pool: &sqlx::Pool<$database>,
                statement: &'static str,
            ) -> Result<u64, StoreError> {
                let mut total = 0_u64;
                loop {
                    let batch = sqlx::query(statement).bind(column(MARGIN)).bind(BATCH).execute(pool).await?;
                    total = total.saturating_add(batch.rows_affected());
                    if column(batch.rows_affected()) < BATCH {
                        return Ok(total);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }

            /// Starts to run this statement every minute.
            pub(crate) fn start_sweeper(pool: &sqlx::Pool<$database>, statement: &'static str) -> Sweeper {
                let pool = pool.clone();
                Sweeper::start(move || {
                    let pool = pool.clone();
                    async move { Self::delete_in_batches(&pool, statement).await }
                })
            }

            async fn read_document(&self, key: &Key) -> Result<Reading, StoreError> {
                let mut call = self.connections.acquire().await?;
                let query = sqlx::query(Self::DIALECT.read).bind(key.as_bytes());
                let row = query.fetch_one(call.connection()?).await;
                call.finish();
                let row = row?;
                let clock = Some(of_column(row.try_get("clock")?)?);
                let Some(bytes) = row.try_get::<Option<Vec<u8>>, _>("version")? else {
                    return Ok(Reading { document: None, clock });
                };
                let document = Document {
                    version: version(&bytes)?,
                    keep_until: of_column(row.try_get("keep_until")?)?,
                    summary: Summary::from_bytes(row.try_get::<Vec<u8>, _>("summary")?),
                    body: Body::from_bytes(row.try_get::<Vec<u8>, _>("body")?),
                };
                Ok(Reading { document: Some(document), clock })
            }

            async fn replace_document(
                &self,
                key: &Key,
                expected: Option<Version>,
                new: Option<Document>,
                safety: Safety,
            ) -> Result<bool, StoreError> {
                let mut call = self.connections.acquire().await?;
                let done = Self::replace_on(call.connection()?, key.as_bytes(), expected, new, safety).await;
                call.finish();
                Ok(done?)
            }

            async fn replace_on(
                connection: &mut <$database as sqlx::Database>::Connection,
                key: &[u8],
                expected: Option<Version>,
                new: Option<Document>,
                safety: Safety,
            ) -> Result<bool, sqlx::Error> {
                let is_confirmed = safety == Safety::Confirmed;
                if is_confirmed
                    && let Some((ask, raise)) = Self::DIALECT.raise
                    && sqlx::query_scalar::<_, i64>(ask).fetch_one(&mut *connection).await? < 2
                {
                    sqlx::query(raise).execute(&mut *connection).await?;
                }
                let writes = if is_confirmed { &Self::DIALECT.confirmed } else { &Self::DIALECT.usual };
                let query = match (&expected, &new) {
                    (None, None) => None,
                    (Some(expected), None) => Some(sqlx::query(writes.delete).bind(key).bind(expected.as_bytes())),
                    (_, Some(new)) => {
                        let statement = if expected.is_some() { writes.update } else { writes.insert };
                        let query = sqlx::query(statement).bind(key).bind(new.version.as_bytes());
                        let query = query.bind(new.summary.as_bytes()).bind(new.body.as_bytes());
                        let query = query.bind(column(new.keep_until));
                        Some(match &expected {
                            Some(expected) => query.bind(expected.as_bytes()),
                            None => query,
                        })
                    }
                };
                if let Some(query) = query
                    && query.execute(&mut *connection).await?.rows_affected() > 0
                {
                    return Ok(true);
                }
                // Another write came first, or the call was sent twice.
                let is: Option<Vec<u8>> = sqlx::query_scalar(VERSION).bind(key).fetch_optional(connection).await?;
                Ok(is.as_deref() == new.as_ref().map(|new| new.version.as_bytes()))
            }
        }

        impl Store for $store {
            fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
                Box::pin(self.read_document(key))
            }

            fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
                Box::pin(async move {
                    let mut call = self.connections.acquire().await?;
                    let query = sqlx::query_scalar::<_, Vec<u8>>(SUMMARY).bind(key.as_bytes());
                    let found = query.fetch_optional(call.connection()?).await;
                    call.finish();
                    Ok(found?.map(Summary::from_bytes))
                })
            }

            fn replace<'s>(
                &'s self,
                key: &'s Key,
                expected: Option<Version>,
                new: Option<Document>,
                safety: Safety,
            ) -> StoreFuture<'s, bool> {
                Box::pin(async move {
                    let start = || Self::start_sweeper(self.connections.pool(), Self::DIALECT.sweep);
                    self.sweeper.get_or_init(start);
                    self.replace_document(key, expected, new, safety).await
                })
            }
        }
    };
}

#[cfg(feature = "sqlite")]
sql_store!(
    /// A [`Store`] in an SQLite database: it survives a restart and serves the processes of one machine.
    ///
    /// Use a pool with `journal_mode = WAL`, which sqlx does not set by default, and a busy timeout, which it does. Its
    /// `acquire_timeout` should be below the builder's [`store_timeout`](crate::Builder::store_timeout):
    ///
    /// ```no_run
    /// # use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
    /// # async fn store() -> Result<jwt_auth::store::SqliteStore, Box<dyn std::error::Error>> {
    /// let file = SqliteConnectOptions::new().filename("shop.db").journal_mode(SqliteJournalMode::Wal);
    /// let pool = SqlitePoolOptions::new().acquire_timeout(std::time::Duration::from_secs(1));
    /// let pool = pool.connect_with(file.create_if_missing(true)).await?;
    /// let store = jwt_auth::store::SqliteStore::new(pool).migrate().await?;
    /// # Ok(store) }
    /// ```
    ///
    /// With `synchronous = NORMAL`, a power failure can lose the last writes. The store sets a connection to `FULL` before it
    /// ends a session or revokes a token, so a power failure does not undo that. While the disk is full, every write gets a 503,
    /// sign-outs too.
    SqliteStore,
    sqlx::Sqlite,
    crate::store::sql::statements::SQLITE
);

#[cfg(feature = "postgres")]
sql_store!(
    /// A [`Store`] in a PostgreSQL database, shared by any number of instances.
    ///
    /// A write that ends a session or revokes a token waits until it is on disk and on the replicas in
    /// `synchronous_standby_names`, even on a connection with `synchronous_commit = off` or `local`. If the setting names no
    /// replica, a replica that takes over may lack the last sign-outs. Name one replica more than you want to wait for: if too
    /// few of them answer, every write that waits for them gets a 503.
    PostgresStore,
    sqlx::Postgres,
    crate::store::sql::statements::POSTGRES
);
