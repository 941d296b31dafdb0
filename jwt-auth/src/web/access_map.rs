//! Who may call what, as a table that a person reads and a snapshot test compares.

use std::fmt;

use crate::access::demand::Demand;

/// Every route's access, sorted by path and method. `Display` prints a table:
///
/// ```text
/// METHOD  PATH         ACCESS
/// any     /login       open
/// GET     /orders      scopes: read
/// GET     /some-path   user
/// any     (any other)  user
/// ```
///
/// The rows are the operations of the document and the exclude patterns; a plain `Router` does not tell its routes, so
/// there the patterns are all. The last row is every other route.
///
/// If the document describes a route but not the request's method, the scopes of all described methods are needed: with
/// `.route("/orders", any(handler))` and the one row above, `POST /orders` needs `read` too. `HEAD` is as `GET`. Where
/// `write` implies `read`, a demand for `read` is printed as `scopes: read or write`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMap {
    rows: Vec<AccessRow>,
}

/// One row of an [`AccessMap`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessRow {
    /// The method, or `any`.
    pub method: String,
    /// The route template or pattern, or `(any other)`.
    pub path: String,
    /// Who may call it.
    pub access: Access,
}

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everyone.
    Open,
    /// Every user.
    User,
    /// Every user whose token has the scopes. Prints as `scopes: read write` where both are needed, and as
    /// `scopes: read or write` where one is enough.
    Scopes(Demand),
}

impl AccessMap {
    pub(crate) fn new(rows: impl IntoIterator<Item = (String, String, Access)>) -> Self {
        let mut rows: Vec<_> =
            rows.into_iter().map(|(method, path, access)| AccessRow { method, path, access }).collect();
        rows.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
        rows.dedup();
        rows.push(AccessRow { method: "any".into(), path: "(any other)".into(), access: Access::User });
        Self { rows }
    }

    /// The rows in the order of the table.
    pub fn rows(&self) -> &[AccessRow] {
        &self.rows
    }
}

impl fmt::Display for AccessMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&AccessRow) -> &str, head: &str| {
            self.rows.iter().map(|row| column(row).chars().count()).chain([head.len()]).max().unwrap_or_default()
        };
        let (method, path) = (width(|row| &row.method, "METHOD"), width(|row| &row.path, "PATH"));
        writeln!(f, "{:method$}  {:path$}  ACCESS", "METHOD", "PATH")?;
        for row in &self.rows {
            writeln!(f, "{:method$}  {:path$}  {}", row.method, row.path, row.access)?;
        }
        Ok(())
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::User => f.write_str("user"),
            Self::Scopes(scopes) => write!(f, "scopes: {scopes}"),
        }
    }
}
