//! The table of who may call which route, for people to read and for snapshot tests.

use std::fmt;

use crate::access::demand::Demand;

/// Who may call which route, sorted by path and method. `Display` prints a table:
///
/// ```text
/// METHOD  PATH         ACCESS
/// any     /login       open
/// GET     /orders      scopes: read
/// GET     /some-path   user
/// any     (any other)  user
/// ```
///
/// The rows are the operations of the document and the patterns of `exclude`. The last row stands for every other route. A
/// plain `Router` has no document, so only its patterns and the last row are shown.
///
/// If the document describes a route but not the request's method, the request needs the scopes of all described methods. With
/// `.route("/orders", any(handler))` and the row above, `POST /orders` therefore needs `read` too. `HEAD` follows `GET`. If
/// `write` implies `read`, a route that requires `read` is printed as `scopes: read or write`.
#[doc(alias = "permission")]
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
    /// Every user with the scopes in the token. Printed as `scopes: read write` if both are needed, and as `scopes: read or write`
    /// if one is enough.
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
