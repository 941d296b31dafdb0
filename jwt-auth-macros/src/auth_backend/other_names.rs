//! Names that are not keys of `#[auth_backend]` but that people write there, and where the setting really is.

use crate::keys::{self, Key};

/// The place where the setting really is.
pub(super) enum Place {
    /// A key with another name.
    Key(&'static Key),
    /// A key of `cookie(...)`.
    Cookie,
    /// The builder, with the call to write.
    Builder(&'static str),
}

/// Keys, and what other libraries call them.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("user", &["user_type", "principal", "identity"]),
    ("retrieve_user", &["find_user", "load_user", "get_user", "user_lookup", "lookup"]),
    ("revoked", &["is_revoked", "blocklist", "denylist", "blacklist"]),
    ("authenticate", &["check_password", "verify_password", "password"]),
    ("token_url", &["login_url", "login_path", "login", "sign_in_url", "token_path", "token_endpoint"]),
    ("resource", &["resource_metadata", "resource_url", "protected_resource"]),
    (
        "exclude",
        &["public", "open", "allow", "allow_anonymous", "skip", "ignore", "except", "permit_all", "unprotected"],
    ),
    ("header", &["header_name"]),
    ("cookie", &["cookie_name"]),
    ("scheme_name", &["name", "security_scheme"]),
    ("scopes", &["roles", "role", "permissions", "permission", "authorities", "groups"]),
];

/// Calls of the builder, and the names that people write in the attribute instead.
const SETTINGS: &[(&str, &[&str])] = &[
    (
        r#".keys(Keys::hs256_from_env("JWT_SECRET")?)"#,
        &["keys", "key", "secret", "secret_key", "jwt_secret", "signing_key", "algorithm", "algorithms", "alg"],
    ),
    (r#".issuer("https://api.example.com")"#, &["issuer", "iss"]),
    (r#".audience("orders")"#, &["audience", "aud"]),
    (
        ".lifetime(Duration::from_secs(900))",
        &["lifetime", "token_lifetime", "expires_in", "expires", "expiry", "expiration", "exp", "ttl", "max_age"],
    ),
    (".leeway(Duration::from_secs(30))", &["leeway"]),
    (r#".cookie_domain("example.com")"#, &["cookie_domain"]),
    (".insecure_cookie()", &["insecure_cookie", "secure_cookie", "cookie_secure"]),
    (r#".default_scopes(["read"])"#, &["default_scopes", "default_scope"]),
    (".store(MemoryStore::new())", &["store", "session_store"]),
    (".refresh_tokens(RefreshTokens::new())", &["refresh_tokens", "refresh_token"]),
    (r#".allowed_origin("https://app.example.com")"#, &["allowed_origin", "allowed_origins", "origin", "origins"]),
    (r#".own_origin("https://shop.example.com")"#, &["own_origin", "public_origin", "base_url", "public_url"]),
    (r#".public_prefix("/api")"#, &["public_prefix", "prefix", "base_path", "root_path"]),
    (r#".trusted_proxies(["10.0.0.0/8"])"#, &["trusted_proxies", "trusted_proxy", "proxies", "proxy"]),
    (r#".sign_in_page("/sign-in")"#, &["sign_in_page", "login_page"]),
    (".trust(...)", &["trust", "jwks", "jwks_url", "jwks_uri"]),
    (".throttle(...)", &["throttle", "rate_limit"]),
    (".client(...)", &["client", "clients"]),
];

/// Calls of the builder, and the names that people write in `cookie(...)` instead.
const SETTINGS_OF_THE_COOKIE: &[(&str, &[&str])] =
    &[(".insecure_cookie()", &["secure", "insecure"]), (r#".cookie_domain("example.com")"#, &["domain"])];

/// The call of the builder that a key of `cookie(...)` stands for.
pub(super) fn of_cookie(name: &str) -> Option<&'static str> {
    let setting = SETTINGS_OF_THE_COOKIE.iter().find(|(_, names)| names.contains(&name));
    setting.map(|(call, _)| *call)
}

pub(super) fn find(name: &str) -> Option<Place> {
    let key = OTHER_NAMES.iter().find(|(_, others)| others.contains(&name));
    if let Some((key, _)) = key {
        return keys::find(keys::AUTH_BACKEND, key).map(Place::Key);
    }
    if keys::find(keys::COOKIE, name).is_some() {
        return Some(Place::Cookie);
    }
    let setting = SETTINGS.iter().find(|(_, names)| names.contains(&name));
    setting.map(|(call, _)| *call).or_else(|| of_cookie(name)).map(Place::Builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once_and_is_no_key() {
        let mut seen = Vec::new();
        for name in OTHER_NAMES.iter().chain(SETTINGS).flat_map(|(_, names)| names.iter()) {
            assert!(keys::find(keys::AUTH_BACKEND, name).is_none() && !seen.contains(name), "{name}");
            assert!(find(name).is_some(), "{name}");
            seen.push(*name);
        }
        for (key, _) in OTHER_NAMES {
            assert!(keys::find(keys::AUTH_BACKEND, key).is_some(), "{key}");
        }
        assert!(matches!(find("same_site"), Some(Place::Cookie)) && find("colour").is_none());
    }
}
