//! For handlers of wildcard routes, whose parameter is whatever the caller sent.

/// Whether what a wildcard captured can be used as a path below a folder: segments joined by `/`, none of them empty, `.`
/// or `..`, without a backslash, a control character, a colon, and without `%`, which would mean that it was encoded twice.
///
/// A route that `exclude` opens is open for every path of it, and axum hands over what it matched:
///
/// ```
/// use axum::extract::Path;
/// use axum::http::StatusCode;
/// use jwt_auth::guard::is_clean_path;
///
/// async fn file(Path(path): Path<String>) -> Result<String, StatusCode> {
///     if !is_clean_path(&path) {
///         return Err(StatusCode::NOT_FOUND);
///     }
///     Ok(format!("public/{path}"))
/// }
/// # assert!(is_clean_path("css/app.css") && !is_clean_path("../secret"));
/// ```
pub fn is_clean_path(path: &str) -> bool {
    jwt_auth_grammar::path::stays_below(path)
}
