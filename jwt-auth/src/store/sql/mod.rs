//! Stores on SQL databases. SQLite and PostgreSQL differ only in a few words of SQL.

pub(crate) mod connection;
pub(crate) mod statements;
pub(crate) mod sweeper;
pub(crate) mod values;
pub(crate) mod tables;

use std::sync::OnceLock;

use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::error::{StoreError, StoreFuture};
use crate::store::sql::connection::Connections;
use crate::store::sql::statements::{Dialect, column, of_column, version};
use crate::store::sql::sweeper::{BATCH, PAUSE, Sweeper};
use crate::store::sql::tables::{DOCUMENTS, Tables};
use crate::store::sql::values::{Engine, Value};
use crate::store::store_trait::{MARGIN, Reading, Safety, Store};

/// The stores send nothing that a pooler in transaction mode breaks. The application's own statements on the pool may.
fn warn_of_pooler() {
    tracing::warn!(
        target: "jwt_auth",
        "the pool leads through a pooler in transaction mode (two connections of the pool have reached the same process of the server). This store works there. sqlx prepares the statements of your own on this pool, and they can fail or be taken for another client's: set `max_prepared_statements` in PgBouncer (1.21 or newer), or give the store a pool of its own"
    );
}

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

            /// The SQL that creates the tables: the first text leads to version 1, the next one to version 2. Run those that the
            /// database lacks (`SELECT MAX(version) FROM jwt_auth_migrations`), each in a transaction. They hold the tables of the
            /// throttle too. [`migrate`](Self::migrate) runs the same texts.
            pub const SCHEMA: &[&str] = Self::DIALECT.migrations;

            /// Creates or updates the tables for this version. Their names begin with `jwt_auth_`. Any number of instances may
            /// call this at once. If there is nothing to do it only reads, so a role that may not create tables can call it after
            /// another role has run [`SCHEMA`](Self::SCHEMA).
            ///
            /// It logs a warning if the role may only read, or if the database is read-only. A service that only verifies tokens
            /// works nevertheless.
            ///
            /// # Errors
            ///
            /// The tables are missing, or of an older version, and the role may not create them; the role may not read them; or
            /// another error of the database.
            pub async fn migrate(self) -> Result<Self, StoreError> {
                Self::migrate_tables(self.connections.pool(), stringify!($store), DOCUMENTS).await?;
                Ok(self)
            }

            /// Migrates the tables of the documents and of the throttle, and checks the rights on those that are `used`.
            pub(crate) async fn migrate_tables(
                pool: &sqlx::Pool<$database>,
                store: &str,
                used: &str,
            ) -> Result<(), StoreError> {
                let tables = Tables { dialect: &Self::DIALECT };
                let mut connection = pool.acquire().await?;
                let done = tables.migrated::<$database>(&mut connection).await?;
                if done < Self::SCHEMA.len() {
                    drop(connection);
                    if let Err(error) = Self::run_migrations(pool, tables).await {
                        return Err(tables.not_created(pool, done, store, error).await);
                    }
                    connection = pool.acquire().await?;
                }
                tables.check_rights::<$database>(&mut connection, used).await?;
                drop(connection);
                if <$database>::is_pooled_by_transaction(pool).await {
                    warn_of_pooler();
                }
                Ok(())
            }

            async fn run_migrations(pool: &sqlx::Pool<$database>, tables: Tables<'_>) -> Result<(), StoreError> {
                let mut transaction = pool.begin_with(Self::DIALECT.begin).await?;
                <$database>::changed_rows(&mut transaction, Self::DIALECT.lock, &[]).await?;
                // Another instance may have migrated meanwhile.
                let done = tables.migrated::<$database>(&mut transaction).await?;
                for migration in Self::SCHEMA.iter().skip(done) {
                    sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(())
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
                    let values = [Value::Number(column(MARGIN)), Value::Number(BATCH)];
                    let mut connection = pool.acquire().await?;
                    let batch = <$database>::changed_rows(&mut connection, statement, &values).await?;
                    drop(connection);
                    total = total.saturating_add(batch);
                    if column(batch) < BATCH {
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
                let key = [Value::Bytes(key.as_bytes())];
                let row = <$database>::first_row(call.connection()?, Self::DIALECT.read, &key).await;
                call.finish();
                let row = row?.ok_or(sqlx::Error::RowNotFound)?;
                let bytes = |column| <$database>::bytes(&row, column);
                let clock = Some(of_column(<$database>::number(&row, "clock")?)?);
                let (Some(is), Some(summary), Some(body)) = (bytes("version")?, bytes("summary")?, bytes("body")?) else {
                    return Ok(Reading { document: None, clock });
                };
                let document = Document {
                    version: version(&is)?,
                    keep_until: of_column(<$database>::number(&row, "keep_until")?)?,
                    summary: Summary::from_bytes(summary),
                    body: Body::from_bytes(body),
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
                    && let Some(row) = <$database>::first_row(connection, ask, &[]).await?
                    && <$database>::number(&row, "synchronous")? < 2
                {
                    <$database>::changed_rows(connection, raise, &[]).await?;
                }
                let writes = if is_confirmed { &Self::DIALECT.confirmed } else { &Self::DIALECT.usual };
                let mut values = vec![Value::Bytes(key)];
                if let Some(new) = &new {
                    let parts = [new.version.as_bytes(), new.summary.as_bytes(), new.body.as_bytes()];
                    values.extend(parts.map(Value::Bytes));
                    values.push(Value::Number(column(new.keep_until)));
                }
                values.extend(expected.as_ref().map(|expected| Value::Bytes(expected.as_bytes())));
                let statement = match (&expected, &new) {
                    (None, None) => None,
                    (Some(_), None) => Some(writes.delete),
                    (Some(_), Some(_)) => Some(writes.update),
                    (None, Some(_)) => Some(writes.insert),
                };
                if let Some(statement) = statement
                    && <$database>::changed_rows(connection, statement, &values).await? > 0
                {
                    return Ok(true);
                }
                // Another write came first, or the call was sent twice.
                let row = <$database>::first_row(connection, Self::DIALECT.version, &[Value::Bytes(key)]).await?;
                let is = row.map_or(Ok(None), |row| <$database>::bytes(&row, "version"))?;
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
                    let key = [Value::Bytes(key.as_bytes())];
                    let row = <$database>::first_row(call.connection()?, Self::DIALECT.summary, &key).await;
                    call.finish();
                    let found = row?.map_or(Ok(None), |row| <$database>::bytes(&row, "summary"))?;
                    Ok(found.map(Summary::from_bytes))
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
    ///
    /// It works behind PgBouncer in session mode and in transaction mode, because it prepares no statements. PgBouncer needs
    /// `ignore_startup_parameters = extra_float_digits` for the connections of sqlx. Statements of your own on the same pool are
    /// prepared by sqlx, which transaction mode breaks: set `max_prepared_statements` (PgBouncer 1.21 or newer), or give the store a
    /// pool of its own. [`migrate`](Self::migrate) warns if the pool leads through such a pooler. Statement mode is not supported.
    ///
    /// The values are literals in the statements, so they are in a log of statements (sqlx logs them at `debug`, slow ones at
    /// `warn`, and the server logs statements that fail or are slow). They are random names, hashes and times, and the record of an
    /// account in hexadecimal digits: its id, the claims, scopes, clients and labels of its sessions. No token and no password is among
    /// them. `disable_statement_logging` of sqlx turns its log off, and `log_min_error_statement` and `log_min_duration_statement` are
    /// the settings of the server.
    PostgresStore,
    sqlx::Postgres,
    crate::store::sql::statements::POSTGRES
);
