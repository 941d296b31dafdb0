//! The tables of the SQL stores: why they cannot be created, and what a role may do with them.

use sqlx::Pool;

use crate::store::error::StoreError;
use crate::store::sql::statements::{Dialect, MIGRATED};
use crate::store::sql::values::{Engine, Value};

/// The tables of the documents, and those of the throttle.
pub(crate) const DOCUMENTS: &str = "jwt_auth_documents";
pub(crate) const THROTTLE: &str = "jwt_auth_throttle,jwt_auth_throttle_secrets";

/// Reads and checks the tables.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'d> {
    pub(crate) dialect: &'d Dialect,
}

impl Tables<'_> {
    /// How many migrations have been run.
    pub(crate) async fn migrated<DB: Engine>(&self, connection: &mut DB::Connection) -> Result<usize, StoreError> {
        let row = DB::first_row(connection, self.dialect.has_schema, &[]).await?;
        let is_there: i64 = row.map_or(Ok(0), |row| DB::number(&row, "is_there"))?;
        if is_there == 0 {
            return Ok(0);
        }
        self.must_read::<DB>(connection, "jwt_auth_migrations").await?;
        let row = DB::first_row(connection, MIGRATED, &[]).await?;
        let done: i64 = row.map_or(Ok(0), |row| DB::number(&row, "version"))?;
        usize::try_from(done).map_err(|_| StoreError::new("the version of the tables is negative"))
    }

    /// Why the tables could not be created.
    pub(crate) async fn not_created<DB: Engine>(
        &self,
        pool: &Pool<DB>,
        done: usize,
        store: &str,
        error: StoreError,
    ) -> StoreError {
        let place = self.place(pool).await.unwrap_or_default();
        let what = if done == 0 {
            "the tables of jwt-auth are missing"
        } else {
            "the tables of jwt-auth are of an older version"
        };
        StoreError::because(
            format!(
                "{what}{place}, and this role cannot change that: {error}; as a role that may create tables, run `migrate` once, \
                 or the statements of `{store}::SCHEMA` from index {done} on"
            ),
            error,
        )
    }

    /// Where the tables were looked for.
    async fn place<DB: Engine>(&self, pool: &Pool<DB>) -> Option<String> {
        let mut connection = pool.acquire().await.ok()?;
        let row = DB::first_row(&mut connection, self.dialect.schemas?, &[]).await.ok()??;
        let schemas: String = DB::text(&row, "schemas").ok()?;
        Some(format!(" in the schemas of the search_path that this role may use ({schemas})"))
    }

    /// An error if the role may not read a table. A warning if it may not write: a service that only verifies does not.
    pub(crate) async fn check_rights<DB: Engine>(
        &self,
        connection: &mut DB::Connection,
        tables: &str,
    ) -> Result<(), StoreError> {
        self.must_read::<DB>(connection, tables).await?;
        let lacking = self.lacking::<DB>(connection, tables, "INSERT,UPDATE,DELETE").await?;
        if !lacking.is_empty() {
            tracing::warn!(target: "jwt_auth", "sign-ins and sign-outs through this database will fail, because the role lacks {lacking}; grant it, unless this service only verifies tokens");
        }
        if let Some(read_only) = self.dialect.is_read_only {
            let row = DB::first_row(connection, read_only, &[]).await?;
            let is_read_only: i64 = row.map_or(Ok(0), |row| DB::number(&row, "is_read_only"))?;
            if is_read_only == 1 {
                tracing::warn!(target: "jwt_auth", "sign-ins and sign-outs through this database will fail, because it is read-only (a standby, or `default_transaction_read_only`); name the primary, unless this service only verifies tokens");
            }
        }
        Ok(())
    }

    async fn must_read<DB: Engine>(&self, connection: &mut DB::Connection, tables: &str) -> Result<(), StoreError> {
        let lacking = self.lacking::<DB>(connection, tables, "SELECT").await?;
        if lacking.is_empty() {
            return Ok(());
        }
        Err(StoreError::new(format!("the role lacks {lacking}; grant it to the role of this service")))
    }

    /// Which of these rights the role lacks, as in `SELECT ON jwt_auth_documents`.
    async fn lacking<DB: Engine>(
        &self,
        connection: &mut DB::Connection,
        tables: &str,
        rights: &str,
    ) -> Result<String, StoreError> {
        let Some(lacking) = self.dialect.lacking else { return Ok(String::new()) };
        let row = DB::first_row(connection, lacking, &[Value::Text(tables), Value::Text(rights)]).await?;
        Ok(row.map_or(Ok(String::new()), |row| DB::text(&row, "lacking"))?)
    }
}
