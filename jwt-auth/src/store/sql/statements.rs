//! The statements of the SQL stores. Each runs in a transaction of its own, and the number of affected rows says whether it took
//! effect. No transaction reads and then writes, so none fails because of a conflict.

use crate::store::document::Version;
use crate::store::error::StoreError;

/// A time as a column's value. A time that does not fit becomes the largest value.
pub(crate) fn column(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

pub(crate) fn of_column(seconds: i64) -> Result<u64, StoreError> {
    u64::try_from(seconds).map_err(|_| StoreError::new("a time in the database is negative"))
}

pub(crate) fn version(bytes: &[u8]) -> Result<Version, StoreError> {
    Version::from_bytes(bytes).ok_or_else(|| StoreError::new("a version in the database has the wrong length"))
}

/// The statements that write. If several callers wait for a row and expect the same version, only one of them finds it.
pub(crate) struct Writes {
    pub(crate) insert: &'static str,
    pub(crate) update: &'static str,
    pub(crate) delete: &'static str,
}

macro_rules! writes {
    ($condition:literal) => {
        Writes {
            insert: concat!(
                "INSERT INTO jwt_auth_documents (key, version, summary, body, keep_until) SELECT $1, $2, $3, $4, $5 WHERE ",
                $condition,
                " ON CONFLICT (key) DO NOTHING"
            ),
            update: concat!(
                "UPDATE jwt_auth_documents SET version = $2, summary = $3, body = $4, keep_until = $5 \
                 WHERE key = $1 AND version = $6 AND ",
                $condition
            ),
            delete: concat!("DELETE FROM jwt_auth_documents WHERE key = $1 AND version = $2 AND ", $condition),
        }
    };
}

pub(crate) const MIGRATED: &str = "SELECT COALESCE(MAX(version), 0) AS version FROM jwt_auth_migrations";

/// The SQL in which the two databases differ.
pub(crate) struct Dialect {
    pub(crate) usual: Writes,
    /// These wait until the write is safe, even on a connection that is set not to wait.
    pub(crate) confirmed: Writes,
    /// Two statements: one reads a setting of the connection, the other raises it. They are used before a confirmed write, and
    /// the setting is raised if it is below 2.
    pub(crate) raise: Option<(&'static str, &'static str)>,
    pub(crate) is_remote: bool,
    /// Reads one row: the clock and, if there is one, the document.
    pub(crate) read: &'static str,
    /// Reads only the version of a document.
    pub(crate) version: &'static str,
    /// Reads only the summary of a document.
    pub(crate) summary: &'static str,
    /// Reads the secret of a throttle.
    pub(crate) secret: &'static str,
    /// Deletes a batch of expired documents.
    pub(crate) sweep: &'static str,
    /// Deletes a batch of counters of the throttle after their windows have passed.
    pub(crate) sweep_throttle: &'static str,
    /// Whether there are tables at all: 1 or 0.
    pub(crate) has_schema: &'static str,
    /// Which of the rights in `$2` the role lacks on the tables in `$1`.
    pub(crate) lacking: Option<&'static str>,
    /// Whether nothing can be written: 1 or 0.
    pub(crate) is_read_only: Option<&'static str>,
    /// The schemas in which the tables are looked for.
    pub(crate) schemas: Option<&'static str>,
    /// Begins a transaction that may write.
    pub(crate) begin: &'static str,
    /// Lets one instance migrate at a time.
    pub(crate) lock: &'static str,
    /// The migrations in order. The first one leads to version 1.
    pub(crate) migrations: &'static [&'static str],
}

/// A column of bytes: as it is, or in hexadecimal, because `bytea_output` decides how PostgreSQL writes bytes as text.
macro_rules! bytes {
    (sqlite, $column:literal) => {
        $column
    };
    (postgres, $column:literal) => {
        concat!("encode(", $column, ", 'hex') AS ", $column)
    };
}

macro_rules! reads {
    ($database:ident, $clock:literal) => {
        (
            concat!(
                "SELECT ",
                $clock,
                " AS clock, ",
                bytes!($database, "version"),
                ", ",
                bytes!($database, "summary"),
                ", ",
                bytes!($database, "body"),
                ", keep_until FROM (SELECT 1 AS one) AS one LEFT JOIN jwt_auth_documents ON key = $1"
            ),
            concat!("SELECT ", bytes!($database, "version"), " FROM jwt_auth_documents WHERE key = $1"),
            concat!("SELECT ", bytes!($database, "summary"), " FROM jwt_auth_documents WHERE key = $1"),
            concat!("SELECT ", bytes!($database, "secret"), " FROM jwt_auth_throttle_secrets WHERE service = $1"),
        )
    };
}

macro_rules! sweeps {
    ($clock:literal, $skip_locked:literal) => {
        (
            concat!(
                "DELETE FROM jwt_auth_documents WHERE key IN (SELECT key FROM jwt_auth_documents WHERE keep_until < ",
                $clock,
                " - $1 ORDER BY keep_until LIMIT $2",
                $skip_locked,
                ")"
            ),
            concat!(
                "DELETE FROM jwt_auth_throttle WHERE (service, cell) IN \
                 (SELECT service, cell FROM jwt_auth_throttle WHERE keep_until < ",
                $clock,
                " - $1 ORDER BY keep_until LIMIT $2",
                $skip_locked,
                ")"
            ),
        )
    };
}

#[cfg(feature = "sqlite")]
pub(crate) const SQLITE: Dialect = {
    let (read, version, summary, secret) = reads!(sqlite, "CAST(strftime('%s', 'now') AS INTEGER)");
    let (sweep, sweep_throttle) = sweeps!("CAST(strftime('%s', 'now') AS INTEGER)", "");
    let migrations = &[
        include_str!("../../../migrations/sqlite/0001_documents.sql"),
        include_str!("../../../migrations/sqlite/0002_throttle.sql"),
    ];
    let has_schema =
        "SELECT COUNT(*) AS is_there FROM sqlite_master WHERE type = 'table' AND name = 'jwt_auth_migrations'";
    let (usual, confirmed, is_remote) = (writes!("TRUE"), writes!("TRUE"), false);
    // The setting stays raised on that connection. Its later writes are then safer than configured, and never less safe.
    let raise = Some(("PRAGMA synchronous", "PRAGMA synchronous = FULL"));
    let (begin, lock) = ("BEGIN IMMEDIATE", "SELECT 1");
    Dialect {
        usual,
        confirmed,
        raise,
        is_remote,
        read,
        version,
        summary,
        secret,
        sweep,
        sweep_throttle,
        has_schema,
        lacking: None,
        is_read_only: None,
        schemas: None,
        begin,
        lock,
        migrations,
    }
};

#[cfg(feature = "postgres")]
pub(crate) const POSTGRES: Dialect = {
    let (read, version, summary, secret) =
        reads!(postgres, "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS BIGINT)");
    let (sweep, sweep_throttle) =
        sweeps!("CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS BIGINT)", " FOR UPDATE SKIP LOCKED");
    let migrations = &[
        include_str!("../../../migrations/postgres/0001_documents.sql"),
        include_str!("../../../migrations/postgres/0002_throttle.sql"),
    ];
    let has_schema =
        "SELECT CAST(CASE WHEN to_regclass('jwt_auth_migrations') IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_there";
    let usual = writes!("TRUE");
    // The setting is changed only for this transaction.
    let confirmed = writes!(
        "CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') \
         THEN set_config('synchronous_commit', 'on', true) ELSE 'on' END = 'on'"
    );
    let lacking = "SELECT COALESCE(string_agg(is_right || ' ON ' || is_table, ', '), '') AS lacking \
         FROM unnest(string_to_array($1, ',')) AS is_table, unnest(string_to_array($2, ',')) AS is_right \
         WHERE NOT has_table_privilege(is_table, is_right)";
    let is_read_only = "SELECT CAST(CASE current_setting('transaction_read_only') WHEN 'on' THEN 1 ELSE 0 END AS BIGINT) AS is_read_only";
    let schemas = "SELECT COALESCE(array_to_string(current_schemas(false), ', '), '') AS schemas";
    let (begin, lock) = ("BEGIN", "SELECT pg_advisory_xact_lock(7742126584)");
    Dialect {
        usual,
        confirmed,
        raise: None,
        is_remote: true,
        read,
        version,
        summary,
        secret,
        sweep,
        sweep_throttle,
        has_schema,
        lacking: Some(lacking),
        is_read_only: Some(is_read_only),
        schemas: Some(schemas),
        begin,
        lock,
        migrations,
    }
};
