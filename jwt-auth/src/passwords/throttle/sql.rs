//! Throttles on SQL databases. Each cell in use is a row. SQLite and PostgreSQL use the same statements.

use std::sync::OnceLock;

use crate::passwords::throttle::counter::{Counts, Shift};
use crate::passwords::throttle::shared::{Cell, Cells, Secret, Shared, count_of, shared_throttle};
use crate::store::error::StoreError;
#[cfg(feature = "postgres")]
use crate::store::sql::PostgresStore;
#[cfg(feature = "sqlite")]
use crate::store::sql::SqliteStore;
use crate::store::sql::connection::Connections;
use crate::store::sql::statements::{column, of_column};
use crate::store::sql::sweeper::Sweeper;
use crate::store::sql::tables::THROTTLE;
use crate::store::sql::values::{Engine, Value};

/// Counts an attempt if there is room, and returns the new count. If the clock was set back, the cell moves to the earlier window
/// even if there is no room; then the returned count is above the limit. Otherwise the cell would stay full until the later time
/// comes again.
const COUNT: &str = "\
    INSERT INTO jwt_auth_throttle AS t (service, cell, period, previous, latest, keep_until) \
    VALUES ($1, $2, $3, 0, 1, $4) \
    ON CONFLICT (service, cell) DO UPDATE SET \
        period = CASE WHEN t.period = excluded.period + 1 THEN t.period ELSE excluded.period END, \
        previous = CASE WHEN t.period IN (excluded.period, excluded.period + 1) THEN t.previous \
            WHEN t.period = excluded.period - 1 THEN t.latest ELSE 0 END, \
        latest = 1 + CASE WHEN t.period IN (excluded.period, excluded.period + 1) THEN t.latest \
            WHEN t.period > excluded.period THEN t.previous + t.latest ELSE 0 END, \
        keep_until = excluded.keep_until \
    WHERE t.period > excluded.period + 1 OR $5 > \
        CASE WHEN t.period >= excluded.period THEN t.previous + t.latest \
            WHEN t.period = excluded.period - 1 THEN t.latest ELSE 0 END \
    RETURNING previous + latest AS total";

const COUNTED: &str = "SELECT period, previous, latest FROM jwt_auth_throttle WHERE service = $1 AND cell = $2";

const TAKE_BACK: &str = "\
    UPDATE jwt_auth_throttle SET \
        latest = CASE WHEN period = $3 AND latest > 0 THEN latest - 1 ELSE latest END, \
        previous = CASE WHEN period = $3 + 1 AND previous > 0 THEN previous - 1 ELSE previous END \
    WHERE service = $1 AND cell = $2 AND period IN ($3, $3 + 1)";

const PROPOSE: &str = "\
    INSERT INTO jwt_auth_throttle_secrets (service, secret) VALUES ($1, $2) ON CONFLICT (service) DO NOTHING";

macro_rules! sql_throttle {
    ($(#[$doc:meta])* $throttle:ident, $cells:ident, $database:ty, $documents:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $throttle(Shared<$cells>);

        #[derive(Debug)]
        struct $cells {
            connections: Connections<$database>,
            service: String,
            sweeper: OnceLock<Sweeper>,
        }

        impl $throttle {
            /// A throttle on this pool. `service` is the service's own name, so that several services can share a database.
            /// [`migrate`](Self::migrate) creates the tables. A connection that does not answer is replaced.
            pub fn new(pool: sqlx::Pool<$database>, service: impl Into<String>) -> Self {
                let connections = Connections::new(pool, <$documents>::DIALECT.is_remote);
                Self(Shared::new($cells { connections, service: service.into(), sweeper: OnceLock::new() }))
            }

            /// The SQL that creates the tables, which are those of the store too: see its `SCHEMA`.
            pub const SCHEMA: &[&str] = <$documents>::SCHEMA;

            /// Creates or updates the tables for this version. Their names begin with `jwt_auth_`. Any number of instances may
            /// call this at once. If there is nothing to do it only reads, so a role that may not create tables can call it after
            /// another role has run [`SCHEMA`](Self::SCHEMA).
            ///
            /// # Errors
            ///
            /// The tables are missing, or of an older version, and the role may not create them; the role may not read them; or
            /// another error of the database.
            pub async fn migrate(self) -> Result<Self, StoreError> {
                <$documents>::migrate_tables(self.0.cells.connections.pool(), stringify!($throttle), THROTTLE).await?;
                Ok(self)
            }

            /// Deletes the counters whose windows ended at least a day ago on the database's clock, in short batches, and returns how
            /// many. An instance that has counted does this by itself every minute; call it only from jobs of your own.
            ///
            /// # Errors
            ///
            /// An error of the database.
            pub async fn sweep(&self) -> Result<u64, StoreError> {
                let pool = self.0.cells.connections.pool();
                <$documents>::delete_in_batches(pool, <$documents>::DIALECT.sweep_throttle).await
            }
        }

        impl $cells {
            /// Stores the secret, unless the service has one. The secret is bound as a parameter of an unnamed statement, so that
            /// it is in no log of statements. That takes a transaction, because a pooler may change the server after one.
            async fn propose(
                connection: &mut <$database as sqlx::Database>::Connection,
                service: &str,
                proposed: &Secret,
            ) -> Result<(), sqlx::Error> {
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let query = sqlx::query(PROPOSE).bind(service).bind(&proposed[..]).persistent(false);
                query.execute(&mut *transaction).await?;
                transaction.commit().await
            }

            /// What a cell has counted, as seen in this window. `None` if the row was deleted meanwhile.
            async fn counted(&self, cell: Cell, period: u64) -> Result<Option<Counts>, StoreError> {
                let mut call = self.connections.acquire().await?;
                let values = [Value::Text(&self.service), Value::Number(cell)];
                let row = <$database>::first_row(call.connection()?, COUNTED, &values).await;
                call.finish();
                let Some(row) = row? else { return Ok(None) };
                let number = |column| <$database>::number(&row, column);
                let from = of_column(number("period")?)?;
                let (previous, latest) = (count_of(number("previous")?), count_of(number("latest")?));
                let counts = Counts { period: from, previous, latest };
                Ok(Some(counts.shifted(Shift::between(from, period), period)))
            }
        }

        impl Cells for $cells {
            async fn secret(&self, proposed: Secret) -> Result<Secret, StoreError> {
                let mut call = self.connections.acquire().await?;
                let mut secret = Self::propose(call.connection()?, &self.service, &proposed).await.map(|_| None);
                if secret.is_ok() {
                    let service = [Value::Text(&self.service)];
                    secret = <$database>::first_row(call.connection()?, <$documents>::DIALECT.secret, &service).await;
                }
                call.finish();
                let row = secret?.ok_or(sqlx::Error::RowNotFound)?;
                let secret = <$database>::bytes(&row, "secret")?.unwrap_or_default();
                Secret::try_from(secret).map_err(|_| StoreError::new("the throttle's secret has the wrong length"))
            }

            async fn count(
                &self,
                cell: Cell,
                limit: u16,
                period: u64,
                window: u64,
            ) -> Result<Option<Counts>, StoreError> {
                let sweep = <$documents>::DIALECT.sweep_throttle;
                self.sweeper.get_or_init(|| <$documents>::start_sweeper(self.connections.pool(), sweep));
                let mut call = self.connections.acquire().await?;
                let keep_until = column(period.saturating_add(2).saturating_mul(window));
                let numbers = [cell, column(period), keep_until, i64::from(limit)].map(Value::Number);
                let values = [&[Value::Text(&self.service)], &numbers[..]].concat();
                let row = <$database>::first_row(call.connection()?, COUNT, &values).await;
                call.finish();
                let total = row?.map(|row| <$database>::number(&row, "total")).transpose()?;
                if total.is_some_and(|total| total <= i64::from(limit)) {
                    return Ok(None);
                }
                // If the row was deleted meanwhile, the next attempt finds room.
                let full = Counts { period, previous: limit, latest: 0 };
                Ok(Some(self.counted(cell, period).await?.unwrap_or(full)))
            }

            async fn take_back(&self, cell: Cell, began: u64) -> Result<(), StoreError> {
                let values = [Value::Text(&self.service), Value::Number(cell), Value::Number(column(began))];
                let mut call = self.connections.acquire().await?;
                let done = <$database>::changed_rows(call.connection()?, TAKE_BACK, &values).await;
                call.finish();
                Ok(done.map(drop)?)
            }
        }

        shared_throttle!($throttle);
    };
}

#[cfg(feature = "sqlite")]
sql_throttle!(
    /// A throttle in an SQLite database, for the processes of one machine: together they let no more wrong passwords through than
    /// one would, and a restart forgets none. It has the limits of [`ThrottleLimits::new`](crate::passwords::ThrottleLimits::new).
    ///
    /// The number of counters is fixed ([`cells`](Self::cells)), so an attack cannot fill the disk.
    SqliteThrottle,
    SqliteCells,
    sqlx::Sqlite,
    SqliteStore
);

#[cfg(feature = "postgres")]
sql_throttle!(
    /// A throttle in a PostgreSQL database, for any number of instances: together they let no more wrong passwords through than one
    /// would. It has the limits of [`ThrottleLimits::new`](crate::passwords::ThrottleLimits::new).
    ///
    /// The number of counters is fixed ([`cells`](Self::cells)), so an attack cannot fill the disk. It works behind PgBouncer like
    /// [`PostgresStore`](crate::store::PostgresStore).
    PostgresThrottle,
    PostgresCells,
    sqlx::Postgres,
    PostgresStore
);
