//! The rules of `token_url`: the literal path of a route, which is where clients post to.

use super::check::is_written;
use super::parse::Parsed;
use crate::diag::Diag;

/// `oauth2` needs it.
pub(super) fn check(kind: Option<&str>, parsed: &Parsed, diag: &mut Diag) -> Option<String> {
    let Some(written) = &parsed.token_url else {
        if kind == Some("oauth2") && !is_written(parsed, "token_url") {
            diag.error(&parsed.kind, "kind `oauth2` requires `token_url`; add `token_url = \"/login\"`");
        }
        return None;
    };
    let value = written.value();
    if let Some(mistake) = mistake(&value) {
        diag.error(written, mistake);
    }
    Some(value)
}

fn mistake(value: &str) -> Option<String> {
    let write = |path: &str| {
        let is_sound = mistake(path).is_none();
        format!("write `\"{}\"`", if is_sound { path } else { "/login" })
    };
    if let Some((_, rest)) = value.split_once("://") {
        let path = rest.find('/').map_or("/login", |slash| &rest[slash..]);
        return Some(format!("`token_url` is a path of this server, without scheme and host; {}", write(path)));
    }
    if let Some((_, path)) = value.trim().split_once(char::is_whitespace) {
        return Some(format!("`token_url` is a path, without a method; {}", write(path.trim())));
    }
    if let Some(at) = value.find(['?', '#']) {
        return Some(format!("`token_url` has no query and no fragment; {}", write(&value[..at])));
    }
    if value.contains(['{', '}', '*']) {
        return Some("`token_url` has no parameters; write `\"/login\"`".into());
    }
    if !value.starts_with('/') {
        return Some(format!("`token_url` must start with `/`; {}", write(&format!("/{value}"))));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!&'+,=:@".contains(&byte);
    if let Some(character) = value.chars().find(|character| !u8::try_from(*character).is_ok_and(legal)) {
        let shown = character.escape_debug();
        return Some(format!("`{shown}` cannot stand in `token_url`; write `\"/login\"`"));
    }
    let segments: Vec<&str> = value.split('/').skip(1).collect();
    let is_empty = |segment: &&str| segment.is_empty();
    if segments.iter().rev().skip(1).any(is_empty) {
        return Some("`token_url` has an empty segment; write `\"/login\"`".into());
    }
    if segments.iter().any(|segment| matches!(*segment, "." | "..") || segment.starts_with(':')) {
        return Some("`token_url` has a segment that names no route; write `\"/login\"`".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_is_sound_and_nothing_else() {
        for path in ["/", "/login", "/login/", "/api/v1/token", "/a:b"] {
            assert_eq!(mistake(path), None, "{path}");
        }
        for (path, hint) in [
            ("login", "`\"/login\"`"),
            ("https://example.com/auth/token", "`\"/auth/token\"`"),
            ("http://example.com", "`\"/login\"`"),
            ("POST /token", "`\"/token\"`"),
            ("post  /token ", "`\"/token\"`"),
            ("/token?x=1", "`\"/token\"`"),
            ("/token#x", "`\"/token\"`"),
            ("?", "`\"/login\"`"),
            ("/{tenant}/token", "no parameters"),
            ("/a//b", "empty segment"),
            ("//", "empty segment"),
            ("/../a", "names no route"),
            ("/:id", "names no route"),
            ("/a%20b", "`%` cannot"),
            ("/ü", "`ü` cannot"),
        ] {
            let message = mistake(path).unwrap_or_default();
            assert!(message.contains(hint), "{path}: {message}");
        }
    }
}
