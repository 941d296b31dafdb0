//! For handlers of wildcard routes, whose parameter is whatever the caller sent.

/// Whether what a wildcard captured can be used as a path below a folder: segments joined by `/`, none of them empty, `.`
/// or `..`, without a backslash, a control character, a colon, and without `%`, which would mean that it was encoded twice.
///
/// A route that `exclude` opens is open for every path of it, and axum hands over what it matched:
///
/// ```
/// use axum::extract::Path;
/// use axum::http::StatusCode;
/// use jwt_auth::is_clean_path;
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
    let is_clean = |segment: &str| {
        !matches!(segment, "" | "." | "..") && !segment.chars().any(|c| c.is_control() || matches!(c, '\\' | '%' | ':'))
    };
    path.split('/').all(is_clean)
}

#[cfg(test)]
mod tests {
    use crate::declaration::clean_path::is_clean_path;

    // EXC-09
    #[test]
    fn what_leaves_a_folder_is_not_clean() {
        for path in ["a", "a/b.css", "a.b/c-d_e~f", "ü/é", "..a/b..", "a b"] {
            assert!(is_clean_path(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            "..",
            ".",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            "%2e%2e/a",
            "a%2fb",
            "a%5cb",
            "a%00",
            "a\\b",
            "a\0b",
            "c:/windows",
            "a\nb",
        ] {
            assert!(!is_clean_path(path), "{path}");
        }
    }
}
