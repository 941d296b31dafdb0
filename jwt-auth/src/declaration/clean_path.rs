//! A check for handlers of wildcard routes, since the caller chooses the path that the wildcard captures.

/// Whether a path that a wildcard captured stays below the folder it is joined to. It must be segments joined by `/`.
/// No segment may be empty, `.` or `..`, and none may contain a backslash, a colon, a control character, or a `%`,
/// which would mean that the path was encoded twice.
///
/// A wildcard route that `exclude` opens is open for every path that it matches, and axum passes the path on unchecked:
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
