//! Stores on SQL databases. One text serves both: SQLite and PostgreSQL differ in the type of bytes alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Row;

use super::record::{Consumed, Refresh, RefreshHash, Revocation, TokenRef};
use super::sql_text::{
    BEGIN, CONSUME, FIND, IS_REVOKED, REVOKE_SESSION, REVOKE_SUBJECT, REVOKE_TOKEN, SWEEP, WITHIN_GRACE, migration,
};
use super::{Store, StoreError, StoreFuture, Successor};

/// How often expired rows are deleted, in seconds, by each instance.
const SWEEP_EVERY: u64 = 60;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::caused_by(error)
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
                sqlx::raw_sql($migration).execute(&self.pool).await?;
                Ok(self)
            }

            /// In a task of its own: nobody waits for it, and nothing fails with it.
            fn sweep(&self, now: u64) {
                let before = self.swept_at.load(Ordering::Relaxed);
                let is_due = now >= before.saturating_add(SWEEP_EVERY);
                if !is_due || self.swept_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                    return;
                }
                let pool = self.pool.clone();
                tokio::spawn(tokio::time::timeout(Duration::from_secs(SWEEP_EVERY), async move {
                    for statement in SWEEP {
                        if let Err(error) = sqlx::query(statement).bind(column(now)).execute(&pool).await {
                            tracing::warn!(target: "jwt_auth", "what has expired stays in the database for now: {error}");
                        }
                    }
                }));
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
            async fn not_consumed(&self, presented: RefreshHash, now: u64, margin: u64) -> Result<Consumed, StoreError> {
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
                let until = refresh.ends_at.saturating_add(margin);
                let session = Revocation::Session { issuer: &refresh.issuer, session: &refresh.session, until };
                Self::insert_revocation(&self.pool, session).await?;
                Ok(Consumed::Reused(refresh))
            }

            async fn insert_revocation<'c, E>(executor: E, revocation: Revocation<'_>) -> Result<(), StoreError>
            where
                E: sqlx::Executor<'c, Database = $database>,
            {
                let query = match revocation {
                    Revocation::Token { issuer, jwt_id, until } => {
                        sqlx::query(REVOKE_TOKEN).bind(issuer).bind(jwt_id).bind(column(until))
                    }
                    Revocation::Session { issuer, session, until } => {
                        sqlx::query(REVOKE_SESSION).bind(issuer).bind(session).bind(column(until))
                    }
                    Revocation::Subject { issuer, subject, before, until } => {
                        sqlx::query(REVOKE_SUBJECT).bind(issuer).bind(subject).bind(column(before)).bind(column(until))
                    }
                };
                Ok(query.execute(executor).await.map(|_| ())?)
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

            fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
                Box::pin(async move {
                    self.sweep(now);
                    // One statement is one step by itself.
                    if let [only] = revocations {
                        return Self::insert_revocation(&self.pool, *only).await;
                    }
                    let mut transaction = self.pool.begin().await?;
                    for revocation in revocations {
                        Self::insert_revocation(&mut *transaction, *revocation).await?;
                    }
                    Ok(transaction.commit().await?)
                })
            }

            fn begin<'s>(
                &'s self,
                refresh: Refresh,
                replaced: &'s [Revocation<'s>],
                now: u64,
            ) -> StoreFuture<'s, ()> {
                Box::pin(async move {
                    self.sweep(now);
                    if replaced.is_empty() {
                        return Self::insert(&self.pool, &refresh).await;
                    }
                    let mut transaction = self.pool.begin().await?;
                    Self::insert(&mut *transaction, &refresh).await?;
                    for revocation in replaced {
                        Self::insert_revocation(&mut *transaction, *revocation).await?;
                    }
                    Ok(transaction.commit().await?)
                })
            }

            fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
                Box::pin(async move {
                    let mut transaction = self.pool.begin().await?;
                    let used = sqlx::query(CONSUME)
                        .bind(presented.0.to_vec())
                        .bind(column(now))
                        .bind(column(successor.grace_until(now)))
                        .bind(successor.sealed.to_vec())
                        .fetch_optional(&mut *transaction)
                        .await?;
                    let Some(row) = used else {
                        transaction.rollback().await?;
                        return self.not_consumed(presented, now, successor.margin).await;
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

#[cfg(feature = "sqlite")]
sql_store!(
    /// A [`Store`] in an SQLite database: it survives a restart, and serves the processes of one machine.
    ///
    /// Use a pool with `journal_mode = WAL` and a busy timeout, as sqlx sets by default.
    SqliteStore,
    sqlx::Sqlite,
    migration!("", "BLOB")
);

#[cfg(feature = "postgres")]
sql_store!(
    /// A [`Store`] in a PostgreSQL database, shared by any number of instances.
    PostgresStore,
    sqlx::Postgres,
    migration!("SELECT pg_advisory_xact_lock(7742126583); ", "BYTEA")
);
