//! The rules of `token_url` and its kin: each the literal path of a route, which is where clients post to.

use super::check::is_written;
use super::parse::Parsed;
use crate::diag::Diag;
use crate::keys;

/// The paths where the library answers.
#[derive(Default)]
pub(super) struct EndpointUrls {
    pub(super) token: Option<String>,
    pub(super) revoke: Option<String>,
    pub(super) introspect: Option<String>,
    pub(super) refresh: Option<String>,
}

/// `oauth2` needs a `token_url`, and each endpoint a path of its own.
pub(super) fn check(kind: Option<&str>, parsed: &Parsed, diag: &mut Diag) -> EndpointUrls {
    if kind == Some("oauth2") && parsed.token_url.is_none() && !is_written(parsed, "token_url") {
        diag.error(&parsed.kind, "kind `oauth2` requires `token_url`; add `token_url = \"/login\"`");
    }
    let mut urls = EndpointUrls::default();
    for (index, (key, written)) in parsed.endpoints().enumerate() {
        let value = written.value();
        let other = parsed.endpoints().take(index).find(|(_, other)| other.value() == value);
        if let Some(mistake) = mistake(key, &value) {
            diag.error(written, mistake);
        } else if let Some((other, _)) = other {
            diag.error(written, format!("`{key}` is the path of `{other}` already; write `\"{}\"`", example(key)));
        }
        match key {
            "token_url" => urls.token = Some(value),
            "revoke_url" => urls.revoke = Some(value),
            "introspect_url" => urls.introspect = Some(value),
            _ => urls.refresh = Some(value),
        }
    }
    urls
}

/// The path in the example of the key.
fn example(key: &str) -> &'static str {
    keys::find(keys::AUTH_BACKEND, key).and_then(|key| key.example.split('"').nth(1)).unwrap_or_default()
}

fn mistake(key: &str, value: &str) -> Option<String> {
    let example = example(key);
    let write = |path: &str| {
        let is_sound = mistake(key, path).is_none();
        format!("write `\"{}\"`", if is_sound { path } else { example })
    };
    if key == "refresh_url" && value == "/" {
        return Some("the refresh token's cookie would be sent with every request; write `\"/refresh\"`".into());
    }
    if let Some((_, rest)) = value.split_once("://") {
        let path = rest.find('/').map_or(example, |slash| &rest[slash..]);
        return Some(format!("`{key}` is a path of this server, without scheme and host; {}", write(path)));
    }
    if let Some((method, path)) = value.trim().split_once(char::is_whitespace)
        && !method.starts_with('/')
    {
        return Some(format!("`{key}` is a path, without a method; {}", write(path.trim())));
    }
    if let Some(at) = value.find(['?', '#']) {
        return Some(format!("`{key}` has no query and no fragment; {}", write(&value[..at])));
    }
    if value.contains(['{', '}', '*']) {
        return Some(format!("`{key}` has no parameters; write `\"{example}\"`"));
    }
    if !value.starts_with('/') {
        return Some(format!("`{key}` must start with `/`; {}", write(&format!("/{value}"))));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!&'+,=:@".contains(&byte);
    if let Some(character) = value.chars().find(|character| !u8::try_from(*character).is_ok_and(legal)) {
        let shown = character.escape_debug();
        return Some(format!("`{shown}` cannot stand in `{key}`; write `\"{example}\"`"));
    }
    let segments: Vec<&str> = value.split('/').skip(1).collect();
    let is_empty = |segment: &&str| segment.is_empty();
    if segments.iter().rev().skip(1).any(is_empty) {
        return Some(format!("`{key}` has an empty segment; write `\"{example}\"`"));
    }
    if segments.iter().any(|segment| matches!(*segment, "." | "..") || segment.starts_with(':')) {
        return Some(format!("`{key}` has a segment that names no route; write `\"{example}\"`"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_is_sound_and_nothing_else() {
        for path in ["/", "/login", "/login/", "/api/v1/token", "/a:b"] {
            assert_eq!(mistake("token_url", path), None, "{path}");
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
            ("/a b", "` ` cannot"),
            ("/a%20b", "`%` cannot"),
            ("/ü", "`ü` cannot"),
        ] {
            let message = mistake("token_url", path).unwrap_or_default();
            assert!(message.contains(hint), "{path}: {message}");
        }
        assert!(mistake("refresh_url", "/").unwrap().contains("`\"/refresh\"`"));
        assert!(mistake("revoke_url", "/{x}").unwrap().contains("`\"/revoke\"`"));
    }
}
