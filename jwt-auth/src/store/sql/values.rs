//! How a database gets the values of a statement.
//!
//! PostgreSQL gets each statement with its values as literals, by the simple query protocol. Prepared statements belong to a
//! connection of the server, and a pooler in transaction mode, such as PgBouncer, gives another one for the next message. There
//! a prepared name is unknown, or it is the statement of another client. Literals cannot be broken out of: they are digits.

use std::fmt::Write;
use std::future::Future;

use sqlx::Database;

/// A value of a statement. `$1` is the first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'v> {
    Bytes(&'v [u8]),
    Number(i64),
    Text(&'v str),
}

/// A database of the SQL stores.
pub(crate) trait Engine: Database {
    /// Runs a statement, and returns its first row.
    fn first_row(
        connection: &mut Self::Connection,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    /// Runs a statement, and returns how many rows it changed.
    fn changed_rows(
        connection: &mut Self::Connection,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// The bytes in a column of a row, if it is not null.
    fn bytes(row: &Self::Row, column: &str) -> Result<Option<Vec<u8>>, sqlx::Error>;

    /// The number in a column of a row.
    fn number(row: &Self::Row, column: &str) -> Result<i64, sqlx::Error>;

    /// The text in a column of a row.
    fn text(row: &Self::Row, column: &str) -> Result<String, sqlx::Error>;

    /// Whether the pool leads through a pooler in transaction mode. `false` if that cannot be told.
    fn is_pooled_by_transaction(pool: &sqlx::Pool<Self>) -> impl Future<Output = bool> + Send;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use sqlx::query::Query;
    use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
    use sqlx::{Row, Sqlite, SqlitePool};

    use super::{Engine, Value};

    fn query<'v>(statement: &'static str, values: &[Value<'v>]) -> Query<'v, Sqlite, SqliteArguments> {
        values.iter().fold(sqlx::query(statement), |query, value| match *value {
            Value::Bytes(bytes) => query.bind(bytes.to_vec()),
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text.to_owned()),
        })
    }

    impl Engine for Sqlite {
        async fn first_row(
            connection: &mut SqliteConnection,
            statement: &'static str,
            values: &[Value<'_>],
        ) -> Result<Option<SqliteRow>, sqlx::Error> {
            query(statement, values).fetch_optional(connection).await
        }

        async fn changed_rows(
            connection: &mut SqliteConnection,
            statement: &'static str,
            values: &[Value<'_>],
        ) -> Result<u64, sqlx::Error> {
            query(statement, values).execute(connection).await.map(|done| done.rows_affected())
        }

        fn bytes(row: &SqliteRow, column: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
            row.try_get(column)
        }

        fn number(row: &SqliteRow, column: &str) -> Result<i64, sqlx::Error> {
            row.try_get(column)
        }

        fn text(row: &SqliteRow, column: &str) -> Result<String, sqlx::Error> {
            row.try_get(column)
        }

        async fn is_pooled_by_transaction(_: &SqlitePool) -> bool {
            false
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::postgres::{PgConnection, PgPool, PgRow};
    use sqlx::{AssertSqlSafe, Connection, Postgres, Row};

    use super::{Engine, Value, of_hex, with_literals};

    /// The process of the server that answers this connection.
    async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
        sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
    }

    /// Two connections of a client have two processes, unless a pooler lends both the one that is idle.
    async fn share_a_process(pool: &PgPool) -> Result<bool, sqlx::Error> {
        let mut one = pool.acquire().await?;
        let mut other = PgConnection::connect_with(&pool.connect_options()).await?;
        let mut is_shared = false;
        for _ in 0..3 {
            is_shared |= process(&mut one).await? == process(&mut other).await?;
        }
        other.close().await?;
        Ok(is_shared)
    }

    impl Engine for Postgres {
        async fn first_row(
            connection: &mut PgConnection,
            statement: &'static str,
            values: &[Value<'_>],
        ) -> Result<Option<PgRow>, sqlx::Error> {
            sqlx::raw_sql(AssertSqlSafe(with_literals(statement, values))).fetch_optional(connection).await
        }

        async fn changed_rows(
            connection: &mut PgConnection,
            statement: &'static str,
            values: &[Value<'_>],
        ) -> Result<u64, sqlx::Error> {
            let done = sqlx::raw_sql(AssertSqlSafe(with_literals(statement, values))).execute(connection).await;
            done.map(|done| done.rows_affected())
        }

        fn bytes(row: &PgRow, column: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
            let text: Option<&str> = row.try_get(column)?;
            text.map(|text| of_hex(text).ok_or_else(|| sqlx::Error::Decode("not hexadecimal".into()))).transpose()
        }

        fn number(row: &PgRow, column: &str) -> Result<i64, sqlx::Error> {
            row.try_get(column)
        }

        fn text(row: &PgRow, column: &str) -> Result<String, sqlx::Error> {
            row.try_get(column)
        }

        async fn is_pooled_by_transaction(pool: &PgPool) -> bool {
            share_a_process(pool).await.unwrap_or(false)
        }
    }
}

/// The statement with a literal in place of each `$1`, `$2`, ...
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite gets its values by number"))]
fn with_literals(statement: &str, values: &[Value<'_>]) -> String {
    let mut pieces = statement.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let mut rest = piece.chars();
        let number = rest.next().and_then(|digit| digit.to_digit(10)).and_then(|digit| digit.checked_sub(1));
        match number.and_then(|number| values.get(usize::try_from(number).ok()?)) {
            Some(Value::Bytes(bytes)) => push_bytes(&mut text, bytes),
            // In quotes, so that a negative number is one literal too.
            Some(Value::Number(number)) => push(&mut text, format_args!("CAST('{number}' AS BIGINT)")),
            Some(Value::Text(value)) => {
                text.push_str("convert_from(");
                push_bytes(&mut text, value.as_bytes());
                text.push_str(", 'UTF8')");
            }
            None => text.push_str("NULL"),
        }
        text.push_str(rest.as_str());
    }
    text
}

/// Without a backslash, which `standard_conforming_strings = off` would read in another way.
fn push_bytes(text: &mut String, bytes: &[u8]) {
    text.reserve(bytes.len().saturating_mul(2));
    text.push_str("decode('");
    for byte in bytes {
        text.extend([byte >> 4, byte & 0x0f].iter().filter_map(|half| char::from_digit(u32::from(*half), 16)));
    }
    text.push_str("', 'hex')");
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = text.write_fmt(more);
}

#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite returns bytes"))]
fn of_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let half = |digit: u8| char::from(digit).to_digit(16).and_then(|half| u8::try_from(half).ok());
    pairs.iter().map(|[high, low]| Some(half(*high)? << 4 | half(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // C5
    #[test]
    fn values_become_literals() {
        let values = [Value::Bytes(b"\x00'\\"), Value::Number(-7), Value::Text("a'; DROP")];
        assert_eq!(
            with_literals("SELECT $2, $1 WHERE x = $1 AND $3", &values),
            "SELECT CAST('-7' AS BIGINT), decode('00275c', 'hex') WHERE x = decode('00275c', 'hex') \
             AND convert_from(decode('61273b2044524f50', 'hex'), 'UTF8')"
        );
        assert_eq!(with_literals("SELECT $9", &values), "SELECT NULL");
        assert_eq!(of_hex("00ff5C"), Some(vec![0, 0xff, 0x5c]));
        assert!(of_hex("0").is_none() && of_hex("0g").is_none() && of_hex("+1").is_none() && of_hex("é").is_none());
    }

    proptest! {
        // C5
        #[test]
        fn no_value_leaves_its_literal(bytes: Vec<u8>, number: i64, text in ".*") {
            let with = with_literals("a $1 b $2 c $3 d", &[Value::Bytes(&bytes), Value::Number(number), Value::Text(&text)]);
            let quoted: Vec<_> = with.split('\'').collect();
            prop_assert_eq!(quoted.len(), 13, "six literals");
            let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
            prop_assert!(is_plain(quoted[1]) && is_plain(quoted[5]) && is_plain(quoted[7]));
            prop_assert_eq!(of_hex(quoted[1]), Some(bytes));
            prop_assert_eq!(of_hex(quoted[7]), Some(text.into_bytes()));
        }
    }
}
