//! Stores on SQL databases. One text serves both: SQLite and PostgreSQL differ in the type of bytes alone.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::Row;

use super::record::{Consumed, Refresh, RefreshHash, Revocation, TokenRef};
use super::{Store, StoreError, StoreFuture, Successor};

/// How often expired rows are deleted, in seconds, by each instance.
const SWEEP_EVERY: u64 = 60;

const IS_REVOKED: &str = "SELECT 1 AS revoked WHERE \
     EXISTS (SELECT 1 FROM jwt_auth_revoked_tokens WHERE issuer = $1 AND jwt_id = $2) \
     OR EXISTS (SELECT 1 FROM jwt_auth_revoked_sessions WHERE session = $3) \
     OR EXISTS (SELECT 1 FROM jwt_auth_revoked_subjects WHERE issuer = $1 AND subject = $4 AND before_time > $5)";

const REVOKE_TOKEN: &str = "INSERT INTO jwt_auth_revoked_tokens AS kept (issuer, jwt_id, until) VALUES ($1, $2, $3) \
     ON CONFLICT (issuer, jwt_id) DO UPDATE SET until = excluded.until WHERE excluded.until > kept.until";

const REVOKE_SESSION: &str = "INSERT INTO jwt_auth_revoked_sessions AS kept (session, until) VALUES ($1, $2) \
     ON CONFLICT (session) DO UPDATE SET until = excluded.until WHERE excluded.until > kept.until";

const REVOKE_SUBJECT: &str = "INSERT INTO jwt_auth_revoked_subjects AS kept (issuer, subject, before_time, until) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO UPDATE SET \
     before_time = CASE WHEN excluded.before_time > kept.before_time THEN excluded.before_time ELSE kept.before_time END, \
     until = CASE WHEN excluded.until > kept.until THEN excluded.until ELSE kept.until END";

const BEGIN: &str = "INSERT INTO jwt_auth_refresh \
     (hash, session, issuer, subject, client_id, scope, claims, began_at, expires_at, ends_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const FIND: &str = "SELECT * FROM jwt_auth_refresh WHERE hash = $1 AND ends_at > $2";

/// One statement decides who uses a token: it is unused, in time, and its session and subject stand.
const CONSUME: &str = "UPDATE jwt_auth_refresh SET used_at = $2, grace_until = $3, sealed = $4 \
     WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 AND ends_at > $2 \
     AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_sessions gone WHERE gone.session = jwt_auth_refresh.session) \
     AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_subjects gone WHERE gone.issuer = jwt_auth_refresh.issuer \
         AND gone.subject = jwt_auth_refresh.subject AND gone.before_time > jwt_auth_refresh.began_at) \
     RETURNING *";

/// A used token within its grace, whose session stands.
const WITHIN_GRACE: &str = "SELECT sealed FROM jwt_auth_refresh \
     WHERE hash = $1 AND grace_until > $2 AND expires_at > $2 AND ends_at > $2 \
     AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_sessions gone WHERE gone.session = jwt_auth_refresh.session) \
     AND NOT EXISTS (SELECT 1 FROM jwt_auth_revoked_subjects gone WHERE gone.issuer = jwt_auth_refresh.issuer \
         AND gone.subject = jwt_auth_refresh.subject AND gone.before_time > jwt_auth_refresh.began_at)";

const SWEEP: [&str; 4] = [
    "DELETE FROM jwt_auth_revoked_tokens WHERE until <= $1",
    "DELETE FROM jwt_auth_revoked_sessions WHERE until <= $1",
    "DELETE FROM jwt_auth_revoked_subjects WHERE until <= $1",
    "DELETE FROM jwt_auth_refresh WHERE ends_at <= $1",
];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// A time of ours as a column's. Later than the last column can say is its last.
fn column(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

macro_rules! sql_store {
    ($(#[$doc:meta])* $store:ident, $database:ty, $migration:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $store {
            pool: sqlx::Pool<$database>,
            swept_at: AtomicU64,
        }

        impl $store {
            /// On this pool. [`migrate`](Self::migrate) makes the tables.
            pub fn new(pool: sqlx::Pool<$database>) -> Self {
                Self { pool, swept_at: AtomicU64::new(0) }
            }

            /// Makes the tables, whose names begin with `jwt_auth_`, where they are not there. Any number of instances may call
            /// it.
            ///
            /// # Errors
            ///
            /// The database's own.
            pub async fn migrate(self) -> Result<Self, StoreError> {
                for statement in $migration {
                    sqlx::query(statement).execute(&self.pool).await?;
                }
                Ok(self)
            }

            async fn sweep(&self, now: u64) -> Result<(), StoreError> {
                let before = self.swept_at.load(Ordering::Relaxed);
                let is_due = now >= before.saturating_add(SWEEP_EVERY);
                if !is_due || self.swept_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                    return Ok(());
                }
                for statement in SWEEP {
                    sqlx::query(statement).bind(column(now)).execute(&self.pool).await?;
                }
                Ok(())
            }

            fn read(row: &<$database as sqlx::Database>::Row) -> Result<Refresh, StoreError> {
                let seconds = |name: &str| -> Result<u64, StoreError> {
                    u64::try_from(row.try_get::<i64, _>(name)?).map_err(|_| StoreError::new("a time is negative"))
                };
                let hash: Vec<u8> = row.try_get("hash")?;
                Ok(Refresh {
                    hash: RefreshHash(hash.try_into().map_err(|_| StoreError::new("a hash is not of its size"))?),
                    session: row.try_get("session")?,
                    issuer: row.try_get("issuer")?,
                    subject: row.try_get("subject")?,
                    client_id: row.try_get("client_id")?,
                    scope: row.try_get("scope")?,
                    claims: row.try_get("claims")?,
                    began_at: seconds("began_at")?,
                    expires_at: seconds("expires_at")?,
                    ends_at: seconds("ends_at")?,
                })
            }

            async fn insert<'c, E>(executor: E, refresh: &Refresh) -> Result<(), StoreError>
            where
                E: sqlx::Executor<'c, Database = $database>,
            {
                sqlx::query(BEGIN)
                    .bind(refresh.hash.0.to_vec())
                    .bind(&refresh.session)
                    .bind(&refresh.issuer)
                    .bind(&refresh.subject)
                    .bind(&refresh.client_id)
                    .bind(&refresh.scope)
                    .bind(&refresh.claims)
                    .bind(column(refresh.began_at))
                    .bind(column(refresh.expires_at))
                    .bind(column(refresh.ends_at))
                    .execute(executor)
                    .await?;
                Ok(())
            }

            /// The token was not used by this call: it was before, or it cannot be.
            async fn not_consumed(&self, presented: RefreshHash, now: u64) -> Result<Consumed, StoreError> {
                let hash = presented.0.to_vec();
                let row = sqlx::query(FIND).bind(hash.clone()).bind(column(now)).fetch_optional(&self.pool).await?;
                let Some(row) = row else { return Ok(Consumed::Unknown) };
                if row.try_get::<Option<i64>, _>("used_at")?.is_none() {
                    return Ok(Consumed::Unknown);
                }
                let refresh = Self::read(&row)?;
                let kept = sqlx::query(WITHIN_GRACE).bind(hash).bind(column(now)).fetch_optional(&self.pool).await?;
                if let Some(kept) = kept {
                    let sealed: Vec<u8> = kept.try_get("sealed")?;
                    let sealed = sealed.try_into().map_err(|_| StoreError::new("a successor is not of its size"))?;
                    return Ok(Consumed::Before { refresh, sealed });
                }
                let until = column(refresh.ends_at);
                sqlx::query(REVOKE_SESSION).bind(&refresh.session).bind(until).execute(&self.pool).await?;
                Ok(Consumed::Reused(refresh))
            }
        }

        impl Store for $store {
            fn is_revoked<'s>(&'s self, token: TokenRef<'s>, _: u64) -> StoreFuture<'s, bool> {
                Box::pin(async move {
                    let found = sqlx::query(IS_REVOKED)
                        .bind(token.issuer)
                        .bind(token.jwt_id)
                        .bind(token.session.unwrap_or_default())
                        .bind(token.subject)
                        .bind(column(token.issued_at))
                        .fetch_optional(&self.pool)
                        .await?;
                    Ok(found.is_some())
                })
            }

            fn revoke<'s>(&'s self, revocation: Revocation<'s>, now: u64) -> StoreFuture<'s, ()> {
                Box::pin(async move {
                    self.sweep(now).await?;
                    let query = match revocation {
                        Revocation::Token { issuer, jwt_id, until } => {
                            sqlx::query(REVOKE_TOKEN).bind(issuer).bind(jwt_id).bind(column(until))
                        }
                        Revocation::Session { session, until } => {
                            sqlx::query(REVOKE_SESSION).bind(session).bind(column(until))
                        }
                        Revocation::Subject { issuer, subject, before, until } => {
                            sqlx::query(REVOKE_SUBJECT).bind(issuer).bind(subject).bind(column(before)).bind(column(until))
                        }
                    };
                    query.execute(&self.pool).await?;
                    Ok(())
                })
            }

            fn begin<'s>(&'s self, refresh: Refresh, now: u64) -> StoreFuture<'s, ()> {
                Box::pin(async move {
                    self.sweep(now).await?;
                    Self::insert(&self.pool, &refresh).await
                })
            }

            fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
                Box::pin(async move {
                    let mut transaction = self.pool.begin().await?;
                    let used = sqlx::query(CONSUME)
                        .bind(presented.0.to_vec())
                        .bind(column(now))
                        .bind(column(now.saturating_add(successor.grace)))
                        .bind(successor.sealed.to_vec())
                        .fetch_optional(&mut *transaction)
                        .await?;
                    let Some(row) = used else {
                        transaction.rollback().await?;
                        return self.not_consumed(presented, now).await;
                    };
                    let refresh = Self::read(&row)?;
                    let expires_at = now.saturating_add(successor.idle).min(refresh.ends_at);
                    let next = Refresh { hash: successor.hash, expires_at, ..refresh.clone() };
                    Self::insert(&mut *transaction, &next).await?;
                    transaction.commit().await?;
                    Ok(Consumed::Now(refresh))
                })
            }

            fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>> {
                Box::pin(async move {
                    let hash = presented.0.to_vec();
                    let row = sqlx::query(FIND).bind(hash).bind(column(now)).fetch_optional(&self.pool).await?;
                    row.as_ref().map(Self::read).transpose()
                })
            }
        }
    };
}

macro_rules! migration {
    ($bytes:literal) => {
        [
            "CREATE TABLE IF NOT EXISTS jwt_auth_revoked_tokens (issuer TEXT NOT NULL, jwt_id TEXT NOT NULL, \
             until BIGINT NOT NULL, PRIMARY KEY (issuer, jwt_id))",
            "CREATE TABLE IF NOT EXISTS jwt_auth_revoked_sessions (session TEXT PRIMARY KEY, until BIGINT NOT NULL)",
            "CREATE TABLE IF NOT EXISTS jwt_auth_revoked_subjects (issuer TEXT NOT NULL, subject TEXT NOT NULL, \
             before_time BIGINT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (issuer, subject))",
            concat!(
                "CREATE TABLE IF NOT EXISTS jwt_auth_refresh (hash ",
                $bytes,
                " PRIMARY KEY, session TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, \
                 client_id TEXT NOT NULL, scope TEXT NOT NULL, claims TEXT NOT NULL, began_at BIGINT NOT NULL, \
                 expires_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT, grace_until BIGINT, sealed ",
                $bytes,
                ")"
            ),
            "CREATE INDEX IF NOT EXISTS jwt_auth_refresh_ends_at ON jwt_auth_refresh (ends_at)",
        ]
    };
}

#[cfg(feature = "sqlite")]
sql_store!(
    /// A [`Store`] in an SQLite database: it survives a restart, and serves the processes of one machine.
    ///
    /// Use a pool with `journal_mode = WAL` and a busy timeout, as sqlx sets by default.
    SqliteStore,
    sqlx::Sqlite,
    migration!("BLOB")
);

#[cfg(feature = "postgres")]
sql_store!(
    /// A [`Store`] in a PostgreSQL database, shared by any number of instances.
    PostgresStore,
    sqlx::Postgres,
    migration!("BYTEA")
);
